import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explainer.core.clips.random_controls import GREATEST_GAIN, TOLERANCE, decibels, random_control


def draw(evidence, area, energy, seed=0, **options):
    def heard(mask):
        return float(energy[mask].sum())

    rng = np.random.default_rng(seed)
    return random_control(np.array(evidence), area, energy, heard, heard, rng, **options)


@given(st.integers(0, 2**32 - 1), st.integers(4, 60), st.booleans())
@settings(max_examples=40)
def test_what_is_promised_holds(seed, n_segments, even):
    rng = np.random.default_rng(seed)
    area = np.full(n_segments, 1 / n_segments) if even else rng.dirichlet(np.full(n_segments, 3.0))
    energy = area * rng.lognormal(sigma=1, size=n_segments)
    evidence = rng.choice(n_segments, size=rng.integers(1, n_segments), replace=False)
    control = draw(evidence, area, energy, seed)
    assume(control is not None)
    chosen = np.array(control.segments)
    assert control.segments == tuple(sorted(set(control.segments)))
    assert set(control.segments) != set(evidence.tolist())
    assert control.area_difference == pytest.approx(decibels(area[chosen].sum(), area[evidence].sum()))
    by_segments = decibels(energy[chosen].sum(), energy[evidence].sum())
    assert control.energy_difference == pytest.approx(by_segments + control.gain)
    assert abs(control.gain) <= GREATEST_GAIN
    assert not control.gain or (control.matched and abs(by_segments) > TOLERANCE)
    shared = area[np.intersect1d(chosen, evidence)].sum() / area[evidence].sum()
    assert control.overlap == pytest.approx(shared, abs=1e-9)
    assert control.overlap <= (1 + max(0, 2 - 1 / area[evidence].sum())) / 2 + 1e-6
    assert control.matched == (max(abs(control.area_difference), abs(control.energy_difference)) <= TOLERANCE)


def test_evenly_filled_grid_is_matched_and_random():
    area = np.full(24, 1 / 24)
    controls = [draw([0, 1, 2, 3], area, np.ones(24), seed) for seed in range(200)]
    assert all(control.matched and len(control.segments) == 4 for control in controls)
    chosen = np.bincount(np.concatenate([control.segments for control in controls]), minlength=24)
    assert chosen.min() > 10, "every segment, those of the evidence too, has its chance"


def test_same_seed_same_control():
    rng = np.random.default_rng(1)
    area, energy = np.full(30, 1 / 30), rng.lognormal(size=30)
    first, again, other = (draw([3, 4, 5, 6], area, energy, seed) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_rare_matches_are_found():
    """Of half a million sets of four among sixty, few have the evidence's great energy."""
    energy = np.ones(60)
    energy[:8] = 50
    control = draw([0, 1, 2, 3], np.full(60, 1 / 60), energy)
    assert control.matched
    assert np.sum(np.array(control.segments) < 8) == 4
    assert control.overlap <= 0.5


@pytest.mark.parametrize("extreme", [1000, 0.2], ids=["loudest", "quietest"])
def test_what_has_no_equal_is_matched_by_a_stated_gain(extreme):
    """The nearest set that is allowed holds one of the two extreme segments and one of the others."""
    energy = np.ones(24)
    energy[:2] = extreme
    control = draw([0, 1], np.full(24, 1 / 24), energy)
    assert control.matched_by == "gain"
    assert control.gain == pytest.approx(decibels(2 * extreme, extreme + 1), abs=0.005)
    assert abs(control.energy_difference) <= 0.005


def test_no_gain_beyond_its_bound():
    energy = np.ones(24)
    energy[0] = 100
    control = draw([0], np.full(24, 1 / 24), energy)
    assert (control.matched_by, control.gain) == ("nothing", 0)
    assert control.energy_difference == pytest.approx(-20)


def test_a_gain_does_not_make_up_for_area():
    area, energy = np.array([0.6, 0.2, 0.2]), np.array([1.0, 0.2, 0.2])
    control = draw([0], area, energy)
    assert (control.matched_by, control.gain) == ("nothing", 0)
    assert control.area_difference < -TOLERANCE


def test_silence_is_turned_up_by_nothing():
    control = draw([0], np.full(4, 0.25), np.array([1.0, 0, 0, 0]))
    assert (control.matched_by, control.gain) == ("nothing", 0)


def test_matching_is_decided_by_what_is_heard():
    """Sets whose sums match, but which sound 3 dB softer than the evidence, need a gain to match."""
    area, energy = np.full(10, 0.1), np.ones(10)

    def heard(mask):
        return float(mask.sum() * (1 if mask[0] else 0.5))

    control = random_control(
        np.array([0, 1, 2]), area, energy, lambda mask: float(mask.sum()), heard, np.random.default_rng(0)
    )
    assert control.matched_by == "segments"
    assert 0 in control.segments
    without_first = random_control(
        np.array([0]), area, energy, lambda mask: float(mask.sum()), heard, np.random.default_rng(0)
    )
    assert without_first.matched_by == "gain"
    assert without_first.gain == 3.01


def test_earlier_controls_are_not_drawn_again_until_none_is_left():
    area, energy = np.full(4, 0.25), np.ones(4)
    taken = set()
    for _ in range(3):
        control = draw([0], area, energy, earlier=taken)
        taken.add(control.segments)
    assert taken == {(1,), (2,), (3,)}
    assert draw([0], area, energy, earlier=taken) is None


@pytest.mark.parametrize(
    ("power", "reference", "wanted"), [(1, 1, 0), (2, 1, 3.0103), (0, 0, 0), (0, 1, -200), (1, 0, 200)]
)
def test_decibels(power, reference, wanted):
    assert decibels(power, reference) == pytest.approx(wanted, abs=1e-3)
