"""The vocabulary of studies for the items and raters of pure statistics.

Tables, pages and exports say clips or tracks, and annotators: columns, scopes and reasons are renamed here.
"""

from dataclasses import replace

import pandas as pd

from studyserver.results.statistics.intervals import Interval
from studyserver.results.statistics.means import Mean
from studyserver.results.statistics.reasons import Reason

from .labels import NEW_ANNOTATORS, SAME_ANNOTATORS

_SCOPES = {"items": SAME_ANNOTATORS, "items+raters": NEW_ANNOTATORS}


def columns(names: list[str], counted: str) -> list[str]:
    """Return names of columns of a statistic; `counted` is ``clip`` or ``track``: what an item is."""
    known = {
        "n_items": f"n_{counted}s",
        "n_items_pairable": f"n_{counted}s_pairable",
        "n_units": "n_tracks",
        "n_raters": "n_annotators",
        "raters_per_item": f"annotators_per_{counted}",
        "rater": "annotator",
    }
    return [known.get(name, name) for name in names]


def in_words(reason: Reason | str, counted: str) -> str:
    """Return a reason as a sentence about clips or tracks and annotators; sentences stay unchanged.

    What intervals leave out is a track in either case.
    """
    return reason.worded(counted, "annotator", "track") if isinstance(reason, Reason) else reason


def table_of(statistics: pd.DataFrame, counted: str) -> pd.DataFrame:
    """Return a table of statistics with the columns, scopes and reasons of a study."""
    table = statistics.set_axis(columns(list(statistics.columns), counted), axis=1)
    if "ci_scope" in table:
        table["ci_scope"] = table["ci_scope"].replace(_SCOPES)
    if "reason" in table:
        table["reason"] = [in_words(reason, counted) for reason in table["reason"]]
    return table


def interval_of(interval: Interval, counted: str) -> Interval:
    """Return an interval with its reason in the words of a study."""
    return replace(interval, reason=in_words(interval.reason, counted))


def mean_of(mean: Mean, counted: str) -> Mean:
    """Return a mean with the reason of its interval in the words of a study."""
    return replace(mean, interval=interval_of(mean.interval, counted))
