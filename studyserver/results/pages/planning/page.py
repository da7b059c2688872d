"""What the planning page shows: expected widths and power, costs, and what simulated studies found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.core.cache import cache

from explainer.core.base.counting import plural
from explainer.imports.excerpts import counted
from studyserver.common.number_text import NO_BREAK, plain
from studyserver.results.data.rehearsal_marks import rehearsal_mark
from studyserver.study.design.outlook import outlook
from studyserver.study.models import Study

from .form import PlanningForm

if TYPE_CHECKING:
    from studyserver.results.models import SimulatedPlan
    from studyserver.results.statistics.planning.quantities import Expected
    from studyserver.results.statistics.planning.simulated import Expectation
    from studyserver.results.tables.plans.plan import StudyPlan

_AROUND_ANNOTATORS = (0.5, 1, 1.5, 2, 3)
_AROUND_TRACKS = (0.5, 1, 2)
_KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Costs:
    """What a design takes."""

    minutes: float  # of one annotator
    hours: float  # of all
    payment: float | None  # of all

    @property
    def words(self) -> str:
        """The costs in a sentence."""
        text = f"About {self.minutes:.0f} minutes per annotator, {self.hours:.1f} hours in all"
        return text + (f"; payments of {plain(round(self.payment, 2))}." if self.payment else ".")


@dataclass(frozen=True)
class Cell:
    """What one design of the table is expected to find."""

    annotators: int
    tracks: int
    expected: Expected
    is_chosen: bool


@dataclass(frozen=True)
class Simulated:
    """What simulated studies found, in words."""

    row: SimulatedPlan
    found: dict[str, Expectation]  # by scenario
    lines: list[str]
    is_stalled: bool


class PlanPage:
    """The plan of a valid form.

    Raises
    ------
    CannotPlan
        At the first use, if the request cannot be planned.
    """

    def __init__(self, form: PlanningForm) -> None:
        self.form = form

    @cached_property
    def plan(self) -> StudyPlan:
        """What is approximated and simulated."""
        from studyserver.results.tables.plans.simulating import plan_of

        return plan_of(self.form.study, self.form.request)

    @property
    def unit(self) -> str:
        """What effects and widths are measured in."""
        return self.plan.aim.unit

    @cached_property
    def cells(self) -> list[Cell]:
        """Designs around the chosen one."""
        design = self.plan.design
        own = design.n_annotators, design.n_tracks
        rows = _around(own[0], _AROUND_ANNOTATORS)
        return [
            Cell(annotators, tracks, self.approximate(annotators, tracks), (annotators, tracks) == own)
            for annotators in rows
            for tracks in _around(own[1], _AROUND_TRACKS)
        ]

    def approximate(self, annotators: int, tracks: int) -> Expected:
        """Return what the design with other numbers is expected to find."""
        trials = self.plan.design.n_trials

        def compute() -> Expected:
            design = self.plan.design.resized(n_annotators=annotators, n_tracks=tracks, n_trials=trials)
            return self.plan.with_design(design).approximate()

        found: Expected = cache.get_or_set(f"plan-{self.key}-{annotators}-{tracks}", compute, _KEPT_SECONDS)
        return found

    @cached_property
    def key(self) -> str:
        """Hash of all that the plan's figures depend on."""
        return self.plan.key

    @property
    def chosen(self) -> Cell:
        """The design that was entered."""
        return next(cell for cell in self.cells if cell.is_chosen)

    @property
    def tracks(self) -> list[int]:
        """The columns of the table."""
        return sorted({cell.tracks for cell in self.cells})

    @property
    def rows(self) -> list[dict]:
        """The rows of the table: a number of annotators, with a cell for each number of tracks."""
        numbers = sorted({cell.annotators for cell in self.cells})
        return [
            {"annotators": number, "cells": [cell for cell in self.cells if cell.annotators == number]}
            for number in numbers
        ]

    @cached_property
    def costs(self) -> Costs:
        """What the design takes."""
        study, design = self.form.study, self.plan.design
        now = outlook(study)
        per_trial = now.session_seconds / now.all_trials if now.all_trials else 30.0
        trials = design.trials_per_annotator + now.all_trials - now.trials
        minutes = per_trial * trials / 60
        payment = self.form.cleaned_data["payment"]
        number = design.n_annotators
        return Costs(minutes, minutes * number / 60, None if payment is None else payment * number)

    @property
    def headline(self) -> str:
        """The design and what it is expected to find, in two sentences."""
        from studyserver.results.statistics.planning.quantities import Expected

        design, expected, how = self.plan.design, self.chosen.expected, ""
        if self.simulated and self.simulated.row.state == "done":
            found = self.simulated.found["effect"]
            expected = Expected(found.width, found.found)
            how = f" (of {plural(found.n_studies, 'simulated study', 'simulated studies')})"
        confidence = f"{100 * self.plan.aim.confidence:.4g}{NO_BREAK}%"
        return (
            f"{plural(design.n_annotators, 'annotator')} with {plural(design.trials_per_annotator, 'trial')} "
            f"each and {plural(design.n_tracks, 'track')} give an interval ({confidence}) about "
            f"{expected.width:.2g} wide. A true effect of {self.form.cleaned_data['effect']:g} is found in "
            f"about {_percent(expected.found)} of studies{how}."
        )

    @cached_property
    def advice(self) -> list[str]:
        """What more annotators, and what more tracks would change."""
        annotators, tracks = self.chosen.annotators, self.chosen.tracks
        now = self.chosen.expected
        more = {
            "annotators": self.approximate(2 * annotators, tracks),
            "tracks": self.approximate(annotators, 2 * tracks),
        }
        found = [
            f"Twice as many {what}: {one.width:.2g} wide instead of {now.width:.2g}, and found in "
            f"{_percent(one.found)} of studies."
            for what, one in more.items()
        ]
        better = min(more, key=lambda what: more[what].width)
        other = max(more, key=lambda what: more[what].width)
        if more[better].width < 0.95 * more[other].width:
            found.append(f"Adding {better} helps more than adding {other}.")
        return found

    @property
    def described(self) -> str:
        """The plot in words."""
        parts = []
        for number in self.tracks:
            line = [cell for cell in self.cells if cell.tracks == number]
            first, last = line[0], line[-1]
            parts.append(
                f"{number} tracks: from {first.expected.width:.2g} with {first.annotators} annotators to "
                f"{last.expected.width:.2g} with {last.annotators}"
            )
        return f"Expected width of the interval, {self.unit}. {'; '.join(parts)}."

    @property
    def mark(self) -> str:
        """That no answers of people went into the plan; empty where they did."""
        source = self.form.cleaned_data["source"]
        if source == "rehearsal":
            return rehearsal_mark(self.form.study)
        return {
            "assumed": "ASSUMED: no answers of people are in this (how much judgments vary is assumed)",
            "typed": "ASSUMED: no answers of people are in this (standard deviations were typed)",
        }.get(source, "")

    @property
    def deviations(self) -> list[tuple[str, float]]:
        """The standard deviations used, with their names."""
        from studyserver.results.tables.plans.plan import deviations_of

        names = (
            "tracks",
            "annotators",
            "annotators by condition",
            "annotators by track",
            "a single judgment",
        )
        return list(zip(names, vars(deviations_of(self.plan.population)).values(), strict=True))

    @property
    def source(self) -> str:
        """Where these are from, in words."""
        return {
            "assumed": "assumed",
            "typed": "typed",
            "answers": "from the answers so far",
            "rehearsal": "from the simulated annotators",
        }[self.form.cleaned_data["source"]]

    @cached_property
    def simulated(self) -> Simulated | None:
        """What simulated studies of this plan found so far; None if nobody asked for them."""
        from studyserver.results.models import SimulatedPlan
        from studyserver.results.tables.plans.simulating import expectations

        row = SimulatedPlan.objects.filter(study=self.form.study, key=self.key).first()
        if row is None:
            return None
        found = expectations(row, self.plan)
        lines = [_simulated_words(name, one, self) for name, one in found.items()]
        is_stalled = row.state in ("waiting", "running") and not row.is_going_on
        return Simulated(row, found, lines, is_stalled)


def _around(number: int, factors: tuple[float, ...]) -> list[int]:
    """Return smaller and greater numbers beside the chosen one."""
    return sorted({max(3, round(number * factor)) for factor in factors})


def _percent(share: float) -> str:
    if share >= 0.995:
        return f"more than 99{NO_BREAK}%"
    return f"{100 * share:.0f}{NO_BREAK}%" if share >= 0.005 else f"less than 1{NO_BREAK}%"


def _simulated_words(name: str, one: Expectation, page: PlanPage) -> str:
    smallest = page.plan.aim.row.smallest_effect
    known = f"{_percent(one.found)} (\N{PLUS-MINUS SIGN} {100 * one.found_error:.0f})"
    if name == "effect":
        text = f"With a true effect of {page.form.cleaned_data['effect']:g}: found in {known} of "
    else:
        text = f"Without an effect: taken for one in {known} of "
    text += f"{plural(one.n_studies, 'simulated study', 'simulated studies')}"
    if smallest is not None:
        text += f", said to be less than {smallest:g} in {_percent(one.excluded)}"
    text += f"; median width {one.width:.2g}, {_percent(one.covered)} of intervals contain the true value"
    return text + (f"; no interval in {_percent(one.undefined)}." if one.undefined else ".")


def parts_of(study: Study) -> str:
    """Return what the study's stimuli are of, as "24 excerpts of 12 tracks"; empty without stimuli."""
    stimuli = study.stimuli.active().main().select_related("clip__excerpt")
    excerpts = [stimulus.clip.excerpt for stimulus in stimuli]
    return counted(excerpts) if excerpts else ""


def forecast(study: Study) -> str:
    """Return a sentence on what the study can find; empty if it has nothing to plan for."""
    from studyserver.results.tables.plans.plan import CannotPlan

    form = PlanningForm(study)
    if not form.is_valid() or not study.stimuli.active().main().exists():
        return ""
    page = PlanPage(form)
    try:
        expected = page.approximate(page.plan.design.n_annotators, page.plan.design.n_tracks)
    except CannotPlan:
        return ""
    asked = form.cleaned_data["aim"].label
    return (
        f"{asked} A true effect of {form.cleaned_data['effect']:g} {page.unit} is found in about "
        f"{_percent(expected.found)} of studies like this one; the interval will be about "
        f"{expected.width:.2g} wide. This assumes how much judgments vary; a pilot or a rehearsal gives "
        "better values."
    )
