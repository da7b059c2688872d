"""Readers of the label files of two published data sets, as distributed by their authors.

- Mid-level (Aljanaki & Soleymani): ``annotations.csv``, seven features rated from 1 to 10, and
  ``metadata.csv``, separated by semicolons.
- Soundtracks, set 1 (Eerola & Vuoskoski): ``mean_ratings_set1.csv``, eight emotions rated from 1 to 9.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explainer.core.audio import FORMATS

from .published import EMOTIONS, MID_LEVEL

MID_LEVEL_DATA, SOUNDTRACKS_DATA = "mid-level", "soundtracks"

# Column of the file -> the target's name. The authors' "atonality" rises with tonal stability, and
# their "mode" with minorness.
_MID_LEVEL_COLUMNS = {
    "melody": "melodiousness",
    "articulation": "articulation",
    "rhythm_complexity": "rhythm_complexity",
    "rhythm_stability": "rhythm_stability",
    "dissonance": "dissonance",
    "atonality": "tonal_stability",
    "mode": "minorness",
}


class LabelError(ValueError):
    """Raised for a label file that cannot be used; the message names the line and the remedy."""


@dataclass(frozen=True, eq=False)
class Labels:
    """Ratings of the tracks of one data set.

    Attributes
    ----------
    tracks : tuple of str
        Identifiers as in the file.
    values : np.ndarray [shape=(n_tracks, n_targets)]
        On the data set's own scale.
    lowest, highest : float
        Ends of the scale.
    """

    data_set: str
    tracks: tuple[str, ...]
    targets: tuple[str, ...]
    values: np.ndarray
    lowest: float
    highest: float


def read_mid_level(path: Path) -> Labels:
    """Read ``annotations.csv`` of the Mid-level data set; spaces around commas are ignored.

    Raises
    ------
    LabelError
        If a column is missing or a value is not a number from 1 to 10.
    """
    return _read(path, MID_LEVEL_DATA, "song_id", _MID_LEVEL_COLUMNS, MID_LEVEL, 1, 10)


def read_soundtracks(path: Path) -> Labels:
    """Read ``mean_ratings_set1.csv`` of the Soundtracks data set.

    Raises
    ------
    LabelError
        If a column is missing or a value is not a number from 1 to 9.
    """
    return _read(path, SOUNDTRACKS_DATA, "number", {name: name for name in EMOTIONS}, EMOTIONS, 1, 9)


READERS = {MID_LEVEL_DATA: read_mid_level, SOUNDTRACKS_DATA: read_soundtracks}


def find_sounds(folder: Path, tracks: Iterable[str]) -> dict[str, Path]:
    """Return the sound file of each track for which there is one.

    Files are named by the track's number, with or without leading zeros: ``7.mp3``, ``007.mp3``.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in FORMATS:
            found.setdefault(without_zeros(path.stem), path)
    return {track: found[without_zeros(track)] for track in tracks if without_zeros(track) in found}


def without_zeros(identifier: str) -> str:
    """Return a number without leading zeros, and any other text unchanged."""
    return str(int(identifier)) if identifier.isdecimal() else identifier


def _read(
    path: Path,
    data_set: str,
    identifier: str,
    columns: Mapping[str, str],
    targets: tuple[str, ...],
    lowest: float,
    highest: float,
) -> Labels:
    present, rows = _table(path, ",")
    missing = [name for name in (identifier, *columns) if name not in present]
    if missing:
        raise LabelError(
            f"{path.name} has no column {', '.join(f'“{name}”' for name in missing)}; its columns are "
            f"{', '.join(present) or 'none'}. Is it the {data_set} data set's file?"
        )
    source = {target: column for column, target in columns.items()}
    tracks, values, seen = [], [], set()
    for number, row in enumerate(rows, start=2):
        if not row[identifier]:
            continue
        if without_zeros(row[identifier]) in seen:
            raise LabelError(f"{path.name}, line {number}: {row[identifier]} occurs twice; delete one line.")
        seen.add(without_zeros(row[identifier]))
        tracks.append(row[identifier])
        values.append([_number(path, number, row, source[target], lowest, highest) for target in targets])
    if not tracks:
        raise LabelError(f"{path.name} contains no ratings.")
    return Labels(data_set, tuple(tracks), targets, np.array(values), lowest, highest)


def _number(
    path: Path, line: int, row: Mapping[str, str], column: str, lowest: float, highest: float
) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        raise LabelError(
            f"{path.name}, line {line}: {column} is “{row[column]}”; it must be a number from "
            f"{lowest:g} to {highest:g}."
        )
    return value


def _table(path: Path, delimiter: str) -> tuple[list[str], list[dict[str, str]]]:
    """Return column names and rows, with spaces around cells removed."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file, delimiter=delimiter)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelError(f"{path.name} cannot be read as a table in UTF-8: {error}") from error
    if not lines:
        raise LabelError(f"{path.name} is empty.")
    columns, *rows = lines
    return columns, [
        dict(zip(columns, [*row, *[""] * len(columns)], strict=False)) for row in rows if any(row)
    ]
