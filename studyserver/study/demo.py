"""Set-up of the demo study, which ``fixtures/demo_study.toml`` defines.

Each step skips what already exists, so that a second set-up takes seconds and does not change anything that
people have entered.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from explainer.builds import building
from explainer.imports import music_models, recipes, track_manifest, tracks
from explainer.models import Clip, Explanation, MusicModel, Recipe, Track

from .lifecycle.opening import open_study
from .lifecycle.versions import record_version
from .models import Stimulus, Study
from .study_templates import definition


class DemoError(Exception):
    """The demo could not be set up; the message says why."""


def read_definition(folder: Path) -> dict[str, Any]:
    """Return the content of ``demo_study.toml``."""
    return definition.read_definition(folder / "demo_study.toml")


def import_music(folder: Path) -> list[Track]:
    """Import the demo's music with its sources and licences."""
    details = track_manifest.read_manifest(folder / "music" / "manifest.csv").files()
    imported = tracks.import_tracks(details, details, decode_here=True)
    refused = [f"{item.file}: {item.reason}" for item in imported if item.refused]
    if refused:
        raise DemoError("Some of the demo's music was refused:\n" + "\n".join(refused))
    return [item.track for item in imported if item.track]


def register_models(folder: Path) -> list[MusicModel]:
    """Register every model described by a ``model.json`` under ``models/``.

    A model with explanations is kept, even if a newer version of the project ships a different model with the
    same name.
    """
    models = []
    for file in sorted(folder.glob("models/*/model.json")):
        definition = music_models.read_definition(file)
        used = MusicModel.objects.filter(name=definition["name"], explanations__isnull=False).first()
        models.append(used or music_models.register(definition, file.parent)[0])
    return models


def request_explanations(demo: dict[str, Any]) -> list[Explanation]:
    """Save the demo's recipes and request its explanations."""
    for recipe in demo["recipes"]:
        recipes.save_recipe(recipe["name"], recipe["parameters"])
    rows: list[Explanation] = []
    for wanted in demo["explanations"]:
        rows += building.request_explanations(
            [Track.objects.get(name=name) for name in wanted["tracks"]],
            [MusicModel.objects.get(name=wanted["model"])],
            [Recipe.objects.get(name=wanted["recipe"])],
            wanted["targets"],
        )
    return rows


def build(rows: list[Explanation], workers: int, on_change: Callable[[Explanation], None]) -> None:
    """Build the clips that do not exist yet.

    Raises
    ------
    DemoError
        If a clip could not be built.
    """
    outcomes = building.build_explanations(
        [row.pk for row in rows], kind="processes", workers=workers, on_change=on_change
    )
    failed = [outcome for outcome in outcomes if outcome.how == building.Outcome.FAILED]
    if failed:
        reasons = "\n".join(f"{outcome.explanation}: {outcome.reason}" for outcome in failed)
        raise DemoError(f"Some clips could not be built:\n{reasons}")


@transaction.atomic
def create_study(demo: dict[str, Any]) -> tuple[Study, bool]:
    """Create and open the demo study, unless it exists.

    Returns
    -------
    study : Study
    created : bool
    """
    content = demo["study"]
    existing = Study.objects.filter(slug=content["slug"]).first()
    if existing:
        definition.translate(existing, content)
        if existing.state != Study.State.DRAFT:
            record_version(existing)
        return existing, False
    study = definition.create_draft(content)
    for rule in content["stimuli"]:
        _add(study, Stimulus.Role.MAIN, _clips(rule, Clip.objects.filter(condition__in=rule["conditions"])))
    for rule in content["practice"]:
        clips = Clip.objects.filter(track__name=rule["track"], condition=rule["condition"])
        _add(study, Stimulus.Role.PRACTICE, _clips(rule, clips))
    open_study(study)
    return study, True


def _clips(rule: dict[str, Any], clips: QuerySet) -> QuerySet:
    """Return the clips with a rule's model and, if the rule has one, its target."""
    clips = clips.filter(explanation__model__name=rule["model"])
    if "target" in rule:
        clips = clips.filter(target__in=["", rule["target"]])
    return clips.order_by("pk")


def _add(study: Study, role: str, clips: Iterable[Clip]) -> None:
    Stimulus.objects.bulk_create(Stimulus(study=study, clip=clip, role=role) for clip in clips)
