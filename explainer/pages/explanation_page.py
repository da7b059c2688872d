"""Data of the explanation page, from the rows; no HTML, no request."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from explainer.core.base.counting import plural
from explainer.core.figures.style import slug_of
from explainer.core.models.units import explained_unit, unit_of
from explainer.models import Clip, Explanation

from . import emotion_effects
from .emotion_effects import SecondLevel

# The order of conditions on all pages.
ORDER = list(Clip.Condition.values)
SHORT_NAMES = {
    Clip.Condition.RESYNTHESIS: "resynthesis",
    Clip.Condition.COMPLEMENT: "complement",
    Clip.Condition.RANDOM_CONTROL: "random control",
    Clip.Condition.BOOSTED: "evidence boosted",
}
# Names of the figures of one target, with their captions.
TARGET_FIGURES = {
    "evidence": "Spectrogram with all segments; the evidence is outlined, the rest dimmed.",
    "weights": "Weight of every segment; a cross marks weights within two standard errors of zero.",
}


@dataclass(frozen=True)
class Figure:
    """A figure with its address, and the address of its print version."""

    address: str
    print_address: str
    caption: str


@dataclass(frozen=True)
class Sound:
    """A clip with the model's outputs on it for one target."""

    clip: Clip
    name: str
    heard: float | None
    masked: float | None
    remarks: list[str]
    unit: str = ""  # of both outputs

    @property
    def loudness_heard(self) -> float | None:
        """Loudness of the file in LUFS."""
        return None if self.clip.loudness is None else self.clip.loudness + self.clip.gain


@dataclass(frozen=True)
class TargetPart:
    """Everything about one target."""

    name: str
    anchor: str
    level: str
    prediction: float | None
    figures: list[Figure]
    curves: Figure | None
    sounds: list[Sound]
    fidelity: list[str]


@dataclass(frozen=True)
class Page:
    """The whole page."""

    explanation: Explanation
    targets: list[TargetPart]
    second_level: SecondLevel | None
    effects_figure: Figure | None
    segments: Figure | None
    unit: str  # of the model's outputs; empty where they are values
    weight_unit: str
    predictions: list[dict[str, Any]] = field(default_factory=list)


def gather(explanation: Explanation) -> Page:
    """Return the data of the page for a finished explanation."""
    clips = sorted(
        explanation.clips.all(),
        key=lambda clip: (ORDER.index(clip.condition), clip.kept_segments or 0, clip.variant),
    )
    common = [clip for clip in clips if not clip.target]
    names = [name for name in explanation.targets() if any(clip.target == name for clip in clips)]
    names += [name for name in explanation.targets() if name not in names]
    levels = {target["name"]: target.get("level", "") for target in explanation.model.targets}
    return Page(
        explanation=explanation,
        targets=[
            _target(
                explanation, name, levels.get(name, ""), [*common, *(c for c in clips if c.target == name)]
            )
            for name in names
        ],
        second_level=emotion_effects.gather(explanation, names),
        effects_figure=_figure(explanation, "effects", "The effects as a figure for print."),
        segments=_figure(
            explanation, "segments", "Spectrogram of the track with the segments that can be removed."
        ),
        unit=unit_of(explanation.model.output),
        weight_unit=explained_unit(explanation.model.output),
        predictions=_predictions(explanation, common),
    )


def _target(explanation: Explanation, name: str, level: str, clips: Iterable[Clip]) -> TargetPart:
    slug = slug_of(name)
    figures = [_figure(explanation, f"{kind}-{slug}", caption) for kind, caption in TARGET_FIGURES.items()]
    return TargetPart(
        name=name,
        anchor=f"target-{slug}",
        level=level,
        prediction=explanation.predictions.get(name),
        figures=[figure for figure in figures if figure],
        curves=_figure(
            explanation,
            f"curves-{slug}",
            "The model's output while segments are hidden or shown one after the other.",
        ),
        sounds=[_sound(clip, name) for clip in clips],
        fidelity=fidelity_in_words(explanation, name),
    )


def name_of(clip: Clip) -> str:
    """Return a clip's short condition, with what distinguishes it from other clips of its target."""
    name = SHORT_NAMES.get(clip.condition, clip.get_condition_display())
    asked = clip.segments_asked
    if clip.kept_segments:
        name += f", {plural(clip.kept_segments, 'segment')}"
        if asked and asked != clip.kept_segments:
            name += f" ({asked} requested)"
    elif asked:
        name += f", {asked} requested"
    if clip.variant:
        name += f", no. {clip.variant + 1}"
    return name


def _sound(clip: Clip, target: str) -> Sound:
    return Sound(
        clip=clip,
        name=name_of(clip),
        heard=clip.prediction_heard.get(target),
        masked=clip.prediction_masked.get(target),
        remarks=_remarks(clip),
        unit=unit_of(clip.explanation.model.output) if clip.explanation else "",
    )


def _remarks(clip: Clip) -> list[str]:
    remarks = []
    if clip.condition == Clip.Condition.RANDOM_CONTROL and "matched" in clip.provenance:
        remarks.append(_match_in_words(clip.provenance))
        own = len(clip.provenance.get("segments", ()))
        if own and clip.kept_segments and own != clip.kept_segments:
            remarks.append(f"It has {plural(own, 'segment')} to match the evidence's area.")
    boost = clip.provenance.get("boost_db")
    if boost:
        remarks.append(f"The evidence is {boost:g} dB louder than the rest.")
    return remarks


def _match_in_words(control: dict) -> str:
    """Return a sentence on how a random control matches its evidence."""
    area, energy = (
        f"{control[f'{what}_difference_db']:+z.2f} dB in {what}".replace("-", "\N{MINUS SIGN}")
        for what in ("area", "energy")
    )
    if not control["matched"]:
        return f"No other segments match the evidence; the closest differ by {area} and {energy}."
    gain = control.get("control_gain_db", 0.0)
    if gain:
        turned = f"turned {'up' if gain > 0 else 'down'} by {abs(gain):.1f} dB"
        return (
            f"No other segments of this area have the evidence's energy, so these are {turned} to match it."
        )
    return f"Matches the evidence: {area}, {energy}."


def _figure(explanation: Explanation, name: str, caption: str) -> Figure | None:
    if name not in explanation.figures:
        return None
    printed = f"{name}-svg"
    address, print_address = (
        reverse("explainer:figure", args=[explanation.pk, which]) if which in explanation.figures else ""
        for which in (name, printed)
    )
    return Figure(address, print_address, caption)


def fidelity_in_words(explanation: Explanation, target: str) -> list[str]:
    """Return sentences about the fidelity of the explanation of a target."""
    fidelity = explanation.fidelity
    sentences = []
    held_out = fidelity.get("held_out", {}).get(target)
    if held_out is not None:
        sentences.append(_held_out_in_words(held_out, fidelity.get("held_out_masks")))
    curves = fidelity.get("curves", {}).get(target)
    if curves:
        drop, gain = curves["deletion_drop"], curves["insertion_gain"]
        verdict = (
            "better than chance" if drop > 0 and gain > 0 else "no better than chance in at least one way"
        )
        what = "the log-odds" if explained_unit(explanation.model.output) else "the output"
        it = "them" if what == "the log-odds" else "it"
        sentences.append(
            f"Hiding segments in order of weight lowers {what} by {drop:.2g} more than in random order, "
            f"and showing them in that order raises {it} by {gain:.2g} more: {verdict}."
        )
    sentences += _checks_in_words(fidelity, target)
    spread = fidelity.get("complexity", {}).get(target)
    if spread is not None:
        segments = "segment" if f"{spread:.2g}" == "1" else "segments"
        sentences.append(f"The weight is spread over about {spread:.2g} {segments}.")
    return [sentence.replace(" -", " \N{MINUS SIGN}") for sentence in sentences]


def _checks_in_words(fidelity: dict, target: str) -> list[str]:
    """Return sentences on the optional checks of a recipe."""
    sentences = []
    for name, beginning, verdict in (
        ("over_seeds", "With other seeds", "near 1 is good"),
        ("randomised_model", "With the model's weights shuffled", "near 0 is good"),
    ):
        agreement = fidelity.get(name, {}).get(target)
        if agreement:
            rank = agreement["rank_correlation"]
            ranks = "undefined" if rank is None else f"{rank:.2f}"
            sentences.append(
                f"{beginning}, the rank correlation of the weights is {ranks} and the strongest segments "
                f"overlap by {agreement['top_overlap']:.2f} (Jaccard; {verdict})."
            )
    left_out = fidelity.get("randomised_model_left_out")
    return [*sentences, left_out] if left_out else sentences


def _held_out_in_words(held_out: dict, masks: int | None) -> str:
    r2, rank = held_out["r2"], held_out["rank_correlation"]
    where = f"On {plural(masks, 'held-out mask')}" if masks else "On held-out masks"
    if r2 is None:
        return f"{where} the fidelity is undefined, because the model's output does not change."
    ranks = "" if rank is None else f", rank correlation {rank:.2f}"
    if r2 <= 0:
        verdict = "predicts the model no better than a constant: do not rely on it"
    else:
        verdict = f"accounts for {100 * r2:.0f} % of the variation of the output"
    return f"{where} the explanation {verdict} (R² {r2:.2f}{ranks})."


def _predictions(explanation: Explanation, common: list[Clip]) -> list[dict[str, Any]]:
    """Return the output for every target on the track, the original clip and the resynthesis."""
    by_condition = {clip.condition: clip.prediction_heard for clip in common}
    return [
        {
            "name": target["name"],
            "level": target.get("level", ""),
            "track": explanation.predictions.get(target["name"]),
            "original": by_condition.get(Clip.Condition.ORIGINAL, {}).get(target["name"]),
            "resynthesis": by_condition.get(Clip.Condition.RESYNTHESIS, {}).get(target["name"]),
        }
        for target in explanation.model.targets
    ]
