"""Results in words: numbers as people read them, and the answer in a sentence.

A number is written with two or three significant digits, an interval in brackets, and what is
undefined is said to be so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL
from studyserver.common.number_text import NO_BREAK, coefficient, decimals, interval, number, plain
from studyserver.common.target_names import target_name
from studyserver.study.questions.kind import Answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studyserver.results.statistics.intervals import Interval
    from studyserver.results.statistics.means import Mean
    from studyserver.results.tables.summaries import Group, GroupSummary, QuestionSummary
    from studyserver.study.models import Question

UNDEFINED = "undefined"
ALPHA = "\N{GREEK SMALL LETTER ALPHA}"
FEWEST_FOR_AN_ANSWER = 2  # annotators, and clips
MOST_LISTED = 4  # conditions; of more, a sentence names the lowest and the highest mean


def mean_text(mean: Mean | None, ends: tuple[float, float]) -> str:
    """Return a mean with its interval, or why there is none."""
    if mean is None or mean.value is None:
        return "no judgments yet"
    places = decimals(ends)
    if mean.interval.low is None or mean.interval.high is None:
        return number(mean.value, places)
    return f"{number(mean.value, places)} {interval(mean.interval.low, mean.interval.high, places)}"


def share_text(mean: Mean | None) -> str:
    """Return a share in per cent with its interval."""
    if mean is None or mean.value is None:
        return "no judgments yet"
    text = f"{100 * mean.value:.0f}{NO_BREAK}%"
    if mean.interval.low is not None and mean.interval.high is not None:
        text += f" {interval(100 * mean.interval.low, 100 * mean.interval.high, 0)}"
    return text


def agreement_text(row: Mapping | None) -> str:
    """Return a coefficient of agreement with its interval, or in words why it is undefined."""
    if row is None:
        return "undefined: no judgments yet"
    if row["status"] != "ok":
        return f"{UNDEFINED}: {row['reason']}"
    text = coefficient(row["estimate"])
    if row["ci_low"] is None or row["ci_low"] != row["ci_low"]:
        return f"{text}, no interval"
    return f"{text} [{coefficient(row['ci_low'])},{NO_BREAK}{coefficient(row['ci_high'])}]"


def level_text(question: Question) -> str:
    """Return on what level agreement is computed, to stand after "at the"."""
    if question.answer_kind.answers == Answers.SETS:
        return "level of sets of answers (MASI distance)"
    return f"{question.get_level_display()} level"


# -- the answer first -------------------------------------------------------------------------


def headline(summary: QuestionSummary) -> str:
    """Return the answer to a question in one or two sentences."""
    evidence = summary.first(EVIDENCE)
    if not summary.groups:
        return "No judgments yet."
    if all(_too_few(group) for group in summary.groups):
        return (
            f"Too early to say: {plural(summary.n_judgments, 'judgment')} by "
            f"{plural(summary.n_annotators, 'annotator')} so far."
        )
    if summary.is_numeric:
        about_a_claim = evidence and summary.question.target
        return _about_evidence(summary) if about_a_claim else _condition_by_condition(summary)
    return _about_naming(summary, evidence)


def _about_evidence(summary: QuestionSummary) -> str:
    evidence = [group for group in summary.groups if group.group.condition == EVIDENCE]
    enough = [group for group in evidence if not _too_few(group)]
    if not enough:
        judgments = plural(sum(group.n_judgments for group in evidence), "judgment")
        annotators = plural(max(group.n_annotators for group in evidence), "annotator")
        return f"Too early to say: {judgments} of evidence clips by {annotators} so far."
    return " ".join(
        _of_one_evidence(summary, group, several=len(evidence) > 1, beside_original=group is enough[0])
        for group in enough
    )


def _of_one_evidence(
    summary: QuestionSummary, evidence: GroupSummary, *, several: bool, beside_original: bool
) -> str:
    """Return what is heard in the evidence of one method and size, beside its own random control."""
    own_control, contrast = _control_of(summary, evidence)
    where = in_evidence(evidence.group, several=several)
    verdict = _verdict(target_name(summary.question.target), where, contrast)
    others = [
        (summary.first(ORIGINAL) if beside_original else None, "in the original"),
        (own_control or summary.first(RANDOM_CONTROL), "in the random control"),
    ]
    against = [
        f"{mean_text(group.mean, summary.ends)} {where}"
        for group, where in others
        if group and group.mean and group.mean.value is not None
    ]
    figures = f"mean {mean_text(evidence.mean, summary.ends)}"
    if beside_original:
        figures += f" {scale_text(summary)}"
    return f"{verdict}: {figures}{', against ' if against else ''}{' and '.join(against)}."


def _control_of(
    summary: QuestionSummary, evidence: GroupSummary
) -> tuple[GroupSummary | None, Interval | None]:
    """Return the control that evidence is compared with, and the interval of the difference."""
    for (own, control), (_difference, compared) in summary.contrasts.items():
        if own == evidence.group:
            return next((group for group in summary.groups if group.group == control), None), compared
    return None, None


def in_evidence(group: Group, *, several: bool) -> str:
    """Return the evidence in words, with its method and size where several are studied."""
    named = [group.method, plural(int(group.kept_segments), "segment") if group.kept_segments else ""]
    named.append(group.model)
    told_apart = ", ".join(filter(None, named))
    return f"the evidence ({told_apart})" if several and told_apart else "the evidence"


def in_brackets(group: Group) -> str:
    """Return a group with what tells it apart in brackets: evidence (lime, 4 segments)."""
    condition, _comma, told_apart = group.label.partition(", ")
    return f"{condition} ({told_apart})" if told_apart else condition


def _verdict(what: str, where: str, contrast: Interval | None) -> str:
    if contrast is None or contrast.low is None or contrast.high is None:
        return f"How much of {what} listeners hear in {where}"
    if contrast.low > 0:
        return f"Listeners hear more {what} in {where} than in the random control"
    if contrast.high < 0:
        return f"Listeners hear less {what} in {where} than in the random control"
    return f"Whether listeners hear more {what} in {where} than in the random control is not settled"


def _condition_by_condition(summary: QuestionSummary) -> str:
    known = [(one.mean.value, one) for one in summary.groups if one.mean and one.mean.value is not None]
    is_long = len(known) > MOST_LISTED
    ends = [min(known, key=lambda one: one[0])[1], max(known, key=lambda one: one[0])[1]] if is_long else []
    told = ends or summary.groups
    parts = [f"{mean_text(one.mean, summary.ends)} ({one.group.label})" for one in told]
    if is_long:
        return f"Mean answers {scale_text(summary)} lie between {' and '.join(parts)}."
    return f"Mean answers {scale_text(summary)}: {', '.join(parts)}."


def points_in_words(question: Question) -> dict[float, str]:
    """Return the numbers that answers can be, each as digits, with its words where it has any."""
    points = question.answer_kind.points(question.options)
    return {
        number: words if words == plain(number) else f"{plain(number)} {words}"
        for number, words in points.items()
    }


def scale_text(summary: QuestionSummary) -> str:
    """Return the scale that a mean is to be read on."""
    if summary.question.answer_kind.names_of_numbers:
        return f"({', '.join(points_in_words(summary.question).values())})"
    low, high = map(plain, summary.ends)
    return f"on the scale from {low} to {high}"


def _about_naming(summary: QuestionSummary, evidence: GroupSummary | None) -> str:
    named = [group for group in summary.groups if group.group.condition == EVIDENCE and group.names_target]
    if evidence is None or not named:
        group = summary.groups[0]
        most = max(group.distribution, key=lambda pair: pair[1])
        return (
            f"The most frequent answer to {group.group.label} clips: {most[0]} ({plural(most[1], 'time')})."
        )
    if all(_too_few(group) for group in named):
        judgments = plural(sum(group.n_judgments for group in named), "judgment")
        return f"Too early to say: {judgments} of evidence clips so far."
    enough = [group for group in named if not _too_few(group)]
    parts = [_naming_of_one(summary, group, several=len(named) > 1) for group in enough]
    if summary.question.answer_kind.answers == Answers.NAMES:
        chance = 1 / max(1, len(evidence.shares))
        parts[-1] += (
            f"; guessing among {len(evidence.shares)} answers would give {100 * chance:.0f}{NO_BREAK}%"
        )
    return " ".join(f"{part}." for part in parts)


def _naming_of_one(summary: QuestionSummary, evidence: GroupSummary, *, several: bool) -> str:
    control = _control_of(summary, evidence)[0] or summary.first(RANDOM_CONTROL)
    text = (
        f"Listeners name the target that {in_evidence(evidence.group, several=several)} was made for in "
        f"{share_text(evidence.names_target)} of judgments"
    )
    if control and control.names_target:
        text += f", against {share_text(control.names_target)} in the random control"
    return text


def _too_few(group: GroupSummary) -> bool:
    return min(group.n_annotators, group.n_clips) < FEWEST_FOR_AN_ANSWER


# -- retention --------------------------------------------------------------------------------

STATISTICS = {
    "exact_agreement": "same answer again",
    "agreement_within_1": "within 1 of the first answer",
    "similarity": "similarity of what was ticked (MASI)",
    "cohen_kappa": "Cohen's κ of first and second answers",
    "kappa_quadratic": "quadratic κ",
    "standard_error_of_measurement": "standard error of measurement, in units of the scale",
    "repeatability": "repeatability, in units of the scale: most differences (95 %) are smaller",
    "model_correlation": "model with the listeners' means",
    "noise_ceiling": "noise ceiling: a perfect model",
    "model_share_of_ceiling": "model, as a share of the ceiling",
    "one_rater_correlation": "one listener with the mean of the others",
    "mutual_information": "information, bits",
    "time_alpha": f"Krippendorff's {ALPHA} over time",
    "time_agreement_on_marked": "marked by a second one too",
    "marked_share": "time marked",
    "heard_somewhere": "heard anywhere at all",
    "marked_where_evidence": "marked of the evidence's time",
    "marked_elsewhere": "marked of the other time",
    "marked_more_where_evidence": "difference",
    "share_of_reference": "share of the original's",
    "mutual_information_uncorrected": "information without correction, bits",
    "accuracy": "right answers",
    "accuracy_by_chance": "right by chance",
}


def statistic_name(name: str) -> str:
    """Return a statistic's name as people write it."""
    from studyserver.results.statistics.agreement import COEFFICIENTS

    if name in COEFFICIENTS:
        return COEFFICIENTS[name].label
    return STATISTICS.get(name, name.replace("_", " "))


def retention_headline(
    what: str, where: str, evidence: Mapping, control: Mapping | None, difference: Mapping | None
) -> str:
    """Return how much of a feature's differences between tracks is still heard in the evidence.

    Parameters
    ----------
    what : str
        The feature.
    where : str
        The evidence, in words.
    evidence, control, difference : rows of an estimate table, or None
        Retention in the evidence, in the random control, and the one less the other.
    """
    if evidence["status"] != "ok":
        return f"How much of {what} remains in {where} cannot be said yet: {evidence['reason']}."
    figures = f"retention {agreement_text(evidence)}"
    if control is not None and control["status"] == "ok":
        figures += f", random control {agreement_text(control)}"
    heard = f"the tracks' differences in {what} in {where}"
    if evidence["ci_low"] <= 0:
        return f"Whether listeners still hear {heard} is not settled: {figures}."
    if difference is None or difference["status"] != "ok":
        return f"Listeners still hear {heard}: {figures}."
    if difference["ci_low"] > 0:
        verdict = f"Listeners still hear {heard}, more than in the random control"
    elif difference["ci_high"] < 0:
        verdict = f"Listeners hear less of {heard} than in the random control"
    else:
        verdict = f"Listeners still hear {heard}; whether more than in the random control is not settled"
    return f"{verdict}: {figures}, difference {agreement_text(difference)}."


def estimate_text(row: Mapping | None, places: int) -> str:
    """Return a figure in units of its own, with its interval, or in words why it is undefined."""
    if row is None:
        return "\N{EN DASH}"
    if row["status"] != "ok":
        return f"{UNDEFINED}: {row['reason']}"
    text = number(row["estimate"], places)
    if not _known(row["ci_low"]):
        return f"{text}, no interval"
    return f"{text} {interval(row['ci_low'], row['ci_high'], places)}"


def _known(value: float | None) -> bool:
    return value is not None and value == value
