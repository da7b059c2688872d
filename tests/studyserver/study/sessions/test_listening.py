import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.study.sessions.listening import clean_record, heard_enough, seconds_heard

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("intervals", "seconds"),
    [
        ([], 0),
        ([[0, 10]], 10),
        ([[0, 4], [4, 10]], 10),
        ([[0, 6], [3, 10], [0, 10]], 10),  # replays do not count twice
        ([[2, 3], [7, 8.5]], 2.5),
        ([[-5, 3]], 3),
        ([[8, 99]], 2),
        ([[5, 5], [6, 4]], 0),
        ([["0", "10"], [True, 5], [0], None, [0, float("nan")], [0, float("inf")]], 0),
        ("0-10", 0),
        (None, 0),
        ([[0, 10**400]], 10),
    ],
)
def test_seconds_heard(intervals, seconds):
    assert seconds_heard(intervals, 10.0) == pytest.approx(seconds)


def test_the_tail_may_be_missing():
    assert heard_enough([[0, 9.8]], 10, share=1)
    assert not heard_enough([[0, 9.5]], 10, share=1)
    assert heard_enough([[0, 5]], 10, share=0.5)
    assert not heard_enough([[0, 4.5]], 10, share=0.5)
    assert heard_enough([], 10, share=0)


@given(st.lists(st.tuples(st.floats(-5, 15), st.floats(-5, 15))))
def test_heard_time_counts_instants_once(intervals):
    grid = [(i + 0.5) / 100 for i in range(1000)]
    expected = sum(any(start < t < end for start, end in intervals) for t in grid) / 100
    assert seconds_heard([list(pair) for pair in intervals], 10.0) == pytest.approx(
        expected, abs=0.02 * (1 + len(intervals))
    )


@given(json_values, json_values)
def test_whatever_is_sent_can_be_stored(listening, record):
    for sent in (
        listening,
        {"presentations": {"a": record}},
        {"presentations": {"a": {"intervals": record}}},
    ):
        cleaned = clean_record(sent, {"a": 10.0})
        stored = json.dumps(cleaned, ensure_ascii=False, allow_nan=False)
        assert b"\x00" not in stored.encode()
        assert len(stored) < 50_000


def test_a_record_keeps_what_was_measured_and_drops_strangers():
    record = clean_record(
        {
            "presentations": {
                "a": {"intervals": [[0, 1.23456]], "plays": 2, "seeks": 1, "secret": {"nested": 1}},
                "b": {"intervals": [[0, 9]]},
            },
            "focus_losses": 3,
            "output_sample_rate": 48000,
        },
        {"a": 10.0},
    )
    assert record == {
        "presentations": {"a": {"intervals": [[0, 1.235]], "plays": 2, "seeks": 1, "seconds_heard": 1.235}},
        "focus_losses": 3,
        "output_sample_rate": 48000,
    }
