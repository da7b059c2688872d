"""A study with real rows, taken by simulated people through the session's own functions."""

import hashlib
import uuid

import numpy as np
from django.core.files.base import ContentFile

from explainer.core.base.recipe import Recipe as RecipeParameters
from explainer.models import Clip, Explanation, MusicModel, Recipe, Track
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question, Stimulus, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join

TARGETS = ("dissonance", "melodiousness")
# How strongly the target is heard, on a scale of 1 to 5, by condition.
HEARD = {"original": 4.2, "evidence": 3.8, "random_control": 2.0, "complement": 2.4, "resynthesis": 4.1}
CHOICES = [{"value": name, "label": name.capitalize()} for name in (*TARGETS, "rhythm")]


REMARKS = ["=1+1", 'a "quoted", text', "zwei\nZeilen", "Ünïcödé ♫", "-", "\uff1dSUM(A1)"]


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def make_track(name, **fields):
    return Track.objects.create(
        name=name, sha256=_digest(name), seconds=2.0, sample_rate=22050, channels=1,
        file=ContentFile(b"sound", name=f"{name}.flac"), **fields,
    )  # fmt: skip


def make_explanation(track, model, recipe):
    return Explanation.objects.create(
        track=track, model=model, recipe=recipe, state=Explanation.State.DONE,
        key=_digest(f"explanation {track.name}"),
        predictions={target: 0.25 + index / 3 for index, target in enumerate(TARGETS)}, model_calls=256,
    )  # fmt: skip


def make_clip(explanation, condition, target="", **fields):
    name = f"{explanation.track.name} {condition} {target} {fields}"
    return Clip.objects.create(
        track=explanation.track, explanation=explanation, condition=condition, target=target,
        target_level="mid-level" if target else "", method="lime", kept_segments=4 if target else 0,
        file=ContentFile(b"sound", name="clip.flac"), sha256=_digest(name), sample_rate=22050, seconds=2.0,
        loudness=-21.123456789, gain=-1.5, true_peak=-3.25, area_share=1 / 6, energy_share=0.1 + 0.2,
        prediction_heard=dict.fromkeys(TARGETS, 0.5), prediction_masked=dict.fromkeys(TARGETS, 1 / 3),
        provenance={"seed": 7, "segments": [1, 5]}, **fields,
    )  # fmt: skip


def make_study(slug="dissonance-study", *, tracks=3, **fields):
    study = Study.objects.create(
        slug=slug, title="What do you hear?",
        consent="You can stop at any time.\nNothing personal is stored.",
        instructions="Listen, then answer.", seed=3,
        **{"minimum_track_distance": 1, "repeats_per_annotator": 1, "repeat_distance": 1, **fields},
    )  # fmt: skip
    model = MusicModel.objects.create(
        name=f"cues-of-{slug}", checkpoint_sha256=_digest("weights"),
        targets=[{"name": target, "level": "mid-level"} for target in TARGETS],
    )  # fmt: skip
    parameters = RecipeParameters(seed=11)
    recipe = Recipe.objects.create(
        name=f"grid-of-{slug}", parameters=parameters.to_dict(), digest=parameters.digest()
    )
    for number in range(tracks):
        track = make_track(
            f"{slug}-{number}", title=f"Étude № {number}", composer='=Formula, "Quoted"', licence="CC0"
        )
        explanation = make_explanation(track, model, recipe)
        for condition, target in [
            ("original", ""),
            ("evidence", "dissonance"),
            ("random_control", "dissonance"),
        ]:
            Stimulus.objects.create(study=study, clip=make_clip(explanation, condition, target))
    own = {"study": study, "target": "dissonance"}
    Question.objects.create(
        position=1, key="dissonance", text="How harsh does it sound?", kind="scale", level="ordinal",
        options={"points": 5, "low": "not at all", "high": "very"}, **own,
    )  # fmt: skip
    Question.objects.create(
        position=2, key="harsh.slider", text="How harsh, from -50 to 50?", kind="slider", level="interval",
        options={"min": -50, "max": 50}, **own,
    )  # fmt: skip
    Question.objects.create(
        position=3, key="present", text="Is it harsh?", kind="presence", level="ordinal", **own
    )
    Question.objects.create(
        study=study, position=4, key="about", text="What is it about?", kind="choice", level="nominal",
        options={"choices": CHOICES},
    )  # fmt: skip
    Question.objects.create(
        study=study, position=5, key="audible", text="What do you hear?", kind="checklist", level="nominal",
        options={"choices": CHOICES}, required=False,
    )  # fmt: skip
    Question.objects.create(
        study=study,
        position=6,
        key="remarks",
        text="Anything else?",
        kind="text",
        level="nominal",
        required=False,
    )
    return study


def answers(rng, condition):
    """Return an answer to each question, by somebody who hears well but not perfectly."""
    strength = HEARD[condition] + rng.normal(0, 0.7)
    clear = strength > 3
    return {
        "dissonance": int(np.clip(round(strength), 1, 5)),
        "harsh.slider": round(float(np.clip(20 * (strength - 3), -50, 50)), 3),
        "present": {"presence": "clear" if strength > 3.5 else "some" if clear else "none", "confidence": 4},
        "about": "dissonance" if clear else str(rng.choice(["melodiousness", "rhythm"])),
        "audible": ["dissonance", "rhythm"] if clear else [],
        "remarks": str(rng.choice(REMARKS)),
    }


def event(trial, question, value, sequence):
    return {
        "uuid": str(uuid.uuid4()),
        "trial": trial.token,
        "question": question,
        "presentation": None,
        "value": value,
        "sequence": sequence,
        "age_ms": 1,
        "response_ms": 1000 + sequence,
    }


def heard(trial):
    return {
        "presentations": {
            item.token: {"intervals": [[0, 1.5], [1.0, 2.0]], "plays": 2, "seeks": 1, "loops": 0, "share": 1}
            for item in trial.presentations.all()
        },
        "trial": trial.token, "switches": 0, "focus_losses": 1, "reloads": 0, "time_to_first_play_ms": 812,
        "time_to_first_answer_ms": 3120, "output_sample_rate": 48000,
    }  # fmt: skip


def take_part(study, rng, *, trials=None, leave=None, **fields):
    """Walk one annotator through the study; return the annotator."""
    annotator = join(study, device_family="phone", **fields)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {"passed": True})
    sequence = done = 0
    while (trials is None or done < trials) and (trial := session.current_trial(annotator)):
        condition = trial.presentations.get().stimulus.clip.condition
        events = []
        for question, value in answers(rng, condition).items():
            sequence += 1
            if question == "dissonance" and done == 0:  # a change of mind: the last event counts
                events.append(event(trial, question, 6 - value, sequence))
                sequence += 1
            events.append(event(trial, question, value, sequence))
        receipts = record_judgments(annotator, events)
        assert {receipt["status"] for receipt in receipts} == {"stored"}, receipts
        session.finish_trial(annotator, trial.token, heard(trial))
        done += 1
    if leave is not None:
        session.withdraw(annotator, keep_answers=leave == "keep")
    annotator.refresh_from_db()
    return annotator


def fill(study, annotators=6):
    """Let people take part: most finish, one is in the middle, two withdraw."""
    rng = np.random.default_rng(5)
    open_study(study)
    for _ in range(annotators):
        take_part(study, rng)
    take_part(study, rng, trials=2)
    take_part(study, rng, trials=3, leave="keep")
    take_part(study, rng, trials=3, leave="discard")
    take_part(study, rng, rehearsal=True)
    return study


def answer_trials(study, answer, *, question="which", finish=True):
    """Walk one annotator through a study of one question; `answer` is called with each trial."""
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    while trial := session.current_trial(annotator):
        (receipt,) = record_judgments(annotator, [event(trial, question, answer(trial), trial.position)])
        assert receipt["status"] == "stored", receipt
        if not finish:
            break
        presented = trial.presentations.select_related("stimulus__clip")
        record = {
            item.token: {"intervals": [[0, item.stimulus.clip.seconds]], "plays": 1, "share": 1}
            for item in presented
        }
        session.finish_trial(annotator, trial.token, {"presentations": record, "trial": trial.token})
    return annotator
