import pandas as pd
import pytest

from studyserver.results.statistics.intervals import Interval
from studyserver.results.statistics.means import Mean
from studyserver.results.statistics.reasons import Reason, Why
from studyserver.results.tables.labels import NEW_ANNOTATORS, SAME_ANNOTATORS
from studyserver.results.tables.vocabulary import columns, mean_of, table_of


@pytest.mark.parametrize("counted", ["clip", "track"])
def test_a_table_of_statistics_says_what_its_items_are(counted):
    statistics = pd.DataFrame(
        {
            "ci_scope": ["items", "items+raters", "judgments"],
            "n_items": [3, 3, 3],
            "n_raters": [2, 2, 2],
            "reason": [Reason(Why.FEWER_THAN_TWO), "", None],
        }
    )
    table = table_of(statistics, counted)
    assert list(table.columns) == columns(list(statistics.columns), counted)
    assert list(table.columns) == ["ci_scope", f"n_{counted}s", "n_annotators", "reason"]
    assert list(table["ci_scope"]) == [SAME_ANNOTATORS, NEW_ANNOTATORS, "judgments"]
    assert table["reason"][0] == f"needs at least two annotators and two {counted}s"
    assert statistics["ci_scope"][0] == "items"  # the statistic itself is left as it is


def test_a_mean_keeps_its_numbers_and_says_its_reason_in_the_words_of_a_study():
    reason = Reason(Why.FEWER_THAN_THREE_RATERS, {"n": 2})
    mean = Mean(1.5, 0.5, Interval("jackknife", reason=reason), 4, 2, 1, 2)
    found = mean_of(mean, "clip")
    assert found.interval.reason == "no interval: new annotators need at least 3; there are 2"
    assert (found.value, found.sd, found.n_items, found.n_units) == (1.5, 0.5, 2, 1)
