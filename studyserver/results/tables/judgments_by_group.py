"""Judgments of a question, each with its group of clips."""

from collections.abc import Sequence

import pandas as pd

from .summaries import GroupSummary, QuestionSummary

_LABELLED = ["condition", "base_condition", "track", "excerpt", "stimulus", "target", "annotator", "value"]


def labelled(group: GroupSummary, value: str = "number") -> pd.DataFrame:
    """Return a group's judgments with its label as ``condition`` and the given column as ``value``."""
    part = group.judgments
    return pd.DataFrame(
        {
            "condition": group.group.label,
            "base_condition": group.group.condition,
            "track": part["track"].astype(str),
            "excerpt": part["excerpt"].astype(str),
            "stimulus": part["stimulus"],
            "target": part["target"].astype(str),
            "annotator": part["annotator"].astype(str),
            "value": part[value],
        }
    )


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables with the columns of `labelled` as one table, which is empty if there are none."""
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_LABELLED)


def together(item: QuestionSummary) -> pd.DataFrame:
    """Return the numbers given to all groups of a question, with the columns of `labelled`."""
    table = joined([labelled(group) for group in item.groups])
    return table.dropna(subset=["value"]).reset_index(drop=True)
