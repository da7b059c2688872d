"""One function per computed table: from answers and a row of the table to the row's estimate."""

import coefficients as c
import effects as e
import numpy as np
import pandas as pd
from answers import CONDITIONS, NUMBERS, in_group, in_words, label, table
from scipy.stats import norm

MOST_FITTED = 2000  # clips and annotators together; beyond, variances with gaps take a program of their own


def summary(answers, row):
    """Return a mean, or the share that chose an option."""
    part = answers.of(row)
    values = part["number"]
    if isinstance(row["option"], str):
        chosen = answers.questions[row["question"]].chosen
        values = part["value"].map(lambda given: float(row["option"] in chosen(given)))
    if answers.adaptive:
        return values.groupby(part["stimulus"]).mean().mean()
    return values.mean()


def agreement(answers, row):
    """Return a coefficient of agreement of first answers."""
    question, statistic, level = answers.questions[row["question"]], row["statistic"], row["level"]
    part = answers.of(row).drop_duplicates(["stimulus", "annotator"])  # a clip can stand in several sets
    place, values = question.answers(part, level)
    if len(part) == 0:
        return np.nan
    given = [place[rows] for rows in part.groupby("stimulus", sort=False).indices.values()]
    counts = c.counts_of(given, len(values))
    numbers = values if question.kind in NUMBERS else range(len(values))
    if statistic == "krippendorff_alpha":
        return c.krippendorff_alpha(counts, level, values if level == "sets" else np.array(numbers, float))
    if statistic in ("percent_agreement", "fleiss_kappa", "gwet_ac1", "brennan_prediger"):
        return c.chance_corrected(counts, statistic, len(values))
    if statistic == "gwet_ac2":
        return c.chance_corrected(counts, statistic, len(values), c.quadratic_weights(numbers))
    wide = part.assign(place=place).pivot(index="stimulus", columns="annotator", values="place")
    if statistic == "cohen_kappa_weighted":
        both = wide.dropna().to_numpy(int)
        return c.cohen_kappa(*both.T, level, np.array(numbers, float)) if wide.shape[1] == 2 else np.nan
    complete = not wide.isna().any(axis=None) and min(wide.shape) >= 2
    if statistic == "kendall_w":
        return c.kendall_w(wide.to_numpy()) if complete and level not in ("nominal", "sets") else np.nan
    if not statistic.startswith("icc_"):
        return None  # a coefficient that this program does not know is left out
    if level not in ("interval", "ratio"):
        return np.nan
    if not complete and sum(wide.shape) > MOST_FITTED:
        return None
    return c.intraclass_correlation(
        wide.map(lambda x: numbers[int(x)] if x == x else x).to_numpy(), statistic
    )


def retest(answers, row):
    """Return how far second answers are those given first."""
    pairs = answers.repeats[answers.repeats["question"] == row["question"]]
    question = answers.questions[row["question"]]
    if question.kind not in NUMBERS:
        as_given = question.chosen if question.kind == "checklist" else str
        given = [pairs[name].map(as_given) for name in ("value_first", "value_second")]
        return c.named_retest(row["statistic"], *map(list, given))
    pairs = pairs.dropna(subset=["number_first", "number_second"])
    return c.retest(row["statistic"], pairs["number_first"].to_numpy(), pairs["number_second"].to_numpy())


def named(answers, question):
    """Return what masked clips were made for and what was answered; checklists once for each tick."""
    part = answers.of({"question": question.key})
    part = part.assign(intended=part["target"].str.casefold().map(question.named))
    given = part["value"].map(lambda value: sorted(question.chosen(value)) or [""])
    part = part.assign(answered=given, answer_weight=1 / given.map(len)).explode("answered")
    masked = part.dropna(subset=["intended"]).assign(weight=1.0)
    targets = masked[["track", "intended"]].drop_duplicates()
    targets["weight"] = 1 / targets.groupby("track")["intended"].transform("size")
    unmasked = part[part["condition"].isin(["original", "resynthesis"])].drop(columns="intended")
    return pd.concat([masked, unmasked.merge(targets, on="track")], ignore_index=True)


def information(answers, row):
    """Return bits, the share of the original's, or right answers."""
    part = named(answers, answers.questions[row["question"]])
    if row["statistic"] == "share_of_reference":
        of_original = bits(part[part["condition"] == "original"])[0]
        return bits(part[in_group(part, row)])[0] / of_original if of_original > 1e-12 else np.nan
    part = part[in_group(part, row)]
    if row["statistic"].startswith("mutual_information"):
        return bits(part)[row["statistic"] == "mutual_information_uncorrected"]
    weight = part["weight"] * part["answer_weight"]
    if row["statistic"] == "accuracy":
        return np.average(part["intended"] == part["answered"], weights=weight)
    shares = [weight.groupby(part[side]).sum() / weight.sum() for side in ("intended", "answered")]
    return (shares[0] * shares[1]).sum()


def bits(part):
    """Return mutual information, corrected and as it is."""
    part = part.assign(both=part["weight"] * part["answer_weight"])
    names = [sorted(part[side].unique()) for side in ("intended", "answered")]
    counts = [
        own.pivot_table("both", "intended", "answered", aggfunc="sum", fill_value=0.0)
        .reindex(index=names[0], columns=names[1], fill_value=0.0)
        .to_numpy(float)
        for _track, own in part.groupby("track", observed=True)
    ]
    return e.mutual_information(counts) if counts else (np.nan, np.nan)


def claims(answers, row):
    """Return hits, false alarms, d' or criterion; noise is the control, or evidence for other targets."""
    question = answers.questions[row["question"]]
    if question.kind in NUMBERS:
        part = answers.main[(answers.main["question"] == question.key) & answers.main["number"].notna()]
        own, evidence = part["target"] == question.target, part["condition"] == "evidence"
        heard, signal = part["number"] > question.heard_above, evidence & own
        others = evidence & ~own & part["target"].notna()
        noise = own & (part["condition"] == "random_control") if row["about"] == "random control" else others
    else:
        part = answers.of({"question": question.key})
        intended = part["target"].str.casefold().map(question.named)
        option = row["about"].removesuffix(" / evidence for other targets")
        heard = part["value"].map(lambda value: option in question.chosen(value))
        evidence = (part["condition"] == "evidence") & intended.notna()
        signal, noise = evidence & (intended == option), evidence & (intended != option)
    hits, signals, alarms, noises = (heard & signal).sum(), signal.sum(), (heard & noise).sum(), noise.sum()
    z_hit, z_false = e.z_of(hits, signals), e.z_of(alarms, noises)
    found = {"hit_rate": hits / signals, "false_alarm_rate": alarms / noises}
    found |= {"pooled_d_prime": z_hit - z_false, "pooled_criterion": -(z_hit + z_false) / 2}
    return found[row["statistic"]]


def model_comparison(answers, row):
    """Return how predictions on the clips as heard go with judgments, or changes with changes."""
    predictions = table("predictions").rename(columns={"target": "asked"})[
        ["stimulus", "asked", "prediction_heard"]
    ]
    part = answers.of({"question": row["question"]}).assign(asked=answers.questions[row["question"]].target)
    part = part.merge(predictions, on=["stimulus", "asked"]).dropna(subset=["prediction_heard"])
    if row["about"] == "change":
        original = part[part["condition"] == "original"]
        heard = original.groupby(["track", "annotator"], as_index=False)["number"].mean()
        by_model = original.drop_duplicates("stimulus").fillna({"model": ""}).groupby(["track", "model"])
        said = by_model["prediction_heard"].mean().reset_index()
        part = part[~part["condition"].isin(["original", "resynthesis"])].fillna({"model": ""})
        part = part.merge(heard, on=["track", "annotator"], suffixes=("", "_before"))
        part = part.merge(said, on=["track", "model"], suffixes=("", "_before"))
        for name in ("number", "prediction_heard"):
            part[name] -= part[f"{name}_before"]
    part = part.drop_duplicates(["stimulus", "annotator"], keep="last")
    wide = part.pivot(index="stimulus", columns="annotator", values="number")
    predicted = part.groupby("stimulus")["prediction_heard"].last().reindex(wide.index)
    judged = wide.to_numpy() - part["number"].mean()
    return e.listeners_and_model(judged, predicted.to_numpy())[row["statistic"]]


def dose_response(answers, row):
    """Return the share that hears the feature with so many segments, or slope or threshold of the curve."""
    part = answers.of({"question": row["question"]})
    part = part[(part["condition"] == "evidence") & (part["kept_segments"] > 0)]
    if isinstance(row["about"], str):  # where several methods were studied
        part = part[part["method"] == row["about"]]
    heard = (part["number"] > answers.questions[row["question"]].heard_above).to_numpy(float)
    sizes = part["kept_segments"].to_numpy(float)
    if row["statistic"].startswith("heard_at_"):
        return heard[sizes == float(row["statistic"].removeprefix("heard_at_"))].mean()
    dose = np.log2(sizes)
    intercept, slope = e.logistic(np.column_stack([np.ones(len(dose)), dose - dose.mean()]), heard)
    return slope if row["statistic"] == "slope" else 2 ** (dose.mean() - intercept / slope)


def paired(clips, first, second):
    """Return, of pairs of two groups of clips: preferred (the first), strength, shown_first."""
    shown = clips.groupby("judgment")["picked"]
    clips = clips.assign(n=shown.transform("size"), n_picked=shown.transform("sum"))
    both = clips[first].merge(clips[second], on="judgment", suffixes=("", "_2"))
    both = both[(both["n_picked"] == 0) | (both["picked"] == 1) | (both["picked_2"] == 1)]
    preferred = (1 + both["picked"] - both["picked_2"]) / 2
    shown_first = (both["clip_position"] < both["clip_position_2"]).astype(float)
    return (
        preferred.to_numpy(float),
        both["strength"].where(both["n"] == 2).to_numpy(float),
        shown_first.to_numpy(),
    )


def preferences(answers, row):
    """Return how often one condition was chosen over another, or the strength of each of them."""
    clips = answers.compared[answers.compared["question"] == row["question"]].reset_index(drop=True)
    if row["statistic"] in ("bradley_terry_strength", "order_effect"):
        return strengths(clips).get(row_label(row), np.nan)
    preferred, strength, shown_first = paired(clips, in_group(clips, row), in_words(clips, row["about"]))
    decided = preferred != 0.5
    return {
        "preference": lambda: preferred.mean(),
        "preference_exact": lambda: preferred[decided].mean(),
        "undecided": lambda: 1 - decided.mean(),
        "strength": lambda: np.nanmean(strength) if np.isfinite(strength).any() else np.nan,
        "first_shown_chosen": lambda: (preferred == shown_first)[decided].mean(),
    }[row["statistic"]]()


def row_label(row):
    """Return a row's group in words; empty for the effect of order."""
    if not isinstance(row["condition"], str):
        return ""
    size = row["kept_segments"] if row["kept_segments"] == row["kept_segments"] else 0
    method, model = (row[name] if isinstance(row[name], str) else "" for name in ("method", "model"))
    return label(row["condition"], method, size, model)


def strengths(clips):
    """Return Bradley and Terry's strengths, summing to zero, by group; under "" the effect of order."""
    groups = sides_of(clips)
    order = sorted(groups, key=lambda words: groups[words][0])
    design, won = [], []
    for one, first in enumerate(order):
        for two in range(one + 1, len(order)):
            preferred, _strength, shown_first = paired(clips, groups[first][1], groups[order[two]][1])
            line = np.zeros((len(preferred), len(order) + 1))
            line[:, one], line[:, two], line[:, -1] = 1, -1, 2 * shown_first - 1
            design.append(line)
            won.append(preferred)
    design, won = np.vstack(design), np.concatenate(won)
    estimate = e.logistic(np.delete(design, 0, axis=1), won)  # the first side is 0 until all are centred
    values = np.array([0.0, *estimate[:-1]])
    return dict(zip(order, values - values.mean(), strict=True)) | {"": estimate[-1]}


def sides_of(clips):
    """Return each group of clips in words: its place in the order, and which clips belong to it."""
    found = {}
    for place, condition in enumerate(CONDITIONS):
        own = clips[clips["condition"] == condition]
        asked = own["segments_asked"].fillna(own["kept_segments"])
        sizes = asked.groupby([own["method"].fillna(""), own["model"].fillna("")]).nunique()
        told = {"method": own["method"].nunique() > 1, "kept_segments": (sizes > 1).any()}
        apart = [name for name, is_apart in told.items() if condition != "original" and is_apart]
        apart += ["model"] if own["model"].nunique() > 1 else []
        for values in (
            own[apart].drop_duplicates().itertuples(index=False) if apart else [()] if len(own) else []
        ):
            group = {
                "condition": condition,
                "method": np.nan,
                "kept_segments": np.nan,
                "model": np.nan,
                **dict(zip(apart, values, strict=True)),
            }
            words = row_label(group)
            found[words] = ((place, words), in_group(clips, group))
    return found


def discrimination(answers, row):
    """Return how well two conditions were told apart (ABX)."""
    clips = answers.compared[answers.compared["question"] == row["question"]]
    first = set(clips[in_group(clips, row)]["judgment"])
    clips = clips[clips["judgment"].isin(first & set(clips[in_words(clips, row["about"])]["judgment"]))]
    a = clips.sort_values("clip_position").drop_duplicates("judgment")
    was_a, said_a = a["is_x"] == 1, a["picked"] == 1
    z_hit, z_false = (
        e.z_of((was_a & said_a).sum(), was_a.sum()),
        e.z_of((~was_a & said_a).sum(), (~was_a).sum()),
    )
    unbiased = norm.cdf((z_hit - z_false) / 2)
    return {
        "abx_correct": lambda: (was_a == said_a).mean(),
        "abx_correct_exact": lambda: (was_a == said_a).mean(),
        "abx_d_prime": lambda: e.abx_sensitivity(unbiased, 6),
        "abx_d_prime_independent": lambda: e.abx_sensitivity(unbiased, 4),
        "abx_criterion": lambda: -(z_hit + z_false) / 2,
        "abx_a_said": lambda: said_a.mean(),
    }[row["statistic"]]()


def intruders(answers, row):
    """Return how often the clip of another target was found."""
    clips = answers.compared[answers.compared["question"] == row["question"]]
    right = []
    for _judgment, shown in clips.groupby("judgment"):
        other = shown[shown["clip_role"] == "intruder"]
        shared = set(shown[shown["clip_role"] != "intruder"]["target"])
        if in_group(other, row).all() and (not isinstance(row["about"], str) or {row["about"]} == shared):
            right.append(int(other["picked"].iloc[0]))
    return sum(right) / len(right)


def stretch_agreement(answers, row):
    """Return how far annotators mark the same moments."""
    question = answers.questions[row["question"]]
    part = answers.marked[answers.marked["question"] == question.key]
    if isinstance(question.target, str):
        part = part[part["target"].isna() | (part["target"] == question.target)]
    part = part[in_group(part, row)]
    marked = part["marks"].map(lambda marks: sum(end - begin for begin, end in marks))
    if row["statistic"] == "marked_share":
        return (marked / part["clip_seconds"]).mean()
    if row["statistic"] == "heard_somewhere":
        return (marked > 0).mean()
    time = e.marked_time(
        [(own["clip_seconds"].iloc[0], list(own["marks"])) for _key, own in part.groupby("stimulus")]
    )
    if row["statistic"] == "time_agreement_on_marked":
        return time["both"] / time["marked_pairs"]
    share = time["marked"] / time["all"]
    return 1 - time["apart"] / time["all"] / (2 * share * (1 - share))
