"""An oracle: computes every computed table of an export anew from the answers, and says what agrees.

    python tests/support/oracle/analysis.py FOLDER

A second implementation that shares no code with the product. Estimates of all tables are reproduced,
except those of the model of the answers (`answer_models`, `retention`, `contrasts`, means of `summary`) and
the three figures that compare marked time with the sound of the evidence, which need the sounds.
Beside it: answers.py (which answers count), figures.py (one function per table), annotators.py (quality of
annotators), coefficients.py (formulas of agreement) and effects.py (those of everything else).
"""

import sys

import annotators
import figures
import numpy as np
from answers import Answers, table

REHEARSAL = "REHEARSAL: simulated annotators, not people"
NEEDS_SOUNDS = ["marked_where_evidence", "marked_elsewhere", "marked_more_where_evidence"]
TOLERANCES = {
    "icc_": 1e-4,
    "threshold": 1e-6,
    "slope": 1e-6,
    "bradley": 1e-6,
    "order": 1e-6,
}  # fitted by steps
OF_TABLES = {
    "summary": figures.summary,
    "agreement": figures.agreement,
    "retest": figures.retest,
    "information": figures.information,
    "claims": figures.claims,
    "model_comparison": figures.model_comparison,
    "dose_response": figures.dose_response,
    "preferences": figures.preferences,
    "discrimination": figures.discrimination,
    "intruders": figures.intruders,
    "stretch_agreement": figures.stretch_agreement,
}
KEYS = ["question", "condition", "method", "kept_segments", "model", "option", "about", "statistic"]


def check(name, found, written, names=None):
    """Print how many figures of a table were reproduced; return whether all are."""
    found, written = np.asarray(found, dtype=float), np.asarray(written, dtype=float)
    names = [""] * len(found) if names is None else list(names)
    tolerances = [
        next((t for start, t in TOLERANCES.items() if str(name).startswith(start)), 1e-9) for name in names
    ]
    both = np.isfinite(found) & np.isfinite(written)
    near = np.abs(np.where(both, found - written, 0)) <= np.array(tolerances) * np.maximum(
        1, np.abs(np.where(both, written, 0))
    )
    same = np.where(both, near, np.isnan(found) == np.isnan(written))
    print(f"{name}: {same.sum()} of {len(same)} figures " + ("agree" if same.all() else "DIFFER"))
    for place in np.flatnonzero(~same)[:5]:
        print(f"  {names[place]} in the table {written[place]}, from the answers {found[place]}")
    return bool(same.all())


def check_estimates(annotator_set, answers):
    """Compare the tables of one set of annotators, row by row; return whether all agree."""
    good = True
    for name, of_row in OF_TABLES.items():
        rows = table(name)
        rows = rows[rows["annotator_set"] == annotator_set]
        if "statistic" in rows:
            rows = rows[~rows["statistic"].isin(NEEDS_SOUNDS)]
        if name == "claims":  # the others come from the model of the answers
            rows = rows[rows["ci_method"] != "posterior"]
        rows = rows.drop_duplicates([key for key in KEYS if key in rows])  # one of the two intervals' rows
        column = "judgment_mean" if name == "summary" else "estimate"
        defined = rows[rows[column].notna()]
        found = [of_row(answers, row) for row in defined.to_dict("records")]
        done = [figure is not None for figure in found]
        if not all(done):
            print(f"{name}: {done.count(False)} figures left out: very large designs with gaps, or unknown")
        defined, found = defined[done], [figure for figure in found if figure is not None]
        if len(defined):
            good &= check(f"{name}, {annotator_set}", found, defined[column], defined.get("statistic"))
    return good


def check_annotators(answers):
    """Compare the tables about annotators; return whether all agree."""
    good, quality = True, annotators.quality(answers)
    rows = table("annotator_quality").set_index(["annotator", "question"])
    for column in quality.columns:
        good &= check(f"annotator_quality, {column}", quality[column].reindex(rows.index), rows[column])
    rows = table("pairs")
    found = annotators.pairs(answers, rows)
    for column in found.columns:
        good &= check(f"pairs, {column}", found[column], rows[column])
    overall = quality[quality.index.get_level_values("question").isna()].droplevel("question")
    found = annotators.left_out(overall)
    written = {(row.annotator, row.measure): row.figure for row in table("exclusions").itertuples()}
    everyone = sorted(found | written)
    sides = [[side.get(key, np.nan) for key in everyone] for side in (found, written)]
    return good & check("exclusions", *sides)


def main():
    """Compare all tables; the exit status tells whether everything agrees."""
    if (table("questions")["rehearsal"] == 1).any():
        print(REHEARSAL)
    everybody = Answers()
    good = check_estimates("all", everybody)
    if (table("summary")["annotator_set"] == "kept").any():
        good &= check_estimates("kept", Answers(left_out=set(table("exclusions")["annotator"])))
    good &= check_annotators(everybody)
    print("agrees with the tables" if good else "DIFFERS from the tables")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
