"""Judgments of a question, each with its group of clips."""

import pandas as pd

from .summaries import GroupSummary, QuestionSummary

LABELLED = ["condition", "base_condition", "track", "stimulus", "target", "annotator", "value"]


def labelled(group: GroupSummary, value: str = "number") -> pd.DataFrame:
    """Return a group's judgments with its label as ``condition`` and the given column as ``value``."""
    part = group.judgments
    return pd.DataFrame(
        {
            "condition": group.group.label,
            "base_condition": group.group.condition,
            "track": part["track"].astype(str),
            "stimulus": part["stimulus"],
            "target": part["target"].astype(str),
            "annotator": part["annotator"].astype(str),
            "value": part[value],
        }
    )


def together(item: QuestionSummary) -> pd.DataFrame:
    """Return the numbers given to all groups of a question, with the columns of `labelled`."""
    parts = [labelled(group) for group in item.groups]
    if not parts:
        return pd.DataFrame(
            columns=["condition", "base_condition", "track", "stimulus", "annotator", "value"]
        )
    return pd.concat(parts, ignore_index=True).dropna(subset=["value"]).reset_index(drop=True)
