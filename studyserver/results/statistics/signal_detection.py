"""Signal detection: whether listeners hear the explained feature in its evidence and not elsewhere."""

import numpy as np
import pandas as pd
from scipy import stats

from .estimates import Figure, by_group, estimate_table, require_columns
from .intervals import proportion_scale
from .reasons import Why

DETECTION_COLUMNS = {
    "feature": "the feature that was judged",
    "item": "the clip",
    "rater": "the annotator",
    "explained": "whether the clip's explanation was made for the feature (0 or 1)",
    "heard": "whether the annotator heard the feature (0 or 1)",
}
FIGURES = (
    Figure("hit_rate", Why.NO_SIGNAL_OR_NOISE, proportion_scale()),
    Figure("false_alarm_rate", Why.NO_SIGNAL_OR_NOISE, proportion_scale()),
    Figure("pooled_d_prime", Why.NO_SIGNAL_OR_NOISE),
    Figure("pooled_criterion", Why.NO_SIGNAL_OR_NOISE),
)


def detection_table(judgments: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return hits, false alarms, and d' and criterion of the answers of all raters together, per feature.

    Where raters have criteria of their own, the d' of one rater is larger: see `answer_model.estimands`.
    d' = z(hits) - z(false alarms), criterion = -(z(hits) + z(false alarms)) / 2. Both use the log-linear
    correction of Hautus (1995): 0.5 is added to each count and 1 to each total, so that rates of 0 and 1 have
    finite z.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `DETECTION_COLUMNS`.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        Per feature, statistic and scope, with the columns of `estimates.COLUMNS`.
    """
    table = require_columns(judgments, DETECTION_COLUMNS)
    return by_group(table, ["feature"], lambda group: _detection(group, confidence))


def _detection(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    explained, heard = table["explained"].to_numpy(bool), table["heard"].to_numpy(bool)

    def compute(keep: np.ndarray) -> np.ndarray:
        signal, noise = keep & explained, keep & ~explained
        return detection(*(int(part.sum()) for part in (signal & heard, signal, noise & heard, noise)))

    return estimate_table(FIGURES, compute, table, confidence=confidence)


def detection(hits: int, signals: int, false_alarms: int, noises: int) -> np.ndarray:
    """Return hit rate, false-alarm rate, d' and criterion, shape (4,); NaN without signals or noises.

    Examples
    --------
    >>> detection(hits=18, signals=20, false_alarms=4, noises=20).round(2).tolist()
    [0.9, 0.2, 1.97, -0.19]
    """
    if signals == 0 or noises == 0:
        return np.full(4, np.nan)
    z_hit = stats.norm.ppf((hits + 0.5) / (signals + 1))
    z_false = stats.norm.ppf((false_alarms + 0.5) / (noises + 1))
    return np.array([hits / signals, false_alarms / noises, z_hit - z_false, -(z_hit + z_false) / 2])
