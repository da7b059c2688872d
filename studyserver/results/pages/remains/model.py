"""What people hear beside the model's predictions."""

import pandas as pd

from explainer.core.models.units import unit_of
from studyserver.common import number_text
from studyserver.results.tables.model_comparison import heard_and_predicted, misses
from studyserver.results.tables.remains import WhatRemains
from studyserver.results.tables.summaries import QuestionSummary

from .. import sentences
from ..widgets import DASH, FigureTable, Remaining, Scatter, clip_label, interval_plot, scatter
from .figures import asked_about, figures_of


def model_part(
    remains: WhatRemains, item: QuestionSummary, table: pd.DataFrame
) -> tuple[Remaining, Scatter, FigureTable]:
    """Return one question's listeners beside the model: figures, a scatter plot, the widest misses."""
    level = figures_of(table[table["about"] == "level"])
    change = figures_of(table[table["about"] == "change"])
    names = list(level)
    plot = interval_plot(
        "Correlations with what listeners hear",
        [
            (sentences.statistic_name(name), "", level[name])
            for name in ("model_correlation", "one_rater_correlation", "noise_ceiling")
        ],
        (-1.0, 1.0),
        (-1, -0.5, 0, 0.5, 1),
    )
    lines = [
        [
            sentences.statistic_name(name),
            sentences.agreement_text(level[name]),
            sentences.agreement_text(change[name]) if change else DASH,
        ]
        for name in names
    ]
    columns = ["correlation", "of the clips themselves", "of the change from the original"]
    figures = FigureTable(f"Listeners and the model on {asked_about(item)}", columns, lines)
    text = (
        f"Correlation of the model with the listeners' means: "
        f"{sentences.agreement_text(level['model_correlation'])}. A perfect model would reach "
        f"{sentences.agreement_text(level['noise_ceiling'])}, one listener with the mean of the others "
        f"{sentences.agreement_text(level['one_rater_correlation'])}."
    )
    means = heard_and_predicted(item, remains.counted.rows.stimulus_rows)
    points = [
        (
            row["predicted"],
            row["heard"],
            row["condition"].split(",")[0].replace(" ", "_").replace("-", "_"),
            row["condition"],
        )
        for row in means.to_dict("records")
    ]
    picture = scatter("Clips by prediction and judgment", _prediction(remains, item), "mean judgment", points)
    part = Remaining(item.question.key, item.question.text, text, plot, figures)
    return part, picture, _misses(remains, item)


def _prediction(remains: WhatRemains, item: QuestionSummary) -> str:
    """Return what the axis of predictions is called, with the unit of all models whose clips were judged."""
    clips = (stimulus.clip for stimulus in remains.counted.rows.stimulus_rows.values())
    predicted = [clip for clip in clips if clip.explanation and item.question.target in clip.prediction_heard]
    units = {unit_of(clip.explanation.model.output) or "value" for clip in predicted}
    return f"model's prediction ({' or '.join(sorted(units))})" if units else "model's prediction"


def _misses(remains: WhatRemains, item: QuestionSummary) -> FigureTable:
    stimuli = remains.counted.rows.stimulus_rows
    lines, sounds = [], []
    places = number_text.decimals(item.ends)
    for row in misses(item, stimuli).to_dict("records"):
        clip = stimuli[int(row["item"])].clip
        lines.append(
            [
                clip_label(item, clip),
                number_text.number(row["heard"], places),
                number_text.number(row["expected"], places),
                number_text.number(row["miss"], places),
            ]
        )
        sounds.append(clip.pk)
    columns = ["clip", "heard", "expected from the model", "apart"]
    caption = f"Clips on which the model is most wrong, {sentences.scale_text(item)}"
    return FigureTable(caption, columns, lines, sounds=sounds)
