"""How notes end, on spectrograms drawn by hand."""

import numpy as np
import pytest
import torch

from explainer.demo_models.articulation import Articulation
from explainer.demo_models.cue_descriptors import CueDescriptors
from explainer.demo_models.cue_levels import CUES
from explainer.demo_models.cue_model import HEARINGS, CommitteeMember, CueModel

N_BANDS, N_PITCHES, N_FRAMES = 149, 60, 320


def notes(interval: int, share: float, *, pitches=(20, 27, 34)) -> torch.Tensor:
    """Return notes [shape=(1, N_FRAMES, N_PITCHES)] in turn, each sounding for a share of the interval."""
    salience = torch.zeros(1, N_FRAMES, N_PITCHES)
    for number, start in enumerate(range(0, N_FRAMES, interval)):
        salience[0, start : start + round(share * interval), pitches[number % len(pitches)]] = 1.0
    return salience


def described(salience: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the descriptors of notes whose bands are their pitches, by what they are of."""
    articulation = Articulation(N_BANDS, N_PITCHES)
    features = torch.nn.functional.pad(salience, (0, N_BANDS - N_PITCHES))
    vector = articulation(features, salience)[0]
    # 22 curves of falls and 4 of levels, each by 3 memories and 6 places.
    falls, rest = vector[: 22 * 18], vector[22 * 18 :]
    levels, rest = rest[: 4 * 18], rest[4 * 18 :]
    n_held = 4 * (1 + len(articulation.heights)) * 4
    return {
        "falls": falls.reshape(22, 3, 6),
        "levels": levels.reshape(4, 3, 6),
        "held": rest[:n_held].reshape(4, 1 + len(articulation.heights), 4),
        "going_on": rest[n_held:].reshape(len(articulation.lags), 4),
    }


def centre(by_place: torch.Tensor) -> float:
    """Return the average place of a curve over the whole range of pitches, by the middle memory."""
    return float((by_place * torch.linspace(0, 1, 6)).sum() / by_place.sum())


@pytest.mark.parametrize("interval", [10, 20, 32])
def test_short_notes_fall_soon_after_their_onset_and_long_ones_just_before_the_next(interval):
    everywhere = 22 - 5  # falls of salience, averaged over all pitches
    short, long = (described(notes(interval, share))["falls"] for share in (0.3, 0.9))
    assert centre(short[everywhere, 1]) > 0.6
    assert centre(long[everywhere, 1]) < 0.4


def test_place_is_measured_in_intervals_not_in_frames():
    everywhere = 22 - 5
    slow, fast, staccato = (
        centre(described(notes(interval, share))["falls"][everywhere, 1])
        for interval, share in ((32, 0.5), (16, 0.5), (16, 0.2))
    )
    assert abs(slow - fast) < 0.5 * abs(fast - staccato)


def test_shares_of_falls_add_up_to_one():
    falls = described(notes(16, 0.5))["falls"]
    total = falls.sum(dim=2)
    assert ((total - 1).abs() < 0.02).logical_or(total == 0).all()


def test_longer_notes_hold_and_go_on_longer():
    measures = [described(notes(24, share)) for share in (0.2, 0.5, 0.9)]
    for name in ("held", "going_on"):
        averages = [float(measure[name].mean()) for measure in measures]
        assert averages == sorted(averages), name
    # Of a note of 12 frames 8 are left 4 frames later; the last one is cut off.
    lag = Articulation.lags.index(4)
    assert float(measures[1]["going_on"][lag, -1]) == pytest.approx(8 / 12, abs=0.03)


@pytest.mark.parametrize("n_frames", [2, 9, 40])
def test_silence_and_short_pieces_have_finite_descriptions_and_gradients(n_frames):
    features = torch.zeros(2, n_frames, N_BANDS, requires_grad=True)
    salience = torch.zeros(2, n_frames, N_PITCHES, requires_grad=True)
    vector = Articulation(N_BANDS, N_PITCHES)(features, salience)
    vector.sum().backward()
    assert vector.isfinite().all()
    assert salience.grad.isfinite().all()


def test_every_cue_is_read_once_and_from_the_sections_that_bear_on_it():
    assert sorted(cue for hearing in HEARINGS.values() for cue in hearing.cues) == sorted(CUES)
    sections = CueDescriptors().sections
    torch.manual_seed(0)
    member = CommitteeMember(sections, 8).eval()
    described = torch.randn(1, CueModel(n_readers=0).descriptors.n_descriptors)
    before = member(described)[0]
    for section, place in sections.items():
        changed = described.clone()
        changed[:, place] += 1
        moved = {CUES[i] for i in torch.nonzero((member(changed)[0] - before).abs() > 1e-6)[:, 0].tolist()}
        listening = {
            cue for hearing in HEARINGS.values() if section in hearing.sections for cue in hearing.cues
        }
        assert moved == listening, section
    assert np.array_equal([section.start for section in sections.values()][1:],
                          [section.stop for section in sections.values()][:-1])  # fmt: skip
