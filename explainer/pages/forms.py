"""Forms of the researchers' pages and of the admin."""

import csv
import dataclasses
import io
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Model, Q

from explainer.core.audio import AudioError
from explainer.core.base.counting import plural
from explainer.core.base.explanation import LEVELS
from explainer.core.base.recipe import HIDDEN_VALUES, ROUTES, RecipeError
from explainer.core.base.recipe import Recipe as CoreRecipe
from explainer.files import stored_files
from explainer.imports import music_models, recipes
from explainer.imports.excerpts import excerpts_of
from explainer.imports.uploaded_stems import write_stems
from explainer.models import Excerpt, MusicModel, Recipe, Track

from .upload_forms import SOUNDS, SeveralFilesField, SeveralFilesInput


def _checkboxes(model: type[Model], what: str) -> forms.ModelMultipleChoiceField:
    missing = f"Choose at least one {what}."
    return forms.ModelMultipleChoiceField(
        model.objects.all(), widget=forms.CheckboxSelectMultiple, error_messages={"required": missing}
    )


class TracksField(forms.ModelMultipleChoiceField):
    """Checkboxes of tracks, each with its length and the number of its excerpts."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        chosen = Count("excerpts", filter=~Q(excerpts__chosen_by=Excerpt.ChosenBy.WHOLE))
        messages = {"required": "Choose at least one track."}
        super().__init__(Track.objects.annotate(chosen=chosen), error_messages=messages, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """Return the track with its length and the number of its excerpts."""
        number = f", {plural(obj.chosen, 'excerpt')}" if obj.chosen else ""
        return f"{obj} ({obj.seconds:.0f} s{number})"


class BuildForm(forms.Form):
    """Request for explanations of every chosen track, model and recipe."""

    tracks = TracksField()
    whole = forms.BooleanField(
        required=False, label="Whole tracks, also those of which excerpts have been chosen"
    )
    long_clips = forms.BooleanField(required=False, label="Build clips of this length")
    models = _checkboxes(MusicModel, "model")
    recipes = _checkboxes(Recipe, "recipe")
    targets = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["targets"].choices = [
            (model.name, [(f"{model.pk}:{name}", name.replace("_", " ")) for name in model.target_names()])
            for model in MusicModel.objects.all()
        ]

    def target_groups(self) -> list[tuple[str, list[Any]]]:
        """Return the checkboxes of targets, by model."""
        boxes = iter(self["targets"].subwidgets)
        return [(name, list(islice(boxes, len(choices)))) for name, choices in self.fields["targets"].choices]

    def excerpts(self) -> list[Excerpt]:
        """Return what is to be explained of the tracks."""
        return excerpts_of(self.cleaned_data["tracks"], whole=self.cleaned_data["whole"])

    def targets_of(self, model: MusicModel) -> list[str]:
        """Return the targets ticked for a model; empty for all."""
        prefix = f"{model.pk}:"
        return [
            value.removeprefix(prefix) for value in self.cleaned_data["targets"] if value.startswith(prefix)
        ]


class CorrelationsForm(forms.Form):
    """Choice of a model and of tracks for the correlations page; no tracks means all."""

    model = forms.ModelChoiceField(MusicModel.objects.all(), empty_label=None)
    tracks = forms.ModelMultipleChoiceField(
        Track.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def chosen(self) -> tuple[MusicModel, list[Track]]:
        """Return the model and the tracks, sorted by name."""
        return self.cleaned_data["model"], list(self.cleaned_data["tracks"] or Track.objects.all())

    def as_query(self) -> list[tuple[str, int]]:
        """Return the choice as pairs for a query string."""
        values = self.cleaned_data
        return [("model", values["model"].pk), *(("tracks", track.pk) for track in values["tracks"])]


def _cells(text: str | None) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text or ""), skipinitialspace=True)


class TargetsField(forms.CharField):
    """Outputs of a model, one per line: the name, a comma and the level."""

    widget = forms.Textarea(attrs={"rows": 8, "cols": 50})

    def prepare_value(self, value: Any) -> Any:
        """Write a list as lines."""
        if not isinstance(value, list):
            return value
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows(
            [t.get("name"), t.get("level", "tag")] for t in value
        )
        return lines.getvalue()

    def to_python(self, value: str | None) -> list[dict[str, str]]:
        """Read the lines; the level may be left out."""
        return [
            {"name": row[0].strip(), "level": row[1].strip() if len(row) > 1 else "tag"}
            for row in _cells(value)
            if row and row[0].strip()
        ]

    def clean(self, value: str | None) -> list[dict[str, str]]:
        """Refuse lines with more than a name and a level."""
        long = next((", ".join(row) for row in _cells(value) if len(row) > 2), None)
        if long:
            raise forms.ValidationError(
                f"“{long}” has more than a name and a level; put names with commas into double quotes."
            )
        return super().clean(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the parsed lines."""
        return (initial or []) != self.to_python(data)


class ParametersField(forms.JSONField):
    """Named values in JSON; empty means none."""

    widget = forms.Textarea(attrs={"rows": 2, "cols": 50})

    def to_python(self, value: Any) -> dict[str, Any]:
        """Read the object."""
        if value in self.empty_values:
            return {}
        read = super().to_python(value)
        if not isinstance(read, dict):
            raise forms.ValidationError('Use the form {"name": value}.')
        return read


REPRESENTATION_EXAMPLES = (
    '{"kind": "log_filterbank"}',
    '{"kind": "mel", "sample_rate": 16000, "frame_length": 512, "hop": 256, "n_bands": 96}',
    '{"kind": "waveform", "sample_rate": 16000}',
)


class MusicModelForm(forms.ModelForm):
    """A model's description, checked without loading the model."""

    representation = ParametersField(
        required=False,  # the model's own check has a better message
        initial={"kind": "log_filterbank"},
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
        help_text="Kind of the input, and the parameters that differ from the defaults. Examples: "
        + " \N{MIDDLE DOT} ".join(REPRESENTATION_EXAMPLES),
    )
    targets = TargetsField(
        help_text=f"Outputs in order, one per line: name, level. Levels are {', '.join(LEVELS)}; "
        "tag can be omitted.",
    )

    class Meta:
        model = MusicModel
        fields = (
            "name", "description", "adapter", "code", "arguments", "checkpoint", "representation", "targets",
            "output", "emotion_weights", "emotion_bias", "window_frames", "window_hop", "pooling",
            "precision", "licence", "source",
        )  # fmt: skip
        widgets = {
            "checkpoint": forms.FileInput(attrs={"accept": ",".join(music_models.CHECKPOINTS)}),
            "arguments": forms.Textarea(attrs={"rows": 2}),
            "emotion_weights": forms.Textarea(attrs={"rows": 4}),
            "emotion_bias": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._digest = self.instance.digest() if self.instance.pk else ""
        if self.instance.pk and self.instance.checkpoint and "checkpoint" in self.fields:
            stored = f"Weights with SHA-256 {self.instance.checkpoint_sha256[:12]}… are stored; "
            self.fields["checkpoint"].help_text = stored + "choose a file to replace them."

    def _post_clean(self) -> None:
        super()._post_clean()
        model = self.instance
        uploaded = self.cleaned_data.get("checkpoint") if "checkpoint" in self.changed_data else None
        for field, problem in music_models.problems(
            model, model.checkpoint.name if model.checkpoint else ""
        ).items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, problem)
        if uploaded:
            model.checkpoint_sha256 = stored_files.sha256_of(uploaded)
        if self._digest and self._digest != model.digest() and model.is_used():
            self.add_error(
                None,
                "This model has explanations, so its outputs must not change. "
                "Register the changed model under a new name; description, licence and source can be "
                "changed here.",
            )
        if uploaded and not self.errors:
            name = f"models/{model.checkpoint_sha256}{Path(uploaded.name).suffix.lower()}"
            model.checkpoint = stored_files.store(name, b"".join(uploaded.chunks()))


class SizesField(forms.CharField):
    """Whole numbers separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        """Write a list as text."""
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: object) -> list[int]:
        """Read the numbers."""
        try:
            return [int(part) for part in str(value).replace(",", " ").split()]
        except ValueError as error:
            raise forms.ValidationError("Enter whole numbers separated by commas, e.g. 2, 4, 8.") from error


RECIPE_FIELDS = tuple(field.name for field in dataclasses.fields(CoreRecipe))


class RecipeForm(forms.ModelForm):
    """A recipe, one form field for each of its fields."""

    method = forms.ChoiceField(help_text="How weights of segments are computed from the model.")
    method_parameters = ParametersField(
        required=False, help_text='Further parameters of the method, e.g. {"ridge": 1}.'
    )
    segmentation = forms.ChoiceField(label="Segments", help_text="What can be removed from the sound.")
    segmentation_parameters = ParametersField(
        required=False, help_text='For the grid: {"time_cells": 6, "band_cells": 4} makes 24 segments.'
    )
    stem_files = SeveralFilesField(
        required=False,
        allow_empty_file=True,
        label="Stems",
        help_text="For the segments “stems”: recordings of one track's sources, each named after its file. "
        "They must begin and end with the track and have their level in the track.",
        widget=SeveralFilesInput(attrs={"accept": SOUNDS}),
    )
    sampling = forms.ChoiceField(help_text="How masks are drawn.")
    calls = forms.IntegerField(min_value=1, label="Model calls", help_text="Budget for each track.")
    keep_probability = forms.FloatField(
        help_text="Probability that a segment is kept in a mask. High values make explanations stable."
    )
    stop_confidence = forms.FloatField(
        min_value=0,
        help_text="Stop as soon as the strongest segments stay the same with this probability, e.g. 0.9; "
        "0 spends the whole budget.",
    )
    hidden_value = forms.ChoiceField(
        choices=[(value, value.replace("_", " ")) for value in HIDDEN_VALUES],
        help_text="What the model sees in place of a removed segment. Zero is zero in the model's own input: "
        "silence for log(1 + x) spectra, the data set's mean for standardised ones.",
    )
    route = forms.ChoiceField(
        choices=[(value, value.replace("_", " ")) for value in ROUTES],
        label="Reconstruction of sound",
        help_text="Gain keeps the recording's detail; pseudo inverse makes audible what the bands preserve.",
    )
    evidence_sizes = SizesField(
        help_text="Numbers of segments of evidence clips; several give a dose-response, e.g. 2, 4, 8. "
        "A clip has fewer if fewer segments have a positive weight; its page shows how many."
    )
    random_controls = forms.IntegerField(min_value=0, help_text="For each evidence clip.")
    boost = forms.FloatField(
        help_text="dB by which the evidence is amplified in an extra condition; 0 omits the condition."
    )
    stability_seeds = forms.IntegerField(
        min_value=0,
        help_text="Number of further seeds with which to repeat and compare; each costs all calls.",
    )
    randomised_model = forms.BooleanField(
        required=False, help_text="Explain the model with shuffled weights too, as a sanity check."
    )
    seed = forms.IntegerField(min_value=0, help_text="Seed of every random choice.")

    class Meta:
        model = Recipe
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, values in recipes.known_names().items():
            if name in self.fields:
                self.fields[name].choices = [(value, value.replace("_", " ")) for value in values]
        for name, value in {**CoreRecipe().to_dict(), **self.instance.parameters}.items():
            if name in self.fields:
                self.initial.setdefault(name, value)

    def clean(self) -> dict[str, Any]:
        """Check the fields together, and refuse changes of a recipe with explanations."""
        values = super().clean()
        parameters = {name: values[name] for name in RECIPE_FIELDS if name in values}
        if self.errors:
            return values
        try:
            content = self._content(parameters, values["stem_files"])
        except RecipeError as error:
            self.add_error(_field_named_in(str(error)), str(error))
            return values
        except AudioError as error:
            self.add_error("stem_files", str(error))
            return values
        same = Recipe.objects.filter(digest=content.digest()).exclude(pk=self.instance.pk).first()
        if same:
            self.add_error(None, f"Recipe {same.name} already has exactly these settings; use it instead.")
        elif self.instance.digest != content.digest() and self.instance.is_used():
            self.add_error(
                None,
                "This recipe has explanations, so it cannot be changed. "
                "Give the changed recipe another name and press “Save as new”.",
            )
        self.instance.parameters = content.to_dict()
        return values

    def _content(self, parameters: dict[str, Any], uploads: list[UploadedFile]) -> CoreRecipe:
        """Return the recipe with its stems stored."""
        named = parameters["segmentation_parameters"]
        by_stems = parameters["segmentation"] == recipes.STEMS
        if uploads and not by_stems:
            raise AudioError("Choose “stems” under “Segments”, or remove these files.")
        if by_stems and not uploads and recipes.STEMS not in named:
            raise AudioError("Choose the sound files of the sources.")
        with tempfile.TemporaryDirectory(prefix="stems-") as folder:
            if uploads:
                stems = write_stems(uploads, Path(folder))
                parameters = parameters | {"segmentation_parameters": {**named, recipes.STEMS: stems}}
            content = CoreRecipe.from_dict(parameters)
            recipes.require_known(content)
            return recipes.with_stored_stems(content, Path(folder) if uploads else None)


def _field_named_in(message: str) -> str | None:
    return next((name for name in RECIPE_FIELDS if f"'{name}'" in message), None)
