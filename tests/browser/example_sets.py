"""Studies whose trials present several clips, one of each presentation, for the browser tests."""

from example_site import SCALE, make_clip, make_study, ready

from explainer.models import Clip, Track
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Stimulus

CONDITIONS = ["original", "evidence", "complement", "random_control"]
QUALITY = {
    "key": "quality",
    "kind": "slider",
    "text": "How close does it come to the reference?",
    "options": {"min": 0, "max": 100, "low": "far away", "high": "the same"},
}
LABELLED = {
    "key": "quality",
    "kind": "scale",
    "text": "How good is the sound?",
    "options": {"points": 5, "labels": ["bad", "poor", "fair", "good", "excellent"]},
}
PREFERENCE = {"key": "preferred", "kind": "preference", "text": "Which sounds harsher?", "scope": "trial"}
SETS = {
    "single-stretches": (
        {"allow_loop_region": True, "show_waveform": True, "lock_volume": False},
        [{"key": "where", "kind": "stretches", "text": "Where do you hear a melody?"}],
    ),
    "pair": (
        {
            "presentation": "pair",
            "compared_conditions": ["evidence", "random_control"],
            "rest_every": 1,
            "rest_seconds": 5,
            "rest_text": "Stretch your legs.",
        },
        [{**PREFERENCE, "options": {"steps": 3, "word": "more"}}],
    ),
    "pair_reference": (
        {
            "presentation": "pair_reference",
            "reference_condition": "original",
            "compared_conditions": ["evidence", "random_control"],
        },
        [
            {
                **PREFERENCE,
                "text": "Which is closer to the reference?",
                "options": {"steps": 2, "word": "closer"},
            }
        ],
    ),
    "multiple": (
        {"presentation": "multiple"},
        [SCALE, LABELLED, {**PREFERENCE, "text": "Which is the harshest?"}],
    ),
    "multiple_reference": (
        {
            "presentation": "multiple_reference",
            "reference_condition": "original",
            "anchor_condition": "random_control",
            "switching": "restart",
            "rate_while_playing": True,
            "allow_seek": False,
            "allow_loop": False,
        },
        [QUALITY],
    ),
    "abx": (
        {
            "presentation": "abx",
            "compared_conditions": ["original", "evidence"],
            "practice_trials": 1,
            "practice_feedback": True,
        },
        [{"key": "x", "kind": "abx", "text": "Is X the clip A or the clip B?", "scope": "trial"}],
    ),
    "intruder": (
        {"presentation": "intruder", "compared_conditions": ["evidence"]},
        [
            {"key": "odd", "kind": "intruder", "text": "Which one does not belong?", "scope": "trial"},
            {
                "key": "shared",
                "kind": "text",
                "text": "What do the other sounds have in common?",
                "scope": "trial",
                "required": False,
            },
        ],
    ),
}


def clips_of_two_targets(seconds: float) -> list[Clip]:
    """Store evidence of four tracks for two targets."""
    clips = []
    for number in range(4):
        track = Track.objects.create(
            name=f"secret-odd-{number}", file="tracks/none.flac", sha256=f"{10 + number:064}",
            seconds=seconds, sample_rate=22_050, channels=1,
        )  # fmt: skip
        for place, target in enumerate(("happy", "sad")):
            clip = make_clip(track, "evidence", 300 + 40 * number + 400 * place, seconds)
            clip.target = target
            clip.save()
            clips.append(clip)
    return clips


def make_presentations(seconds: float) -> dict[str, list[str]]:
    """Store a study of each presentation; return tokens of annotators before the first trial of each."""
    clips = []
    for number in range(2):
        track = Track.objects.create(
            name=f"secret-set-{number}", file="tracks/none.flac", sha256=f"{number:064}", seconds=seconds,
            sample_rate=22_050, channels=1,
        )  # fmt: skip
        clips += [
            make_clip(track, condition, 250 + 70 * place + 20 * number, seconds)
            for place, condition in enumerate(CONDITIONS)
        ]
    found = {}
    for name, (fields, questions) in SETS.items():
        own = clips_of_two_targets(seconds) if name == "intruder" else clips
        study = make_study(f"set-{name.replace('_', '-')}", own, questions, opened=False, **fields)
        if study.practice_trials:
            for clip in clips[:2]:
                Stimulus.objects.create(
                    study=study, clip=clip, role="practice", feedback="Listen to the very beginning."
                )
        open_study(study)
        found[name] = [ready(study) for _ in range(5)]
    return found
