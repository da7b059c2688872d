"""The plot of a plan: the smallest difference found, by annotators, a line per number of tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .question_plot import MARK_HEIGHT, STYLE, saved

if TYPE_CHECKING:
    import pandas as pd

# Light to dark with the number of tracks: an order, which tells without telling colours apart.
_SHADES = ("#8fb4dd", "#6094cb", "#2f74b5", "#1b5a9e", "#0b3a6b", "#06264a")


def planning_figure(
    table: pd.DataFrame, unit: str, kind: str, *, difference: float | None = None, mark: str = ""
) -> bytes:
    """Return the plot as PNG or SVG; the same plan gives the same bytes.

    Parameters
    ----------
    table : pd.DataFrame
        As `planning.planning_table` returns it.
    unit : str
        What differences are measured in.
    kind : str
        ``png`` (300 dots per inch) or ``svg``.
    difference : float, optional
        Drawn as the one that is wanted.
    mark : str
        Printed above the plot: that it uses no people's answers.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 4.8 + (MARK_HEIGHT if mark else 0)))
        figure.set_layout_engine("constrained", w_pad=0.15, h_pad=0.15)
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        numbers = sorted(table["clips"].unique())
        for number, shade in zip(numbers, _SHADES[-len(numbers) :], strict=False):
            line = table[table["clips"] == number]
            axes.plot(line["raters"], line["smallest_difference"], color=shade, linewidth=2.5, marker="o")
            end = line.iloc[-1]
            axes.annotate(
                f"{number} tracks",
                (end["raters"], end["smallest_difference"]),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=11,
            )
        if difference:
            axes.axhline(difference, color="#a3480f", linewidth=1.5, linestyle=(0, (5, 3)))
            axes.annotate(
                f"wanted: {difference:g}",
                (table["raters"].min(), difference),
                xytext=(0, 5),
                textcoords="offset points",
                color="#a3480f",
                fontsize=11,
            )
        axes.set_xscale("log")
        raters = sorted(table["raters"].unique())
        axes.set_xticks(raters, [str(number) for number in raters])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(which="both", length=0)
        axes.set_ylim(bottom=0)
        axes.margins(x=0.12)
        axes.grid(axis="y", color="#dcd8d0", linewidth=1)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlabel("annotators")
        axes.set_ylabel("smallest difference found\nin four studies out of five")
        axes.set_title(
            f"What the design can detect, {unit}", loc="left", fontsize=15, fontweight="bold", pad=12
        )
        return saved(figure, kind, mark)
