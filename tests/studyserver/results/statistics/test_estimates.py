import numpy as np
import pandas as pd
import pytest

from studyserver.results.statistics.estimates import GROUPS, MOST_LEFT_OUT_SINGLY, Figure, estimate_table


@pytest.mark.parametrize("n", [MOST_LEFT_OUT_SINGLY, 4 * MOST_LEFT_OUT_SINGLY])
def test_standard_errors_of_means_whether_left_out_singly_or_in_groups(n):
    values = np.random.default_rng(1).normal(0, 2, n)
    calls = []

    def compute(keep):
        calls.append(keep)
        return np.array([values[keep].mean()])

    judgments = pd.DataFrame({"item": np.arange(n), "rater": np.arange(n) % 5})
    table = estimate_table([Figure("mean", "no value")], compute, judgments)
    expected = values.std(ddof=1) / np.sqrt(n)
    assert table["se"].iloc[0] == pytest.approx(expected, rel=0.2 if n > MOST_LEFT_OUT_SINGLY else 1e-9)
    assert len(calls) == 1 + 5 + (n if n <= MOST_LEFT_OUT_SINGLY else GROUPS) + GROUPS  # cells last
