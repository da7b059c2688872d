"""Loading of music models from descriptions.

An adapter gives each model the interface `MusicModel`. To add a kind of model, write an adapter class
and add an entry to `ADAPTERS`.
"""

import hashlib
import importlib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from explainer.core.base.explanation import Target
from explainer.core.base.memory import GIGABYTE, available_memory, describe_free_memory
from explainer.core.representations.kinds import representation_from

from .adapters import CallableModel, ModelError, MusicModel, TorchModel
from .check import USABLE
from .code_paths import ALLOWED_CODE, current_path, is_allowed
from .program_adapters import ExportedModel, OnnxModel, read_program

Description = Mapping[str, Any]  # see `load_model`
Declared = dict[str, Any]  # the keyword arguments that all adapters have


def load_model(description: Description, allowed_code: Sequence[str] = ()) -> MusicModel:
    """Build a model from its description.

    Parameters
    ----------
    description : mapping
        ``name``; ``adapter``, one of `ADAPTERS`; ``code``, a dotted path; ``arguments``, keyword
        arguments of a torch class; ``checkpoint``, a path to weights or to the program itself;
        ``representation``, the JSON form of a `Representation`; ``targets``, a list of
        ``{"name", "level"}``; optionally ``output``, ``window_frames``, ``window_hop``, ``pooling``,
        ``emotion_weights``, ``emotion_bias``; for torch ``device`` and ``precision``.
    allowed_code : sequence of str
        Prefixes of dotted paths that may be imported in addition to `ALLOWED_CODE`. A prefix that ends in a
        dot allows everything below it; any other allows only that path. ``sha256:`` followed by the digest
        of a file allows that file as a program of torch.export.

    Raises
    ------
    ModelError
        If something is missing, not allowed or does not fit; the message says what to change.
    """
    name = str(description.get("name") or "unnamed")
    adapter = description.get("adapter", "torch")
    if adapter not in ADAPTERS:
        raise ModelError(f"model {name!r}: adapter {adapter!r} is unknown; use one of {', '.join(ADAPTERS)}")
    if not description.get("targets"):
        raise ModelError(f"model {name!r} declares no targets; list its outputs in order")
    if not description.get("representation"):
        raise ModelError(f"model {name!r} declares no representation; state its kind and parameters")
    try:
        targets = [Target(**target) for target in description["targets"]]
        representation = representation_from(description["representation"])
    except (TypeError, ValueError, KeyError) as error:
        raise ModelError(f"model {name!r}: its targets or representation cannot be read: {error}") from error
    names = [target.name for target in targets]
    if len(set(names)) != len(names):
        raise ModelError(f"model {name!r} declares a target twice; names must differ")
    optional = ("output", "window_frames", "window_hop", "pooling", "emotion_weights", "emotion_bias")
    declared = {key: description[key] for key in optional if description.get(key) is not None}
    declared |= {"name": name, "representation": representation, "targets": targets}
    return ADAPTERS[adapter](description, declared, allowed_code)


def _load_torch(description: Description, declared: Declared, allowed_code: Sequence[str]) -> MusicModel:
    name = declared["name"]
    architecture = _import_allowed(name, description.get("code", ""), allowed_code)
    try:
        module = architecture(**description.get("arguments") or {})
    except TypeError as error:
        raise ModelError(f"model {name!r}: {description['code']} cannot be constructed: {error}") from error
    if not description.get("checkpoint"):
        raise ModelError(
            f"model {name!r} has no checkpoint; add one, because random weights need no explanation"
        )
    state = _read_checkpoint(name, Path(description["checkpoint"]))
    try:
        module.load_state_dict(state)
    except (RuntimeError, AttributeError) as error:
        raise ModelError(
            f"model {name!r}: the checkpoint does not fit {description['code']}: {error}"
        ) from error
    how = {key: description[key] for key in ("device", "precision") if description.get(key)}
    return TorchModel(module.eval(), **how, **declared)


def _load_callable(description: Description, declared: Declared, allowed_code: Sequence[str]) -> MusicModel:
    function = _import_allowed(declared["name"], description.get("code", ""), allowed_code)
    return CallableModel(function, **declared)


def _load_exported(description: Description, declared: Declared, allowed_code: Sequence[str]) -> MusicModel:
    # Reading such a file evaluates expressions in it, so the file itself counts as code.
    content = read_program(declared["name"], description.get("checkpoint") or "")
    permission = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if permission not in allowed_code:
        raise ModelError(
            f"model {declared['name']!r}: reading a program of torch.export can run code, so the file "
            f"must be on the allow-list; if you trust its source, add {permission} to the list"
        )
    return ExportedModel(content, **declared)


def _load_onnx(description: Description, declared: Declared, allowed_code: Sequence[str]) -> MusicModel:
    content = read_program(declared["name"], description.get("checkpoint") or "")
    return OnnxModel(content, **declared)


ADAPTERS: dict[str, Callable[..., MusicModel]] = {
    "torch": _load_torch,
    "exported": _load_exported,
    "onnx": _load_onnx,
    "callable": _load_callable,
}


def _import_allowed(name: str, path: str, allowed_code: Sequence[str]) -> Any:
    if not is_allowed(path, allowed_code):
        raise ModelError(
            f"model {name!r}: code {path!r} is not on the allow-list "
            f"({', '.join((*ALLOWED_CODE, *allowed_code))}); add its dotted path to the list"
        )
    module_path, _, attribute = current_path(path).rpartition(".")
    try:
        return getattr(importlib.import_module(module_path), attribute)
    except (ImportError, AttributeError) as error:
        raise ModelError(f"model {name!r}: code {path!r} cannot be imported: {error}") from error


def _read_checkpoint(name: str, path: Path) -> Mapping[str, Any]:
    """Read tensors from a checkpoint, without running code in it."""
    import torch

    if not path.is_file():
        raise ModelError(f"model {name!r}: checkpoint {path.name!r} does not exist; upload it again")
    _refuse_oversized_archive(name, path)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(
            f"model {name!r}: checkpoint {path.name!r} cannot be read as tensors; "
            f"save it as safetensors or as a state_dict ({type(error).__name__})"
        ) from error
    if not isinstance(state, Mapping):
        raise ModelError(
            f"model {name!r}: checkpoint {path.name!r} holds no state_dict; save module.state_dict()"
        )
    return state.get("state_dict", state)


def _refuse_oversized_archive(name: str, path: Path) -> None:
    """Refuse a zip checkpoint whose contents exceed the free memory, before it is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:  # not an archive, or one that PyTorch refuses itself
        return
    free = available_memory()
    if free is not None and unpacked > USABLE * free:
        raise ModelError(
            f"model {name!r}: checkpoint {path.name!r} unpacks to {unpacked / GIGABYTE:.1f} GB and "
            f"{describe_free_memory(free)}; save it again as safetensors, or use more memory"
        )
