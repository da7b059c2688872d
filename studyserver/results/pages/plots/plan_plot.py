"""The plot of a plan: the expected width by annotators, a line for each number of tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .question_plot import MARK_HEIGHT, STYLE, saved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from studyserver.results.pages.planning.page import Cell

# Light to dark with the number of tracks: an order, which tells without telling colours apart.
_SHADES = ("#6094cb", "#1b5a9e", "#06264a")
_ACCENT = "#a3480f"


def planning_figure(
    cells: Sequence[Cell], unit: str, kind: str, *, simulated: float | None = None, mark: str = ""
) -> bytes:
    """Return the plot as PNG or SVG; the same plan gives the same bytes.

    Parameters
    ----------
    cells : sequence of Cell
    unit : str
        What widths are measured in.
    kind : str
        ``png`` (300 dots per inch) or ``svg``.
    simulated : float, optional
        Width that simulated studies of the chosen design found.
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
        _lines(axes, cells)
        _chosen(axes, next(cell for cell in cells if cell.is_chosen), simulated)
        axes.set_xscale("log")
        annotators = sorted({cell.annotators for cell in cells})
        axes.set_xticks(annotators, [str(number) for number in annotators])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(which="both", length=0)
        axes.set_ylim(bottom=0)
        axes.margins(x=0.14)
        axes.grid(axis="y", color="#dcd8d0", linewidth=1)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlabel("annotators")
        axes.set_ylabel(f"expected width of the interval\n{unit}")
        axes.set_title("Add annotators or add tracks?", loc="left", fontsize=15, fontweight="bold", pad=12)
        return saved(figure, kind, mark)


def _lines(axes: Axes, cells: Sequence[Cell]) -> None:
    numbers = sorted({cell.tracks for cell in cells})
    for number, shade in zip(numbers, _SHADES[-len(numbers) :], strict=True):
        line = [cell for cell in cells if cell.tracks == number]
        x = [cell.annotators for cell in line]
        y = [cell.expected.width for cell in line]
        axes.plot(x, y, color=shade, linewidth=2.5, marker="o")
        axes.annotate(
            f"{number} tracks",
            (x[-1], y[-1]),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=11,
        )


def _chosen(axes: Axes, cell: Cell, simulated: float | None) -> None:
    widths = {"o": ("this plan", cell.expected.width), "D": ("simulated", simulated)}
    for marker, (label, width) in widths.items():
        if width is not None:
            axes.plot(
                cell.annotators,
                width,
                marker=marker,
                color=_ACCENT,
                label=label,
                linestyle="none",
                markersize=13,
                markerfacecolor="none",
                markeredgewidth=2,
            )
    axes.legend(frameon=False, loc="lower left")
