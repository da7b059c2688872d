"""Shortcuts for tests of the results."""

import numpy as np

from studyserver.results.statistics.agreement import agreement_table


def agreement_of(matrix, statistic, level="interval"):
    """Return one figure of agreement of a table of items x raters."""
    items, raters = np.nonzero(np.isfinite(matrix))
    table = agreement_table(items, raters, matrix[items, raters], level, statistics=[statistic])
    return table["estimate"].iloc[0]
