"""What people hear beside the model's predictions."""

import pandas as pd

from explainer.core.models.units import unit_of
from studyserver.common import number_text
from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.model_comparison import heard_and_predicted, misses
from studyserver.results.tables.remains import WhatRemains
from studyserver.results.tables.summaries import QuestionSummary

from .. import sentences
from ..widgets import FigureTable, Remaining, clip_label, scatter
from .figures import asked_about, by_question, figure_table, figures_of, named


def model_parts(statistics: Statistics) -> list[Remaining]:
    """Return each question's listeners beside the model: figures, a scatter plot, the widest misses."""
    remains = statistics.remains
    return [_model(remains, *found) for found in by_question(statistics, remains.model_comparison)]


def _model(remains: WhatRemains, item: QuestionSummary, table: pd.DataFrame) -> Remaining:
    level = figures_of(table[table["about"] == "level"])
    change = figures_of(table[table["about"] == "change"])
    rows = [("the clips themselves", "", level)]
    rows += [("the change from the original", "", change)] if change else []
    names = ("model_correlation", "one_rater_correlation", "noise_ceiling", "model_share_of_ceiling")
    figures = figure_table(f"Listeners and the model on {asked_about(item)}", "of", rows, named(*names))
    points = [
        (
            row["predicted"],
            row["heard"],
            row["condition"].split(",")[0].replace(" ", "_").replace("-", "_"),
            row["condition"],
        )
        for row in heard_and_predicted(item, remains.counted.rows.stimulus_rows).to_dict("records")
    ]
    picture = scatter("Clips by prediction and judgment", _prediction(remains, item), "mean judgment", points)
    wrong = _misses(remains, item)
    more = [wrong] if wrong.rows else []
    return Remaining(item.question.key, item.question.text, "", None, figures, more=more, scatter=picture)


def _prediction(remains: WhatRemains, item: QuestionSummary) -> str:
    """Return what the axis of predictions is called, with the unit of all models whose clips were judged."""
    clips = (stimulus.clip for stimulus in remains.counted.rows.stimulus_rows.values())
    predicted = [clip for clip in clips if clip.explanation and item.question.target in clip.prediction_heard]
    units = {unit_of(clip.explanation.model.output) or "value" for clip in predicted}
    return f"model's prediction ({' or '.join(sorted(units))})" if units else "model's prediction"


def _misses(remains: WhatRemains, item: QuestionSummary) -> FigureTable:
    stimuli = remains.counted.rows.stimulus_rows
    places = number_text.decimals(item.ends)
    rows = misses(item, stimuli).to_dict("records")
    clips = [stimuli[int(row["item"])].clip for row in rows]
    lines = [
        [
            clip_label(item, clip),
            *(number_text.number(row[name], places) for name in ("heard", "expected", "miss")),
        ]
        for clip, row in zip(clips, rows, strict=True)
    ]
    columns = ["clip", "heard", "expected from the model", "apart"]
    caption = f"Clips on which the model is most wrong, {sentences.scale_text(item)}"
    return FigureTable(caption, columns, lines, sounds=[clip.pk for clip in clips])
