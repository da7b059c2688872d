"""Registration of music models, and validation of their definitions."""

import json
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from explainer.core.base.counting import plural
from explainer.core.base.explanation import Target
from explainer.core.models.code_paths import ALLOWED_CODE, is_allowed
from explainer.core.models.loading import ADAPTERS
from explainer.core.representations.kinds import representation_from
from explainer.files import stored_files
from explainer.models import Clip, MusicModel

WEIGHTS = (".safetensors", ".pt", ".pth")
# Endings of checkpoint files per adapter; an adapter that is not listed needs no file.
FILES = {"torch": WEIGHTS, "exported": (".pt2",), "onnx": (".onnx",)}
CHECKPOINTS = tuple(dict.fromkeys(suffix for suffixes in FILES.values() for suffix in suffixes))
LONGEST_WINDOW = 2**31 - 1  # greatest whole number of the databases
# Keys of a definition file; all except the checkpoint are fields of the row.
KEYS = (
    "name", "description", "adapter", "code", "arguments", "checkpoint", "representation", "targets",
    "output", "emotion_weights", "emotion_bias", "window_frames", "window_hop", "pooling",
    "precision", "licence", "source",
)  # fmt: skip


class RegistrationError(ValueError):
    """Raised for a definition that cannot be registered; the message names the fields."""


def problems(model: MusicModel, checkpoint_name: str) -> dict[str, str]:
    """Return what is wrong with a model's description, by field; empty if nothing is.

    The model is not loaded; `check_model` tests its outputs.

    Parameters
    ----------
    checkpoint_name : str
        File name of its weights; empty if it has none.
    """
    found = {
        "adapter": _problem_with_adapter(model.adapter),
        "code": _problem_with_code(model.adapter, model.code),
        "arguments": "" if isinstance(model.arguments, dict) else 'Use the form {"name": value}.',
        "checkpoint": _problem_with_checkpoint(model.adapter, checkpoint_name),
        "representation": _problem_with_representation(model.representation),
        "targets": _problem_with_targets(model.targets),
    }
    if not found["targets"]:
        found["emotion_weights"] = _problem_with_second_level(
            model.emotion_weights, model.emotion_bias, model.targets
        )
    if model.precision != "float32" and model.adapter != MusicModel.Adapter.TORCH:
        found["precision"] = "Only PyTorch modules support a precision other than 32 bits; use 32 bits."
    if model.pooling != "mean" and model.emotion_weights:
        found["pooling"] = "A linear second level requires pooling by the mean."
    found |= _problems_with_windows(model.window_frames, model.window_hop)
    if model.output == MusicModel.Output.PROBABILITY and model.emotion_weights:
        found["output"] = "A linear second level requires values or log-odds, not probabilities."
    return {field: problem for field, problem in found.items() if problem}


def register(definition: Mapping[str, Any], folder: Path) -> tuple[MusicModel, bool]:
    """Create a row from a model's definition, or update one that is not used.

    Parameters
    ----------
    definition : mapping
        Keys as in `KEYS`; ``checkpoint`` is a path relative to `folder`.

    Returns
    -------
    model : MusicModel
    changed : bool
        False if exactly this model was already registered.

    Raises
    ------
    RegistrationError
        If the definition cannot be used, or the name is that of another model that has explanations.
    """
    unknown = sorted(set(definition) - set(KEYS))
    if unknown:
        raise RegistrationError(f"Unknown: {', '.join(unknown)}. Known are {', '.join(KEYS)}.")
    model = MusicModel.objects.filter(name=definition.get("name", "")).first() or MusicModel()
    before = model.digest() if model.pk else ""
    for key in KEYS:
        if key != "checkpoint" and key in definition:
            setattr(model, key, definition[key])
    weights = folder / definition["checkpoint"] if definition.get("checkpoint") else None
    if weights and not weights.is_file():
        raise RegistrationError(f"checkpoint: {weights.name} does not exist in {weights.parent}.")
    _refuse(problems(model, weights.name if weights else ""))
    model.checkpoint_sha256 = stored_files.sha256_of(weights) if weights else ""
    if before and before != model.digest() and model.is_used():
        raise RegistrationError(
            f"Another model named {model.name} has explanations; register this one under a new name."
        )
    if weights:
        model.checkpoint = stored_files.store(f"models/{model.checkpoint_sha256}{weights.suffix}", weights)
    try:
        model.full_clean(exclude=["checkpoint"])
    except ValidationError as error:
        _refuse({field: " ".join(messages) for field, messages in error.message_dict.items()})
    model.save()
    return model, before != model.digest()


def read_definition(path: Path) -> dict[str, Any]:
    """Read a model's or recipe's definition from a TOML or JSON file.

    Raises
    ------
    RegistrationError
        If the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise RegistrationError(
            f"{path.name} cannot be read as {path.suffix[1:].upper() or 'TOML'}: {error}"
        ) from error
    if not isinstance(content, dict):
        raise RegistrationError(f"{path.name} must contain names with values.")
    return content


def _refuse(found: Mapping[str, str]) -> None:
    if found:
        raise RegistrationError("\n".join(f"{field}: {problem}" for field, problem in found.items()))


def _problem_with_adapter(adapter: str) -> str:
    return "" if adapter in ADAPTERS else f"Adapter {adapter!r} is unknown; use one of {', '.join(ADAPTERS)}."


def _problem_with_code(adapter: str, code: str) -> str:
    if adapter in ("exported", "onnx"):
        return "The file contains the whole model; leave this empty." if code else ""
    allowed = (*ALLOWED_CODE, *settings.MODEL_CODE)
    if is_allowed(code, settings.MODEL_CODE):
        return ""
    if not code:
        return f"Enter the dotted path of the class or callable; allowed are {', '.join(allowed)}."
    return (
        f"{code} is not on the allow-list ({', '.join(allowed)}). "
        "The administrator of this server can add it in the setting MODEL_CODE."
    )


def _problem_with_checkpoint(adapter: str, name: str) -> str:
    suffixes = FILES.get(adapter, CHECKPOINTS)
    if adapter in FILES and not name:
        return "Upload the weights of the module." if adapter == "torch" else "Upload the model's file."
    if name and Path(name).suffix.lower() not in suffixes:
        return f"{name} is of a kind that cannot be read safely; use one of {', '.join(suffixes)}."
    return ""


def _problem_with_representation(representation: Any) -> str:
    if not isinstance(representation, dict) or not representation:
        return 'State the kind and the parameters that differ from the defaults, e.g. {"kind": "mel"}.'
    try:
        representation_from(representation)
    except ValueError as error:
        return _sentence(error)
    return ""


def _problem_with_targets(targets: Any) -> str:
    if not isinstance(targets, list) or not targets:
        return "List the outputs in order, at least one."
    try:
        names = [Target(**target).name for target in targets]
    except (TypeError, ValueError) as error:
        return f'Each target is {{"name": ..., "level": ...}}: {error}.'
    longest = Clip._meta.get_field("target").max_length
    if any(not name or len(name) > longest for name in names):
        return f"Names must have from 1 to {longest} characters."
    twice = sorted({name for name in names if names.count(name) > 1})
    return f"Names must differ; twice: {', '.join(twice)}." if twice else ""


def _problem_with_second_level(weights: Any, bias: Any, targets: list[dict]) -> str:
    if not weights and not bias:
        return ""
    if (
        not isinstance(weights, list)
        or not isinstance(bias, list)
        or not all(isinstance(row, list) for row in weights)
    ):
        return (
            "Use lists: weights [[...], ...] with one row per mid-level target, and a bias [...] per emotion."
        )
    if not all(_is_number(value) for row in [*weights, bias] for value in row):
        return "Weights and biases must be finite numbers."
    levels = [target.get("level") for target in targets]
    shape_fits = all(len(row) == len(bias) for row in weights)
    if shape_fits and levels == ["mid-level"] * len(weights) + ["emotion"] * len(bias):
        return ""
    return (
        f"{plural(weights, 'row')} of weights and {plural(bias, 'bias', 'biases')} need "
        f"{plural(weights, 'mid-level target')} followed by {plural(bias, 'emotion')}, and "
        f"{plural(bias, 'weight')} in each row."
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _problems_with_windows(length: Any, hop: Any) -> dict[str, str]:
    """Return what is wrong with the windows into which long tracks are cut, by field."""
    found = {
        field: f"Use a whole number from 1 to {LONGEST_WINDOW}, or leave it empty."
        for field, value in (("window_frames", length), ("window_hop", hop))
        if value is not None and not (isinstance(value, int) and 1 <= value <= LONGEST_WINDOW)
    }
    if found or hop is None:
        return found
    if length is None:
        return {"window_hop": "State the length of the window in frames as well."}
    if hop > length:
        return {"window_hop": "Use at most the length of the window; otherwise windows leave gaps."}
    return {}


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
