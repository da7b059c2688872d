"""One database object at a time, as columns of the codebook."""

import json
import re
from collections.abc import Iterable, Iterator

from explainer.files.clip_sounds import sound_of
from explainer.models import Clip
from studyserver.study.models import Presentation, Question, Stimulus, Trial

_BETWEEN_STRETCHES = "|"  # which are numbers: nothing in them can be taken for it
PRESENCE_CATEGORIES = ("none", "some", "clear", "unsure")
Row = dict[str, object]


def canonical_json(value: object) -> str:
    """Return the one text that equal JSON values share."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


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
    if question.kind == Question.Kind.PRESENCE:
        return list(PRESENCE_CATEGORIES)
    if question.kind not in (Question.Kind.CHOICE, Question.Kind.CHECKLIST):
        return []
    choices = question.options.get("choices", []) if isinstance(question.options, dict) else []
    return [str(choice["value"]) if isinstance(choice, dict) else str(choice) for choice in choices]


def option_labels(question: Question) -> dict[str, str]:
    """Return the words that annotators saw for each option."""
    choices = question.options.get("choices", []) if isinstance(question.options, dict) else []
    return {
        str(item["value"]): str(item.get("label", item["value"]))
        for item in choices
        if isinstance(item, dict)
    }


def ticked(question: Question, value: list) -> list[str]:
    """Return what a checklist's answer ticked, in the order in which the options are offered."""
    offered = option_values(question)
    chosen = {str(item) for item in value}
    return [item for item in offered if item in chosen] + sorted(chosen - set(offered))


def number_text(number: float | int) -> str:
    """Return a number with all its digits, whole numbers without a decimal point."""
    if isinstance(number, int):
        return str(number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def plain_value(question: Question, value: object) -> str | float | int | None:
    """Return an answer as a number or as text; None for free text, which stands in its own table.

    What a checklist's answer ticked is a JSON array: an option may hold any character that could divide it
    from the next.
    """
    if value is None or question.kind == Question.Kind.TEXT:
        return None
    if question.kind == Question.Kind.PRESENCE and isinstance(value, dict):
        return value.get("presence")
    if question.kind == Question.Kind.CHECKLIST and isinstance(value, list):
        return canonical_json(ticked(question, value))
    if question.kind == Question.Kind.PREFERENCE and isinstance(value, dict):
        return f"{value['preferred']}{value['strength']}" if value["preferred"] else "none"
    if question.kind == Question.Kind.STRETCHES and isinstance(value, list):
        marked = [f"{number_text(begin)}-{number_text(end)}" for begin, end in value]
        return _BETWEEN_STRETCHES.join(marked) or _BETWEEN_STRETCHES
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return value if isinstance(value, str) else canonical_json(value)


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
    return (
        value.get("confidence")
        if question.kind == Question.Kind.PRESENCE and isinstance(value, dict)
        else None
    )


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
