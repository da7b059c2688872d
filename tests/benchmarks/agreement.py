"""Time and memory of the agreement tables, beside the krippendorff package and a plain bootstrap loop.

Run from the root of the repository::

    python tests/benchmarks/agreement.py            # 100 000 and 1 000 000 judgments
    python tests/benchmarks/agreement.py --small    # 10 000, for a quick look

A slider from 0 to 100 with 30 % missing judgments, 20 raters. "All tables" are every statistic with both
jackknife intervals at the interval level, and alpha with both intervals at the other three levels. Processor
time stands beside the time on the clock, which other work on the machine lengthens. Each size has a process
of its own, so that its peak memory is its own.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studyserver.results.statistics.agreement import LEVELS, prepare, table_of
from studyserver.results.statistics.agreement.coefficients.krippendorff import krippendorff_alpha

RATERS = 20
MISSING = 0.3
BOOTSTRAP_DRAWS = 2000


def main() -> None:
    """Print one block per size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    for judgments in [10_000] if parser.parse_args().small else [100_000, 1_000_000]:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(judgments,))
        process.start()
        process.join()


def measure(judgments: int) -> None:
    """Print times for one size; `judgments` counts the cells before 30 % are taken away."""
    items, raters, values = slider(judgments // RATERS)
    n_items = judgments // RATERS
    print(
        f"\n{judgments:,} cells, {len(values):,} judgments of {n_items:,} items by {RATERS} raters",
        flush=True,
    )
    tables = timed("all tables, both intervals", lambda: all_tables(items, raters, values))
    print(f"  peak memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    ratings = prepare(items, raters, values, "interval")
    alpha = timed("interval alpha, 1 estimate and all delete-one values", lambda: krippendorff_alpha(ratings))
    rival_alpha(items, raters, values, ratings, alpha)
    rival_bootstrap(items, raters, values, ratings, alpha, tables)


def slider(n_items: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return items, raters and values of a simulated slider study."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(n_items, 1)) + 0.3 * generator.normal(size=(1, RATERS))
    x = x + generator.normal(size=(n_items, RATERS))
    items, raters = np.nonzero(generator.random(x.shape) >= MISSING)
    return items, raters, np.clip(np.round(50 + 20 * x[items, raters]), 0, 100)


def all_tables(items: np.ndarray, raters: np.ndarray, values: np.ndarray) -> None:
    """Compute what the results page shows."""
    table_of(prepare(items, raters, values, "interval"))
    for level in LEVELS[:4]:
        if level != "interval":
            table_of(prepare(items, raters, values, level), ["krippendorff_alpha"])


def rival_alpha(items, raters, values, ratings, ours: float) -> None:
    """Time the krippendorff package, which gives an estimate and no interval."""
    import krippendorff

    matrix = np.full((RATERS, ratings.n_items), np.nan)
    matrix[raters, items] = values
    rival = timed(
        "krippendorff package, 1 estimate",
        lambda: krippendorff.alpha(matrix, level_of_measurement="interval"),
    )
    print(f"  ratio: the package's estimate alone takes {rival / ours:.1f} times as long")


def rival_bootstrap(items, raters, values, ratings, ours: float, tables: float) -> None:
    """Time a plain loop that draws items and computes interval alpha anew; few draws, scaled up."""
    generator = np.random.default_rng(2)
    start = np.concatenate([[0], np.cumsum(ratings.item_size)])
    value = ratings.value

    def draw() -> float:
        picks = generator.integers(0, ratings.n_items, ratings.n_items)
        chosen = [value[start[pick] : start[pick + 1]] for pick in picks]
        chosen = [x for x in chosen if len(x) > 1]
        disagreement = sum(2 * len(x) * ((x - x.mean()) ** 2).sum() / (len(x) - 1) for x in chosen)
        everything = np.concatenate(chosen)
        return 1 - (len(everything) - 1) * disagreement / (2 * len(everything) ** 2 * everything.var())

    draws = 5
    seconds = timed(f"plain bootstrap loop, {draws} draws", lambda: [draw() for _ in range(draws)])
    whole = seconds / draws * BOOTSTRAP_DRAWS
    print(
        f"  ratio: {BOOTSTRAP_DRAWS} draws for one interval of one statistic would take {whole:.0f} s, "
        f"{whole / ours:.0f} times alpha with all delete-one values, {whole / tables:.0f} times all tables"
    )


def timed(what: str, work) -> float:
    """Run `work`, print its seconds, return its seconds of processor time."""
    began, busy = time.perf_counter(), time.process_time()
    work()
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    print(f"  {what}: {seconds:.2f} s ({busy:.2f} s of processor time)", flush=True)
    return busy


if __name__ == "__main__":
    main()
