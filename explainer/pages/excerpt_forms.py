"""Forms by which researchers choose excerpts."""

from typing import Any

from django import forms

from explainer.core.excerpts.rule import (
    LONGEST,
    MOST_EXCERPTS,
    SHORTEST,
    STARTS_ON,
    WHERE,
    ExcerptError,
    ExcerptRule,
)
from explainer.imports.excerpts import add_excerpt
from explainer.models import Excerpt, MusicModel, Track

from .forms import TracksField

_USUAL = ExcerptRule()


def targets_of_models() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the choices of a model and one of its targets, by model."""
    return [
        (model.name, [(f"{model.pk}:{name}", name.replace("_", " ")) for name in model.target_names()])
        for model in MusicModel.objects.all()
    ]


class TargetField(forms.ChoiceField):
    """A target of a model; its value is the model and the name of the target."""

    def clean(self, value: Any) -> tuple[MusicModel, str]:
        """Return the model and the target."""
        key, _, target = super().clean(value).partition(":")
        return MusicModel.objects.get(pk=key), target


class RuleForm(forms.Form):
    """Tracks, and the rule by which excerpts of them are chosen."""

    tracks = TracksField()
    target = TargetField(label="Target", help_text="The model's output for it decides.")
    where = forms.ChoiceField(
        choices=WHERE,
        initial=_USUAL.where,
        widget=forms.RadioSelect,
        label="Excerpts",
        help_text="Spread over the range is what retention needs: tracks must differ for listeners to tell. "
        "The range is that of all chosen tracks together.",
    )
    number = forms.IntegerField(
        min_value=1,
        max_value=MOST_EXCERPTS,
        initial=_USUAL.number,
        label="Number",
        help_text="Of each track.",
    )
    seconds = forms.FloatField(
        min_value=SHORTEST, max_value=LONGEST, initial=_USUAL.seconds, label="Length in seconds",
        help_text="6 to 8 are usual. Equal lengths keep clips from being told apart by them.",
    )  # fmt: skip
    starts_on = forms.ChoiceField(
        choices=STARTS_ON,
        initial=_USUAL.starts_on,
        widget=forms.RadioSelect,
        label="Begin on",
        help_text="Tracks without a clear pulse are cut anywhere.",
    )
    apart = forms.FloatField(
        min_value=0, initial=_USUAL.apart, label="Seconds between two excerpts of a track, at least"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = targets_of_models()

    def clean(self) -> dict[str, Any]:
        """Check the rule as a whole."""
        values = super().clean()
        names = ("number", "seconds", "where", "starts_on", "apart")
        if not any(name in self.errors for name in names):
            try:
                values["rule"] = ExcerptRule(**{name: values[name] for name in names})
            except ExcerptError as error:
                self.add_error(None, str(error))
        return values


class ByHandForm(forms.Form):
    """An excerpt of one track, by its start and its length."""

    start = forms.FloatField(min_value=0, initial=0, label="Start", help_text="Seconds.")
    seconds = forms.FloatField(
        min_value=SHORTEST, max_value=LONGEST, initial=_USUAL.seconds, label="Length", help_text="Seconds."
    )

    def __init__(self, track: Track, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.track = track
        for field in self.fields.values():
            field.widget.attrs |= {"step": "any", "inputmode": "decimal"}

    def save(self) -> Excerpt | None:
        """Return the excerpt, added if it is new; None with an error if the track has no such part."""
        values = self.cleaned_data
        try:
            return add_excerpt(self.track, values["start"], values["seconds"], Excerpt.ChosenBy.HAND)
        except ExcerptError as error:
            self.add_error(None, f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return None
