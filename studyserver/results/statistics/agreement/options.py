"""Agreement on each option and how common the option is."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from studyserver.results.statistics.reasons import Reason, Why

from .leave_one_out import ratio_or_nan
from .ratings import Ratings

COLUMNS = ["option", "n_judgments", "prevalence", "specific_agreement", "status", "reason"]
_UNPAIRED = Reason(Why.OPTION_UNPAIRED)


def specific_agreement(ratings: Ratings, options: Sequence[Hashable] = ()) -> pd.DataFrame:
    """Return prevalence and specific agreement of every option.

    Specific agreement is the probability that a second rater chooses the option, given that a first one did:
    sum_u n_uc (n_uc - 1) / sum_u n_uc (m_u - 1) (Spitzer & Fleiss, 1974). In checklists, every option is a
    question of its own: ticked or not.

    Parameters
    ----------
    ratings : Ratings
    options : sequence, optional
        All options of a checklist, in order; it adds those that nobody ticked.

    Returns
    -------
    pd.DataFrame
        Columns ``option``, ``n_judgments``, ``prevalence`` (mean over items of the option's share),
        ``specific_agreement`` (missing if no choice of it can be paired), ``status``, ``reason``.
    """
    names, chosen_in = _choices(ratings, options)
    rows = []
    for name, chosen in zip(names, chosen_in, strict=True):
        per_item = ratings.per_item(chosen[ratings.code].astype(float))
        possible = (per_item * (ratings.item_size - 1)).sum()
        rows.append(
            {
                "option": name,
                "n_judgments": int(per_item.sum()),
                "prevalence": (per_item / np.maximum(ratings.item_size, 1)).sum() / max(ratings.n_items, 1),
                "specific_agreement": float(ratio_or_nan((per_item * (per_item - 1)).sum(), possible)),
                "status": "ok" if possible > 0 else "undefined",
                "reason": "" if possible > 0 else _UNPAIRED,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _choices(ratings: Ratings, options: Sequence[Hashable]) -> tuple[list, np.ndarray]:
    """Return the options, and which categories include each, shape (n_options, n_categories)."""
    if ratings.level != "sets":
        return list(ratings.categories), np.eye(len(ratings.categories), dtype=bool)
    names = list(options) or sorted({option for ticked in ratings.categories for option in ticked}, key=str)
    chosen = [[option in ticked for ticked in ratings.categories] for option in names]
    return names, np.array(chosen, dtype=bool).reshape(len(names), len(ratings.categories))
