"""What a planted model says over time of sounds that are known by construction; beats of clicks."""

import numpy as np
import pytest
import soundfile

from explainer.core.audio import FADE_SECONDS, Cut, read_excerpt
from explainer.core.base.explanation import Target
from explainer.core.excerpts.choosing import choose
from explainer.core.excerpts.curve import MOST_STARTS, curve_of
from explainer.core.excerpts.pulse import beat_times
from explainer.core.excerpts.rule import ExcerptError, ExcerptRule
from explainer.core.models.adapters import ModelError
from explainer.core.models.loading import CallableModel
from explainer.core.representations.kinds import mel, waveform

RATE = 16_000
FRONT_END = mel(n_bands=40)


def brightness(batch):
    return batch[:, :, FRONT_END.band_frequencies > 2000].mean(axis=(1, 2))[:, None]


def loudness_of_sound(batch):
    return np.sqrt(np.mean(np.square(batch, dtype=float), axis=1))[:, None]


def bright():
    return CallableModel(brightness, FRONT_END, [Target("bright")])


def low_with_bright(seconds, bright_from, bright_to):
    time = np.arange(round(seconds * RATE)) / RATE
    high = (time >= bright_from) & (time < bright_to)
    return 0.1 * np.sin(2 * np.pi * 220 * time) + 0.1 * np.sin(2 * np.pi * 3000 * time) * high


def clicks(seconds, beat, *, accent_every=0, offset=0.0, pad=0.0005):
    rng = np.random.default_rng(3)
    y = pad * rng.standard_normal(round(seconds * RATE))
    hit = rng.standard_normal(800) * np.exp(-np.arange(800) / 150)
    times = np.arange(offset, seconds - 0.1, beat)
    for number, time in enumerate(times):
        gain = 0.6 if accent_every and number % accent_every == 2 else 0.2
        first = round(time * RATE)
        y[first : first + 800] += gain * hit
    return y, times


def test_the_excerpt_with_most_is_where_the_cause_was_planted():
    y = low_with_bright(30, 12, 17)
    rule = ExcerptRule(number=1, seconds=5, where="most", starts_on="anywhere")
    curve = curve_of(bright(), y, rule)
    [choice] = choose(curve, "bright", rule)
    assert abs(choice.start - 12) <= 0.25
    least = ExcerptRule(number=2, seconds=5, where="least", starts_on="anywhere")
    for choice in choose(curve, "bright", least):
        assert choice.start + 5 <= 12.1 or choice.start >= 16.9


def test_spread_has_excerpts_with_none_half_and_all_of_the_cause():
    y = low_with_bright(40, 20, 28)
    rule = ExcerptRule(number=3, seconds=5, where="spread", starts_on="anywhere")
    model = CallableModel(share_of_bright_frames, FRONT_END, [Target("bright")])
    chosen = choose(curve_of(model, y, rule), "bright", rule)
    assert sorted(choice.output for choice in chosen) == pytest.approx([0, 0.5, 1], abs=0.06)


def share_of_bright_frames(batch):
    high = batch[:, :, FRONT_END.band_frequencies > 2000].mean(axis=2)
    return (high > 0.05).mean(axis=1)[:, None]


@pytest.mark.parametrize("feeds_sound", [False, True])
def test_the_curve_holds_what_the_model_says_of_the_excerpt_as_it_is_explained(tmp_path, feeds_sound):
    model = CallableModel(loudness_of_sound, waveform(), [Target("loud")]) if feeds_sound else bright()
    rate = model.representation.sample_rate
    y = (0.1 * np.random.default_rng(0).standard_normal(12 * rate) * np.linspace(0.1, 1, 12 * rate)).astype(
        "float32"
    )
    curve = curve_of(model, y, ExcerptRule(number=1, seconds=4, starts_on="anywhere"))
    soundfile.write(tmp_path / "a.wav", y, rate, subtype="FLOAT")
    for place in (0, 7, len(curve.starts) - 1):
        cut = Cut(round(curve.starts[place] * rate), 4 * rate)
        excerpt, _ = read_excerpt(tmp_path / "a.wav", cut)
        gain = model.representation.normalisation_gain(excerpt)
        said = model.predict(model.representation.model_input(excerpt, gain)[None])[0, 0]
        assert curve.outputs[model.targets[0].name][place] == said


def test_the_curve_reaches_both_ends_of_the_track():
    y = low_with_bright(9.3, 0, 9)
    curve = curve_of(bright(), y, ExcerptRule(number=1, seconds=7, starts_on="anywhere"))
    assert curve.starts[0] == 0 and curve.starts[-1] == pytest.approx(2.3, abs=0.001)
    exact = curve_of(bright(), y, ExcerptRule(number=1, seconds=9.3, starts_on="anywhere"))
    assert exact.starts.tolist() == [0]


def test_silence_is_noted():
    y = low_with_bright(20, 0, 20)
    y[: 8 * RATE] = 0
    curve = curve_of(bright(), y, ExcerptRule(number=1, seconds=4, starts_on="anywhere"))
    assert not curve.usable()[curve.starts < 6].any()
    assert curve.usable()[curve.starts >= 8].all()


def test_a_track_that_is_too_short_and_a_model_that_needs_more_say_so():
    with pytest.raises(ExcerptError, match=r"song lasts 4\.0 s, but 2 excerpts of 3 s"):
        curve_of(bright(), low_with_bright(4, 0, 1), ExcerptRule(seconds=3), name="song")
    needs_more = CallableModel(brightness, FRONT_END, [Target("bright")], window_frames=1000)
    with pytest.raises(ModelError, match="use a longer excerpt"):
        curve_of(needs_more, low_with_bright(20, 0, 1), ExcerptRule(seconds=3, starts_on="anywhere"))


def test_excerpts_start_just_before_beats():
    y, times = clicks(30, 0.5, offset=0.25)
    curve = curve_of(bright(), y, ExcerptRule(number=2, seconds=5))
    assert curve.starts_on == "beats" and len(curve.starts) > 30
    for start in curve.starts:
        assert np.abs(times - FADE_SECONDS - start).min() < 0.05


def test_long_tracks_are_asked_about_in_larger_steps():
    y, times = clicks(200, 0.5, offset=0.25)
    curve = curve_of(bright(), y, ExcerptRule(number=2, seconds=5))
    assert curve.starts_on == "beats" and MOST_STARTS / 2 < len(curve.starts) <= MOST_STARTS
    assert np.diff(curve.starts) == pytest.approx(1.5, abs=0.1)
    anywhere = curve_of(bright(), y, ExcerptRule(number=2, seconds=5, starts_on="anywhere"))
    assert len(anywhere.starts) <= MOST_STARTS + 2
    assert np.abs(curve.starts[0] + FADE_SECONDS - times).min() < 0.05


def test_bars_are_the_accented_beats():
    y, times = clicks(40, 0.5, accent_every=4, offset=0.25)
    bars = beat_times(y, RATE, bars=True)
    assert len(bars) > 15
    for bar in bars:
        nearest = int(np.abs(times - bar).argmin())
        assert abs(times[nearest] - bar) < 0.05 and nearest % 4 == 2


@pytest.mark.parametrize("kind", ["noise", "chord"])
def test_sounds_without_a_pulse_are_cut_anywhere(kind):
    time = np.arange(20 * RATE) / RATE
    y = (
        0.1 * np.random.default_rng(5).standard_normal(len(time))
        if kind == "noise"
        else sum(0.1 * np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330))
    )
    assert len(beat_times(y, RATE)) == 0
    curve = curve_of(bright(), y, ExcerptRule(number=1, seconds=5))
    assert curve.starts_on == "anywhere"


def test_progress_reaches_the_end():
    seen = []
    rule = ExcerptRule(number=1, seconds=5, starts_on="anywhere")
    curve = curve_of(bright(), low_with_bright(10, 0, 3), rule, progress=seen.append)
    assert len(seen) == len(curve.starts) and seen[-1] == 1
