"""Stimuli and the provenance of their clips as columns of tables."""

from collections.abc import Iterable, Iterator

from explainer.core.base.canonical_json import canonical_json
from explainer.files.clip_sounds import sound_of
from explainer.files.curves import curve_of
from explainer.models import Clip, Excerpt, ExcerptChoice
from studyserver.study.models import Stimulus

from . import Row

_RULE = ("where", "number", "starts_on", "apart")


def stimulus_columns(stimulus: Stimulus) -> Row:
    """Return the columns of a stimulus that every table has."""
    clip, explanation = stimulus.clip, stimulus.clip.explanation
    return {
        "stimulus": stimulus.pk,
        "clip": clip.pk,
        "track": clip.track.name,
        **excerpt_columns(clip.part),
        "model": explanation.model.name if explanation else None,
        "method": clip.method or (explanation.recipe.parameters.get("method") if explanation else None),
        "recipe": explanation.recipe.name if explanation else None,
        "target": clip.target,
        "target_level": clip.target_level,
        "condition": clip.condition,
        "segments_asked": clip.segments_asked,
        "kept_segments": clip.kept_segments,
        "variant": clip.variant,
    }


def item_columns(stimulus: Stimulus) -> Row:
    """Return the full provenance of a stimulus."""
    clip, explanation = stimulus.clip, stimulus.clip.explanation
    row = {
        **stimulus_columns(stimulus),
        "stimulus_role": stimulus.role,
        "active": stimulus.active,
        "clip_sha256": clip.sha256,
        "clip_sound": sound_of(clip),
        "clip_seconds": clip.seconds,
        "sample_rate": clip.sample_rate,
        "loudness": clip.loudness,
        "gain": clip.gain,
        "true_peak": clip.true_peak,
        "area_share": clip.area_share,
        "energy_share": clip.energy_share,
        "track_title": clip.track.title,
        "composer": clip.track.composer,
        "licence": clip.track.licence,
        "excerpt_chosen_by": clip.excerpt.chosen_by,
        "track_sha256": clip.track.sha256,
        "clip_provenance": canonical_json(clip.provenance) if clip.provenance else None,
    }
    if explanation:
        parameters = explanation.recipe.parameters
        row |= {
            "model_sha256": explanation.model.checkpoint_sha256,
            "model_output": explanation.model.output,
            "explanation": explanation.key,
            "recipe_digest": explanation.recipe.digest,
            "segmentation": parameters.get("segmentation"),
            "segmentation_parameters": canonical_json(parameters.get("segmentation_parameters", {})),
            "sampling": parameters.get("sampling"),
            "model_calls": explanation.model_calls,
            "keep_probability": parameters.get("keep_probability"),
            "hidden_value": parameters.get("hidden_value"),
            "route": parameters.get("route"),
            "seed": parameters.get("seed"),
        }
    return row | _predictions(clip, clip.target)


def excerpt_rows(excerpts: Iterable[Excerpt]) -> Iterator[Row]:
    """Yield excerpts with the rules that chose them."""
    for excerpt in excerpts:
        row = {
            "track": excerpt.track.name,
            **excerpt_columns(excerpt),
            "excerpt_chosen_by": excerpt.chosen_by,
        }
        if excerpt.choice:
            rule = {f"rule_{name}": excerpt.choice.rule[name] for name in _RULE}
            row |= {**_rule_columns(excerpt.choice), **rule}
            row |= {"rule_output": excerpt.output, "rule_sought": excerpt.sought}
        yield row


def curve_rows(choices: Iterable[ExcerptChoice]) -> Iterator[Row]:
    """Yield what a model said of every place where a rule could have put an excerpt, each place once."""
    done = set()
    for choice in choices:
        curve = curve_of(choice)
        if curve is None:
            continue
        same = {"track": choice.track.name, **_rule_columns(choice), "excerpt_seconds": curve.seconds}
        outputs = curve.outputs[choice.target]
        for start, output, sounding in zip(curve.starts, outputs, curve.sounding, strict=True):
            place = (choice.track_id, choice.model_id, choice.target, curve.seconds, float(start))
            if place in done:
                continue
            done.add(place)
            yield {
                **same,
                "excerpt_start": float(start),
                "rule_output": float(output),
                "sounding": float(sounding),
            }


def excerpt_columns(excerpt: Excerpt) -> Row:
    """Return the columns of an excerpt that every table has."""
    return {
        "excerpt": excerpt.name,
        "excerpt_start": excerpt.start_seconds,
        "excerpt_seconds": excerpt.seconds,
    }


def _rule_columns(choice: ExcerptChoice) -> Row:
    return {
        "rule_model": choice.model.name,
        "rule_model_sha256": choice.model_sha256,
        "rule_target": choice.target,
    }


def prediction_rows(stimulus: Stimulus) -> Iterator[Row]:
    """Yield the model's outputs on a stimulus, one row per target."""
    clip, explanation = stimulus.clip, stimulus.clip.explanation
    levels = {item["name"]: item.get("level") for item in explanation.model.targets} if explanation else {}
    known = {
        **clip.prediction_heard,
        **clip.prediction_masked,
        **(explanation.predictions if explanation else {}),
    }
    for target in [*(name for name in levels if name in known), *sorted(set(known) - set(levels))]:
        yield {
            "stimulus": stimulus.pk,
            "target": target,
            "target_level": levels.get(target),
            "model": explanation.model.name if explanation else None,
            "model_output": explanation.model.output if explanation else None,
            **_predictions(clip, target),
        }


def _predictions(clip: Clip, target: str) -> Row:
    return {
        "prediction_track": clip.explanation.predictions.get(target) if clip.explanation else None,
        "prediction_heard": clip.prediction_heard.get(target),
        "prediction_masked": clip.prediction_masked.get(target),
    }
