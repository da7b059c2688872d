import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.representations.kinds import log_filterbank, mel
from explainer.core.segmentation import superpixels
from explainer.core.segmentation.partitions import (
    SEGMENTATIONS,
    SegmentationError,
    one_layer,
    rectangles,
    require_parameters,
    several_layers,
)
from explainer.core.segmentation.segments import Segmentation, segment


@st.composite
def segmentations(draw):
    """Return segmentations of any labels in one to three layers."""
    shape = draw(st.integers(1, 12)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = rng.integers(0, draw(st.integers(1, 20)), shape)
    n_layers = draw(st.integers(1, 3))
    if n_layers == 1:
        return Segmentation("any", *one_layer(labels))
    energies = rng.random((n_layers, *shape)) * rng.integers(0, 2, (n_layers, *shape))
    return Segmentation("any", *several_layers(labels, energies))


class TestProperties:
    @given(segmentations())
    def test_cells_are_shared_out_whole(self, segmentation):
        one_by_one = segmentation.gains(np.eye(segmentation.n_segments))
        np.testing.assert_allclose(one_by_one.sum(axis=0), 1, atol=1e-5)
        assert (one_by_one >= 0).all()

    @given(segmentations())
    def test_no_segment_is_empty(self, segmentation):
        assert (segmentation.area() > 0).all()
        assert segmentation.area().sum() == pytest.approx(1)

    @given(segmentations(), st.integers(0, 2**32 - 1))
    def test_what_is_hidden_and_what_is_kept_make_the_whole(self, segmentation, seed):
        mask = np.random.default_rng(seed).integers(0, 2, segmentation.n_segments).astype(bool)
        np.testing.assert_allclose(segmentation.gain(mask) + segmentation.gain(~mask), 1, atol=1e-5)
        assert segmentation.gain(mask).mean() == pytest.approx(segmentation.area()[mask].sum(), abs=1e-5)

    @given(segmentations())
    def test_everything_and_nothing_are_exact(self, segmentation):
        assert (segmentation.gain(np.ones(segmentation.n_segments, dtype=bool)) == 1).all()
        assert (segmentation.gain(np.zeros(segmentation.n_segments, dtype=bool)) == 0).all()

    @given(segmentations(), st.integers(0, 2**32 - 1))
    def test_gain_is_linear_in_the_mask(self, segmentation, seed):
        rng = np.random.default_rng(seed)
        first, second = rng.random((2, segmentation.n_segments))
        both = segmentation.gains(np.stack([first, second, first + second]))
        np.testing.assert_allclose(both[0] + both[1], both[2], atol=1e-5)

    @given(segmentations(), st.integers(0, 2**32 - 1))
    def test_totals_share_out_a_quantity(self, segmentation, seed):
        cells = np.random.default_rng(seed).random(segmentation.labels.shape[1:])
        assert segmentation.total(cells).sum() == pytest.approx(cells.sum(), rel=1e-5)

    @given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 40), st.integers(1, 30))
    @settings(max_examples=50)
    def test_grid_is_a_partition_or_refused(self, n_frames, n_bands, time_cells, band_cells):
        features = np.zeros((n_frames, n_bands), dtype=np.float32)
        parameters = {"time_cells": time_cells, "band_cells": band_cells}
        if time_cells > n_frames or band_cells > n_bands:
            with pytest.raises(SegmentationError, match="use at most"):
                segment("grid", features, mel(), np.zeros(1), parameters)
            return
        made = segment("grid", features, mel(), np.zeros(1), parameters)
        assert made.n_segments == time_cells * band_cells
        heights = np.bincount(made.labels.ravel())
        assert heights.min() >= (n_frames // time_cells) * (n_bands // band_cells) > 0


class TestSegmentation:
    def test_numbers_with_gaps_are_refused(self):
        labels = np.array([[[0, 2]]], dtype=np.int32)
        with pytest.raises(SegmentationError, match="without gaps"):
            Segmentation("any", labels, np.ones((1, 1, 2), dtype=np.float32))

    def test_a_segment_lies_in_one_layer(self):
        labels = np.zeros((2, 1, 2), dtype=np.int32)
        with pytest.raises(SegmentationError, match="each within one layer"):
            Segmentation("any", labels, np.full((2, 1, 2), 0.5, dtype=np.float32))

    @pytest.mark.parametrize("shares", [[0.5, 0.6], [1.5, -0.5]])
    def test_shares_sum_to_one(self, shares):
        labels = np.array([[[0]], [[1]]], dtype=np.int32)
        with pytest.raises(SegmentationError, match="sum to 1"):
            Segmentation("any", labels, np.array(shares, dtype=np.float32).reshape(2, 1, 1))

    def test_masks_must_fit(self):
        segmentation = Segmentation("any", *one_layer(np.array([[0, 1]])))
        with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
            segmentation.gain(np.ones(3))

    def test_rectangles_count_along_the_bands_first(self):
        labels = rectangles(np.array([0, 1, 3]), np.array([0, 2, 3]))
        assert labels.tolist() == [[0, 0, 1], [2, 2, 3], [2, 2, 3]]


@pytest.fixture(scope="module", params=["log", "mel"])
def sound(request, polyphony):
    """Features, representation and samples of a sound."""
    representation = log_filterbank() if request.param == "log" else mel()
    y = polyphony(representation.sample_rate, 4)
    return representation.features(y), representation, y


class TestWays:
    @pytest.mark.parametrize(
        ("name", "parameters", "n_segments"),
        [
            ("grid", {}, 24),
            ("grid", {"time_cells": 3, "band_cells": 2}, 6),
            ("time", {"time_cells": 7}, 7),
            ("bands", {"band_cells": 5}, 5),
        ],
    )
    def test_even_ones(self, sound, name, parameters, n_segments):
        made = segment(name, *sound, parameters)
        assert (made.name, made.parameters, made.n_segments) == (name, parameters, n_segments)
        assert made.labels.shape == made.layers.shape == (1, *sound[0].shape)
        assert made.labels.dtype == np.int32
        assert made.area().max() < 1.25 * made.area().min()

    @pytest.mark.parametrize("algorithm", ["felzenszwalb", "slic", "quickshift"])
    def test_superpixels(self, sound, algorithm):
        made = segment("superpixels", *sound, {"algorithm": algorithm})
        assert 4 < made.n_segments < 500
        again = segment("superpixels", *sound, {"algorithm": algorithm})
        assert np.array_equal(made.labels, again.labels)

    @pytest.mark.parametrize("algorithm", superpixels.PARAMETERS)
    def test_what_is_known_of_superpixels_are_parameters_of_scikit_image(self, algorithm):
        import skimage.segmentation

        theirs = inspect.signature(getattr(skimage.segmentation, algorithm)).parameters
        for name, rule in superpixels.PARAMETERS[algorithm].items():
            assert rule.fits(theirs[name].default) or name == "rng"
        assert superpixels.refusal(algorithm, superpixels.DEFAULTS[algorithm]) == ""

    def test_superpixels_follow_the_sound(self):
        """Two blocks of different level are two segments."""
        features = np.zeros((100, 96), dtype=np.float32)
        features[30:60, 20:50] = 5
        made = segment("superpixels", features, mel(), np.zeros(1), {"scale": 1, "min_size": 200})
        inside = np.unique(made.labels[0, 32:58, 22:48])
        outside = np.unique(made.labels[0, :28])
        assert len(inside) == 1
        assert not set(inside) & set(outside)

    def test_published_superpixels_have_a_smallest_size(self, sound):
        made = segment("superpixels", *sound, {})
        assert np.bincount(made.labels.ravel()).min() >= 40

    def test_onsets_lie_on_the_edges(self, polyphony):
        representation = mel()
        y = polyphony(16000, 4)  # a new chord every half second
        made = segment(
            "beats", representation.features(y), representation, y,
            {"pulse": "onsets", "pulses_per_cell": 1, "band_cells": 2},
        )  # fmt: skip
        edges = np.flatnonzero(np.diff(made.labels[0, :, 0])) + 1
        times = representation.frame_times(len(made.labels[0]))[edges]
        assert len(times) >= 6
        assert np.abs(times * 2 - np.round(times * 2)).max() / 2 < 0.07

    def test_beats(self, polyphony):
        representation = mel()
        y = polyphony(16000, 8)  # 120 beats per minute
        made = segment("beats", representation.features(y), representation, y, {"band_cells": 1})
        edges = np.flatnonzero(np.diff(made.labels[0, :, 0])) + 1
        lengths = np.diff(edges) / representation.frame_rate
        assert np.median(lengths) == pytest.approx(1, abs=0.1)

    def test_harmonic_and_percussive(self):
        representation = mel()
        time = np.arange(32000) / 16000
        y = 0.3 * np.sin(2 * np.pi * 600 * time)
        y[16000:16040] += np.random.default_rng(0).standard_normal(40)
        made = segment(
            "harmonic_percussive",
            representation.features(y),
            representation,
            y,
            {"time_cells": 2, "band_cells": 3},
        )
        assert len(made.layers) == 2
        assert made.n_segments == 12
        tone = np.argmin(np.abs(representation.band_frequencies - 600))
        treble = np.argmin(np.abs(representation.band_frequencies - 6000))
        harmonic, percussive = made.layers
        assert harmonic[30, tone] > 0.9
        assert percussive[63, treble] > 0.9


class TestStems:
    @pytest.fixture
    def parts(self, polyphony):
        time = np.arange(48000) / 16000
        bass = 0.3 * np.sin(2 * np.pi * 200 * time)
        flute = 0.3 * np.sin(2 * np.pi * 4000 * time)
        flute[:24000] = 0  # enters in the second half
        return bass, flute

    def divide(self, tmp_path, y, stems, **parameters):
        import soundfile

        paths = {}
        for name, stem in stems.items():
            paths[name] = str(tmp_path / f"{name}.wav")
            soundfile.write(paths[name], stem, 16000, subtype="FLOAT")
        return segment("stems", mel().features(y), mel(), y, {"stems": paths, **parameters})

    def test_shares_follow_the_energy(self, tmp_path, parts):
        bass, flute = parts
        made = self.divide(tmp_path, bass + flute, {"flute": flute, "bass": bass}, time_cells=1)
        assert made.n_segments == 2
        low = np.argmin(np.abs(mel().band_frequencies - 200))
        high = np.argmin(np.abs(mel().band_frequencies - 4000))
        assert made.gain(np.array([1, 0]))[150, low] > 0.99, "the bass, first in the alphabet"
        assert made.gain(np.array([0, 1]))[150, high] > 0.99

    def test_silent_passages_make_no_empty_segment(self, tmp_path, parts):
        bass, flute = parts
        made = self.divide(tmp_path, bass + flute, {"bass": bass, "flute": flute}, time_cells=4)
        assert 4 < made.n_segments < 8
        assert made.area().min() > 1e-3

    def test_what_stems_leave_is_a_layer(self, tmp_path, parts):
        bass, flute = parts
        made = self.divide(tmp_path, bass + flute, {"bass": bass}, time_cells=1)
        assert made.n_segments == 2
        high = np.argmin(np.abs(mel().band_frequencies - 4000))
        assert made.gain(np.array([0, 1]))[150, high] > 0.99

    def test_a_stem_of_another_length_is_refused(self, tmp_path, parts):
        with pytest.raises(SegmentationError, match=r"'bass' lasts 2.50 s, but its track 3.00 s"):
            self.divide(tmp_path, parts[0], {"bass": parts[0][:40000]})

    def test_no_stems_are_refused(self):
        with pytest.raises(SegmentationError, match="must map names to sound files"):
            segment("stems", np.zeros((4, 96)), mel(), np.zeros(800), {"stems": {}})


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("mosaic", {}, "'mosaic' is unknown; use one of grid, time, bands, superpixels, beats"),
        ("grid", {"rows": 3}, "'grid' cannot be used: .*'rows'; its parameters are time_cells, band_cells"),
        ("grid", {"time_cells": 500}, "'time_cells' is 500, but this sound has only 20 frames"),
        ("bands", {"band_cells": 97}, "'band_cells' is 97, but this sound has only 96 bands"),
        ("grid", {"time_cells": 0}, "'time_cells' must be a whole number from 1 up; it is 0"),
        ("grid", {"time_cells": 2.5}, "whole number"),
        ("grid", {"time_cells": True}, "whole number"),
        (
            "superpixels",
            {"algorithm": "magic"},
            "'algorithm' must be one of felzenszwalb, slic, quickshift; it is 'magic'",
        ),
        (
            "superpixels",
            {"size": 3},
            "by felzenszwalb have no parameter 'size'; the parameters are min_size, scale",
        ),
        ("beats", {"pulse": "bars"}, "'pulse' must be one of beats, onsets; it is 'bars'"),
        ("beats", {"pulse": "onsets"}, "only 0 onsets were found, .* use the segmentation 'grid'"),
    ],
)
def test_what_cannot_be_is_refused(name, parameters, message):
    y = np.zeros(5000)
    features = np.zeros((20, 96), dtype=np.float32)
    with pytest.raises(SegmentationError, match=message):
        segment(name, features, mel(), y, parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("grid", {"time_cells": "x"}, "'time_cells' must be a whole number from 1 up; it is 'x'"),
        ("grid", {"band_cells": 0}, "'band_cells' must be a whole number from 1 up; it is 0"),
        ("beats", {"pulses_per_cell": -1}, "'pulses_per_cell' must be a whole number from 1 up; it is -1"),
        ("beats", {"pulse": ["beats"]}, "'pulse' must be one of beats, onsets"),
        ("superpixels", {"algorithm": {}}, "'algorithm' must be one of felzenszwalb, slic, quickshift"),
        ("superpixels", {"scale": "x"}, "'scale' of felzenszwalb must be a number above 0; it is 'x'"),
        ("superpixels", {"scale": True}, "'scale' of felzenszwalb must be a number above 0; it is True"),
        (
            "superpixels",
            {"scale": float("nan")},
            "'scale' of felzenszwalb must be a number above 0; it is nan",
        ),
        ("superpixels", {"n_segments": 9}, "by felzenszwalb have no parameter 'n_segments'"),
        ("superpixels", {"channel_axis": 0}, "have no parameter 'channel_axis'"),
        ("superpixels", {"algorithm": "slic", "n_segments": 0}, "must be a whole number from 1 to 1000000"),
        ("superpixels", {"algorithm": "slic", "slic_zero": 1}, "must be either true or false; it is 1"),
        ("superpixels", {"algorithm": "quickshift", "ratio": 2}, "of at least 0, at most 1; it is 2"),
        ("superpixels", {"algorithm": "quickshift", "return_tree": True}, "no parameter 'return_tree'"),
        ("stems", {"stems": {"bass": 3}}, "'stems' must map names to sound files"),
        ("stems", {"stems": "bass.wav"}, "'stems' must map names to sound files"),
    ],
)
def test_a_value_no_sound_could_be_divided_by_is_refused_before_there_is_one(name, parameters, message):
    with pytest.raises(SegmentationError, match=message):
        require_parameters(name, parameters)


@pytest.mark.parametrize("name", SEGMENTATIONS)
def test_the_values_a_segmentation_has_by_itself_are_not_refused(name):
    by_itself = {
        key: parameter.default
        for key, parameter in inspect.signature(SEGMENTATIONS[name]).parameters.items()
        if parameter.default is not parameter.empty
    }
    require_parameters(name, by_itself | ({"stems": {"bass": "bass.wav"}} if name == "stems" else {}))


class TestGroups:
    def test_of_a_grid_are_its_columns_and_rows(self, sound):
        by_time, by_band = segment("grid", *sound, {"time_cells": 6, "band_cells": 4}).groupings()
        assert np.array_equal(by_time, np.arange(24) // 4)
        assert np.array_equal(by_band, np.arange(24) % 4)

    def test_sources_that_share_cells_are_groups_of_their_own(self, sound):
        found = segment("harmonic_percussive", *sound, {})
        by_time, by_band = found.groupings()
        layer = [int(np.argwhere(found.labels == number)[0, 0]) for number in range(found.n_segments)]
        assert np.array_equal(by_band, layer)
        assert (np.bincount(by_time) == 2).all()

    def test_of_any_shapes_are_neighbours(self, sound):
        found = segment("superpixels", *sound, {})
        frame = [np.mean(np.nonzero(found.labels[0] == number)[0]) for number in range(found.n_segments)]
        by_time, _ = found.groupings()
        assert len(np.unique(by_time)) == np.ceil(np.sqrt(found.n_segments))
        earliest = [np.min(np.array(frame)[by_time == group]) for group in np.unique(by_time)]
        assert (np.diff(earliest) > 0).all()

    @given(segmentations())
    def test_every_segment_has_one_by_time_and_one_by_band(self, segmentation):
        for groups in segmentation.groupings():
            assert groups.shape == (segmentation.n_segments,)
            assert np.array_equal(np.unique(groups), np.arange(groups.max() + 1))
