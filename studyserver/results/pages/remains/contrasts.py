"""Contrasts of conditions, of methods against each other, and of what an explanation claims."""

from studyserver.common import number_text
from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.contrasts import Side

from .. import sentences
from ..widgets import DASH, FigureTable
from .figures import Cell, agreed, by_key, estimated, figures_of

_DECLARED = (
    "The study declared the contrasts marked “declared” as research questions; Holm's correction runs over "
    "all of them. The exploratory ones are corrected by themselves."
)
_BESIDE_VERDICTS = (
    " Verdicts have wider intervals instead, corrected for all research questions together, so one can be "
    "not settled although an interval or a p value here excludes 0."
)
_NOT_DECLARED = (
    "The study declared no difference of conditions as a research question, so these contrasts are "
    "exploratory: evidence and its random control, for each question about a target, and methods. Holm's "
    "correction runs over all of them."
)


def contrasts_table(statistics: Statistics) -> FigureTable | None:
    """Return the contrasts of conditions and methods; None if there are none."""
    table, items = statistics.remains.contrasts, by_key(statistics)
    if table.empty:
        return None
    lines, groups = [], []
    for row in table.fillna({"first_method": "", "second_method": "", "model": ""}).to_dict("records"):
        item = items[row["question"]]
        sides = [Side(row[name], row[f"{name}_method"]).label for name in ("first", "second")]
        of_model = f" ({row['model']})" if row["model"] else ""
        places = number_text.decimals(item.ends) + 1  # so that an end near 0 has a side
        tracks = "" if row["n_tracks"] != row["n_tracks"] else f"{row['n_tracks']:.0f}"
        groups.append(item.question.text)
        lines.append([
            " less ".join(sides) + of_model, "declared" if row["primary"] else "exploratory",
            sentences.estimate_text(row, places), number_text.probability(row["p"]),
            number_text.probability(row["p_holm"]), _figure(row["d_z"]), _figure(row["cliffs_delta"]), tracks,
        ])  # fmt: skip
    columns = [
        "contrast", "kind", "difference [95\N{NO-BREAK SPACE}%]", "p (posterior)",
        "p after Holm", "d_z", "Cliff's δ", "tracks",
    ]  # fmt: skip
    caption = "Contrasts, differences in units of each question's scale"
    return FigureTable(caption, columns, lines, n_heads=2, groups=groups)


def contrasts_note(are_declared: bool, verdicts_differ: bool = False) -> str:
    """Return in words which contrasts these are and how they are corrected.

    Parameters
    ----------
    are_declared : bool
        Whether the study declared any.
    verdicts_differ : bool
        Whether the intervals of verdicts are of another confidence than those of the table.
    """
    if not are_declared:
        return _NOT_DECLARED
    return _DECLARED + (_BESIDE_VERDICTS if verdicts_differ else "")


def claims_table(statistics: Statistics) -> FigureTable | None:
    """Return hits and false alarms of explanations as claims; None if there are none."""
    table, items = statistics.remains.claims, by_key(statistics)
    if table.empty:
        return None
    columns = {
        "hits": agreed("hit_rate"),
        "false alarms": agreed("false_alarm_rate"),
        "d\N{PRIME} of a listener": _where_known("d_prime"),
        "criterion": _where_known("criterion"),
        "d\N{PRIME} of all answers together": _where_known("pooled_d_prime"),
    }
    lines, groups = [], []
    for (key, about), part in table.groupby(["question", "about"], sort=False):
        groups.append(items[key].question.text)
        lines.append([str(about), *(cell(figures_of(part)) for cell in columns.values())])
    return FigureTable("Explanations as claims", ["against", *columns], lines, groups=groups)


def _where_known(name: str) -> Cell:
    """Return cells with a figure that some kinds of noise do not have; a dash where there is none."""
    return lambda figures: estimated(name, 2)(figures) if name in figures else DASH


def _figure(value: float | None) -> str:
    return DASH if value is None or value != value else number_text.number(value, 2)
