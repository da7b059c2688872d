"""The pipeline of one track: from a sound file to an explanation and its clips."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from .audio import AudioLimits, Cut, cut_stems, read_audio, read_excerpt
from .base.counting import plural
from .base.explanation import Explanation
from .base.recipe import Recipe, random_generator
from .clips.clip_plan import plan_conditions
from .clips.conditions import PlannedClip
from .clips.rendering import RenderedClip, input_as_heard, render_clips
from .evaluation import fidelity, sanity
from .evaluation.half_precision import settle_precision
from .methods import METHODS, explain, method_named
from .models.adapters import MusicModel, copy_of_outputs
from .models.check import affordable_batch, check_on_input
from .models.second_level import targets_to_explain, with_emotions
from .perturbation.masking import hidden_features
from .perturbation.problem import Problem
from .representations.compression import LAWS
from .representations.reconstruction import Filling, filling_of
from .representations.representation import Representation
from .segmentation.segments import Segmentation, segment

Progress = Callable[[float, str], None]

MAX_CALIBRATED_KEEP = 0.8  # keep probability above which intervals were found too narrow (docs/methods.md)


@dataclass(frozen=True, eq=False)
class TrackResult:
    """The result of `explain_track`.

    Attributes
    ----------
    explanation : Explanation
        Of every target if further targets need no further calls, otherwise of the requested ones.
    features : np.ndarray of float32 [shape=(n_frames, n_bands)]
        Features of the track.
    clips : list of RenderedClip
        With the model's predictions on each written file and on the masked features.
    figures : mapping of str to Path
        Name (``"evidence-happy"``, ``"evidence-happy-svg"``) to file in the output folder.
    seconds : float
        Wall time.
    model_calls : int
        All inputs that the model evaluated, including those for checks, fidelity and clips.
    warnings : list of str
        Sentences for the researcher.
    """

    explanation: Explanation
    segmentation: Segmentation
    features: np.ndarray
    clips: list[RenderedClip]
    figures: Mapping[str, Path]
    seconds: float
    model_calls: int
    warnings: list[str]


def explain_track(
    track_path: str | os.PathLike[str],
    model: MusicModel,
    recipe: Recipe,
    *,
    output_folder: str | os.PathLike[str],
    targets: Sequence[str] | None = None,
    cut: Cut | None = None,
    progress: Progress | None = None,
    limits: AudioLimits | None = None,
) -> TrackResult:
    """Explain a model on a track, or on an excerpt of it, and render clips of the explanation.

    The result is determined by the arguments: with the same libraries and one thread, every process on
    every machine writes the same bytes.

    Parameters
    ----------
    track_path : path-like
        See `explainer.core.audio.read_audio`.
    output_folder : path-like
        Receives clips (``<sha256>.flac``) and figures; created if it is missing.
    targets : sequence of str, optional
        Targets whose clips and figures are made; by default all.
    cut : Cut, optional
        The excerpt to explain, faded as `explainer.core.audio.read_excerpt` does; by default the whole track,
        as it is.
    progress : callable, optional
        Called with the share done, 0 to 1, and a description of the current step.

    Raises
    ------
    AudioError, ModelError, RecipeError, SegmentationError, SamplingError, ValueError
        All of them ``ValueError``; the message names the file or field and the remedy.

    Examples
    --------
    Which quarter of this sound does a model call bright? The last, where the tone is high.

    >>> import numpy as np, soundfile
    >>> from explainer.core.base.explanation import Target
    >>> from explainer.core.models.loading import CallableModel
    >>> from explainer.core.representations.kinds import mel
    >>> seconds = np.arange(2 * 16_000) / 16_000
    >>> hertz = np.where(seconds < 1.5, 300, 3000)
    >>> soundfile.write("rising.wav", 0.1 * np.sin(2 * np.pi * hertz * seconds), 16_000)
    >>> front_end = mel(n_bands=40)
    >>> def brightness(batch):
    ...     return batch[:, :, front_end.band_frequencies > 2000].sum(axis=(1, 2))[:, None]
    >>> model = CallableModel(brightness, front_end, [Target("bright")])
    >>> quarters = {"segmentation": "time", "segmentation_parameters": {"time_cells": 4}}
    >>> recipe = Recipe(method="occlusion", evidence_sizes=(1,), **quarters)
    >>> result = explain_track("rising.wav", model, recipe, output_folder="clips")
    >>> result.explanation.evidence("bright", 1)
    array([3])
    >>> sorted(clip.condition for clip in result.clips)
    ['complement', 'evidence', 'original', 'random_control', 'resynthesis']
    """
    started = time.perf_counter()
    report = progress or (lambda done, what: None)
    folder = Path(output_folder)
    folder.mkdir(parents=True, exist_ok=True)
    at_once = not method_named(recipe.method).cost_grows_with_targets
    explained = targets_to_explain(model, targets or (), all_at_once=at_once)
    source = _Source(Path(track_path), cut, limits or AudioLimits())
    prepared = _prepare(source, model, recipe, explained, targets or (), report)
    problem, y, representation = prepared.problem, prepared.y, model.representation

    explanation = with_emotions(explain(recipe.method, problem, recipe), model)
    names = list(targets or [target.name for target in explanation.targets])
    explanation, further_calls = _with_fidelity(explanation, problem, recipe, names, report)

    warnings = [*_warnings(explanation, recipe, model, names), *prepared.warnings]
    plan = plan_conditions(
        explanation, problem.segmentation, y, representation, recipe, names, notes=warnings
    )
    clips = render_clips(
        plan,
        y,
        representation,
        route=recipe.route,
        filling=prepared.filling,
        output_folder=folder,
        progress=lambda done, what: report(0.6 + 0.2 * done, what),
    )
    report(0.8, "predicting on the clips as heard")
    clips = _with_predictions(clips, plan, problem, prepared.gain)
    differences = {name: fidelity.heard_difference(clips, name) for name in names}
    explanation = replace(explanation, fidelity={**explanation.fidelity, "heard_less_masked": differences})
    report(0.9, "drawing figures")
    from .figures.of_explanation import draw_figures

    figures = draw_figures(
        explanation, problem.segmentation, problem.features, representation, recipe, names, folder
    )
    report(1.0, "done")
    return TrackResult(
        explanation=explanation,
        segmentation=problem.segmentation,
        features=problem.features,
        clips=clips,
        figures=figures,
        seconds=time.perf_counter() - started,
        model_calls=prepared.model_calls + problem.model_calls + further_calls + 2 * len(clips),
        warnings=warnings,
    )


@dataclass(frozen=True)
class _Source:
    """Where the sound comes from."""

    path: Path
    cut: Cut | None
    limits: AudioLimits

    def read(self, sample_rate: int) -> np.ndarray:
        """Return the sound at a rate in Hz."""
        if self.cut is None:
            return read_audio(self.path, sample_rate=sample_rate, limits=self.limits)[0]
        return read_excerpt(self.path, self.cut, sample_rate=sample_rate, limits=self.limits)[0]

    def segment(
        self, recipe: Recipe, features: np.ndarray, representation: Representation, y: np.ndarray
    ) -> Segmentation:
        """Divide the sound into segments; recordings of the track's sources are cut as the track is."""
        parameters = recipe.segmentation_parameters
        with ExitStack() as stack:
            if self.cut and "stems" in parameters:
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="stems-")))
                parameters = {
                    **parameters,
                    "stems": cut_stems(parameters["stems"], self.path, self.cut, folder),
                }
            return segment(recipe.segmentation, features, representation, y, parameters)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A track that has been read, with a model that has been checked on it."""

    problem: Problem
    y: np.ndarray
    gain: float  # factor by which the model's input is normalised
    filling: Filling | None
    model_calls: int  # of the check
    warnings: list[str]


def _prepare(
    source: _Source,
    model: MusicModel,
    recipe: Recipe,
    explained: Sequence[int],
    decisive: Sequence[str],
    report: Progress,
) -> _Prepared:
    """Read the track, divide it into segments, check the model on it, and choose batch size and precision."""
    report(0.0, "reading the track")
    representation = model.representation
    y = source.read(representation.sample_rate)
    gain = representation.normalisation_gain(y)
    features = representation.features(y, gain)
    sound = representation.model_input(y, gain) if representation.feeds_sound else None
    segmentation = source.segment(recipe, features, representation, y)
    report(0.03, "checking the model")
    checked = check_on_input(model, features if sound is None else sound)
    checked.require()

    hidden = hidden_features(features, recipe)
    noise = random_generator(recipe, "sound of hidden cells")
    filling = filling_of(hidden, representation, len(y), gain, noise)
    louder = replace(filling, spectrum=filling.spectrum * gain) if filling else None
    problem = Problem(features, segmentation, hidden, model, explained, sound=sound, filling=louder)
    problem.decisive = [row for row, target in enumerate(problem.targets) if target.name in decisive]
    problem.largest_batch = affordable_batch(model, checked.bytes_per_input)
    precision = settle_precision(problem, recipe)
    problem.progress = lambda calls: report(0.05 + 0.4 * min(calls / recipe.calls, 1), "evaluating the model")
    warnings = [precision] if precision else []
    return _Prepared(problem, y, gain, filling, checked.model_calls, warnings)


def _with_fidelity(
    explanation: Explanation, problem: Problem, recipe: Recipe, names: Sequence[str], report: Progress
) -> tuple[Explanation, int]:
    """Return the explanation with its fidelity, and the number of model calls used."""
    known = [target.name for target in problem.model.targets]
    judge = problem.for_targets([known.index(target.name) for target in explanation.targets])
    report(0.45, "testing the explanation on unseen masks")
    effort = fidelity.Effort.for_budget(recipe.calls)
    figures: dict[str, Any] = {
        "held_out_masks": effort.held_out_masks,
        "held_out": fidelity.held_out(explanation, judge, recipe, masks=effort.held_out_masks),
        "complexity": {
            target.name: fidelity.complexity(weights)
            for target, weights in zip(explanation.targets, explanation.weights, strict=True)
        },
    }
    report(0.5, "removing and adding segments in order")
    figures["curves"] = fidelity.curves(explanation, judge, recipe, names, effort)
    requested, calls = sanity.requested_checks(explanation, problem, recipe, names)
    return replace(explanation, fidelity={**figures, **requested}), judge.model_calls + calls


def _with_predictions(
    clips: list[RenderedClip], plan: list[PlannedClip], problem: Problem, track_gain: float
) -> list[RenderedClip]:
    """Return the clips with the model's predictions on each written file and on the masked features."""
    model = problem.model
    names = [target.name for target in model.targets]
    heard = (input_as_heard(clip, model.representation, track_gain) for clip in clips)
    inputs = problem.inputs
    masked = (inputs.whole if p.cell_gain is None else inputs.with_gain(p.cell_gain, p.level) for p in plan)
    answers = zip(_predict(problem, heard), _predict(problem, masked), strict=True)
    return [
        replace(
            clip,
            prediction_heard=dict(zip(names, on_clip.tolist(), strict=True)),
            prediction_masked=dict(zip(names, on_features.tolist(), strict=True)),
        )
        for clip, (on_clip, on_features) in zip(clips, answers, strict=True)
    ]


def _predict(problem: Problem, inputs: Iterable[np.ndarray]) -> np.ndarray:
    """Return outputs (n, n_targets) for inputs from an iterator, evaluated in batches."""
    outputs = []
    remaining = iter(inputs)
    while batch := list(islice(remaining, problem.batch_size)):
        outputs.append(copy_of_outputs(problem.model.predict(np.stack(batch))))
    return np.concatenate(outputs)


def _warnings(explanation: Explanation, recipe: Recipe, model: MusicModel, names: Sequence[str]) -> list[str]:
    """Return warnings about the explanation of the named targets, as sentences for the researcher."""
    warnings = fidelity.worse_than_constant(explanation.fidelity["held_out"], names)
    silent_zero = LAWS[model.representation.log_law].zero_is_silence
    if recipe.hidden_value == "zero" and not silent_zero:
        warnings.append(
            "Zero is not silence in this model's spectrogram, so hidden segments were loud for the model: "
            "use the hidden value band_minimum."
        )
    warnings += filter(None, [explanation.fidelity.get("randomised_model_left_out")])
    if METHODS[recipe.method].draws_masks and recipe.calls < 2 * explanation.n_segments:
        warnings.append(
            f"{plural(recipe.calls, 'call is', 'calls are')} few for "
            f"{plural(explanation.n_segments, 'segment')}: use at least "
            f"{2 * explanation.n_segments}, or fewer segments."
        )
    if recipe.method == "gaussian_process" and recipe.keep_probability > MAX_CALIBRATED_KEEP:
        warnings.append(
            f"With keep probability {recipe.keep_probability:g} the standard errors of the Gaussian process "
            "are somewhat too small: measured at .9, 95 % intervals contained the converged value in "
            "80 to 95 % of cases. Lower the keep probability if the errors matter."
        )
    if model.output == "probability":
        saturated = [
            target.name
            for target, value in zip(explanation.targets, explanation.predictions, strict=True)
            if not 1e-6 < value < 1 - 1e-6
        ]
        if saturated:
            warnings.append(
                f"The probability of {', '.join(saturated)} is 0 or 1 to six digits; "
                "its log-odds are clipped there."
            )
    return warnings
