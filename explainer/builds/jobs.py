"""Self-contained build jobs: a job holds all inputs of `explain_track`, a result all its outputs.

They hold bytes instead of paths, so they work on any machine, and use neither Django nor a database, so they
work in any process.
"""

import dataclasses
import hashlib
import logging
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from explainer.core.pipeline import TrackResult


logger = logging.getLogger(__name__)

Progress = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """The inputs of one explanation.

    Attributes
    ----------
    track_file, track : str, bytes
        File name (for messages) and content of the track.
    cut : (int, int) or None
        First frame and number of frames of the excerpt; None for the whole track.
    definition : mapping
        See `explainer.core.models.loading.load_model`, without ``checkpoint``.
    checkpoint_file, checkpoint : str, bytes
        Empty for a model without a checkpoint.
    allowed_code : sequence of str
        See `explainer.core.models.loading.load_model`.
    recipe : mapping
        JSON form of a `explainer.core.base.recipe.Recipe`.
    targets : sequence of str
        Targets whose clips are made.
    limits : mapping
        Fields of `explainer.core.audio.AudioLimits`.
    stems : mapping of str to (str, bytes)
        Source -> file name and content, if the recipe divides by stems.
    """

    track_file: str
    track: bytes
    definition: Mapping[str, Any]
    checkpoint_file: str
    checkpoint: bytes
    allowed_code: Sequence[str]
    recipe: Mapping[str, Any]
    targets: Sequence[str]
    cut: tuple[int, int] | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)
    stems: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The outputs of a job: either a failure message, or a manifest and the files it names.

    Attributes
    ----------
    manifest : mapping
        Figures about the explanation and its clips, JSON types only; files by their stored name.
    files : mapping of str to bytes
        Stored name -> content. Names hold the SHA-256 of the content.
    explanation : bytes
        See `explainer.core.base.explanation.Explanation.to_bytes`.
    failure : str
        What went wrong and what to do.
    """

    manifest: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    explanation: bytes = b""
    failure: str = ""


def run(job: Job, progress: Progress | None = None) -> Result:
    """Run a job; errors are returned as a failure message and not raised."""
    from explainer.core.base.memory import is_out_of_memory, keep_freed_memory

    keep_freed_memory()
    try:
        with one_thread():
            return _run(job, progress)
    except ValueError as error:  # messages of the core about its input already name the remedy
        logger.info("A build was refused", exc_info=True)
        return Result(failure=_sentence(str(error) or type(error).__name__))
    except Exception as error:
        if is_out_of_memory(error):
            return Result(
                failure="The build ran out of memory. Use a shorter track, fewer segments or more memory."
            )
        logger.exception("A build failed")
        return Result(
            failure=f"Unexpected error ({type(error).__name__}: {error}). Details are in the worker's log; "
            "please report it if retrying does not help."
        )


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread: the same bits everywhere, and threads that compete for cores are slow."""
    import torch
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        torch.set_num_threads(threads)


def _run(job: Job, progress: Progress | None) -> Result:
    from explainer.core.audio import AudioLimits, Cut
    from explainer.core.base.recipe import Recipe
    from explainer.core.models.loading import load_model
    from explainer.core.pipeline import explain_track

    with tempfile.TemporaryDirectory(prefix="explain-") as name:
        folder = Path(name)
        (folder / "clips").mkdir()
        track = folder / job.track_file
        track.write_bytes(job.track)
        definition = dict(job.definition)
        if job.checkpoint_file:
            checkpoint = folder / job.checkpoint_file
            checkpoint.write_bytes(job.checkpoint)
            definition["checkpoint"] = str(checkpoint)
        recipe = dict(job.recipe)
        if job.stems:
            (folder / "stems").mkdir()
            files = {source: folder / "stems" / Path(file).name for source, (file, _) in job.stems.items()}
            for source, file in files.items():
                file.write_bytes(job.stems[source][1])
            named = {source: str(file) for source, file in files.items()}
            recipe["segmentation_parameters"] = {**recipe["segmentation_parameters"], "stems": named}
        result = explain_track(
            track,
            load_model(definition, job.allowed_code),
            Recipe.from_dict(recipe),
            output_folder=folder / "clips",
            targets=list(job.targets),
            cut=Cut(*job.cut) if job.cut else None,
            progress=progress,
            limits=AudioLimits(**job.limits),
        )
        return _pack(result)


def _pack(result: "TrackResult") -> Result:
    """Turn the pipeline's `TrackResult` into plain values and bytes."""
    files: dict[str, bytes] = {}
    clips = []
    for clip in result.clips:
        stored = f"clips/{clip.sha256}.flac"
        files[stored] = Path(clip.path).read_bytes()
        described = dataclasses.asdict(clip)
        del described["path"]
        clips.append({"file": stored, **plain(described)})
    figures = {}
    for name, path in result.figures.items():
        content = Path(path).read_bytes()
        figures[name] = f"figures/{hashlib.sha256(content).hexdigest()}{Path(path).suffix}"
        files[figures[name]] = content
    explanation = result.explanation
    manifest = {
        "predictions": {
            target.name: plain(value)
            for target, value in zip(explanation.targets, explanation.predictions, strict=True)
        },
        "fidelity": plain(explanation.fidelity),
        "provenance": plain(explanation.provenance),
        "model_calls": int(result.model_calls),
        "seconds": float(result.seconds),
        "warnings": list(result.warnings),
        "figures": figures,
        "clips": clips,
    }
    arrays = {"labels": result.segmentation.labels, "features": result.features}
    return Result(manifest=manifest, files=files, explanation=explanation.to_bytes(**arrays))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def plain(value: Any) -> Any:
    """Return a value as JSON types; numbers that are not finite become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
