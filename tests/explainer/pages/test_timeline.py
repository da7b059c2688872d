"""Drawings of tracks over time: everything at its place."""

import numpy as np
import pytest

from explainer.core.excerpts.curve import Curve
from explainer.pages.timeline import bars, clock, curve_line, ticks, waveform_path


def curve(outputs, sounding=None):
    outputs = np.array(outputs, dtype=float)
    return Curve(
        starts=np.arange(len(outputs)) * 5.0,
        seconds=10.0,
        outputs={"happy": outputs},
        sounding=np.ones(len(outputs)) if sounding is None else np.array(sounding),
        output="value",
        starts_on="anywhere",
    )


def test_a_curve_stands_at_the_middles_of_its_excerpts():
    line = curve_line(curve([1, 3, 2]), "happy", 100)
    assert line.points == "50.0,94.0 100.0,6.0 150.0,50.0"
    assert (line.low, line.high, line.silent) == (1, 3, [])


@pytest.mark.parametrize("outputs", [[2, 2, 2], [2]])
def test_a_flat_curve_is_drawn(outputs):
    assert curve_line(curve(outputs), "happy", 100).points.endswith("94.0")


def test_each_silence_is_one_bar():
    line = curve_line(curve([0] * 6, [0, 0.2, 1, 1, 0.5, 1]), "happy", 100)
    assert [(bar.x, bar.width) for bar in line.silent] == [(25, 100), (225, 50)]


def test_excerpts_and_waveform_span_the_drawing():
    [bar] = bars([(25.0, 50.0, "middle")], 100)
    assert (bar.x, bar.width, bar.name) == (250, 500, "middle")
    assert waveform_path([(-1, 1), (-0.5, 0.5)]) == "M250.0 0.0 L750.0 25.0 L750.0 75.0 L250.0 100.0 Z"


def test_times_are_read_as_on_a_clock():
    assert ticks(40) == ["0.0 s", "10.0 s", "20.0 s", "30.0 s", "40.0 s"]
    assert [clock(seconds) for seconds in (59.94, 60, 61.9, 600)] == ["59.9 s", "1:00", "1:01", "10:00"]
