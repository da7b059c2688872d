"""Parts that several results pages are made of: tables, plots of intervals, matrices, clips to listen to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from studyserver.common import number_text
from studyserver.results.tables.labels import CONDITIONS, condition_name

from . import sentences

if TYPE_CHECKING:
    from explainer.models import Clip
    from studyserver.results.tables.summaries import QuestionSummary

DASH = "\N{EN DASH}"  # where there is no figure
BARS = "Bars: 95\N{NO-BREAK SPACE}% interval over tracks and annotators."
_MARGIN = 4  # per cent at both ends of an axis
SHADES = 5
_LONGEST_IN_A_CELL = 28  # letters of a reason; longer ones are listed below the table
_PROSE = 40  # letters from which a cell is read as a sentence, not as a figure
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class FigureTable:
    """A table ready to be shown. The lists with a default may be empty.

    Rows in which nothing is defined are shown as one line for each reason.
    """

    caption: str
    columns: list[str]
    rows: list[list[str]]
    n_heads: int = 1  # columns at the start that say what a row is about
    sounds: list[int | None] = field(default_factory=list)  # clips to listen to, one per row
    conditions: list[str] = field(default_factory=list)  # by whose colour the rows are marked
    links: list[str] = field(default_factory=list)  # where the rows' heads lead, relative to the page
    groups: list[str] = field(default_factory=list)  # what rows are about together, one per row, in order

    @cached_property
    def _undefined(self) -> list[str]:
        """Why nothing is defined in each row; empty for rows with figures."""
        return [_why_nothing(row[self.n_heads :]) for row in self.rows]

    @property
    def why_nothing(self) -> str:
        """Why nothing in the whole table is defined, if it is for one reason; otherwise empty."""
        return self._undefined[0] if len(set(self._undefined)) == 1 else ""

    @cached_property
    def reasons(self) -> dict[str, str]:
        """Why figures are undefined -> the letter that stands for it, for reasons too long for a cell."""
        shown = [row for row, why in zip(self.rows, self._undefined, strict=True) if not why]
        cells = [cell for row in shown for cell in row]
        found = dict.fromkeys(_reason(cell) for cell in cells if len(_reason(cell)) > _LONGEST_IN_A_CELL)
        return {reason: _LETTERS[index] for index, reason in enumerate(found)} if len(found) <= 26 else {}

    @property
    def notes(self) -> list[str]:
        """What the letters stand for, to be read below the table."""
        return [f"({letter}) {reason}" for reason, letter in self.reasons.items()]

    def _short(self, cell: str) -> str:
        letter = self.reasons.get(_reason(cell))
        return f"{sentences.UNDEFINED}\N{NO-BREAK SPACE}({letter})" if letter else cell

    @property
    def lines(self) -> list[dict]:
        """The rows with what goes with them; those in which nothing is defined together, by reason."""
        found: list[dict] = []
        known: dict[tuple[str, str], dict] = {}
        for index, row in enumerate(self.rows):
            why, group = self._undefined[index], self.groups[index] if self.groups else ""
            if not why:
                found.append({**self._line(index, row), "group": group})
            elif (group, why) in known:
                known[group, why]["heads"].append(self._head(row))
            else:
                line = {"group": group, "undefined": why, "heads": [self._head(row)]}
                known[group, why] = line
                found.append(line)
        return found

    def _head(self, row: list[str]) -> str:
        return ", ".join(filter(None, row[: self.n_heads]))

    def _line(self, index: int, row: list[str]) -> dict:
        cells = list(zip(self.columns[1:], map(self._short, row[1:]), strict=True))
        return {
            "head": row[0],
            "cells": cells,
            "prose": {column for column, cell in cells if len(cell) > _PROSE},
            "link": self.links[index] if self.links else "",
            "sound": self.sounds[index] if self.sounds else None,
            "condition": self.conditions[index] if self.conditions else "",
        }


def _reason(cell: str) -> str:
    """Return why a cell's figure is undefined; empty where it is defined."""
    return cell.partition(f"{sentences.UNDEFINED}: ")[2] if cell.startswith(sentences.UNDEFINED) else ""


def _why_nothing(cells: list[str]) -> str:
    """Return why nothing in a row is defined; empty if anything is, or if there are several reasons."""
    reasons = {_reason(cell) for cell in cells if cell.startswith(sentences.UNDEFINED)}
    others = [cell for cell in cells if not cell.startswith(sentences.UNDEFINED)]
    is_empty = all(cell in ("", DASH) or cell.isdigit() for cell in others)  # digits count what there is
    return reasons.pop() if is_empty and len(reasons) == 1 else ""


@dataclass(frozen=True)
class IntervalStrip:
    """One estimate with its interval along an axis, positions in per cent of the width."""

    label: str
    condition: str
    mean: str | None
    low: str | None
    high: str | None
    text: str
    goes_on: tuple[bool, bool] = (False, False)  # whether the interval leaves the axis at its left, its right
    points: list[tuple[str, str]] = field(default_factory=list)  # judgments: x in per cent, y in pixels


@dataclass(frozen=True)
class IntervalPlot:
    """Estimates with intervals below each other."""

    title: str
    strips: list[IntervalStrip]
    ticks: list[tuple[str, str]]
    note: str = ""
    of_judgments: bool = False  # whether there are single judgments besides estimates
    n_judgments: int = 0  # of which a part may be drawn
    low_label: str = ""
    high_label: str = ""

    @property
    def shows_anything(self) -> bool:
        """Whether there is a figure to be drawn."""
        return any(strip.mean for strip in self.strips)

    @property
    def n_points(self) -> int:
        """How many judgments are drawn."""
        return sum(len(strip.points) for strip in self.strips)

    @property
    def described(self) -> str:
        """The plot in words."""
        points = [f", {len(strip.points)} points" if self.of_judgments else "" for strip in self.strips]
        return "; ".join(
            f"{strip.label}: {strip.text}{many}" for strip, many in zip(self.strips, points, strict=True)
        )


@dataclass(frozen=True)
class Scatter:
    """Points in a square, positions in per cent."""

    title: str
    x_label: str
    y_label: str
    x_ends: tuple[str, str]
    y_ends: tuple[str, str]
    points: list[tuple[str, str, str, str]]  # x, y, condition, words
    described: str

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """The conditions of the points, in words and by name, in the order of the site."""
        found = {condition for _x, _y, condition, _words in self.points}
        return [(condition_name(name), name) for name in CONDITIONS if name in found]


@dataclass(frozen=True)
class Matrix:
    """Numbers between names, shaded from 0 (least) to `SHADES` - 1."""

    caption: str
    corner: str
    columns: list[str]
    rows: list[tuple[str, list[tuple[str, int | None]]]]


@dataclass(frozen=True)
class Remaining:
    """One question's part of a page; what does not apply is empty."""

    key: str
    text: str
    headline: str
    plot: IntervalPlot | None
    table: FigureTable | None
    more: list[FigureTable] = field(default_factory=list)
    matrices: list[Matrix] = field(default_factory=list)
    scatter: Scatter | None = None
    is_verdict: bool = False  # whether the headline is the answer to a declared research question

    @property
    def why_nothing(self) -> str:
        """Why nothing is defined, if it is for one reason; otherwise empty."""
        if self.table is None or self.more or self.matrices or self.scatter:
            return ""
        return self.table.why_nothing


def together(caption: str, parts: Sequence[Remaining]) -> FigureTable | None:
    """Return the tables of several questions, which have the same columns, as one; None without any."""
    tables = [(part.text, part.table) for part in parts if part.table is not None]
    if not tables:
        return None
    return replace(
        tables[0][1],
        caption=caption,
        rows=[row for _text, table in tables for row in table.rows],
        conditions=[condition for _text, table in tables for condition in table.conditions],
        groups=[text for text, table in tables for _row in table.rows],
    )


def position(value: float, ends: tuple[float, float]) -> float:
    """Return where along an axis a value lies, in per cent of its width."""
    return _MARGIN + (100 - 2 * _MARGIN) * (value - ends[0]) / (ends[1] - ends[0])


def percent(value: float, ends: tuple[float, float]) -> str:
    """Return the same with its sign."""
    return f"{position(value, ends):.2f}%"


def interval_plot(
    title: str,
    rows: Sequence[tuple[str, str, Mapping]],
    ends: tuple[float, float],
    ticks: Sequence[float],
    note: str = "",
) -> IntervalPlot:
    """Return a plot of figures.

    Parameters
    ----------
    rows : sequence of (label, condition, row of an estimate table)
    ends : (float, float)
        Of the axis; what lies beyond is drawn at its end.
    """

    def place(value: Any) -> str | None:
        if value is None or value != value:
            return None
        return percent(min(max(value, ends[0]), ends[1]), ends)

    def text(row: Mapping) -> str:
        if row["status"] != "ok":
            return sentences.UNDEFINED  # the table beneath says why
        beyond = not ends[0] <= round(row["estimate"], 2) <= ends[1]  # as it is written
        return sentences.agreement_text(row) + (", beyond the axis" if beyond else "")

    def goes_on(row: Mapping) -> tuple[bool, bool]:
        low, high = row["ci_low"], row["ci_high"]
        return low is not None and low < ends[0], high is not None and high > ends[1]

    strips = [
        IntervalStrip(
            label, condition, place(row["estimate"]), place(row["ci_low"]), place(row["ci_high"]), text(row),
            goes_on(row),
        )
        for label, condition, row in rows
    ]  # fmt: skip
    marks = [(number_text.plain(tick), place(tick) or "") for tick in ticks]
    if any(any(strip.goes_on) for strip in strips):
        note = f"{note} An arrow: the interval goes on beyond the axis.".strip()
    return IntervalPlot(title, strips, marks, note)


def scatter(
    title: str, x_label: str, y_label: str, points: Sequence[tuple[float, float, str, str]]
) -> Scatter:
    """Return points (x, y, condition, words) within their own ranges."""

    def placer(values: Sequence[float]) -> Callable[[float], float]:
        low, high = min(values), max(values)
        length = (high - low) or 1.0
        return lambda value: 5 + 90 * (value - low) / length

    x, y = placer([point[0] for point in points]), placer([point[1] for point in points])
    placed = [(f"{x(a):.1f}%", f"{100 - y(b):.1f}%", condition, text) for a, b, condition, text in points]
    across, up = (
        (number_text.significant(min(values)), number_text.significant(max(values)))
        for values in zip(*[p[:2] for p in points], strict=True)
    )
    described = f"{len(points)} clips; {x_label}: {' to '.join(across)}; {y_label}: {' to '.join(up)}"
    return Scatter(title, x_label, y_label, across, up, placed, described)


def clip_label(item: QuestionSummary, clip: Clip) -> str:
    """Return a clip in words: its track and the group that it is summarised in."""
    of_condition = [one.group for one in item.groups if one.group.condition == clip.condition]
    groups = [
        group
        for group in of_condition
        if group.method in ("", clip.method)
        and group.kept_segments in (0, clip.segments_asked or clip.kept_segments)
        and group.model in ("", clip.explanation.model.name if clip.explanation else "")
    ]
    label = groups[0].label if groups else clip.get_condition_display()
    return f"{clip.part.name}, {label}"


def shade(value: float | None, low: float, high: float) -> int | None:
    """Return the shade of a number, None where there is none."""
    if value is None or value != value:
        return None
    share = (value - low) / ((high - low) or 1)
    return max(0, min(SHADES - 1, int(share * SHADES)))
