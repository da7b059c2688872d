"""What the engine adds to the bare forward passes of the same batches.

Prints, for each model, processor seconds per call of the network alone, of the engine around it (masks
gathered into batches, answers checked and collected), and of a whole explanation by the default recipe (masks
drawn, weights and standard errors of all targets besides), in turns so that all meet the same load; and the
ratios to the network alone. With --sizes also what other sizes of batch would cost.

    python tests/benchmarks/engine_overhead.py [--calls 256] [--models cue_model musicnn]
"""

import argparse
import os
import sys
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from cases.stability_case import ROOT, demo_model  # noqa: E402

from explainer.core.audio import read_audio  # noqa: E402
from explainer.core.base.memory import keep_freed_memory  # noqa: E402
from explainer.core.base.recipe import Recipe  # noqa: E402
from explainer.core.methods import explain  # noqa: E402
from explainer.core.perturbation.masking import hidden_features  # noqa: E402
from explainer.core.perturbation.problem import Problem  # noqa: E402
from explainer.core.segmentation.segments import segment  # noqa: E402

ROUNDS = 3


def problem_of(name: str, track: str) -> Problem:
    """Return a demo model on a track in 24 segments."""
    model, recipe = demo_model(name), Recipe()
    y, _ = read_audio(ROOT / "fixtures/music" / f"{track}.flac", sample_rate=model.representation.sample_rate)
    features = model.representation.features(y)
    segmentation = segment(
        recipe.segmentation, features, model.representation, y, recipe.segmentation_parameters
    )
    return Problem(features, segmentation, hidden_features(features, recipe), model)


def seconds_bare(problem: Problem, batches: list[np.ndarray]) -> float:
    """Return processor seconds of the network alone on batches that are ready."""
    model = problem.model
    started = time.process_time()
    with torch.inference_mode():
        for batch in batches:
            for window in model.windows(batch.shape[1]):
                model.module(torch.from_numpy(batch[:, window])).numpy()
    return time.process_time() - started


def seconds_through_engine(problem: Problem, masks: np.ndarray) -> float:
    """Return processor seconds of the engine's answers to masks."""
    started = time.process_time()
    problem.predict_masks(masks)
    return time.process_time() - started


def seconds_explaining(problem: Problem, calls: int) -> float:
    """Return processor seconds of an explanation by the default recipe with so many calls."""
    recipe = Recipe(calls=calls)
    problem.whole_outputs()  # one more call, which is no part of the comparison
    started = time.process_time()
    explain(recipe.method, problem, recipe)
    return time.process_time() - started


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--calls", type=int, default=256)
    options.add_argument("--models", nargs="+", default=["cue_model", "attention_cue_model", "musicnn"])
    options.add_argument("--track", default="own_menace")
    options.add_argument("--sizes", nargs="+", type=int, default=[], help="cells per batch to try")
    given = options.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()  # as builds do
    print(f"{'model':22} cells/batch inputs/batch    network  with engine       ratio  explaining  ratio")
    for name in given.models:
        problem = problem_of(name, given.track)
        masks = np.random.default_rng(0).random((given.calls, problem.n_segments)) < 0.75
        for cells in given.sizes or [problem.model.batch_cells]:
            problem.model.batch_cells = cells
            size = problem.batch_size
            batches = [
                np.ascontiguousarray(problem.inputs.batch(masks[i : i + size]))
                for i in range(0, len(masks), size)
            ]
            rounds = [
                (
                    seconds_bare(problem, batches),
                    seconds_through_engine(problem, masks),
                    seconds_explaining(problem, len(masks)),
                )
                for _ in range(ROUNDS)
            ]
            bare, engine, whole = 1000 * np.min(rounds, axis=0) / len(masks)
            ratios = np.median([(b / a, c / a) for a, b, c in rounds], axis=0)
            print(
                f"{name:22} {cells:11,} {size:12} {bare:7.2f} ms {engine:9.2f} ms {ratios[0]:11.3f} "
                f"{whole:8.2f} ms {ratios[1]:6.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
