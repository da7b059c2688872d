"""A study from a template: a draft with its texts first, then its clips, questions and research questions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from explainer.core.clips.conditions import UNMASKED
from explainer.models import Clip, Explanation, MusicModel
from studyserver.study.design.sets import stimulus_sets
from studyserver.study.design.stimuli import Rule, StudyLocked, add_stimuli, clips_by_rule
from studyserver.study.models import Question, ResearchQuestion, Study
from studyserver.study.texts import starting_texts
from studyserver.study.texts.question_sets import add_questions
from studyserver.study.texts.target_words import plain_words

from .catalogue import Template
from .definition import create_draft

MOST_TARGETS = 6  # that people choose among, by default
# What the defaults are found from; clips have much more that is slow to load.
_FIELDS = (
    "track_id", "condition", "target", "method", "segments_asked", "kept_segments", "sound", "sha256",
)  # fmt: skip
_MADE_FROM = ("explanation__model_id", "explanation__recipe_id")


class NothingToCompose(Exception):
    """No clips match what was chosen; the message says what to do."""


@dataclass(frozen=True)
class Choice:
    """What is chosen for a template; an empty list takes all."""

    targets: list[str] = field(default_factory=list)
    models: list[int] = field(default_factory=list)
    recipes: list[int] = field(default_factory=list)
    tracks: list[int] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)  # two, the first is compared with the second
    sizes: list[int] = field(default_factory=list)  # numbers of segments that clips hold
    size: int = 0  # number of segments that the recipes ask for; 0: any
    pair: tuple[str, ...] = ()  # two conditions, the first is compared with the second


@transaction.atomic
def start(template: Template) -> Study:
    """Create a draft with the texts, presentation and numbers of a template, in every language."""
    study = create_draft(template.study, slug=_free_slug(template), template=template.name)
    starting_texts.fill_in(study)
    study.save()
    starting_texts.translate(study)
    return study


def _free_slug(template: Template) -> str:
    base = slugify(template.title)[:44]
    number, slug = 1, base
    while Study.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


@transaction.atomic
def compose(study: Study, template: Template, choice: Choice) -> None:
    """Add stimuli by the template's rule, then its questions and research questions.

    Raises
    ------
    StudyLocked
        If annotators have been given trials.
    NothingToCompose
        If no finished clip matches.
    """
    if study.is_locked:
        raise StudyLocked
    clips = chosen_clips(template, choice)
    if not clips:
        raise NothingToCompose(
            "No finished clip matches this choice. Choose more, or build clips of these conditions first: "
            f"{', '.join(_conditions(template, choice))}."
        )
    add_stimuli(study, clips)
    if choice.pair:
        study.compared_conditions = list(choice.pair)
    for name in template.question_sets:
        add_questions(study, name)
    _declare(study, template, choice)
    _limit(study)
    study.save()


def chosen_clips(template: Template, choice: Choice) -> list[Clip]:
    """Return the clips that the template's rule selects."""
    rule = Rule(
        tracks=choice.tracks,
        models=choice.models,
        recipes=choice.recipes,
        targets=choice.targets,
        conditions=_conditions(template, choice),
        kept_segments=choice.sizes,
        methods=choice.methods,
    )
    clips = clips_by_rule(rule)
    if choice.methods:
        clips = _one_recipe_each(clips)
    if choice.size:
        clips = [clip for clip in clips if (clip.segments_asked or choice.size) == choice.size]
    # Not the originals of tracks without a clip for these targets.
    explained = {clip.track_id for clip in clips if clip.target}
    return [clip for clip in clips if clip.track_id in explained] if explained else clips


def _one_recipe_each(clips: Sequence[Clip]) -> list[Clip]:
    """Return the clips without those of further recipes of a method, which pairs would compare with it."""
    recipes: dict[str, Counter[int]] = {}
    for clip in clips:
        if clip.method and clip.explanation:
            recipes.setdefault(clip.method, Counter())[clip.explanation.recipe_id] += 1
    kept = {method: max(found, key=lambda pk: (found[pk], -pk)) for method, found in recipes.items()}
    return [
        clip
        for clip in clips
        if clip.method not in kept or (clip.explanation and clip.explanation.recipe_id == kept[clip.method])
    ]


def _conditions(template: Template, choice: Choice) -> list[str]:
    return list(choice.pair or template.conditions)


def _declare(study: Study, template: Template, choice: Choice) -> None:
    """Declare the template's research questions, for each question they are about and each music model."""
    first, second = choice.methods or choice.pair or ("", "")
    models = list(MusicModel.objects.filter(pk__in=choice.models)) if len(choice.models) > 1 else [None]
    position = max(study.research_questions.values_list("position", flat=True), default=0)
    for fields in template.research_questions:
        own = {name: _filled(value, first, second) for name, value in fields.items() if name != "of"}
        for question in _questions(study, fields["of"]):
            for model in models:
                position += 1
                asked = ResearchQuestion(
                    study=study, position=position, question=question, music_model=model, **own
                )
                asked.full_clean()
                asked.save()


def _questions(study: Study, of: str) -> list[Question]:
    return [asked for asked in study.questions.all() if asked.key == of or asked.key.startswith(f"{of}_")]


def _filled(value: Any, first: str, second: str) -> Any:
    return value.format(first=first, second=second) if isinstance(value, str) else value


def _limit(study: Study) -> None:
    """Lower the numbers of trials and repeats to what there is to hear."""
    possible = len(stimulus_sets(study))
    study.trials_per_annotator = min(study.trials_per_annotator or possible, possible) or None
    study.repeats_per_annotator = min(study.repeats_per_annotator, possible)


# Defaults -----------------------------------------------------------------------------------------


def default_choice(template: Template) -> Choice:
    """Return what suits a template best of what is built: the model and targets with the most tracks."""
    clips = _built()
    pair = _default_pair(template, clips) if template.pairs else ()
    wanted = [name for name in (pair or template.conditions) if name not in UNMASKED]
    tracks = _tracks_by_model_and_target(clips, wanted)
    models: Counter[int] = Counter()
    for (model, _target), found in tracks.items():
        models[model] += len(found)
    if not models:
        return Choice(pair=pair)
    model = max(models, key=lambda pk: (models[pk], -pk))
    targets = sorted(
        (target for pk, target in tracks if pk == model),
        key=lambda target: (plain_words(target) is None, -len(tracks[model, target]), target),
    )
    number = template.fewest_targets if template.fewest_targets == 1 else MOST_TARGETS
    own = [clip for clip in clips if clip.explanation.model_id == model and clip.target in targets[:number]]
    asked = Counter(clip.segments_asked for clip in own if clip.segments_asked)
    return Choice(
        targets=targets[:number],
        models=[model],
        recipes=_default_recipe(own, many_sizes="sizes" in template.choose)
        if "recipes" in template.choose
        else [],
        methods=_default_methods(own) if "methods" in template.choose else [],
        size=max(asked, key=lambda size: (asked[size], size)) if "size" in template.choose and asked else 0,
        pair=pair,
    )


def _built() -> list[Clip]:
    """Return the finished clips that were made from explanations."""
    done = Q(explanation__state=Explanation.State.DONE)
    clips = Clip.objects.filter(done).select_related("explanation").only(*_FIELDS, *_MADE_FROM)
    return list(clips.order_by("pk"))


def _tracks_by_model_and_target(
    clips: Sequence[Clip], wanted: Sequence[str]
) -> dict[tuple[int, str], set[int]]:
    """Return (model, target) -> tracks with a clip of every wanted masked condition."""
    held: dict[tuple[int, str], dict[int, set[str]]] = {}
    for clip in clips:
        if clip.target:
            key = clip.explanation.model_id, clip.target
            held.setdefault(key, {}).setdefault(clip.track_id, set()).add(clip.condition)
    found = {
        key: {track for track, conditions in tracks.items() if set(wanted) <= conditions}
        for key, tracks in held.items()
    }
    return {key: tracks for key, tracks in found.items() if tracks}


def _default_recipe(clips: Sequence[Clip], *, many_sizes: bool) -> list[int]:
    """Return the recipe with the most tracks, first of all the most sizes if these are what is compared."""
    held: dict[int, tuple[set[int | None], set[int]]] = {}
    for clip in clips:
        sizes, tracks = held.setdefault(clip.explanation.recipe_id, (set(), set()))
        sizes.add(clip.kept_segments)
        tracks.add(clip.track_id)

    def rank(recipe: int) -> tuple[int, int, int]:
        sizes, tracks = held[recipe]
        return len(sizes) * many_sizes, len(tracks), -recipe

    return [max(held, key=rank)] if held else []


def _default_methods(clips: Sequence[Clip]) -> list[str]:
    tracks: dict[str, set[int]] = {}
    for clip in clips:
        if clip.method:
            tracks.setdefault(clip.method, set()).add(clip.track_id)
    return sorted(tracks, key=lambda method: (-len(tracks[method]), method))[:2]


def _default_pair(template: Template, clips: Sequence[Clip]) -> tuple[str, ...]:
    """Return the first pair of conditions whose clips of one track sound different, else the first pair."""
    sounds: dict[tuple[int, str], set[str]] = {}
    for clip in clips:
        sounds.setdefault((clip.track_id, clip.condition), set()).add(clip.sound or clip.sha256)
    for first, second in template.pairs:
        for (track, condition), found in sounds.items():
            if condition == first and sounds.get((track, second), set()) - found:
                return first, second
    return template.pairs[0]
