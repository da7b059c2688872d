"""Odd-one-out trials: how often the clip that does not belong with the others is found."""

import numpy as np
import pandas as pd

from .estimates import Figure, estimate_table, require_columns
from .intervals import proportion_scale
from .preference import exact_share
from .reasons import Why

COLUMNS = {
    "item": "the track of the clip that does not belong",
    "rater": "the annotator",
    "right": "whether it was found (0 or 1)",
}
FOUND, FOUND_EXACT = "intruder_found", "intruder_found_exact"
_FIGURES = (Figure(FOUND, Why.NO_JUDGMENT, proportion_scale()),)


def odd_one_out_table(answers: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return how often the clip that does not belong is found; of n clips, guessing finds it in 1 / n.

    Parameters
    ----------
    answers : pd.DataFrame
        With the columns of `COLUMNS`. The place of the clip among the others must have been chosen at random.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        Columns of `estimates.COLUMNS`:

        - ``intruder_found``: share of right answers, 0 to 1, with cluster-aware intervals by jackknife over
          items alone and over items and raters. They take the other clips of the sets as they are;
        - ``intruder_found_exact``: the same with Clopper and Pearson's interval, scope ``judgments``: valid
          only for independent judgments.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> answers = pd.DataFrame({"item": [1, 1, 2, 2], "rater": [1, 2, 1, 2], "right": [1, 1, 1, 0]})
    >>> table = odd_one_out_table(answers)
    >>> float(table.loc[table["ci_scope"] == "items", "estimate"].iloc[0])
    0.75
    """
    table = require_columns(answers, COLUMNS)
    right = table["right"].to_numpy(float)

    def compute(keep: np.ndarray) -> np.ndarray:
        return np.array([right[keep].mean() if keep.any() else np.nan])

    found = estimate_table(_FIGURES, compute, table, confidence=confidence)
    return pd.concat([found, exact_share(found, FOUND_EXACT, right, confidence)], ignore_index=True)
