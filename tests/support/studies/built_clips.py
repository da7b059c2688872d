"""A site on which explanations are built: two models, two methods, two targets, two sizes of evidence."""

import hashlib

from django.core.files.base import ContentFile
from example_studies import make_track, sound

from explainer.core.base.recipe import Recipe as RecipeParameters
from explainer.models import Clip, Explanation, MusicModel, Recipe

TARGETS = ("happy", "dissonance")
METHODS = ("lime", "occlusion")
SIZES = (2, 4)
MASKED = ("evidence", "complement", "random_control")


def build_site(tracks: int = 4, *, models: int = 1, sizes=SIZES, methods=METHODS) -> None:
    """Store finished explanations and their clips.

    Both methods chose the same segments of the first track for ``happy``: that evidence sounds the same.
    """
    recipes = [_recipe(method) for method in methods]
    music_models = [
        MusicModel.objects.create(
            name=f"model-{number}", targets=[{"name": target, "level": "emotion"} for target in TARGETS]
        )
        for number in range(models)
    ]
    for place in range(tracks):
        track = make_track(f"built-{place}")
        for model in music_models:
            for recipe in recipes:
                _explain(track, model, recipe, sizes, same=place == 0)


def _recipe(method: str) -> Recipe:
    parameters = RecipeParameters(method=method)
    return Recipe.objects.create(name=method, parameters=parameters.to_dict(), digest=parameters.digest())


def _explain(track, model, recipe, sizes, *, same: bool) -> None:
    explanation = Explanation.objects.create(
        track=track, model=model, recipe=recipe, state=Explanation.State.DONE
    )
    for condition in ("original", "resynthesis"):
        _clip(explanation, condition, sounds_like=f"{track.name} {condition}")
    for target in TARGETS:
        for size in sizes:
            for condition in MASKED:
                own = "" if same and target == "happy" and condition == "evidence" else recipe.name
                _clip(
                    explanation,
                    condition,
                    sounds_like=f"{track.name} {model.name} {own} {condition} {target} {size}",
                    target=target,
                    target_level="emotion",
                    method=recipe.name,
                    segments_asked=size,
                    kept_segments=size,
                )


def _clip(explanation, condition, *, sounds_like: str, **fields) -> Clip:
    content = sound(sounds_like)
    return Clip.objects.create(
        track=explanation.track,
        explanation=explanation,
        condition=condition,
        file=ContentFile(content, name="clip.flac"),
        sha256=hashlib.sha256(content).hexdigest(),
        sample_rate=8000,
        seconds=2.0,
        **fields,
    )
