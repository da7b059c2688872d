"""Agreement on marked stretches of time, and their overlap with the time of the evidence.

The ends of all marks divide each clip into intervals without a change, here called moments. Figures weight
each moment by its duration. This is the limit of frames of decreasing length, so there is no resolution to
choose.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .estimates import Figure, estimate_table, require_columns
from .intervals import proportion_scale, reliability_scale
from .reasons import Reason, Why

MARK_COLUMNS = {
    "item": "the clip",
    "rater": "the annotator",
    "seconds": "length of the clip in s",
    "stretches": "list of (begin, end) in s, apart from each other; empty if it was heard nowhere",
}
AGREEMENT_FIGURES = (
    Figure("time_alpha", Why.ALL_OR_NOTHING_MARKED, reliability_scale(2.0)),
    Figure("time_agreement_on_marked", Why.NOTHING_MARKED, proportion_scale()),
    Figure("marked_share", Why.NO_JUDGMENT, proportion_scale()),
    Figure("heard_somewhere", Why.NO_JUDGMENT, proportion_scale()),
)
EVIDENCE_FIGURES = (
    Figure("marked_where_evidence", Why.CONSTANT_EVIDENCE, proportion_scale()),
    Figure("marked_elsewhere", Why.CONSTANT_EVIDENCE, proportion_scale()),
    Figure("marked_more_where_evidence", Why.CONSTANT_EVIDENCE),
)


def time_agreement_table(marks: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far raters mark the same moments.

    Parameters
    ----------
    marks : pd.DataFrame
        One row per judgment, with the columns of `MARK_COLUMNS`.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        With the columns of `estimates.COLUMNS`:

        - ``time_alpha``: Krippendorff's nominal alpha of marked or not, each moment a unit that counts by its
          length: 1 - Do / De with Do the mean disagreement of two annotators and De = 2 p (1 - p), p the
          share of time marked;
        - ``time_agreement_on_marked``: of the time that one annotator marked, the share that a second one
          marked as well (specific agreement; for two annotators Dice's coefficient of their stretches);
        - ``marked_share``: of the clips' time, the mean over judgments;
        - ``heard_somewhere``: share of judgments with any stretch.
    """
    table = require_columns(marks, MARK_COLUMNS)
    moments = _Moments(table)
    seconds = table["seconds"].to_numpy(float)
    marked = np.array([sum(end - begin for begin, end in found) for found in table["stretches"]], dtype=float)

    def compute(keep: np.ndarray) -> np.ndarray:
        n_marks, m = moments.counts(keep)
        lasting, paired = moments.lasting, m >= 2
        with np.errstate(divide="ignore", invalid="ignore"):
            time_marked = lasting * n_marks
            share = time_marked[paired].sum() / (lasting * m)[paired].sum()
            apart = lasting * 2 * n_marks * (m - n_marks) / (m - 1)
            disagreement = apart[paired].sum() / (lasting * m)[paired].sum()
            alpha = 1 - disagreement / (2 * share * (1 - share))
            also = (time_marked * (n_marks - 1))[paired].sum() / (time_marked * (m - 1))[paired].sum()
            own, somewhere = (marked[keep] / seconds[keep]).mean(), (marked[keep] > 0).mean()
        figures = np.array([alpha, also, own, somewhere])
        return np.where(np.isfinite(figures), figures, np.nan)

    result = estimate_table(AGREEMENT_FIGURES, compute, table, confidence=confidence)
    if not (moments.counts(np.ones(len(table), dtype=bool))[1] >= 2).any():
        undefined = (result["status"] == "undefined") & result["statistic"].str.startswith("time_")
        result.loc[undefined, "reason"] = Reason(Why.NO_SHARED_CLIP)
    return result


def evidence_time_table(
    marks: pd.DataFrame, profiles: Mapping[object, np.ndarray], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return whether raters mark the time of the evidence more than the rest.

    Parameters
    ----------
    marks : pd.DataFrame
        As for `time_agreement_table`: of clips that hold the whole music.
    profiles : mapping from item to np.ndarray [shape=(n_frames,)]
        Share of the music that the evidence keeps in each of equally long frames, 0 to 1. Judgments of items
        without a profile are left out.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        With the columns of `estimates.COLUMNS`: ``marked_where_evidence``, the share of the evidence's time
        that is marked (each moment counts by the share that the evidence keeps of it); ``marked_elsewhere``,
        the same of the rest of the time; ``marked_more_where_evidence``, their difference. Its expectation
        is 0 for marks at random times, whatever their length.
    """
    table = require_columns(marks, MARK_COLUMNS)
    table = table[[item in profiles for item in table["item"]]].reset_index(drop=True)
    parts = np.array(
        [
            _inside(found, seconds, profiles[item])
            for item, seconds, found in zip(table["item"], table["seconds"], table["stretches"], strict=True)
        ]
    ).reshape(-1, 4)
    varies = any(np.ptp(profiles[item]) > 1e-9 for item in table["item"].unique())

    def compute(keep: np.ndarray) -> np.ndarray:
        within, evidence, beyond, rest = parts[keep].sum(axis=0)
        if not varies or min(evidence, rest) < 1e-9:
            return np.full(3, np.nan)
        return np.array([within / evidence, beyond / rest, within / evidence - beyond / rest])

    return estimate_table(EVIDENCE_FIGURES, compute, table, confidence=confidence)


def _inside(
    stretches: Sequence[tuple[float, float]], seconds: float, profile: np.ndarray
) -> tuple[float, float, float, float]:
    """Return marked and whole time of the evidence, then of what is not evidence, in s."""
    edges = np.linspace(0.0, seconds, len(profile) + 1)
    marked = np.zeros(len(profile))
    for begin, end in stretches:
        marked += np.clip(np.minimum(end, edges[1:]) - np.maximum(begin, edges[:-1]), 0.0, None)
    frame = seconds / len(profile)
    return (
        float(marked @ profile), float(profile.sum() * frame), float(marked @ (1 - profile)),
        float((1 - profile).sum() * frame),
    )  # fmt: skip


class _Moments:
    """The moments of all clips, one after another, and which judgments marked them.

    Attributes
    ----------
    lasting : np.ndarray [shape=(n_moments,)]
        Duration of each, in s.
    """

    def __init__(self, table: pd.DataFrame):
        self.item, labels = pd.factorize(table["item"])
        lasting, owner, marked_by, marked = [np.zeros(0)], [np.zeros(0, dtype=int)], [], []
        n = 0
        for code in range(len(labels)):
            rows = np.flatnonzero(self.item == code)
            length = float(table["seconds"].iloc[rows].max())
            found = [np.asarray(table["stretches"].iloc[row], dtype=float).reshape(-1, 2) for row in rows]
            edges = np.unique(
                np.clip(np.concatenate([[0.0, length], *(part.ravel() for part in found)]), 0, length)
            )
            middle = (edges[1:] + edges[:-1]) / 2
            for row, part in zip(rows, found, strict=True):
                inside = ((part[:, :1] < middle) & (middle < part[:, 1:])).any(axis=0)
                marked.append(n + np.flatnonzero(inside))
                marked_by.append(np.full(int(inside.sum()), row))
            lasting.append(np.diff(edges))
            owner.append(np.full(len(middle), code))
            n += len(middle)
        self.lasting, self.owner = np.concatenate(lasting), np.concatenate(owner)
        self.marked = np.concatenate([*marked, np.zeros(0, dtype=int)]).astype(int)
        self.marked_by = np.concatenate([*marked_by, np.zeros(0, dtype=int)]).astype(int)
        self.n_items = len(labels)

    def counts(self, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return, per moment, how many of the kept judgments marked it, and how many could."""
        marks = np.bincount(self.marked[keep[self.marked_by]], minlength=len(self.lasting))
        judged = np.bincount(self.item[keep], minlength=self.n_items)
        return marks.astype(float), judged[self.owner].astype(float)
