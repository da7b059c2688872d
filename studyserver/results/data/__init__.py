"""Data of a study: the only place that reads judgments from the database."""
