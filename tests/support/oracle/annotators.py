"""Quality of annotators: the tables `annotator_quality` and `pairs`."""

import json

import coefficients as c
import effects as e
import numpy as np
import pandas as pd
from answers import FOLDER, HEARD_TOLERANCE, NAMES, NUMBERS, table
from scipy.stats import binom

ABX = ["abx_trials", "abx_correct_share", "abx_guessing_p"]
ENOUGH_OF_REFERENCE = 90  # per cent of the slider (ITU-R BS.1534)


def quality(answers):
    """Return the figures of `annotator_quality`, by annotator and question, which is nan over all."""
    by_question = [
        of_question(question, given)
        for question in answers.questions.values()
        if len(given := judged(answers, question))
    ]
    x_named = answers.main[answers.main["question_kind"] == "abx"]
    by_question += [
        told_apart(part).assign(question=key, n_judgments=lambda figures: figures["abx_trials"]).reset_index()
        for key, part in x_named.groupby("question")
    ]
    columns = [
        "n_judgments", "correlation_with_others", "agreement_with_others", "bias", "spread",
        "most_frequent_share", "longest_run", "median_response_ms", *ABX,
    ]  # fmt: skip
    each = pd.concat([pd.DataFrame(), *by_question]).reindex(columns=["annotator", "question", *columns])
    people = table("annotators").query("trials_finished > 0")["annotator"]
    overall = pd.DataFrame(index=pd.Index(people, name="annotator"))
    overall = overall.join(together(answers))
    mean = each.groupby("annotator")[["agreement_with_others", "most_frequent_share", "longest_run"]].mean()
    overall = overall.join(mean).join(each.groupby("annotator")["n_judgments"].sum())
    overall["n_judgments"] = overall["n_judgments"].fillna(0)
    timed = answers.main[answers.main["question_kind"].isin([*NUMBERS, "choice", "checklist"])]
    overall["median_response_ms"] = timed.groupby("annotator")["response_ms"].median()
    overall = overall.join(pd.DataFrame(measures(answers))).join(told_apart(x_named))
    if len(x_named):
        overall["abx_trials"] = overall["abx_trials"].fillna(0)
    parts = [overall.reset_index().assign(question=np.nan), each]
    return pd.concat(parts).set_index(["annotator", "question"])


def judged(answers, question):
    """Return annotators' first answers, one per clip (of preferences: per set of clips), in order."""
    part = answers.main[answers.main["question"] == question.key]
    if question.kind == "preference":
        return preferred(question, part)
    if question.kind not in (*NUMBERS, *NAMES):
        return part.iloc[:0]
    if question.kind in NUMBERS:
        part = part[part["number"].notna()]
    part = part.sort_values(["annotator", "trial_position", "stimulus"], kind="stable")
    part = part.drop_duplicates(["stimulus", "annotator"])
    names = part["value"].map(question.chosen) if question.kind == "checklist" else part["value"]
    names = names if question.kind in NAMES else np.nan
    return part.assign(
        item=part["stimulus"], name=names, given=part["number"] if question.kind in NUMBERS else names
    )


def preferred(question, part):
    """Return which clip each annotator preferred of the same ones; `given` is its place in the trial."""
    clips = table("comparisons")
    clips = clips[(clips["question"] == question.key) & clips["judgment"].isin(part["judgment"])]
    clips = clips.sort_values(["judgment", "stimulus"])
    items = clips.groupby("judgment")["stimulus"].agg(tuple).rename("item")
    picked = clips[clips["picked"] == 1].set_index("judgment")[["stimulus", "clip_position"]]
    part = part.join(items, on="judgment").join(picked.set_axis(["name", "given"], axis=1), on="judgment")
    part = part.fillna({"name": -1, "given": -1}).sort_values("trial_position", kind="stable")
    return part.drop_duplicates(["item", "annotator"]).assign(response_ms=np.nan)


def of_question(question, given):
    """Return one question's figures, a row per annotator."""
    wide = None
    if question.kind in NUMBERS:
        wide = given.pivot(index="item", columns="annotator", values="number")
    rows = []
    for annotator, own in given.groupby("annotator"):
        row = {"annotator": annotator, "question": question.key, "n_judgments": len(own)}
        if wide is not None:
            beside = e.beside_others(wide.to_numpy(), wide.columns.get_loc(annotator))
            row |= {"correlation_with_others": beside.pop("correlation"), **beside}
        if question.kind in NAMES:
            row["agreement_with_others"] = agreement_with_others(given, annotator)
        in_order = own.sort_values("trial_position", kind="stable")["given"]
        runs = (in_order != in_order.shift()).cumsum()
        row["most_frequent_share"] = in_order.value_counts().max() / len(own)
        row["longest_run"] = runs.value_counts().max() / len(own)
        row["median_response_ms"] = own["response_ms"].median()
        rows.append(row)
    return pd.DataFrame(rows)


def told_apart(x_named):
    """Return, by annotator, ABX answers, the share of right ones, and how easily guessing does as well."""
    figures = x_named.groupby("annotator")["number"].agg(["size", "mean"])
    right = (figures["size"] * figures["mean"]).round()
    figures["p"] = binom.sf(right - 1, figures["size"], 0.5)
    return figures.set_axis(ABX, axis=1)


def agreement_with_others(given, annotator):
    """Return the mean likeness of an annotator's answers and the others', every clip counting alike."""
    found = []
    own = given[given["annotator"] == annotator].set_index("item")["name"]
    others = given[given["annotator"] != annotator].groupby("item")["name"].agg(list)
    for item, name in own.items():
        if item in others.index:
            found.append(np.mean([like(name, other) for other in others[item]]))
    return np.mean(found) if found else np.nan


def like(one, two):
    """Return how alike two answers are: of checklists MASI, of others whether they are the same."""
    return c.masi(one, two) if isinstance(one, frozenset) else float(one == two)


def together(answers):
    """Return correlation, bias and spread over all questions with numbers, brought to 0 to 1 and centred."""
    parts = []
    for question in answers.questions.values():
        if question.kind in NUMBERS and len(given := judged(answers, question)):
            low, high = question.ends
            scaled = (given["number"] - low) / (high - low)
            item = question.key + ":" + given["item"].astype(str)
            parts.append(
                given.assign(number=scaled - scaled.mean(), item=item)[["item", "annotator", "number"]]
            )
    names = ["correlation_with_others", "bias", "spread"]
    if not parts:
        return pd.DataFrame(columns=names, dtype=float)
    wide = pd.concat(parts).pivot(index="item", columns="annotator", values="number")
    rows = [list(e.beside_others(wide.to_numpy(), place).values()) for place in range(wide.shape[1])]
    return pd.DataFrame(rows, columns=names, index=wide.columns)


def definition():
    """Return the study as it was declared."""
    return json.loads((FOLDER / "materials/study.json").read_text(encoding="utf-8"))


def left_out(overall):
    """Return the figures that break a declared rule, by annotator and measure."""
    found = {}
    for rule in definition()["exclusion_rules"]:
        figures = overall[rule["measure"]]
        broken = figures > rule["limit"] if rule["excludes"] == "above" else figures < rule["limit"]
        found |= {(annotator, rule["measure"]): figure for annotator, figure in figures[broken].items()}
    return found


def measures(answers):
    """Return the figures that do not compare annotators with each other, by annotator."""
    enough = definition()["design"]["minimum_listening_share"]
    clips = table("trials").query("trial_finished == 1")
    clips = clips.merge(table("stimuli")[["stimulus", "clip_seconds"]], on="stimulus", how="left")
    clips["length"] = clips.groupby("trial")["clip_seconds"].transform("max")
    trials = clips.drop_duplicates("trial")
    main = trials[trials["trial_kind"] == "main"]
    heard = clips[(clips["trial_kind"] == "main") & clips["heard_share"].notna()]
    timed = main.dropna(subset=["trial_seconds", "length"])
    tested = trials[trials["attention_passed"].notna()]
    checks = table("annotators").set_index("annotator")["sound_check"].map(headphone_score)
    return {
        "attention_failed_share": 1 - tested.groupby("annotator")["attention_passed"].mean(),
        "headphone_score": checks,
        "reference_missed_share": references_missed(answers),
        "unheard_share": share(heard, heard["heard_share"] < enough - HEARD_TOLERANCE),
        "rushed_share": share(timed, timed["trial_seconds"] < timed["length"] * enough),
        "median_trial_seconds": main.groupby("annotator")["trial_seconds"].median(),
        "repeat_distance": repeat_distance(answers),
    }


def share(rows, holds):
    """Return the share of each annotator's rows for which something holds."""
    return holds.astype(float).groupby(rows["annotator"]).mean()


def headphone_score(sound_check):
    """Return the share of the headphone checks' trials that were solved."""
    stored = json.loads(sound_check) if isinstance(sound_check, str) else None
    checks = stored.get("headphones") if isinstance(stored, dict) else None
    checks = checks.values() if isinstance(checks, dict) else []
    scores = [(x.get("score"), x.get("of")) for x in checks if isinstance(x, dict)]
    done = [(n, of) for n, of in scores if type(n) is int and type(of) is int and 0 <= n <= of <= 1000]
    trials = sum(of for _n, of in done)
    return sum(n for n, _of in done) / trials if trials else np.nan


def references_missed(answers):
    """Return the share of hidden references that were rated too low on a slider."""
    sliders = {key: question.ends for key, question in answers.questions.items() if question.kind == "slider"}
    part = answers.main[
        (answers.main["clip_role"] == "hidden_reference") & answers.main["question"].isin(sliders)
    ]
    low, high = (part["question"].map({key: ends[side] for key, ends in sliders.items()}) for side in (0, 1))
    return share(part, (100 * (part["number"] - low) / (high - low)).round(9) < ENOUGH_OF_REFERENCE)


def repeat_distance(answers):
    """Return the mean distance of repeated answers, as a share of the scale."""
    length = {key: question.ends[1] - question.ends[0] for key, question in answers.questions.items()}
    repeats = answers.repeats
    apart = (repeats["number_first"] - repeats["number_second"]).abs() / repeats["question"].map(length)
    return apart.groupby(repeats["annotator"]).mean()


def pairs(answers, rows):
    """Return the figures of every pair of annotators in the table's rows."""
    wide = {}
    for question in answers.questions.values():
        given = judged(answers, question)
        for column in ("number", "name"):
            if question.kind in (NUMBERS if column == "number" else NAMES) and len(given):
                wide[question.key, column] = given.pivot(index="item", columns="annotator", values=column)
    found = []
    for row in rows.itertuples():
        figures = {}
        for column in ("name", "number"):
            if (row.question, column) in wide:
                both = wide[row.question, column][[row.annotator, row.other_annotator]].dropna()
                one, two = both.iloc[:, 0], both.iloc[:, 1]
                figures |= {"n_clips": len(both), "exact_share": (one == two).mean() if len(both) else np.nan}
                if column == "number":
                    figures["correlation"] = e.correlation(one.to_numpy(float), two.to_numpy(float))
                    figures["mean_difference"] = (one - two).mean()
                else:
                    figures["similarity"] = np.mean(
                        [like(*pair) for pair in zip(one, two, strict=True)] or [np.nan]
                    )
        found.append(figures)
    columns = ["n_clips", "correlation", "exact_share", "similarity", "mean_difference"]
    return pd.DataFrame(found, index=rows.index).reindex(columns=columns)
