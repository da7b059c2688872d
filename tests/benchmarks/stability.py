"""How certain weights are for their calls and what their strongest segments do, beside lime_image.

For every design, keep probability and number of segments, on the demo models and tracks, as a table:

- rank correlation and overlap of the five strongest segments (Jaccard) with the same estimand's converged
  value (16 times the calls, fresh masks), and between two randomisations;
- deletion: what hiding the five strongest takes from the target, in log-odds (for outputs that are no
  probabilities in standard deviations over random masks); over random: the same less what hiding five random
  ones takes; both also as multiples of lime_image's in the same run;
- insertion: what the five strongest alone give over five random ones;
- honest: the share of 95 % intervals from standard errors that hold the converged value;
- calls. Time for all targets, of the default and of lime_image, is measured apart on the first track, in
  processor time of one thread, which is wall time where nothing else runs.

    python tests/benchmarks/stability.py            minutes: cue model, one track, 24 segments
    python tests/benchmarks/stability.py --full     hours: all models and tracks, 16, 24 and 64 segments

With --record FILE every figure goes into that CSV file as soon as it is measured, and what the file already
holds is not measured again: a run that was stopped takes up where it was, and runs add to each other. The
model's answers are kept beside it, so that a new way of asking costs little more than its own masks.
"""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TQDM_DISABLE", "1")
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from cases.stability_case import GRIDS, ROOT, Case, demo_model, groups  # noqa: E402
from cases.stability_record import Asked, CaseName, Record, case_name  # noqa: E402

from explainer.core.base.explanation import Explanation  # noqa: E402
from explainer.core.base.memory import keep_freed_memory  # noqa: E402
from explainer.core.base.recipe import Recipe  # noqa: E402
from explainer.core.methods import explain  # noqa: E402
from explainer.core.models.second_level import with_emotions  # noqa: E402
from explainer.core.perturbation.problem import Problem  # noqa: E402

CALLS, CONVERGED, LIME_CALLS = 256, 16, 1000
EQUAL = {"kernel": "none", "ridge": 1e-6}
MODELS = ["musicnn", "cue_model", "attention_cue_model"]


@dataclass(frozen=True)
class Way:
    """One way to ask."""

    method: str
    sampling: str
    keep: float
    calls: int = CALLS

    @property
    def asked(self) -> Asked:
        """What a record calls it."""
        return Asked(self.method, self.sampling, self.keep, self.calls)

    @property
    def is_default(self) -> bool:
        """Whether a recipe says so by itself."""
        default = Recipe()
        return self == Way(default.method, default.sampling, default.keep_probability, default.calls)

    def explain(self, case: Case, seed: int) -> Explanation:
        """Explain a case's track in this way."""
        if self.method == "lime_image":
            return lime_image(case, case.problem, self.calls, seed)
        case.problem.model_calls = 0
        recipe = case.recipe(
            method=self.method,
            method_parameters=EQUAL if self.method == "lime_batched" else {},
            sampling=self.sampling,
            keep_probability=self.keep,
            calls=self.calls,
            seed=seed,
        )
        return with_emotions(explain(self.method, case.problem, recipe), case.model)

    def measure(self, case: Case) -> np.ndarray:
        """Return its `FIGURES` on a case, and below them its calls, (n_figures + 1, n_targets)."""
        runs = [self.explain(case, seed) for seed in (0, 1)]
        kernel = None if self.method == "occlusion" else "cosine" if self.method == "lime_image" else "none"
        figures = case.figures(runs, self.keep, kernel)
        return np.vstack([figures, np.full(figures.shape[1], runs[0].model_calls)])


def ways(keeps: list[float], lime_calls: int) -> Iterator[Way]:
    """Give lime_image, and every design at every keep probability at which it exists."""
    yield Way("lime_image", "independent", 0.5, lime_calls)
    for keep in keeps:
        at_half = ("paired", "hadamard") if keep == 0.5 else ()
        for design in ("independent", *at_half, "balanced", "a_optimal"):
            yield Way("lime_batched", design, keep)
            yield Way("gaussian_process", design, keep)
        for calls in (64, 96, 128):
            yield Way("gaussian_process", "a_optimal", keep, calls)
    yield Way("occlusion", "balanced", 0.75)  # which does not apply


def lime_image(case: Case, problem: Problem, calls: int, seed: int) -> Explanation:
    """Ask the lime package's explainer for images about a case's track."""
    from lime.lime_image import LimeImageExplainer

    labels = problem.segmentation.labels[0]
    image = np.repeat(problem.features[..., None], 3, axis=2).astype(float)
    # Where each segment is loudest tells whether an image shows it: for models whose answers are tabulated.
    loudest = np.array([np.argmax(np.where(labels == s, problem.features, -1)) for s in range(case.segments)])

    def classify(images: np.ndarray) -> np.ndarray:
        shown = images[..., 0].reshape(len(images), -1)
        if problem is not case.model_itself:
            return problem.outputs(shown[:, loudest] > 0)
        return np.asarray(case.model.predict(shown.reshape(-1, *labels.shape).astype(np.float32)))

    n_targets = len(case.model.targets)
    explained = LimeImageExplainer(random_state=seed).explain_instance(
        image,
        classify,
        labels=tuple(range(n_targets)),
        top_labels=None,
        hide_color=0,
        num_samples=calls,
        batch_size=case.model_itself.batch_size,
        num_features=case.segments,
        segmentation_fn=lambda _: labels,
    )
    weights = np.zeros((n_targets, case.segments))
    for target in range(n_targets):
        for number, weight in explained.local_exp[target]:
            weights[target, number] = weight
    whole = problem.predict_masks(problem.whole())[0]
    return Explanation(case.model.targets, weights, np.zeros(n_targets), whole, model_calls=calls)


def times(case: Case, lime_calls: int) -> str:
    """Say how many seconds of one processor lime_image and the default recipe take for all targets."""
    started = time.process_time()
    lime_image(case, case.model_itself, lime_calls, 0)
    between = time.process_time()
    recipe = case.recipe(seed=2)
    explain(recipe.method, case.model_itself, recipe)
    lime, ours = between - started, time.process_time() - between
    return f"{lime:.1f} s for lime_image, {ours:.1f} s for the default, 1/{lime / ours:.1f}"


def fill(record: Record, name: CaseName, wanted: list[Way]) -> None:
    """Measure what a record does not hold of a case yet."""
    model = demo_model(name.model)
    names = [target.name for target in model.targets]
    missing = record.missing(name, [way.asked for way in wanted], names)
    if not missing:
        return
    case = Case(model, name.track, name.segments, name.converged_calls, record.answers(name))
    for way in wanted:
        if way.asked in missing:
            figures = way.measure(case)
            record.add(name, way.asked, dict(zip(names, figures.T, strict=True)))
    case.problem.keep()
    print(f"measured {name.model}, {name.track}, {name.segments} segments", flush=True)


HEADINGS = ("method", "design", "keep", "calls", "rank", "top 5", "between: rank", "top 5")
HEADINGS += ("deletion", "over random", "insertion", "honest")


def table(record: Record, cases: list[CaseName], wanted: list[Way], targets: list[str]) -> Iterator[str]:
    """Give the rows of a table, in the mean over cases and these targets."""
    mean = {}
    for way in wanted:
        mean[way] = np.mean([record.of(case, way.asked, targets) for case in cases], axis=(0, 2))
    lime = next(figures for way, figures in mean.items() if way.method == "lime_image")
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---" * len(HEADINGS) + "|"
    for way, figures in mean.items():
        *agreement, deletion, over_random, insertion, honest, _, _, calls = figures
        design = ["", ""] if way.method == "occlusion" else [way.sampling, f"{way.keep:g}"]
        cells = [f"`{way.method}`", *design, f"{calls:.0f}", *[f"{value:.2f}" for value in agreement]]
        cells += [f"{deletion:.2f} (x {deletion / lime[4]:.1f})"]
        cells += [f"{over_random:.2f} (x {over_random / lime[5]:.1f})", f"{insertion:.2f}", f"{honest:.2f}"]
        mark = "**" if way.is_default else ""
        yield "| " + " | ".join("" if cell in ("", "nan") else mark + cell + mark for cell in cells) + " |"
    by_keep = {way.keep: figures[-3:-1] for way, figures in mean.items() if way.method == "lime_batched"}
    halves = "; ".join(f"keep {keep:g}: rank {a:.2f}, top 5 {b:.2f}" for keep, (a, b) in by_keep.items())
    yield f"\nTwo halves of the masks of a converged value agree in: {halves}"


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all models, tracks and numbers of segments")
    parser.add_argument("--models", nargs="+", help="folders in fixtures/models")
    parser.add_argument("--tracks", nargs="+", help="names in fixtures/music")
    parser.add_argument("--segments", nargs="+", type=int, choices=GRIDS)
    parser.add_argument(
        "--keep", nargs="+", type=float, help="keep probabilities; .5 is needed for lime_image's"
    )
    parser.add_argument("--converged", type=int, default=CONVERGED, help="its calls, in multiples of 256")
    parser.add_argument("--lime-calls", type=int, default=LIME_CALLS)
    parser.add_argument("--no-times", action="store_true", help="measure no time")
    parser.add_argument("--record", type=Path, help="CSV file that every figure goes into, and is taken from")
    given = parser.parse_args()
    every_track = sorted(path.stem for path in (ROOT / "fixtures/music").glob("*.flac"))
    given.models = given.models or (MODELS if given.full else ["cue_model"])
    given.tracks = given.tracks or (every_track if given.full else ["own_menace"])
    given.segments = given.segments or ([16, 24, 64] if given.full else [24])
    given.keep = given.keep or ([0.5, 0.75, 0.9] if given.full else [0.5, 0.75])
    return given


def main() -> None:
    """Measure and print."""
    given = options()
    torch.set_num_threads(1)
    keep_freed_memory()  # as builds do
    warnings.simplefilter("ignore")
    record = Record(given.record)
    wanted = list(ways(given.keep, given.lime_calls))
    converged_calls = CALLS * given.converged
    for name in given.models:
        model = demo_model(name)
        for segments in given.segments:
            cases = [case_name(name, track, segments, converged_calls) for track in given.tracks]
            for case in cases:
                fill(record, case, wanted)
            if not given.no_times:
                print(f"Time: {times(Case(model, given.tracks[0], segments, 1), given.lime_calls)}")
            for group, targets in groups(model).items():
                print(f"\n{name}, {segments} segments, {group}, in the mean over {len(cases)} track(s)")
                print("\n".join(table(record, cases, wanted, targets)), flush=True)


if __name__ == "__main__":
    main()
