"""The planning page: what a design can detect, given default, entered or estimated variances."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict

from explainer.core.clips.conditions import EVIDENCE, RANDOM_CONTROL
from explainer.imports.excerpts import counted
from explainer.models import Clip
from studyserver.common.number_text import plain
from studyserver.results.data.questions import scale_ends
from studyserver.results.data.rehearsal_marks import rehearsal_mark
from studyserver.results.tables.labels import condition_name
from studyserver.study.models import Question, Study, measures_of

if TYPE_CHECKING:
    import pandas as pd

    from studyserver.results.data.judgments import CountedJudgments
    from studyserver.results.statistics.power import Variances
    from studyserver.results.tables.computed import Computed

MOST = 2000  # annotators, tracks
_CONDITIONS = [(value, condition_name(value)) for value in Clip.Condition.values]
DEVIATIONS = ("between_annotators", "between_tracks", "single_judgment")  # fields of standard deviations
_IN_STEPS = {"required": False, "min_value": 0.0, "widget": forms.NumberInput(attrs={"step": "any"})}


class PlanningForm(forms.Form):
    """What is to be compared, by how many, and how much judgments vary."""

    question = forms.TypedChoiceField(label="Question")
    first = forms.ChoiceField(choices=_CONDITIONS, label="Compare")
    second = forms.ChoiceField(choices=_CONDITIONS, label="with")
    tracks = forms.IntegerField(
        min_value=2, max_value=MOST, label="Tracks", help_text="Heard in both conditions."
    )
    annotators = forms.IntegerField(min_value=2, max_value=MOST, label="Annotators")
    trials = forms.IntegerField(
        min_value=2,
        max_value=2 * MOST,
        required=False,
        label="Trials of these two conditions per annotator",
        help_text="Two for each track; empty: every annotator hears every track in both.",
    )
    difference = forms.FloatField(
        label="Difference you want to find", help_text="In steps of the scale.", **_IN_STEPS
    )
    source = forms.ChoiceField(
        choices=[
            ("assumed", "use default assumptions (no pilot data)"),
            ("answers", "use this study's answers so far"),
            ("rehearsal", "use its rehearsal (simulated annotators)"),
            ("typed", "use the values below"),
        ],
        label="How much judgments vary",
        widget=forms.RadioSelect,
    )
    between_annotators = forms.FloatField(label="Annotators differ in the effect by", **_IN_STEPS)
    between_tracks = forms.FloatField(label="Tracks differ in the effect by", **_IN_STEPS)
    single_judgment = forms.FloatField(label="A single judgment varies by", **_IN_STEPS)

    def __init__(self, study: Study, data: QueryDict | None = None) -> None:
        self.study = study
        initial = _suggested(study)
        if (data or {}).get("rehearsal") == "1":
            initial["source"] = "rehearsal"
        filled = initial | {name: value for name, value in (data or {}).items() if name != "rehearsal"}
        super().__init__(filled if initial["question"] else None)
        questions = _questions(study)
        self.fields["question"].choices = [(key, question.text) for key, question in questions.items()]
        self.fields["question"].coerce = questions.__getitem__

    def clean(self) -> dict[str, Any]:
        """Refuse a comparison with itself, and missing standard deviations."""
        data = super().clean()
        if data.get("first") and data.get("first") == data.get("second"):
            self.add_error("second", "A condition cannot be compared with itself: choose another one.")
        if data.get("source") == "typed":
            for name in DEVIATIONS:
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, "Enter a standard deviation, in steps of the scale.")
            varying = [data.get(name) for name in ("between_tracks", "single_judgment")]
            if None not in varying and not any(varying):
                self.add_error("single_judgment", "Enter a value above 0 here or for the tracks.")
        return data


def _questions(study: Study) -> dict[str, Question]:
    """Return the questions about a clip that are answered by numbers, by key."""
    asked = measures_of(study.questions.filter(scope=Question.Scope.CLIP).order_by("position", "id"))
    return {key: question for key, question in asked.items() if question.answer_kind.has_numbers}


def parts_of(study: Study) -> str:
    """Return what the study's stimuli are of, as "24 excerpts of 12 tracks"; empty without stimuli."""
    stimuli = study.stimuli.active().main().select_related("clip__excerpt")
    excerpts = [stimulus.clip.excerpt for stimulus in stimuli]
    return counted(excerpts) if excerpts else ""


def _suggested(study: Study) -> dict:
    """Return the initial values of the form, taken from the study."""
    stimuli = study.stimuli.active().main()
    conditions = list(stimuli.values_list("clip__condition", flat=True).distinct().order_by())
    pair = [name for name in (EVIDENCE, RANDOM_CONTROL) if name in conditions]
    others = [name for name in conditions if name not in pair]
    first, second = ([*pair, *others, EVIDENCE, RANDOM_CONTROL])[:2]
    compared = stimuli.filter(clip__condition__in=[first, second])
    tracks = compared.values("clip__track").distinct().count()
    own = study.trials_per_annotator
    share = compared.count() / (stimuli.count() or 1)
    return {
        "question": next(iter(_questions(study)), None),
        "first": first,
        "second": second if second != first else RANDOM_CONTROL,
        "tracks": min(max(tracks, 2), MOST),
        "annotators": max(study.annotators_wanted or 20, 2),
        "trials": max(2, round(own * share)) if own and own < stimuli.count() else "",
        "source": "assumed",
    }


@dataclass(frozen=True)
class Plan:
    """What the page shows."""

    variances: Variances
    unit: str  # of differences, in words
    source: str  # where the variances are from, in words
    mark: str  # that no answers of people went into the plan; empty where they did
    rows: list[dict]  # the table: one row per number of annotators, a cell per number of tracks
    tracks: list[int]  # its columns
    headline: str
    advice: list[str]
    described: str  # the plot in words
    table: pd.DataFrame  # as `power.planning_table` has it

    @property
    def deviations(self) -> list[float]:
        """Standard deviations of the effect between annotators and tracks, and of a single judgment."""
        return [value**0.5 for value in astuple(self.variances)]


class NoVariances(ValueError):
    """Variances cannot be estimated from the answers; the message says what is missing."""


def make_plan(form: PlanningForm, computed: Computed | None = None) -> Plan:
    """Return what a valid form asks for, by the answers that are computed where it asks for these.

    Raises
    ------
    NoVariances
        When the answers are too few to take variances from.
    """
    from studyserver.results.statistics import power

    data = form.cleaned_data
    low, high = scale_ends(data["question"])
    variances, source = _variances(form, high - low, computed)
    annotators, tracks = _around(data["annotators"]), _around(data["tracks"])
    each = data["trials"] // 2 if data["trials"] else None
    table = power.planning_table(annotators, tracks, variances, difference=data["difference"], each=each)
    cells = {(row["raters"], row["clips"]): row for row in table.to_dict("records")}
    own = data["annotators"]
    rows = [
        {"annotators": number, "chosen": number == own, "cells": [cells[number, clips] for clips in tracks]}
        for number in annotators
    ]
    chosen = cells[own, data["tracks"]]
    unit = f"on the scale from {plain(low)} to {plain(high)}"
    return Plan(
        variances=variances,
        unit=unit,
        source=source,
        mark=_mark(form),
        rows=rows,
        tracks=tracks,
        headline=_headline(data, chosen, unit),
        advice=_advice(data, chosen, variances, each),
        described=_described(table, tracks),
        table=table,
    )


def forecast(study: Study) -> str:
    """Return a sentence on what the study can detect; empty if there is nothing to compare."""
    from studyserver.results.statistics.power import planning_width, smallest_difference

    form = PlanningForm(study)
    conditions = set(study.stimuli.active().main().values_list("clip__condition", flat=True))
    if not form.is_valid() or not {form.cleaned_data["first"], form.cleaned_data["second"]} <= conditions:
        return ""
    data = form.cleaned_data
    low, high = scale_ends(data["question"])
    variances, _source = _variances(form, high - low)
    size = data["annotators"], data["tracks"]
    each = data["trials"] // 2 if data["trials"] else None
    chosen = {
        "smallest_difference": smallest_difference(*size, variances, each=each),
        "interval_width": planning_width(*size, variances, each=each),
    }
    pair = " and ".join(condition_name(data[name]) for name in ("first", "second"))
    headline = _headline(data, chosen, f"between {pair} on the scale from {plain(low)} to {plain(high)}")
    return f"{headline} This assumes how much judgments vary; a pilot or a rehearsal gives better values."


def _mark(form: PlanningForm) -> str:
    if form.cleaned_data["source"] == "rehearsal":
        return rehearsal_mark(form.study)
    return {
        "assumed": "ASSUMED: no answers of people are in this (how much judgments vary is assumed)",
        "typed": "ASSUMED: no answers of people are in this (standard deviations were typed)",
    }.get(form.cleaned_data["source"], "")


def _variances(
    form: PlanningForm, scale_range: float, computed: Computed | None = None
) -> tuple[Variances, str]:
    from studyserver.results.statistics.power import DEFAULT_VARIANCES, Variances

    data = form.cleaned_data
    if data["source"] == "typed":
        deviations = [data[name] for name in DEVIATIONS]
        return Variances(*(value**2 for value in deviations)), "typed"
    if data["source"] == "assumed" or computed is None:
        assumed = (value * scale_range**2 for value in astuple(DEFAULT_VARIANCES))
        return Variances(*assumed), "assumed: no pilot was taken into account"
    found = answered_variances(computed.main.counted, data["question"], data["first"], data["second"])
    simulated = data["source"] == "rehearsal"
    return found, "from the simulated annotators" if simulated else "from the answers so far"


def answered_variances(counted: CountedJudgments, question: Question, first: str, second: str) -> Variances:
    """Return the variances of a contrast as the answers of a study (or of its rehearsal) show them.

    Raises
    ------
    NoVariances
    """
    from studyserver.results.statistics.power import variances_from_pilot

    judgments = counted.of(question)
    judgments = judgments[judgments["condition"].isin([first, second])].dropna(subset=["number"])
    who = "simulated annotators" if counted.rows.rehearsal else "annotators"
    if judgments.empty or set(judgments["condition"]) != {first, second}:
        raise NoVariances(f"No {who} have judged both conditions yet.")
    table = judgments[["track", "condition", "annotator", "number"]]
    table = table.set_axis(["track", "condition", "rater", "value"], axis=1).astype(
        {"track": str, "condition": str, "rater": str}
    )
    try:
        return variances_from_pilot(table, first, second)
    except ValueError as error:
        raise NoVariances(
            f"The answers of {who} are not enough to estimate how much judgments vary: {error}."
        ) from error


def _around(number: int) -> list[int]:
    """Return smaller and greater numbers to look at beside the chosen one."""
    return sorted({max(2, round(number * factor)) for factor in (0.5, 0.75, 1, 1.5, 2)})


def _headline(data: dict, chosen: dict, unit: str) -> str:
    found = f"{chosen['smallest_difference']:.2g}"
    text = (
        f"{data['annotators']} annotators and {data['tracks']} tracks find a difference of {found} {unit} in "
        "four studies out of five; the 95\N{NO-BREAK SPACE}% interval of the difference will be about "
        f"{chosen['interval_width']:.2g} wide."
    )
    if data["difference"]:
        chance = f"{100 * chosen['power']:.0f}" if chosen["power"] < 0.995 else "more than 99"
        chance += "\N{NO-BREAK SPACE}%"
        text += f" A difference of {data['difference']:g} would be found with a probability of {chance}."
    return text


def _advice(data: dict, chosen: dict, variances: Variances, each: int | None) -> list[str]:
    from studyserver.results.statistics.power import smallest_difference

    own = data["annotators"], data["tracks"]
    now = smallest_difference(*own, variances, each=each)
    twice = {
        "annotators": smallest_difference(2 * own[0], own[1], variances, each=each),
        "tracks": smallest_difference(own[0], 2 * own[1], variances, each=each),
    }
    found = [
        f"Twice as many {what} would bring the smallest difference from {now:.2g} to {value:.2g}."
        for what, value in twice.items()
    ]
    if each is not None and each < data["tracks"]:
        found.append(
            f"Each annotator hears {each} of the {data['tracks']} tracks in both conditions: "
            f"{chosen['judgments']} judgments in all."
        )
    return found


def _described(table: pd.DataFrame, tracks: list[int]) -> str:
    parts = []
    for number in tracks:
        line = table[table["clips"] == number]
        first, last = line.iloc[0], line.iloc[-1]
        parts.append(
            f"{number} tracks: from {first['smallest_difference']:.2g} with {first['raters']:.0f} annotators "
            f"to {last['smallest_difference']:.2g} with {last['raters']:.0f}"
        )
    return "Smallest difference found in four studies out of five. " + "; ".join(parts) + "."
