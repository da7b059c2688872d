"""Data of a study: the only place that reads judgments from the database."""

Row = dict[str, object]  # of a table, by the names of its columns
