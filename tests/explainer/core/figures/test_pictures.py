"""Figures: the same bytes every time, and the right marks in the right places."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from engine_support import REPRESENTATION, grid, planted_features
from matplotlib.backends.backend_agg import FigureCanvasAgg

from explainer.core.figures import charts, spectrograms, style

SEGMENTS = grid()
FEATURES = planted_features(SEGMENTS, (4, 7))
MASK = np.isin(np.arange(12), (4, 7))


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_same_picture_same_bytes(tmp_path, suffix):
    paths = [
        style.save(
            spectrograms.draw_evidence(FEATURES, REPRESENTATION, SEGMENTS, MASK, title="Evidence"),
            tmp_path / f"{number}{suffix}",
        )
        for number in range(2)
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert b"<dc:date>" not in paths[0].read_bytes()
    if suffix == ".svg":
        assert ElementTree.parse(paths[0]).getroot().tag.endswith("svg")


def test_evidence_is_outlined_in_the_accent_colour_and_the_rest_is_paler():
    noise = np.random.default_rng(0).random(FEATURES.shape)
    plain = pixels(spectrograms.draw_evidence(noise, REPRESENTATION, SEGMENTS, np.zeros(12, bool)))
    stressed = pixels(spectrograms.draw_evidence(noise, REPRESENTATION, SEGMENTS, MASK))
    accent = np.array([int(style.ACCENT[i : i + 2], 16) for i in (1, 3, 5)])
    assert (np.abs(stressed - accent).sum(axis=2) < 12).sum() > 200
    assert (np.abs(plain - accent).sum(axis=2) < 12).sum() == 0
    assert stressed.mean() > plain.mean() + 10


def test_outline_follows_the_border_between_labels():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    spectrograms._outline(axes, np.array([[0, 0], [0, 1]]), closed=False)
    lines = {tuple(map(tuple, segment.tolist())) for segment in axes.collections[0].get_segments()}
    assert lines == {((1, 1), (1, 2)), ((1, 1), (2, 1))}


def test_axes_speak_of_seconds_hertz_and_notes():
    figure = spectrograms.draw_weights(
        FEATURES, REPRESENTATION, SEGMENTS, np.linspace(-1, 1, 12), unit="log-odds"
    )
    axes = figure.axes[0]
    assert axes.get_xlabel() == "time (s)"
    assert axes.get_ylabel() == "frequency (Hz)"
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert {"10 000", "1 000", "200"} <= set(labels)
    position = dict(zip(labels, axes.get_yticks(), strict=True))["1 000"]
    band = int(position - 0.5)
    assert REPRESENTATION.band_frequencies[band] <= 1000 <= REPRESENTATION.band_frequencies[band + 1]


@pytest.mark.parametrize(
    ("frequency", "name"), [(440, "A4"), (261.63, "C4"), (27.5, "A0"), (415.3, "A♭4"), (369.99, "F♯4")]
)
def test_notes_have_their_names(frequency, name):
    assert spectrograms.note_name(frequency) == name


def test_uncertain_weights_are_crossed_out():
    weights, errors = np.linspace(0.1, 1.2, 12), np.full(12, 0.25)
    figure = spectrograms.draw_weights(FEATURES, REPRESENTATION, SEGMENTS, weights, errors)
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert len(crosses) == np.sum(weights < 0.5)


def test_effects_have_a_panel_per_emotion_and_a_bar_per_feature():
    figure = charts.draw_effects(
        np.arange(10.0).reshape(2, 5) - 3, ["dissonance", "minorness"], list("abcde"), unit="log-odds"
    )
    assert figure.get_supxlabel() == "effect: weight times feature (log-odds)"
    shown = [panel for panel in figure.axes if panel.get_visible()]
    assert [panel.get_title(loc="left") for panel in shown] == list("abcde")
    assert [bar.get_width() for bar in shown[1].patches] == [-2, 3]


def test_matrix_leaves_undefined_cells_empty():
    figure = charts.draw_matrix(
        np.array([[0.5, np.nan]]), ["dissonance"], ["happy", "sad"], unit="Pearson's r"
    )
    assert figure.get_supxlabel() == "Pearson's r"
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.50"]


def test_file_names_are_safe():
    assert style.slug_of("easy listening") == "easy-listening"
    assert style.slug_of("Rock/Pop & ../x") == "Rock-Pop-x"
