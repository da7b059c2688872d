"""The truth about a research question in a rehearsal whose annotators answer by a known one."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from studyserver.common import number_text
from studyserver.results.statistics.abx import sensitivity
from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.simulation import Truth
from studyserver.results.tables.computed import Computed
from studyserver.study.design.intruders import CLIPS as INTRUDER_SET
from studyserver.study.models import Question, ResearchQuestion
from studyserver.study.questions.research.estimands import Estimand
from studyserver.study.rehearsal.truth import Scenario, known_truth

if TYPE_CHECKING:
    from .declared import DeclaredVerdict

_TIE = 0.05  # preferences between clips that are heard this much alike are ties


def with_truth(one: "DeclaredVerdict", computed: Computed) -> "DeclaredVerdict":
    """Return a verdict whose figures are followed by the truth, in a rehearsal that has one."""
    scenario = known_truth(computed.study) if computed.rows.rehearsal else None
    truth = simulated_truth(scenario, one.aim.row, one.aim.question) if scenario and one.figures else None
    if truth is None:
        return one
    return replace(one, figures=f"{one.figures}; simulated truth {number_text.number(truth, 2)}")


def simulated_truth(scenario: Scenario, row: ResearchQuestion, question: Question) -> float | None:
    """Return the true value of the quantity that a verdict is about, for new annotators and new tracks.

    Parameters
    ----------
    scenario
        What the simulated annotators hear.
    row
        The research question.
    question
        The question by whose answers it is answered.

    Returns
    -------
    float or None
        A difference or rise in points of the scale; a correlation, or a difference of two; a share, or a
        difference of two; or d'. None if such answers are not simulated from this truth.
    """
    kept = [_kept(scenario, row, question, second=False)]
    if row.second and row.estimand != Estimand.DOSE:
        kept.append(_kept(scenario, row, question, second=True))
    if not all(kept):
        return None
    match row.estimand:
        case Estimand.DIFFERENCE:
            return _difference(scenario, question, kept[0], kept[1])
        case Estimand.DOSE:
            return _difference(scenario, question, kept[0][-1:], kept[0][:1])
        case Estimand.RETENTION:
            shares = [np.mean([_retention(scenario, share) for share in side]) for side in kept]
            return float(shares[0] - sum(shares[1:]))
        case Estimand.PREFERENCE:
            across = row.first != row.second
            pairs = [(one, two) for one in kept[0] for two in kept[1]]
            return float(np.mean([_preferred(scenario, *pair, across=across) for pair in pairs]))
        case Estimand.IDENTIFICATION if question.answer_kind.compares_clips:
            stand_out = float(np.mean([scenario.stands_out(share) for share in kept[0]]))
            return stand_out + (1 - stand_out) / INTRUDER_SET
        case Estimand.IDENTIFICATION:
            options = len(question.answer_kind.declared(question.options))
            found = [np.mean([_identified(scenario, share, options) for share in side]) for side in kept]
            return float(found[0] - sum(found[1:]))
        case Estimand.DETECTION if question.answer_kind.compares_clips:
            told = [min(1.0, scenario.told * abs(one - two)) for one in kept[0] for two in kept[1]]
            return sensitivity(0.5 + float(np.mean(told)) / 2)
    return None


def _kept(scenario: Scenario, row: ResearchQuestion, question: Question, *, second: bool) -> list[float]:
    """Return what the clips of a side keep, by number of segments and method, fewest segments first."""
    condition, method = (row.second, row.second_method) if second else (row.first, row.first_method)
    clips = row.study.stimuli.active().main().filter(clip__condition=condition)
    if question.target:
        clips = clips.filter(clip__target__in=["", question.target])
    if method:
        clips = clips.filter(clip__method=method)
    made = clips.order_by("clip__kept_segments").values_list("clip__kept_segments", "clip__method").distinct()
    return [scenario.kept(condition, segments=size or 0, method=method) for size, method in made]


def _spread(scenario: Scenario, kept: float) -> tuple[float, float]:
    """Return the variance of what is heard across tracks, and of one answer on one track."""
    tracks = (kept * scenario.tracks) ** 2 + (scenario.wears * (1 - kept)) ** 2
    parts = (scenario.annotators, scenario.by_condition, scenario.by_track, scenario.error)
    return tracks, float(sum(part**2 for part in parts))


def _difference(
    scenario: Scenario, question: Question, first: list[float], second: list[float]
) -> float | None:
    kind, options = question.answer_kind, question.options
    if not kind.has_numbers or kind.declared(options):
        return None  # answers in words have thresholds of their own
    low, high = kind.ends(options)
    points = np.array(sorted(kind.points(options)))
    kept = np.array([*first, *second])
    spread = (high - low) ** 2
    truth = Truth(
        means=low + (high - low) * kept * scenario.mean,
        tracks=spread * np.diag([_spread(scenario, share)[0] for share in kept]),
        raters=spread * scenario.annotators**2,
        raters_by_level=spread * scenario.by_condition**2,
        raters_by_track=spread * scenario.by_track**2,
        error=spread * scenario.error**2,
        family=Family.GAUSSIAN if kind.is_continuous else Family.ORDINAL,
        ends=(low, high),
        points=points,
    )
    means = [truth.mean(level) for level in range(len(kept))]
    return float(np.mean(means[: len(first)]) - np.mean(means[len(first) :]))


def _retention(scenario: Scenario, kept: float) -> float:
    return float(kept * scenario.tracks / np.sqrt(_spread(scenario, kept)[0]))


def _preferred(scenario: Scenario, first: float, second: float, *, across: bool) -> float:
    """Return the share of pairs of clips of a track in which the first is chosen; ties count one half.

    How annotators differ in a condition cancels unless the comparison is across conditions.
    """
    mean = (first - second) * scenario.mean
    worn = (scenario.wears * (1 - first)) ** 2 + (scenario.wears * (1 - second)) ** 2
    once = 2 * (across * scenario.by_condition**2 + scenario.error**2)
    sd = np.sqrt(((first - second) * scenario.tracks) ** 2 + worn + once)
    return float((ndtr((mean - _TIE) / sd) + ndtr((mean + _TIE) / sd)) / 2)


def _identified(scenario: Scenario, kept: float, options: int) -> float:
    """Return the probability that the target is heard more than all others; what is shared cancels."""
    own, other = (
        (share * scenario.mean, np.sqrt(_spread(scenario, share)[0] + alone))
        for share in (kept, scenario.aside)
        for alone in [_spread(scenario, share)[1] - scenario.annotators**2]
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    below = ndtr((own[0] + own[1] * nodes - other[0]) / other[1]) ** (options - 1)
    return float(weights @ below / weights.sum())
