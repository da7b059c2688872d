"""The report's checklist: what a reviewer will ask of a listening study, answered from its data."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL
from studyserver.results.tables.computed import KEPT, Computed
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.labels import condition_name
from studyserver.results.tables.plans.aims import declared_aims

MET, NONE, FAILED = "yes", "no", "not computed"


@dataclass(frozen=True)
class Check:
    """One line: what is asked, whether it is met, and the figures that say so."""

    asked: str
    met: str
    found: str


def checklist(parts: Parts) -> list[Check]:
    """Return the checklist of one study; a line that cannot be computed says so."""
    lines: list[tuple[str, Callable[[Computed], list[Check]]]] = [
        ("Tracks and annotators as samples", _samples),
        ("Repeated trials", _repeats),
        ("Exclusion rules", _rules),
        ("Research questions", _research),
        ("Correction for several findings", _corrected),
        ("Models of the answers", _converged),
        ("Original and random control", _controls),
        ("Intervals", _intervals),
        ("What is undefined", _undefined),
        ("Comparison with the model", _ceiling),
    ]
    found = []
    for asked, compute in lines:
        name = f"check-{asked}"
        found += parts.part(name, asked, compute, [])
        if failed := parts.failed.get(name):
            found.append(Check(asked, FAILED, failed.sentences))
    return found


def _check(asked: str, met: bool, found: str) -> list[Check]:
    return [Check(asked, MET if met else NONE, found)]


def _samples(computed: Computed) -> list[Check]:
    main = computed.main.counted.entered
    tracks = computed.main.counted.stimuli["track"].reindex(main["stimulus"])
    n_annotators, n_tracks = main["annotator"].nunique(), tracks.nunique()
    least = int(main.groupby("stimulus")["annotator"].nunique().min()) if len(main) else 0
    return _check(
        "Tracks and annotators both count as samples",
        n_annotators >= 3 and n_tracks >= 3,
        f"{plural(n_tracks, 'track')}, {plural(n_annotators, 'annotator')}; with fewer than "
        "three of either, no interval over both is given.",
    ) + _check(
        "Every clip was judged by two or more, so that agreement is defined for it",
        least >= 2,
        f"The least judged clip has {plural(least, 'annotator')}.",
    )


def _repeats(computed: Computed) -> list[Check]:
    counted = computed.main.counted
    pairs = len(counted.repeats) + len(counted.named_repeats)
    return _check(
        "Test-retest figures from repeated trials, kept apart from agreement between people",
        pairs > 0,
        f"{plural(pairs, 'pair')} of first and second answers." if pairs else "No trial was repeated.",
    )


def _rules(computed: Computed) -> list[Check]:
    rules = computed.quality.rules
    if not rules:
        return _check("Exclusion rules declared beforehand", False, "None declared: everybody counts.")
    left_out = len(computed.quality.left_out)
    listed = "; ".join(rule.reason for rule in rules)
    return _check(
        "Exclusion rules declared beforehand, every figure given with and without",
        KEPT in computed.annotator_sets,
        f"{listed}. They leave out {plural(left_out, 'annotator')}.",
    )


def _research(computed: Computed) -> list[Check]:
    declared = [row.sentence for row in computed.study.research_questions.all()]
    return _check(
        "Research questions declared beforehand; everything else is marked exploratory",
        bool(declared),
        " ".join(declared) if declared else "None declared: every comparison is exploratory.",
    )


def _controls(computed: Computed) -> list[Check]:
    judged = set(computed.main.counted.entered["condition"].unique())
    missing = [name for name in (ORIGINAL, EVIDENCE, RANDOM_CONTROL) if name not in judged]
    return _check(
        "Original and a random control of equal area and energy beside the evidence",
        not missing,
        f"Not judged: {', '.join(map(condition_name, missing))}." if missing else "All three were judged.",
    )


def _corrected(computed: Computed) -> list[Check]:
    n = len(declared_aims(computed.study))
    if not n:
        return _check(
            "Findings are corrected for their number",
            False,
            "No finding is declared; contrasts are corrected after Holm.",
        )
    return _check(
        "Findings are corrected for their number",
        True,
        f"{plural(n, 'answer')} to declared questions: each interval may miss with 1/{n} of the declared "
        "probability (Bonferroni)."
        if n > 1
        else "One answer to a declared question, which needs no correction.",
    )


def _converged(computed: Computed) -> list[Check]:
    stored = [one for one in computed.main.models.each() if one.why_none is None]
    current = [one for one in stored if one.is_current and one.fit is not None]
    good = [one for one in current if one.fit is not None and one.fit.has_converged]
    return _check(
        "The models of the answers include all answers and have converged",
        bool(stored) and len(good) == len(stored),
        f"{len(current)} of {plural(len(stored), 'model')} up to date, {len(good)} converged."
        if stored
        else "No question has enough answers in numbers for a model.",
    )


def _tables(computed: Computed) -> list[pd.DataFrame]:
    main = computed.main
    remains, compared = main.remains, main.compared
    return [
        remains.retention, remains.contrasts, remains.information, remains.claims, remains.model_comparison,
        compared.preferences, compared.discrimination, main.marked.stretch_agreement,
        *(item.agreed.alphas for item in main.summaries.questions),
    ]  # fmt: skip


def _intervals(computed: Computed) -> list[Check]:
    with_interval = [table[table["ci_low"].notna()] for table in _tables(computed) if len(table)]
    scopes = Counter(str(scope or "") for table in with_interval for scope in table["ci_scope"])
    listed = ", ".join(f"{n} over {scope}" for scope, n in sorted(scopes.items()) if scope)
    return _check(
        "Every interval says what it generalises to",
        bool(scopes) and not scopes[""],
        f"95 % intervals: {listed}; new tracks are always included."
        if listed
        else "There is no interval yet.",
    )


def _undefined(computed: Computed) -> list[Check]:
    tables = [table for table in _tables(computed) if len(table)]
    undefined = [table[table["status"] == "undefined"] for table in tables]
    n = sum(map(len, undefined))
    unexplained = sum(int((table["reason"].fillna("") == "").sum()) for table in undefined)
    return _check(
        "Undefined figures are marked as undefined, with the reason",
        not unexplained,
        f"{n} of {sum(map(len, tables))} figures are undefined, {unexplained} of them without a reason.",
    )


def _ceiling(computed: Computed) -> list[Check]:
    table = computed.main.remains.model_comparison
    rows = table[(table["statistic"] == "noise_ceiling") & (table["status"] == "ok")] if len(table) else table
    return _check(
        "The model is compared with what these listeners' agreement allows",
        len(rows) > 0,
        "Noise ceiling and the correlation of one listener are given beside the model's."
        if len(rows)
        else "No prediction, or too little agreement for a noise ceiling.",
    )
