"""How often intervals of agreement hold the truth: jackknife and bootstrap over items and raters.

    python tests/benchmarks/bootstrap_coverage.py [STUDIES]

Simulates studies (200 by default) of 40 items and 12 raters with biases of their own on a five-point scale,
complete and with 30 % of the judgments missing. The truth is what a panel of 400 raters and 4 000 items
gives. Prints for each statistic the share of studies whose 95 % interval held it, and the mean width.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [
    str(ROOT),
    str(ROOT / "tests" / "support" / "panels"),
    str(ROOT / "tests" / "support" / "studies"),
]

from panels import long, panel  # noqa: E402

from studyserver.results.statistics.agreement import (  # noqa: E402
    FURTHER,
    STATISTICS,
    Bootstrap,
    agreement_table,
    spearman_brown,
)

OPTIONS = [1.0, 2.0, 3.0, 4.0, 5.0]
N_ITEMS, N_RATERS, DRAWS = 40, 12, 400
NAMES = tuple(name for name in (*STATISTICS, *FURTHER) if name != "cohen_kappa_weighted")


def main() -> None:
    """Print one table for complete designs, one for designs with gaps."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for missing in (0.0, 0.3):
        parts = [one_study(seed, missing) for seed in range(studies)]
        table = pd.concat(parts, ignore_index=True)
        print(f"\n{missing:.0%} missing, {studies} studies, intervals over items and raters")
        print(table.groupby(["statistic", "method"], sort=False).mean().unstack().round(3).to_string())


def one_study(seed: int, missing: float) -> pd.DataFrame:
    """Return, per statistic and method, whether the interval held the truth, and its width."""
    matrix = panel(seed, N_ITEMS, N_RATERS, missing=missing, rater_bias=0.5)
    sizes = np.isfinite(matrix).sum(axis=1)
    found = []
    for method, bootstrap in (("jackknife", None), ("bootstrap", Bootstrap(seed, DRAWS))):
        table = agreement_table(*long(matrix), "interval", OPTIONS, statistics=NAMES, bootstrap=bootstrap)
        table = table[(table["ci_scope"] == "items+raters") & table["ci_low"].notna()]
        true = truth(len(sizes) / (1 / sizes).sum()).reindex(table["statistic"]).to_numpy()
        found.append(
            pd.DataFrame(
                {
                    "statistic": table["statistic"],
                    "method": method,
                    "held": table["ci_low"].le(true) & table["ci_high"].ge(true),
                    "width": table["ci_high"] - table["ci_low"],
                }
            )
        )
    return pd.concat(found)


_KNOWN: dict[str, pd.Series] = {}


def truth(raters_per_item: float) -> pd.Series:
    """Return the population's figures; those that depend on the number of raters for as many."""
    if not _KNOWN:
        large = panel(10**6, 4000, 400, rater_bias=0.5)
        table = agreement_table(*long(large), "interval", OPTIONS, statistics=NAMES)
        _KNOWN["of one"] = table[table["ci_scope"] == "items"].set_index("statistic")["estimate"]
    values = _KNOWN["of one"].copy()
    for single in ("icc_1", "icc_a", "icc_c"):
        values[f"{single}_k"] = spearman_brown(values[f"{single}_1"], raters_per_item)
    # W of m raters is 1 / m + (m - 1) / m times the mean rank correlation of two.
    correlation = (400 * values["kendall_w"] - 1) / 399
    values["kendall_w"] = (1 + (N_RATERS - 1) * correlation) / N_RATERS
    return values


if __name__ == "__main__":
    main()
