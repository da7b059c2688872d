"""The report's checklist: what a reviewer will ask of a listening study, answered from its data."""

from collections.abc import Callable
from dataclasses import dataclass

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL
from studyserver.results.tables.computed import KEPT, Computed
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.labels import condition_name

MET, OPEN, NONE, FAILED = "yes", "not settled", "no", "not computed"


@dataclass(frozen=True)
class Check:
    """One line: what is asked, whether it is met, and the figures that say so."""

    asked: str
    met: str
    found: str


def checklist(parts: Parts) -> list[Check]:
    """Return the checklist of one study; a line that cannot be computed says so."""
    lines: list[tuple[str, Callable[[Computed], list[Check]]]] = [
        ("Clips and annotators as samples", _samples),
        ("Repeated trials", lambda computed: [_repeats(computed)]),
        ("Exclusion rules", lambda computed: [_rules(computed)]),
        ("Primary contrasts", lambda computed: [_contrasts(computed)]),
        ("Original and random control", lambda computed: [_controls(computed)]),
        ("Intervals", lambda computed: [_intervals()]),
        ("What is undefined", lambda computed: [_undefined(computed)]),
        ("Comparison with the model", lambda computed: [_ceiling(computed)]),
    ]
    found = []
    for asked, compute in lines:
        name = f"check-{asked}"
        found += parts.part(name, asked, compute, [])
        if failed := parts.failed.get(name):
            found.append(Check(asked, FAILED, failed.sentences))
    return found


def _samples(computed: Computed) -> list[Check]:
    main = computed.main.counted.entered
    n_annotators, n_clips = main["annotator"].nunique(), main["stimulus"].nunique()
    per_clip = main.groupby("stimulus")["annotator"].nunique() if len(main) else None
    least = 0 if per_clip is None else int(per_clip.min())
    return [
        Check(
            "Clips and annotators both count as samples",
            MET if n_annotators >= 3 and n_clips >= 3 else NONE,
            f"{plural(n_clips, 'clip')}, {plural(n_annotators, 'annotator')}; with fewer than "
            "three of either, no interval over both is given.",
        ),
        Check(
            "Every clip was judged by two or more, so that agreement is defined for it",
            MET if least >= 2 else NONE,
            f"The least judged clip has {plural(least, 'annotator')}.",
        ),
    ]


def _repeats(computed: Computed) -> Check:
    counted = computed.main.counted
    pairs = len(counted.repeats) + len(counted.named_repeats)
    return Check(
        "Test-retest figures from repeated trials, kept apart from agreement between people",
        MET if pairs else NONE,
        f"{plural(pairs, 'pair')} of first and second answers." if pairs else "No trial was repeated.",
    )


def _rules(computed: Computed) -> Check:
    rules = computed.quality.rules
    if not rules:
        return Check("Exclusion rules declared beforehand", NONE, "None declared: everybody counts.")
    left_out = len(computed.quality.left_out)
    listed = "; ".join(rule.reason for rule in rules)
    return Check(
        "Exclusion rules declared beforehand, every figure given with and without",
        MET if KEPT in computed.annotator_sets else NONE,
        f"{listed}. They leave out {plural(left_out, 'annotator')}.",
    )


def _contrasts(computed: Computed) -> Check:
    remains = computed.main.remains
    n = int(remains.contrasts["primary"].sum()) if len(remains.contrasts) else 0
    if remains.contrasts_are_declared:
        return Check(
            "Primary contrasts named beforehand, corrected after Holm",
            MET,
            f"{plural(n, 'comparison')}.",
        )
    return Check(
        "Primary contrasts named beforehand, corrected after Holm",
        NONE,
        "None named; evidence is compared with its random control for each question about a target.",
    )


def _controls(computed: Computed) -> Check:
    judged = set(computed.main.counted.entered["condition"].unique())
    missing = [name for name in (ORIGINAL, EVIDENCE, RANDOM_CONTROL) if name not in judged]
    return Check(
        "Original and a random control of equal area and energy beside the evidence",
        NONE if missing else MET,
        f"Not judged: {', '.join(map(condition_name, missing))}." if missing else "All three were judged.",
    )


def _intervals() -> Check:
    return Check(
        "Every interval says what it generalises to",
        MET,
        "95 %, over new clips (or tracks) and new annotators, unless it is named “new clips”.",
    )


def _undefined(computed: Computed) -> Check:
    table = computed.main.remains.retention
    undefined = int((table["status"] == "undefined").sum()) if len(table) else 0
    return Check(
        "What is undefined is said to be so, with the reason",
        MET,
        f"{plural(undefined, 'row')} of {len(table)} on retention.",
    )


def _ceiling(computed: Computed) -> Check:
    table = computed.main.remains.model_comparison
    rows = table[(table["statistic"] == "noise_ceiling") & (table["status"] == "ok")] if len(table) else table
    return Check(
        "The model is compared with what these listeners' agreement allows",
        MET if len(rows) else NONE,
        "Noise ceiling and the correlation of one listener stand beside the model's."
        if len(rows)
        else "No prediction, or too little agreement for a noise ceiling.",
    )
