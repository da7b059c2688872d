"""Power that plans promise beside the power that studies have, for what each template of studies asks.

    python tests/benchmarks/planning.py [--promised 100] [--found 200] [--same] [--only difference ...]

For each quantity, a design of 20 annotators and 24 tracks is planned for an effect that is found in about
half to two thirds of studies: by the approximation, and by simulated studies as the background worker
simulates them. Then other studies of the same population are simulated and analysed with the full effort of
the results. Printed are the promised and the found power, with their difference, and the ratio of approximate
to found widths. With --same both analyse the same simulated studies: their difference is then known much more
exactly, but says only what the smaller effort of the simulation costs.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402

from studyserver.results.statistics.answer_model.answers import Family  # noqa: E402
from studyserver.results.statistics.answer_model.fit import Effort  # noqa: E402
from studyserver.results.statistics.planning import quantities  # noqa: E402
from studyserver.results.statistics.planning.populations import (  # noqa: E402
    USUAL_DEVIATIONS,
    USUAL_DEVIATIONS_BINARY,
    population,
    with_effect,
)
from studyserver.results.statistics.planning.quantities import (  # noqa: E402
    Detection,
    Difference,
    Found,
    Matching,
    Named,
    Quantity,
    Retention,
    Share,
)
from studyserver.results.statistics.planning.simulated import (  # noqa: E402
    Expectation,
    Plan,
    approximate,
    expectation,
    simulated_studies,
)
from studyserver.study.design.ordering import chosen_for, generator  # noqa: E402
from studyserver.study.design.spacing import Item  # noqa: E402

N_ANNOTATORS, N_TRACKS = 20, 24
FULL = Effort(n_chains=4, n_warm_up=300, n_draws=500)


@dataclass(frozen=True)
class Case:
    """What one template asks, with its number of trials per annotator."""

    template: str
    quantity: Quantity
    effect: float
    n_levels: int
    n_trials: int
    family: Family = Family.ORDINAL

    @property
    def plan(self) -> Plan:
        """The plan of the template."""
        if self.family is Family.BINARY:
            truth = population(USUAL_DEVIATIONS_BINARY, self.n_levels, self.family)
        else:
            ends, points = ((0.0, 100.0), ()) if self.family is Family.GAUSSIAN else ((1.0, 5.0), range(1, 6))
            truth = population(
                USUAL_DEVIATIONS, self.n_levels, self.family, ends, points, reference=self.n_levels - 1
            )
        return Plan(self.quantity, with_effect(truth, self.quantity, self.effect), self.allocate)

    def allocate(self, seed: int) -> np.ndarray:
        """Return annotator, track and level of each judgment, allocated as the templates' studies are."""
        rng, counts, rows = generator(seed), {}, []
        items = [Item((track, level), track) for track in range(N_TRACKS) for level in range(self.n_levels)]
        for annotator in range(N_ANNOTATORS):
            for item in chosen_for("many_tracks", items, counts, self.n_trials, rng):
                counts[item.key] = counts.get(item.key, 0) + 1
                rows.append((annotator, *item.key))
        return np.array(rows)


CASES = {
    "difference": Case("Is the evidence heard? (difference)", Difference(0, 1), 0.5, 3, 24),
    "retention": Case("Is the evidence heard? (retention)", Retention(2, 0, 1), 0.6, 3, 24),
    "slider": Case("How good is it?", Difference(0, 1), 12.0, 4, 40, Family.GAUSSIAN),
    "dose": Case("How much evidence is needed?", Difference(0, 1), 0.5, 4, 24),
    "presence": Case("Is the evidence heard? (presence, d')", Detection(0, 1), 0.5, 3, 24, Family.BINARY),
    "share": Case("Which sounds more ...?, Which method keeps more?", Share(), 0.14, 1, 20, Family.BINARY),
    "named": Case("What is it about?", Named(0.25), 0.13, 1, 20, Family.BINARY),
    "abx": Case("Can they be told apart?", Matching(), 1.2, 1, 16, Family.BINARY),
}


def _one(work: tuple[str, int, bool]) -> Found:
    name, seed, full = work
    if full:
        quantities.EFFORT = FULL
    return next(iter(simulated_studies(CASES[name].plan, 1, first_seed=seed)))


def _simulated(pool: ProcessPoolExecutor, name: str, seeds: range, *, full: bool) -> Expectation:
    found: Iterator[Found] = pool.map(_one, [(name, seed, full) for seed in seeds])
    return expectation(CASES[name].plan, list(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--promised", type=int, default=100)
    parser.add_argument("--found", type=int, default=200)
    parser.add_argument("--same", action="store_true", help="promised and found from the same studies")
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    for name in options.only:
        began = time.perf_counter()
        quick = approximate(CASES[name].plan)
        with ProcessPoolExecutor(options.processes) as pool:
            promised = _simulated(pool, name, range(options.promised), full=False)
            first = 0 if options.same else 10_000
            found = _simulated(pool, name, range(first, first + options.found), full=True)
        print(
            f"{CASES[name].template}: found in {found.found:.3f} (se {found.found_error:.3f}); promised by "
            f"approximation {quick.found:.3f} ({quick.found - found.found:+.3f}), by simulation "
            f"{promised.found:.3f} ({promised.found - found.found:+.3f}); width {found.width:.3f}, "
            f"approximate / found {quick.width / found.width:.2f}; coverage {found.covered:.3f}; "
            f"{time.perf_counter() - began:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
