"""Computes the main figures of this folder from the answers and prints them beside those of its tables.

Needs pandas and numpy. Run it anywhere: python analysis.py

For all annotators, and for those kept by the declared rules: the mean over the judgments of every question
and condition with a simple interval, Krippendorff's alpha, preferences and ABX answers. The exit status is 1
if a figure differs from its table by more than `TOLERANCE` (relative for figures above 1). The simple
intervals treat only clips as random. Means, contrasts and retention by the model of the answers are not
computed here: `listening-studies compare` computes them from a file of answers.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd

TOLERANCE = 1e-6
FOLDER = Path(__file__).resolve().parent.parent
TEXTS = [
    "value",
    "option",
    "question",
    "question_target",
    "target",
    "track",
    "annotator",
    "method",
    "model",
    "about",
]
KEYS = [
    "question",
    "condition",
    "method",
    "kept_segments",
    "model",
    "option",
    "first",
    "second",
    "about",
    "statistic",
]
# Texts that a spreadsheet could read as formulas begin with an apostrophe, which is removed.
ESCAPED = re.compile("^'(?='*[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20])")


def table(name):
    """Return a table of this folder with its original texts; None if it is not in the package."""
    path = next(FOLDER.glob(f"data/*_table-{name.replace('_', '')}_data.csv"), None)
    if path is None:
        return None
    rows = pd.read_csv(path, dtype=dict.fromkeys(TEXTS, str), keep_default_na=False, na_values=[""])
    texts = rows.select_dtypes(["object", "str"]).columns
    return rows.assign(**{column: rows[column].str.replace(ESCAPED, "", regex=True) for column in texts})


def for_the_target(clips):
    """Return which clips were made for the question's target or for no particular target."""
    asked = clips["question_target"]
    return asked.isna() | clips["target"].isna() | (clips["target"] == asked)


def in_group(clips, row):
    """Return which clips belong to a row's condition, and to its method, size and model if it has them."""
    keep = clips["condition"] == row["condition"]
    for name in ("method", "kept_segments", "model"):
        keep &= pd.isna(row[name]) | (clips[name] == row[name])
    return keep


def in_words(clips, words):
    """Return which clips belong to the group that the column `about` names, such as `evidence, lime`."""

    def names(clip):
        condition = clip["condition"].replace("_", " ").replace("counter evidence", "counter-evidence")
        size = "" if pd.isna(clip["kept_segments"]) else f"{clip['kept_segments']:.0f} segment"
        size += "s" if size and clip["kept_segments"] != 1 else ""
        method = "" if pd.isna(clip["method"]) else clip["method"]
        model = "" if pd.isna(clip["model"]) else clip["model"]
        parts = ((condition, m, k, one) for m in {"", method} for k in {"", size} for one in {"", model})
        return words in {", ".join(filter(None, part)) for part in parts}

    return clips.apply(names, axis=1).astype(bool)


def mean(answers, row):
    """Return a mean, or the share that chose an option, and the ends of an interval from means of clips."""
    part = answers[in_group(answers, row)]
    values = part["number"]
    if isinstance(row["option"], str):
        given = part["value"].map(json.loads if row["question_kind"] == "checklist" else lambda one: [one])
        values = given.map(lambda chosen: float(row["option"] in chosen))
    clips = values.groupby(part["stimulus"]).mean()
    found = clips.mean() if part["adaptive"].eq(1).any() else values.mean()
    reach = 1.96 * clips.std() / np.sqrt(clips.count())
    return found, found - reach, found + reach


def alpha(answers, row):
    """Return Krippendorff's alpha: 1 - observed / expected squared distance of two answers."""
    part = answers.drop_duplicates(["stimulus", "annotator"])  # a clip can stand in several trials
    if isinstance(row["condition"], str):
        part = part[in_group(part, row)]
    given = part["number"] if part["number"].notna().any() else part["value"]
    if row["level"] == "sets":
        given = given.map(lambda ticked: frozenset(json.loads(ticked)))
    elif row["level"] == "ordinal" and part["number"].isna().all():
        choices = json.loads(part["question_options"].iloc[0])["choices"]
        given = given.map({choice["value"]: place for place, choice in enumerate(choices)})
    code, order = pd.factorize(given, sort=row["level"] != "sets")
    counts = pd.crosstab(part["stimulus"].to_numpy(), code).to_numpy(float)
    used = counts.sum(axis=1) >= 2
    counts, totals = counts[used], counts[used].sum(axis=0)
    apart, n = distances(row["level"], order, totals), totals.sum()
    observed = (((counts @ apart) * counts).sum(axis=1) / (counts.sum(axis=1) - 1)).sum() / n
    return 1 - observed / (totals @ apart @ totals / (n * (n - 1)))


def distances(level, values, totals):
    """Return the squared distances of all pairs of answers, given how often each answer occurs."""
    if level == "sets":
        return np.array([[1 - masi(one, two) for two in values] for one in values])
    if level == "nominal":
        return 1.0 - np.eye(len(totals))
    x = np.cumsum(totals) - totals / 2 if level == "ordinal" else np.asarray(values, dtype=float)
    apart, both = np.subtract.outer(x, x), np.add.outer(x, x)
    if level == "ratio":
        apart = np.divide(apart, both, out=np.zeros_like(apart), where=both > 0)
    return apart**2


def masi(one, two):
    """Return the MASI similarity of two sets (Passonneau, 2006): Jaccard's index, reduced if they differ."""
    shared = len(one & two) / max(len(one | two), 1)
    return 1.0 if one == two else shared * (2 / 3 if one <= two or two <= one else 1 / 3)


def preference(clips, row):
    """Return how often one condition was preferred to another; a tie is half."""
    first = clips[in_group(clips, row)]
    both = first.merge(clips[in_words(clips, row["about"])], on="judgment", suffixes=("", "_2"))
    nobody = clips.groupby("judgment")["picked"].sum().reindex(both["judgment"]).eq(0).to_numpy()
    both = both[nobody | (both["picked"] == 1) | (both["picked_2"] == 1)]
    return ((1 + both["picked"] - both["picked_2"]) / 2).mean()


def told_apart(clips, row):
    """Return the share of correct ABX answers for two conditions."""
    first = clips[in_group(clips, row)]["judgment"]
    second = clips[in_words(clips, row["about"])]["judgment"]
    asked = clips[clips["judgment"].isin(set(first) & set(second))]
    return (asked["is_x"] == asked["picked"]).groupby(asked["judgment"]).all().mean()


def found(clips, row):
    """Return how often the clip of another target was found, of all, or by what the others share."""
    intruders = clips[clips["clip_role"].eq("intruder") & in_group(clips, row)]
    others = clips[clips["clip_role"].ne("intruder") & clips["judgment"].isin(intruders["judgment"])]
    if isinstance(row["about"], str):
        shared = others[others["target"] == row["about"]]["judgment"]
        intruders = intruders[intruders["judgment"].isin(shared)]
    return intruders["picked"].mean()


MAIN = {  # table: statistics, answers that it is computed from, function of these and of a row
    "summary": ([], "answers", mean),
    "agreement": (["krippendorff_alpha"], "answers", alpha),
    "preferences": (["preference"], "clips", preference),
    "discrimination": (["abx_correct"], "clips", told_apart),
    "intruders": (["intruder_found"], "clips", found),
}


def check(name, rows, given, of_row):
    """Print the figures of a table beside those computed from the answers; return whether they agree."""
    rows = rows.drop_duplicates([key for key in KEYS if key in rows])  # a figure has a row for each interval
    tabled = "judgment_mean" if name == "summary" else "estimate"
    lines = []
    for row in rows[rows[tabled].notna()].to_dict("records"):
        part = given[given["question"] == row["question"]]
        if "number" in part and part["number"].notna().any():
            part = part[part["number"].notna()]  # answers such as "cannot tell" are not numbers
        found, *interval = np.atleast_1d(of_row(part, row))
        agrees = abs(found - row[tabled]) <= TOLERANCE * max(1, abs(row[tabled]))
        line = {key: row[key] for key in KEYS if key in row} | {"computed": found, "in table": row[tabled]}
        line |= {"": "agrees" if agrees else "DIFFERS"} | dict(zip(("from", "to"), interval, strict=False))
        lines.append(line)
    if not lines:
        return True
    shown = pd.DataFrame(lines).dropna(axis=1, how="all")
    n_agree = int((shown[""] == "agrees").sum())
    print(f"\n{name}: {n_agree} of {len(shown)} figures agree")
    print(shown.to_string(index=False, na_rep="", float_format="{:.6g}".format))
    return n_agree == len(shown)


def check_tables(annotator_set, left_out):
    """Compare the tables of one set of annotators; return whether all agree."""
    questions, given, clips = table("questions"), table("judgments"), table("comparisons")
    given["adaptive"] = given["adaptive"].eq(1).any()
    given = given[(given["trial_kind"] == "main") & (given["trial_finished"] == 1)]
    given = given[~given["annotator"].isin(left_out)].merge(questions[["question", "question_options"]])
    clips = clips[clips["judgment"].isin(given["judgment"])]
    clips = clips.merge(questions[["question", "question_target"]])
    foreign = clips[~for_the_target(clips) & clips["clip_role"].ne("intruder")]["judgment"]
    sources = {
        "answers": given[for_the_target(given)],
        "clips": clips[~clips["judgment"].isin(foreign)],
    }
    good = True
    for name, (statistics, which, of_row) in MAIN.items():
        rows = table(name)
        if rows is None:
            print(f"{name}: not in this package; PROBLEMS.md says why")
            continue
        rows = rows[rows["annotator_set"] == annotator_set]
        if statistics:
            rows = rows[rows["statistic"].isin(statistics)]
        good &= check(name, rows, sources[which], of_row)
    return good


def main():
    """Compare the tables; the exit status is 0 if all figures agree."""
    if (table("questions")["rehearsal"] == 1).any():
        print("REHEARSAL: simulated annotators, not people")
    good = check_tables("all", [])
    if (table("summary")["annotator_set"] == "kept").any():
        print("\nWithout the annotators excluded by the declared rules:")
        good &= check_tables("kept", set(table("exclusions")["annotator"]))
    print("\nagrees with the tables" if good else "\nDIFFERS from the tables")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
