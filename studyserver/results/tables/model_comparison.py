"""Comparison of judgments with the model's predictions on the same clips."""

from collections.abc import Mapping

import pandas as pd

from explainer.core.clips.conditions import ORIGINAL, UNMASKED
from studyserver.results.statistics.model_fit import model_table, widest_misses
from studyserver.study.models import Stimulus

from .summaries import QuestionSummary, together

Stimuli = Mapping[int, Stimulus]  # by their numbers


def model_comparison(item: QuestionSummary, stimuli: Stimuli) -> pd.DataFrame:
    """Return a model's predictions compared with judgments: ``about`` is ``level`` or ``change``."""
    levels = _with_predictions(item, stimuli)
    if levels.empty:
        return pd.DataFrame()
    parts = [_figures(levels, "level")]
    changed = changes(levels)
    if len(changed):
        parts.append(_figures(changed, "change"))
    return pd.concat(parts, ignore_index=True).assign(condition="")


def misses(item: QuestionSummary, stimuli: Stimuli, size: int = 10) -> pd.DataFrame:
    """Return the clips with the largest differences between predictions and judgments."""
    table = _with_predictions(item, stimuli)
    if table["item"].nunique() < 3:
        return pd.DataFrame(columns=["item", "heard", "predicted", "expected", "miss"])
    return widest_misses(table["item"], table["value"], table["predicted"], size=size)


def heard_and_predicted(item: QuestionSummary, stimuli: Stimuli) -> pd.DataFrame:
    """Return, per clip, `heard` (mean judgment), `predicted`, `condition`, `item`."""
    table = _with_predictions(item, stimuli)
    return table.groupby(["item", "condition"], observed=True, as_index=False).agg(
        heard=("value", "mean"), predicted=("predicted", "first")
    )


def _with_predictions(item: QuestionSummary, stimuli: Stimuli) -> pd.DataFrame:
    """Return judgments with the model's prediction of the question's target on the clip as heard."""
    table = together(item).rename(columns={"stimulus": "item"})
    target = item.question.target
    if not target or table.empty:
        return pd.DataFrame(
            columns=[
                "item",
                "condition",
                "base_condition",
                "track",
                "annotator",
                "value",
                "predicted",
                "model",
            ]
        )
    clips = {pk: stimuli[pk].clip for pk in table["item"].unique()}
    heard = {pk: clip.prediction_heard.get(target) for pk, clip in clips.items()}
    table["predicted"] = table["item"].map(heard).astype(float)
    table["model"] = table["item"].map(
        {pk: clip.explanation.model.name if clip.explanation else "" for pk, clip in clips.items()}
    )
    return table.dropna(subset=["predicted"]).reset_index(drop=True)


def _figures(table: pd.DataFrame, about: str) -> pd.DataFrame:
    judgments = (table[name] for name in ("item", "annotator", "value", "predicted"))
    figures = model_table(*judgments, units=table["track"])
    return figures.assign(about=about)


def changes(levels: pd.DataFrame) -> pd.DataFrame:
    """Return the change of each judgment and prediction from the original of the same excerpt.

    Judgments are compared with the same annotator's, predictions with the same model's on the originals.
    """
    originals = levels[levels["base_condition"] == ORIGINAL]
    before = originals.groupby(["excerpt", "annotator"], as_index=False)["value"].mean()
    predicted = (
        originals.drop_duplicates("item").groupby(["excerpt", "model"], as_index=False)["predicted"].mean()
    )
    masked = levels[~levels["base_condition"].isin(UNMASKED)]
    both = masked.merge(before, on=["excerpt", "annotator"], suffixes=("", "_before"))
    both = both.merge(predicted, on=["excerpt", "model"], suffixes=("", "_before"))
    return both.assign(
        value=both["value"] - both["value_before"], predicted=both["predicted"] - both["predicted_before"]
    )
