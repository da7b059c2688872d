"""The form of the planning page: what is to be found, by how many."""

from typing import Any

from django import forms
from django.http import QueryDict

from studyserver.results.tables.plans.aims import Aim, aims_of
from studyserver.results.tables.plans.designs import Design, design_of
from studyserver.results.tables.plans.plan import PlanRequest
from studyserver.study.models import Study

MOST = 1000  # annotators
MOST_TRACKS = 100
_IN_STEPS = {"required": False, "min_value": 0.0, "widget": forms.NumberInput(attrs={"step": "any"})}


class PlanningForm(forms.Form):
    """What is asked, how many annotators, tracks and trials there are, and how much judgments vary."""

    aim = forms.TypedChoiceField(label="Research question")
    effect = forms.FloatField(
        label="True effect", min_value=0.0, widget=forms.NumberInput(attrs={"step": "any"})
    )
    annotators = forms.IntegerField(min_value=3, max_value=MOST, label="Annotators")
    tracks = forms.IntegerField(
        min_value=3, max_value=MOST_TRACKS, label="Tracks", help_text="Excerpts of one track count as one."
    )
    trials = forms.IntegerField(
        min_value=1,
        max_value=10 * MOST,
        required=False,
        label="Trials per annotator",
        help_text="Without practice and repeats. Empty: every annotator does all.",
    )
    payment = forms.FloatField(
        label="Payment per annotator", help_text="In your currency; empty: none.", **_IN_STEPS
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
    tracks_vary = forms.FloatField(label="Tracks differ in one condition by", **_IN_STEPS)
    annotators_vary = forms.FloatField(label="Annotators differ in general by", **_IN_STEPS)
    annotators_by_condition = forms.FloatField(label="Annotators differ in a condition by", **_IN_STEPS)
    annotators_by_track = forms.FloatField(label="Annotators differ in a track by", **_IN_STEPS)
    single_judgment = forms.FloatField(label="A single judgment varies by", **_IN_STEPS)

    typed_names = (
        "tracks_vary",
        "annotators_vary",
        "annotators_by_condition",
        "annotators_by_track",
        "single_judgment",
    )

    def __init__(self, study: Study, data: QueryDict | None = None) -> None:
        self.study = study
        self.aims = {aim.key: aim for aim in aims_of(study)}
        given = {name: value for name, value in (data or {}).items() if name != "rehearsal"}
        aim = self.aims.get(str(given.get("aim", "")), next(iter(self.aims.values()), None))
        self.design: Design | None = design_of(study, aim) if aim else None
        initial = self._suggested(aim)
        if (data or {}).get("rehearsal") == "1" and aim and aim.uses_model:
            initial["source"] = "rehearsal"
        super().__init__(initial | given if aim else None)
        self.fields["aim"].choices = [(key, aim.label) for key, aim in self.aims.items()]
        self.fields["aim"].coerce = self.aims.__getitem__
        if aim:
            self.fields["effect"].help_text = f"What you would not want to miss: {aim.unit}."

    def _suggested(self, aim: Aim | None) -> dict[str, Any]:
        """Return the values of the study as it stands."""
        if aim is None or self.design is None:
            return {}
        trials = self.design.n_trials
        has_stimuli = self.study.stimuli.active().main().exists()
        return {
            "aim": aim.key,
            "effect": aim.row.smallest_effect or aim.usual_effect,
            "annotators": min(max(self.design.n_annotators, 3), MOST),
            "tracks": min(max(self.design.n_tracks, 3), MOST_TRACKS) if has_stimuli else 24,
            "trials": "" if trials is None else trials,
            "source": "assumed",
        }

    def clean(self) -> dict[str, Any]:
        """Refuse missing standard deviations."""
        data = super().clean() or {}
        if data.get("source") == "typed":
            for name in self.typed_names:
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, "Enter a standard deviation.")
            for name in ("tracks_vary", "single_judgment"):
                if data.get(name) == 0:
                    self.add_error(name, "Enter a value above 0.")
        return data

    @property
    def request(self) -> PlanRequest:
        """What a valid form asks for."""
        data = self.cleaned_data
        typed = tuple(data[name] for name in self.typed_names) if data["source"] == "typed" else ()
        return PlanRequest(
            data["aim"].key, data["annotators"], data["tracks"], data["trials"], data["effect"],
            data["source"], typed,
        )  # fmt: skip
