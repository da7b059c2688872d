"""One database object at a time, as columns of the codebook."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from explainer.files.clip_sounds import sound_of
from explainer.models import Clip
from studyserver.common.canonical_json import canonical_json
from studyserver.study.models import Presentation, Question, Stimulus, Trial

Row = dict[str, object]


def identifier(text: str) -> str:
    """Return a name with everything replaced that an identifier may not hold."""
    cleaned = re.sub(r"[^A-Za-z0-9_.:-]", "_", text)
    return cleaned if not cleaned or cleaned[0].isalnum() else f"x{cleaned}"


# -- questions and answers --------------------------------------------------------------------


def question_columns(question: Question) -> Row:
    """Return what every table says of a question."""
    return {
        "question": question.key,
        "question_kind": question.kind,
        "level": question.level,
        "question_target": question.target,
    }


def option_values(question: Question) -> list[str]:
    """Return the options offered by a question with several, in order; none for the other kinds."""
    return question.answer_kind.declared(question.options)


def option_labels(question: Question) -> dict[str, str]:
    """Return the words that annotators saw for each option."""
    return question.answer_kind.labels(question.options)


def plain_value(question: Question, value: object) -> str | float | int | None:
    """Return an answer as a number or as text; None for free text, which stands in its own table."""
    return None if value is None else question.answer_kind.exported(question.options, value)


def measured(name: str, value: Any, number: float | None) -> tuple[Any, float | None]:
    """Return value and number of one measure of a stored answer: its own, or one of several numbers."""
    return (value[name], float(value[name])) if name else (value, number)


def compared_clips(
    value: object, presentations: Iterable[Presentation]
) -> Iterator[tuple[Presentation, Row]]:
    """Yield each clip that a preference or an ABX answer compared, with what the answer says of it."""
    shown = list(presentations)
    blind = [item for item in shown if item.is_blind]
    x = next((item.stimulus_id for item in shown if item.role == Presentation.Role.X), None)
    preferred, strength = value, None
    if isinstance(value, dict):
        preferred, strength = value["preferred"], value["strength"]
    for item in blind:
        picked = item.label == preferred
        row: Row = {"picked": picked, "is_x": None if x is None else item.stimulus_id == x}
        if strength is not None:
            other = -strength if preferred and len(blind) == 2 else 0
            row["strength"] = float(strength if picked else other)
        yield item, row


def confidence(question: Question, value: object) -> int | None:
    """Return the confidence of a presence judgment."""
    return question.answer_kind.confidence(value)


# -- stimuli ----------------------------------------------------------------------------------


def stimulus_columns(stimulus: Stimulus) -> Row:
    """Return what every table says of a stimulus."""
    clip, explanation = stimulus.clip, stimulus.clip.explanation
    return {
        "stimulus": stimulus.pk,
        "clip": clip.pk,
        "track": clip.track.name,
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


# -- trials -----------------------------------------------------------------------------------


def trial_seconds(trial: Trial) -> float | None:
    """Return the time from a trial's presentation to its end."""
    if trial.presented_at is None or trial.finished_at is None:
        return None
    return (trial.finished_at - trial.presented_at).total_seconds()
