"""A study's tables as DataFrames: the only place where the database meets pandas."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from studyserver.common.number_text import all_digits
from studyserver.results.data import Row
from studyserver.results.data.rows import StudyRows
from studyserver.results.export.codebook import TABLES, VARIABLES
from studyserver.study.models import Study

if TYPE_CHECKING:
    import pandas as pd


def table(
    study: Study,
    name: str,
    *,
    rehearsal: bool = False,
    columns: Sequence[str] | None = None,
    until: int | None = None,
) -> "pd.DataFrame":
    """Return one of the codebook's tables.

    Parameters
    ----------
    study : Study
    name : str
        Name in `codebook.TABLES`, of those that come from the database.
    rehearsal : bool
        True for the simulated annotators instead of people.
    columns : sequence of str, optional
        Which columns, by default all.
    until : int, optional
        Number of the last judgment seen.

    Returns
    -------
    pandas.DataFrame
        The columns in the codebook's order and types, whether there are rows or not; rows in the
        order of the export.
    """
    rows = StudyRows(study, rehearsal=rehearsal, until=until)
    return data_frame(rows.rows(name), columns or TABLES[name].columns)


def judgments_table(
    study: Study, *, rehearsal: bool = False, columns: Sequence[str] | None = None
) -> "pd.DataFrame":
    """Return one row per judgment that counts: the last answer to each question of each trial."""
    return table(study, "judgments", rehearsal=rehearsal, columns=columns)


def trials_table(study: Study, *, rehearsal: bool = False) -> "pd.DataFrame":
    """Return one row per clip in a trial, with how it was listened to."""
    return table(study, "trials", rehearsal=rehearsal)


def stimuli_table(study: Study) -> "pd.DataFrame":
    """Return one row per stimulus, with the provenance of its clip."""
    return table(study, "stimuli")


def questions_table(study: Study) -> "pd.DataFrame":
    """Return one row per question."""
    return table(study, "questions")


def annotators_table(study: Study, *, rehearsal: bool = False) -> "pd.DataFrame":
    """Return one row per annotator."""
    return table(study, "annotators", rehearsal=rehearsal)


def comments_table(study: Study, *, rehearsal: bool = False) -> "pd.DataFrame":
    """Return one row per free-text answer."""
    return table(study, "comments", rehearsal=rehearsal)


def data_frame(rows: Iterable[Row], columns: Sequence[str]) -> "pd.DataFrame":
    """Return rows as columns of the codebook's types; missing and empty values are missing."""
    import pandas as pd

    values: dict[str, list] = {name: [] for name in columns}
    for row in rows:
        for name, column in values.items():
            column.append(row.get(name))
    return pd.DataFrame({name: _series(column, VARIABLES[name].type) for name, column in values.items()})


def _series(values: list, kind: str) -> "pd.Series":
    import pandas as pd

    if kind == "number":
        return pd.Series(values, dtype="float64")
    if kind == "integer":
        return pd.Series(values, dtype="Int64")
    if kind == "boolean":
        return pd.Series(values, dtype="boolean")
    if kind == "datetime":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object"), utc=True))
    texts = [all_digits(value) if isinstance(value, int | float) else value or None for value in values]
    return pd.Series(texts, dtype="str")
