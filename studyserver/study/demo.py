"""Set-up of the demo studies, which the files in ``fixtures/studies/`` define.

Each step skips what already exists, so that a second set-up takes seconds and does not change anything that
people have entered.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from explainer.builds import building, excerpt_choices
from explainer.core.excerpts.rule import ExcerptRule
from explainer.correlations import predictions
from explainer.files import stored_files
from explainer.files.file_names import with_checksum
from explainer.imports import music_models, recipes, track_manifest, tracks
from explainer.imports.excerpts import add_excerpt
from explainer.imports.track_manifest import Described
from explainer.models import Clip, Excerpt, ExcerptChoice, Explanation, MusicModel, Recipe, Track

from .lifecycle.opening import open_study
from .lifecycle.versions import record_version
from .models import Stimulus, Study
from .rehearsal import rehearsal
from .study_templates import definition

SIMULATED_ANNOTATORS = 20
TWO_LEVELS = "cue-model"


class DemoError(Exception):
    """The demo could not be set up; the message says why."""


def read_definitions(folder: Path) -> list[dict[str, Any]]:
    """Return the content of every file in ``studies/``, in the order of their names."""
    return [definition.read_definition(file) for file in sorted(folder.glob("studies/*.toml"))]


def import_music(folder: Path) -> list[Track]:
    """Import the demo's music with its sources and licences.

    A track of an earlier version's demo stays; the recording that has its name now gets another one.
    """
    details = track_manifest.read_manifest(folder / "music" / "manifest.csv").files()
    details = {file: _renamed_if_taken(file, known) for file, known in details.items()}
    imported = tracks.import_tracks(details, details, decode_here=True)
    refused = [f"{item.file}: {item.reason}" for item in imported if item.refused]
    if refused:
        raise DemoError("Some of the demo's music was refused:\n" + "\n".join(refused))
    return [item.track for item in imported if item.track]


def _renamed_if_taken(file: Path, known: Described) -> Described:
    sha256 = stored_files.sha256_of(file)
    if not Track.objects.filter(name=file.stem).exclude(sha256=sha256).exists():
        return known
    return dataclasses.replace(known, details={**known.details, "name": with_checksum(file.stem, sha256)})


def register_models(folder: Path) -> list[MusicModel]:
    """Register every model described by a ``model.json`` under ``models/``.

    A model with explanations is kept, even if a newer version of the project ships a different model with the
    same name.
    """
    models = []
    for file in sorted(folder.glob("models/*/model.json")):
        description = music_models.read_definition(file)
        used = MusicModel.objects.filter(name=description["name"], explanations__isnull=False).first()
        models.append(used or music_models.register(description, file.parent)[0])
    return models


def choose_excerpts(
    demo: dict[str, Any],
    music: Sequence[Track],
    on_change: Callable[[ExcerptChoice], None] = lambda choice: None,
) -> list[Excerpt]:
    """Choose excerpts of the demo's music by the definition's rule, or return those chosen before.

    Raises
    ------
    DemoError
        If a track has no such excerpts.
    """
    model, target = MusicModel.objects.get(name=demo["demo"]["model"]), demo["demo"]["target"]
    rule = ExcerptRule(**demo["demo"]["excerpts"])
    same = ExcerptChoice.objects.filter(model=model, target=target, rule=rule.to_dict(), track__in=music)
    made = {row.track_id: row for row in same.filter(state=ExcerptChoice.State.DONE).order_by("-pk")}
    if len(made) < len(music):  # the first time, or the last set-up was interrupted
        batch = excerpt_choices.request_choices(music, model, target, rule)[0].batch
        made = {row.track_id: row for row in excerpt_choices.make_choices(batch, on_change)}
    failed = [row.failure for row in made.values() if row.failure]
    if failed:
        raise DemoError("Some of the demo's music has no such excerpts:\n" + "\n".join(failed))
    by_rule = Excerpt.ChosenBy.RULE
    return [
        add_excerpt(track, one["start"], one["seconds"], by_rule)
        for track in music
        for one in made[track.pk].chosen
    ]


def predict(music: Sequence[Track]) -> None:
    """Predict the whole tracks with the model of two levels, for the page of correlations."""
    predictions.predict(MusicModel.objects.get(name=TWO_LEVELS), music)


def request_explanations(demo: dict[str, Any], parts: Iterable[Track | Excerpt]) -> list[Explanation]:
    """Save the demo's recipes and request its explanations."""
    for recipe in demo["recipes"]:
        recipes.save_recipe(recipe["name"], recipe["parameters"])
    wanted = demo["demo"]
    return building.request_explanations(
        parts,
        [MusicModel.objects.get(name=wanted["model"])],
        [Recipe.objects.get(name=wanted["recipe"])],
        [wanted["target"]],
    )


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
def create_study(demo: dict[str, Any], explanations: Iterable[Explanation]) -> tuple[Study, bool]:
    """Create and open a demo study with clips of these explanations, unless it exists.

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
    wanted = demo["demo"]
    clips = Clip.objects.filter(explanation__in=explanations, target__in=["", wanted["target"]]).order_by(
        "pk"
    )
    _add(study, Stimulus.Role.MAIN, clips.filter(condition__in=wanted["conditions"]))
    _add(study, Stimulus.Role.PRACTICE, clips.filter(condition=wanted["practice"])[: study.practice_trials])
    open_study(study)
    return study, True


def _add(study: Study, role: str, clips: QuerySet) -> None:
    Stimulus.objects.bulk_create(Stimulus(study=study, clip=clip, role=role) for clip in clips)


@transaction.atomic
def rehearse(study: Study) -> bool:
    """Let simulated annotators take a study that nobody has taken; return whether they did."""
    if study.annotators.exists():
        return False
    rehearsal.simulate(study, SIMULATED_ANNOTATORS)
    return True
