"""From a study's rows to tables, statistics, pages and files."""
