"""Data of the page that compares two explanations, from rows and files; no HTML, no request."""

from dataclasses import dataclass

from django.urls import reverse

from explainer.core.base.explanation import Explanation as CoreExplanation
from explainer.core.evaluation.comparison import Agreement, agreement
from explainer.core.figures.style import slug_of
from explainer.files import stored_files
from explainer.models import Explanation

from .explanation_page import ORDER, Sound, TargetPart, gather


@dataclass(frozen=True)
class SoundRow:
    """The clips of one condition in both explanations; None if one has none."""

    name: str
    sounds: tuple[Sound | None, Sound | None]


@dataclass(frozen=True)
class TargetComparison:
    """Two explanations of one target side by side."""

    name: str
    anchor: str
    level: str
    sides: tuple[TargetPart, TargetPart]
    rows: list[SoundRow]
    agreement: Agreement


@dataclass(frozen=True)
class Side:
    """One of the two explanations."""

    explanation: Explanation
    method: str
    address: str


@dataclass(frozen=True)
class Comparison:
    """The whole page."""

    sides: tuple[Side, Side]
    common: list[SoundRow]
    targets: list[TargetComparison]


def others_of(explanation: Explanation) -> list[Explanation]:
    """Return the finished explanations of the same excerpt and model by other recipes."""
    found = Explanation.objects.filter(excerpt=explanation.excerpt_id, model=explanation.model_id)
    return list(
        found.exclude(pk=explanation.pk)
        .exclude(file="")
        .select_related("recipe", "track", "excerpt", "model")
    )


def compare(first: Explanation, second: Explanation) -> Comparison:
    """Return the data of a comparison of two explanations of one excerpt and model.

    Raises
    ------
    ValueError
        If they are not of the same excerpt and model.
    """
    if (first.excerpt_id, first.model_id) != (second.excerpt_id, second.model_id):
        raise ValueError("only explanations of the same excerpt and model can be compared")
    pages = [gather(row) for row in (first, second)]
    cores = [CoreExplanation.from_bytes(stored_files.read(row.file.name)) for row in (first, second)]
    parts = [{part.name: part for part in page.targets} for page in pages]
    explained = [{target.name for target in core.targets} for core, _ in cores]
    shared = [name for name in parts[0] if name in parts[1] and name in explained[0] & explained[1]]
    (core, arrays), (other, other_arrays) = cores
    sizes = sorted({*first.recipe.content().evidence_sizes, *second.recipe.content().evidence_sizes})
    targets = [
        TargetComparison(
            name=name,
            anchor=f"target-{slug_of(name)}",
            level=parts[0][name].level,
            sides=(parts[0][name], parts[1][name]),
            rows=_rows(parts[0][name], parts[1][name], common=False),
            agreement=agreement(core, arrays["labels"], other, other_arrays["labels"], name, sizes),
        )
        for name in shared
    ]
    common = _rows(parts[0][shared[0]], parts[1][shared[0]], common=True) if shared else []
    return Comparison((_side(first), _side(second)), common, targets)


def _side(explanation: Explanation) -> Side:
    return Side(
        explanation,
        explanation.recipe.content().method,
        reverse("explainer:explanation", args=[explanation.pk]),
    )


def _rows(first: TargetPart, second: TargetPart, *, common: bool) -> list[SoundRow]:
    """Pair the clips of two explanations by condition, requested number of segments and variant."""
    by_kind = [
        {
            (sound.clip.condition, sound.clip.segments_asked or 0, sound.clip.variant): sound
            for sound in part.sounds
            if bool(sound.clip.target) is not common
        }
        for part in (first, second)
    ]
    kinds = sorted({*by_kind[0], *by_kind[1]}, key=lambda kind: (ORDER.index(kind[0]), *kind[1:]))
    rows = []
    for kind in kinds:
        sounds = by_kind[0].get(kind), by_kind[1].get(kind)
        names = dict.fromkeys(sound.name for sound in sounds if sound)
        rows.append(SoundRow(" / ".join(names), sounds))
    return rows
