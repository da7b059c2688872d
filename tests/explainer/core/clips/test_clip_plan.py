import itertools
import json

import numpy as np
import pytest
import soundfile

from explainer.core.audio import loudness, true_peak
from explainer.core.base.explanation import Explanation, Target
from explainer.core.base.recipe import Recipe
from explainer.core.clips.clip_plan import plan_conditions
from explainer.core.clips.rendering import input_as_heard, render_clips
from explainer.core.representations.kinds import log_filterbank, mel
from explainer.core.segmentation.segments import segment


class Scene:
    """A sound, its segments, and an explanation whose weights are given."""

    def __init__(self, y, representation, weights=None, **parameters):
        self.y, self.representation = y, representation
        features = representation.features(y)
        self.segmentation = segment("grid", features, representation, y, parameters)
        if weights is None:
            weights = np.random.default_rng(4).standard_normal((2, self.segmentation.n_segments))
        targets = [Target("dissonance", "mid-level"), Target("sad", "emotion")][: len(weights)]
        self.explanation = Explanation(
            targets, np.array(weights, dtype=float), np.zeros(len(weights)), np.zeros(len(weights)), 1
        )

    def plan(self, recipe, targets=(), notes=None):
        return plan_conditions(
            self.explanation, self.segmentation, self.y, self.representation, recipe, targets, notes=notes
        )

    def render(self, recipe, folder, targets=()):
        plan = self.plan(recipe, targets)
        clips = render_clips(plan, self.y, self.representation, route=recipe.route, output_folder=folder)
        return plan, clips


@pytest.fixture(scope="module")
def scene(polyphony):
    return Scene(polyphony(16000, 3), mel())


def of(clips, condition, **attributes):
    def fits(clip):
        return all(getattr(clip, name) == value for name, value in attributes.items())

    return [clip for clip in clips if clip.condition == condition and fits(clip)]


class TestPlan:
    def test_every_condition_once(self, scene):
        recipe = Recipe(evidence_sizes=(2, 5), random_controls=2, boost=12)
        plan = scene.plan(recipe)
        keys = [(clip.condition, clip.target, clip.kept_segments, clip.variant) for clip in plan]
        per_size = [
            ("evidence", 0), ("complement", 0), ("counter_evidence", 0), ("boosted", 0),
            ("random_control", 0), ("random_control", 1),
        ]  # fmt: skip
        wanted = {
            (condition, target, size, variant)
            for target, size, (condition, variant) in itertools.product(
                ("dissonance", "sad"), (2, 5), per_size
            )
        }
        assert set(keys) == wanted | {("original", "", 0, 0), ("resynthesis", "", 0, 0)}
        assert len(keys) == len(set(keys))
        assert keys[0][0] == "original"
        assert {clip.target_level for clip in of(plan, "evidence", target="sad")} == {"emotion"}
        json.dumps([clip.provenance for clip in plan])

    def test_evidence_and_its_opposites(self, scene):
        plan = scene.plan(Recipe(evidence_sizes=(3,)), ["sad"])
        weights = scene.explanation.weights[1]
        (evidence,), (complement,), (against,) = (
            of(plan, name) for name in ("evidence", "complement", "counter_evidence")
        )
        assert set(evidence.segments) == set(np.argsort(-weights)[:3])
        assert set(against.segments) == set(np.argsort(weights)[:3])
        assert set(evidence.segments) | set(complement.segments) == set(range(24))
        np.testing.assert_allclose(evidence.cell_gain + complement.cell_gain, 1)
        assert evidence.area_share == pytest.approx(evidence.cell_gain.mean(), abs=1e-6)

    def test_boost_lifts_the_evidence_alone(self, scene):
        plan = scene.plan(Recipe(evidence_sizes=(3,), boost=12.0), ["sad"])
        (evidence,), (boosted,) = of(plan, "evidence"), of(plan, "boosted")
        assert (boosted.cell_gain[evidence.cell_gain == 0] == 1).all()
        np.testing.assert_allclose(boosted.cell_gain[evidence.cell_gain == 1], 10 ** (12 / 20))
        assert not of(scene.plan(Recipe(evidence_sizes=(3,))), "boosted")

    def test_controls_depend_on_the_seed_alone(self, scene):
        def segments(recipe, targets):
            return [clip.segments for clip in of(scene.plan(recipe, targets), "random_control", target="sad")]

        recipe = Recipe(evidence_sizes=(4,), random_controls=2, seed=1)
        assert segments(recipe, ["sad"]) == segments(recipe, ["dissonance", "sad"])
        assert len(set(segments(recipe, ["sad"]))) == 2
        assert segments(Recipe(evidence_sizes=(4,), random_controls=2, seed=2), ["sad"]) != segments(
            recipe, ["sad"]
        )

    @pytest.mark.parametrize(
        ("weights", "message", "missing"),
        [
            (
                -np.ones(24),
                "No segment has a positive weight for dissonance",
                ["evidence", "complement", "random_control"],
            ),
            (np.ones(24), "No segment has a negative weight for dissonance", ["counter_evidence"]),
            (np.eye(24)[0] - 0.1, "the evidence of 30 segments was left out as a repetition", []),
        ],
    )
    def test_what_cannot_be_made_is_said(self, scene, weights, message, missing):
        notes = []
        plan = Scene(scene.y, scene.representation, [weights]).plan(
            Recipe(evidence_sizes=(4, 30)), notes=notes
        )
        assert any(message in note for note in notes)
        for condition in missing:
            assert not of(plan, condition)

    @pytest.mark.parametrize(("positive", "words"), [(3, "Only 3 segments have"), (1, "Only 1 segment has")])
    def test_clips_say_what_was_asked_for_and_what_they_hold(self, scene, positive, words):
        weights = np.where(np.arange(24) < positive, 1.0, 0.0) + np.where(np.arange(24) > 21, -1.0, 0.0)
        notes = []
        plan = Scene(scene.y, scene.representation, [weights]).plan(
            Recipe(evidence_sizes=(4, 6), boost=6), notes=notes
        )
        for condition in ("evidence", "complement", "random_control", "boosted"):
            [clip] = of(plan, condition)
            assert (clip.segments_asked, clip.kept_segments) == (4, positive), condition
        assert len(of(plan, "evidence")[0].segments) == positive
        assert len(of(plan, "complement")[0].segments) == 24 - positive
        [against] = of(plan, "counter_evidence")
        assert (against.segments_asked, against.kept_segments, len(against.segments)) == (4, 2, 2)
        assert (
            f"{words} a positive weight for dissonance, so the evidence of 4 segments has {positive}."
            in notes
        )
        assert (
            f"{words} a positive weight for dissonance, so the evidence of 6 segments was left out as a "
            "repetition."
        ) in notes
        assert (
            "Only 2 segments have a negative weight for dissonance, so the counter-evidence of 4 segments "
            "has 2."
        ) in notes

    def test_evidence_of_everything_has_no_complement(self, scene):
        notes = []
        plan = Scene(scene.y, scene.representation, [np.ones(24)]).plan(
            Recipe(evidence_sizes=(24,)), notes=notes
        )
        assert [clip.condition for clip in plan] == ["original", "resynthesis", "evidence"]
        assert any("there is no complement and no random control" in note for note in notes)

    def test_unknown_target(self, scene):
        with pytest.raises(KeyError, match="no target 'joy'; use one of dissonance, sad"):
            scene.plan(Recipe(), ["joy"])


RECIPE = Recipe(evidence_sizes=(2, 4), random_controls=2, boost=6)


@pytest.fixture(scope="module")
def rendered(scene, tmp_path_factory):
    """The plan, the clips, and the folder they are in."""
    folder = tmp_path_factory.mktemp("clips")
    return *scene.render(RECIPE, folder), folder


class TestFiles:
    def test_all_alike_but_for_the_sound(self, scene, rendered):
        _, clips, folder = rendered
        assert {path.name for path in folder.iterdir()} == {f"{clip.sha256}.flac" for clip in clips}
        for clip in clips:
            header = soundfile.info(clip.path)
            assert (header.samplerate, header.channels, header.subtype) == (16000, 1, "PCM_24")
            assert header.frames == len(scene.y)
            assert clip.seconds == 3
            assert clip.sample_rate == 16000

    def test_one_gain_for_all(self, scene, rendered):
        _, clips, _ = rendered
        assert len({clip.gain for clip in clips}) == 1
        for clip in clips:
            y, _ = soundfile.read(clip.path)
            assert clip.true_peak == pytest.approx(true_peak(y, 16000), abs=0.01)
            assert clip.true_peak <= -1
            if clip.loudness is not None:
                assert loudness(y, 16000) == pytest.approx(clip.loudness + clip.gain, abs=0.05)
        at_target = clips[0].loudness + clips[0].gain
        assert at_target == pytest.approx(-23, abs=0.02) or max(clip.true_peak for clip in clips) > -1.02

    def test_resynthesis_is_the_original(self, rendered):
        _, (original, resynthesis, *_), _ = rendered
        sounds = [soundfile.read(clip.path)[0] for clip in (original, resynthesis)]
        np.testing.assert_allclose(*sounds, atol=2**-22)
        assert resynthesis.energy_share == pytest.approx(1)

    def test_original_is_the_track(self, scene, rendered, snr):
        original = rendered[1][0]
        y, _ = soundfile.read(original.path)
        wanted = scene.y * 10 ** (original.gain / 20)
        assert snr(wanted[400:-400], y[400:-400]) > 60

    def test_evidence_and_complement_add_up(self, rendered, snr):
        _, clips, _ = rendered
        (evidence,) = of(clips, "evidence", target="sad", kept_segments=4)
        (complement,) = of(clips, "complement", target="sad", kept_segments=4)
        parts = [soundfile.read(clip.path)[0] for clip in (evidence, complement)]
        assert snr(soundfile.read(clips[0].path)[0], sum(parts)) > 60

    def test_controls_match_in_the_files(self, rendered):
        _, clips, _ = rendered
        controls = of(clips, "random_control")
        assert len(controls) == 8
        for control in controls:
            evidence = of(clips, "evidence", target=control.target, kept_segments=control.kept_segments)[0]
            energies = [np.sum(soundfile.read(clip.path)[0] ** 2) for clip in (control, evidence)]
            difference = 10 * np.log10(energies[0] / energies[1])
            provenance = control.provenance
            assert difference == pytest.approx(provenance["energy_difference_db"], abs=0.01)
            assert provenance["matched"] == (abs(difference) <= 0.5)
            assert abs(10 * np.log10(control.area_share / evidence.area_share)) <= 0.5
            assert control.sha256 != evidence.sha256
        assert all(control.provenance["matched"] for control in controls)

    def test_controls_of_the_loudest_part_match_by_a_stated_gain(self, scene, tmp_path):
        y = scene.y * np.where(np.arange(len(scene.y)) < len(scene.y) // 3, 1.0, 0.4)
        loudest = Scene(y, scene.representation, [[1, *-np.ones(5)]], time_cells=3, band_cells=2)
        recipe = Recipe(evidence_sizes=(1,), random_controls=2)
        plan, clips = loudest.render(recipe, tmp_path)
        (evidence,) = of(clips, "evidence")
        energy = {clip.sha256: np.sum(soundfile.read(clip.path)[0] ** 2) for clip in clips}
        controls = of(clips, "random_control")
        assert [control.provenance["matched_by"] for control in controls] == ["gain", "gain"]
        for control, planned in zip(controls, of(plan, "random_control"), strict=True):
            assert 0.5 < control.provenance["control_gain_db"] == planned.level <= 12
            assert 10 * np.log10(energy[control.sha256] / energy[evidence.sha256]) == pytest.approx(
                0, abs=0.01
            )
        assert len({clip.gain for clip in clips}) == 1
        assert max(clip.true_peak for clip in clips) <= -1

    def test_shares(self, rendered):
        plan, clips, _ = rendered
        energy = [np.sum(soundfile.read(clip.path)[0] ** 2) for clip in clips]
        for planned, clip, in_file in zip(plan, clips, energy, strict=True):
            assert clip.area_share == planned.area_share
            assert clip.energy_share == pytest.approx(in_file / energy[0], rel=1e-3, abs=1e-9)

    def test_same_bytes_again(self, scene, rendered, tmp_path):
        _, clips, _ = rendered
        _, again = scene.render(RECIPE, tmp_path)
        assert [clip.sha256 for clip in again] == [clip.sha256 for clip in clips]

    def test_fades_are_baked_in(self, scene, tmp_path):
        constant = Scene(np.full(16000, 0.3) * np.resize([1, -1], 16000), mel(), time_cells=2, band_cells=2)
        _, clips = constant.render(Recipe(evidence_sizes=(1,)), tmp_path)
        for clip in clips:
            y, _ = soundfile.read(clip.path)
            assert max(abs(y[0]), abs(y[-1])) < 1e-3


class TestHeard:
    @pytest.mark.parametrize("representation", [log_filterbank(), mel()], ids=["log", "mel"])
    def test_the_track_keeps_its_normalisation(self, polyphony, tmp_path, representation):
        """A model must hear the original as it hears the track, and the weak evidence as weak."""
        y = polyphony(representation.sample_rate, 2)
        scene = Scene(y, representation)
        _, clips = scene.render(Recipe(evidence_sizes=(2,)), tmp_path, ["sad"])
        gain = representation.normalisation_gain(y)
        track = representation.features(y)
        inner = slice(3, -3)  # away from the fades
        heard = input_as_heard(clips[0], representation, gain)
        np.testing.assert_allclose(heard[inner], track[inner], atol=2e-3)
        (evidence,) = of(clips, "evidence")
        assert input_as_heard(evidence, representation, gain).sum() < track.sum()

    def test_silent_evidence_can_be_heard_as_such(self, tmp_path):
        y = np.concatenate([np.zeros(16000), np.sin(np.arange(16000) / 5)])
        scene = Scene(y, mel(), [[1, -1, -1, -1]], time_cells=4, band_cells=1)
        _, clips = scene.render(Recipe(evidence_sizes=(1,), random_controls=0), tmp_path)
        (evidence,) = of(clips, "evidence")
        assert evidence.loudness is None
        assert evidence.true_peak is None
        assert evidence.energy_share == 0
        assert input_as_heard(evidence, mel(), 1.0).shape == (126, 96)
