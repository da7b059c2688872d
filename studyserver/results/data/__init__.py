"""Data of a study: the only place that reads judgments from the database."""

Row = dict[str, object]  # a row of a table: column name -> value
