"""Quality of raters whose answers are names, or sets of names, instead of numbers.

The similarity of two answers, 0 to 1, takes the place of the correlation: for names 1 if they are the same
and 0 otherwise; for sets 1 minus the MASI distance (Passonneau, 2006).
"""

import numpy as np
import pandas as pd

from ..agreement.distances import answer_similarity
from ..estimates import require_columns
from .quality import answering_figures

JUDGMENT_COLUMNS = {
    "item": "what was judged",
    "rater": "the annotator",
    "value": "a name, or a frozenset of names",
}
PAIR_COLUMNS = ["first", "second", "n_items", "exact_share", "similarity"]


def named_quality_table(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return one row per rater.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `JUDGMENT_COLUMNS`, one judgment per item and rater. Optional columns:
        ``position``, ``response_ms`` as for `quality.quality_table`, and ``given``: what is
        compared to find equal answers in a row, if not the value (a position instead of the clip there).

    Returns
    -------
    pd.DataFrame
        Sorted by ``rater``: ``n_judgments``; ``agreement_with_others``, the mean similarity with the answers
        of the others to the same items, each item counting alike (missing where there are none); and the
        columns of `quality.answering_figures`.
    """
    item, rater, code, similar, raters = _coded(judgments)
    counts = np.zeros((item.max(initial=-1) + 1, len(similar)))
    np.add.at(counts, (item, code), 1)
    others = counts.sum(axis=1)[item] - 1
    alike = (counts @ similar)[item, code] - 1
    paired = others > 0
    shared = np.bincount(rater[paired], minlength=len(raters))
    total = np.bincount(rater[paired], alike[paired] / others[paired], len(raters))
    n_judgments = np.bincount(rater, minlength=len(raters))
    mean = np.divide(total, shared, out=np.full(len(raters), np.nan), where=shared > 0)
    result = pd.DataFrame({"rater": raters, "n_judgments": n_judgments, "agreement_with_others": mean})
    given = judgments.assign(value=judgments["given"]) if "given" in judgments else judgments
    return result.join(answering_figures(given), on="rater")


def named_pairwise_table(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return how each two raters compare on the items that both judged.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `JUDGMENT_COLUMNS`.

    Returns
    -------
    pd.DataFrame
        One row per pair: ``first``, ``second``, ``n_items``, ``exact_share`` (of items with the same answer)
        and ``similarity`` (mean over items); missing where there is no item.
    """
    item, rater, code, similar, raters = _coded(judgments)
    wide = np.full((len(raters), item.max(initial=-1) + 1), -1)
    wide[rater, item] = code
    rows = []
    for one in range(len(raters)):
        for two in range(one + 1, len(raters)):
            both = (wide[one] >= 0) & (wide[two] >= 0)
            x, y = wide[one, both], wide[two, both]
            figures = [float((x == y).mean()), float(similar[x, y].mean())] if len(x) else [np.nan, np.nan]
            rows.append((raters[one], raters[two], len(x), *figures))
    return pd.DataFrame(rows, columns=PAIR_COLUMNS)


def _coded(judgments: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, pd.Index]:
    """Return items, raters and answers as numbers, the similarity of all answers, and the raters' names."""
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    if table.duplicated(["item", "rater"]).any():
        raise ValueError("a rater judged an item more than once; give first presentations only")
    item, _items = pd.factorize(table["item"])
    rater, raters = pd.factorize(table["rater"], sort=True)
    code, answers = pd.factorize(table["value"])
    return item, rater, code, answer_similarity(answers), pd.Index(raters)
