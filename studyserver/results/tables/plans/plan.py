"""A plan: one aim, a design with given numbers, and the population that is assumed."""

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from explainer.core.base.canonical_json import canonical_json
from explainer.core.clips.conditions import ORIGINAL
from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.simulation import Truth
from studyserver.results.statistics.planning.populations import (
    USUAL_DEVIATIONS,
    USUAL_DEVIATIONS_BINARY,
    Deviations,
    population,
    population_of,
    with_effect,
)
from studyserver.results.statistics.planning.quantities import Expected
from studyserver.results.statistics.planning.simulated import Plan, approximate
from studyserver.results.statistics.reasons import Reason
from studyserver.results.tables.contrasts import Side, groups_of_side, sides_of
from studyserver.study.models import Study

from .aims import FIRST, REFERENCE, SECOND, Aim, aims_of
from .designs import Design, design_of

if TYPE_CHECKING:
    from studyserver.results.tables.computed import Computed

VERSION = 1  # changes when the same request would give other figures


class CannotPlan(ValueError):
    """A plan cannot be made; the message says why."""


@dataclass(frozen=True)
class PlanRequest:
    """What a researcher plans.

    Attributes
    ----------
    aim : str
        `Aim.key`.
    n_annotators, n_tracks : int
    n_trials : int, optional
        Main trials per annotator; None for all.
    effect : float
        The true value that is assumed, in the unit of the aim.
    source : str
        Where variances are from: ``assumed``, ``answers``, ``rehearsal`` or ``typed``.
    typed : tuple of float
        Standard deviations in the order of `Deviations`, in points of the scale (of answers between two, in
        units of the error), if they are typed.
    """

    aim: str
    n_annotators: int
    n_tracks: int
    n_trials: int | None
    effect: float
    source: str = "assumed"
    typed: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the request as JSON."""
        return asdict(self) | {"typed": list(self.typed)}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "PlanRequest":
        """Return a request from its JSON form."""
        return cls(**{**stored, "typed": tuple(stored["typed"])})


@dataclass(frozen=True)
class StudyPlan:
    """A plan of a study, ready to be approximated or simulated.

    Attributes
    ----------
    aim : Aim
    design : Design
    population : Truth
        With the assumed effect.
    """

    aim: Aim
    design: Design
    population: Truth

    def with_design(self, design: Design) -> "StudyPlan":
        """Return the same of another design."""
        return replace(self, design=design)

    def scenario(self, *, with_effect_of: float | None = None) -> Plan:
        """Return what is simulated: with the assumed effect, or another one."""
        truth = self.population
        if with_effect_of is not None:
            truth = with_effect(truth, self.aim.quantity, with_effect_of)
        smallest = self.aim.row.smallest_effect
        return Plan(self.aim.quantity, truth, self.design.allocate, self.aim.confidence, smallest)

    def approximate(self) -> Expected:
        """Return what is expected without simulating answers; of many annotators some stand for others."""
        design = self.design
        few = replace(design, n_annotators=min(design.n_annotators, design.enough_annotators))
        repeated = design.n_annotators / few.n_annotators
        return approximate(self.with_design(few).scenario(), repeated=repeated)

    @property
    def key(self) -> str:
        """Hash of all that its figures depend on."""
        plan = self.scenario()
        truth = {
            name: np.asarray(value).tolist() if value is not None else None
            for name, value in vars(plan.truth).items()
            if name != "family"
        }
        content = {
            "version": VERSION,
            "quantity": repr(plan.quantity),
            "family": plan.truth.family.value,
            "truth": truth,
            "trials": repr(self.design),
            "confidence": plan.confidence,
            "smallest": plan.smallest,
        }
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def study_plan(study: Study, request: PlanRequest, computed: "Computed | None" = None) -> StudyPlan:
    """Return the plan that is requested.

    Parameters
    ----------
    study : Study
    request : PlanRequest
    computed : Computed, optional
        The answers that variances are taken from, if the request says so.

    Raises
    ------
    CannotPlan
    """
    aim = next((one for one in aims_of(study) if one.key == request.aim), None)
    if aim is None:
        raise CannotPlan("This research question is not part of the study any more: choose another one.")
    design = design_of(study, aim).resized(
        n_annotators=request.n_annotators, n_tracks=request.n_tracks, n_trials=request.n_trials
    )
    truth = population_for(aim, design, request, computed)
    try:
        return StudyPlan(aim, design, with_effect(truth, aim.quantity, request.effect))
    except ValueError as error:
        raise CannotPlan(f"This cannot be planned: {error}.") from error


def population_for(
    aim: Aim, design: Design, request: PlanRequest, computed: "Computed | None" = None
) -> Truth:
    """Return the population that a request assumes, as yet without its effect.

    Raises
    ------
    CannotPlan
        If variances are to be those of answers, and these do not say them.
    """
    if request.source in ("answers", "rehearsal") and computed is not None:
        return _found_population(aim, design, computed)
    binary = aim.family is Family.BINARY
    deviations = USUAL_DEVIATIONS_BINARY if binary else USUAL_DEVIATIONS
    if request.source == "typed":
        width = 1.0 if binary else aim.ends[1] - aim.ends[0]
        deviations = Deviations(*(value / width for value in request.typed))
    reference = design.levels.index(REFERENCE) if REFERENCE in design.levels else 0
    return population(deviations, len(design.levels), aim.family, aim.ends, aim.points, reference=reference)


def deviations_of(truth: Truth) -> Deviations:
    """Return the standard deviations of a population, in points of the scale; of tracks the mean."""
    names = ("raters", "raters_by_level", "raters_by_track", "error")
    others = (float(np.sqrt(getattr(truth, name))) for name in names)
    return Deviations(float(np.sqrt(np.diag(truth.tracks).mean())), *others)


# -- from answers ---------------------------------------------------------------------------------


def _found_population(aim: Aim, design: Design, computed: "Computed") -> Truth:
    """Return the population that the model of the answers describes, with the design's levels."""
    if not aim.uses_model:
        raise CannotPlan("How much these answers vary is not estimated: use the default assumptions.")
    statistics = computed.shown
    item = statistics.summaries.plain_question(aim.question)
    stored = statistics.models.of(item)
    if isinstance(stored.undefined, Reason):
        who = "simulated annotators" if computed.rows.rehearsal else "annotators"
        words = stored.undefined.worded("track", "annotator")
        raise CannotPlan(f"The answers of {who} do not say how much judgments vary: {words}.")
    assert stored.fit is not None
    sides = _groups(aim, item)
    known = [str(level) for level in stored.fit.answers.levels]
    weights = np.zeros((len(design.levels), len(known)))
    for place, level in enumerate(design.levels):
        labels = sides.get(level) or [one.group.label for one in item.groups if one.group.condition == level]
        labels = [label for label in labels if label in known] or list(known)
        weights[place, [known.index(label) for label in labels]] = 1 / len(labels)
    found = population_of(stored.fit)
    tracks = _averaged(found.tracks, weights)
    return replace(found, means=weights @ found.means, tracks=tracks, ends=aim.ends)


def _averaged(tracks: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the covariance of averages of levels, with the mean variance of the levels on its diagonal."""
    found = weights @ tracks @ weights.T
    np.fill_diagonal(found, weights @ np.diag(tracks))
    return found


def _groups(aim: Aim, item: Any) -> dict[str, list[str]]:
    """Return the labels of the groups of clips that the aim's own levels consist of."""
    sides = sides_of(aim.row)
    named = dict(zip((FIRST, SECOND), sides, strict=False))
    named[REFERENCE] = Side(ORIGINAL, model=sides[0].model)
    return {name: [one.group.label for one in groups_of_side(item, side)] for name, side in named.items()}
