"""The planning page: what a design can be expected to find about a research question."""
