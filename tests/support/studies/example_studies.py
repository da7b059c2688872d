"""Studies and annotators to test with, made of short clips that need no explainer."""

import datetime
import hashlib
import io
import uuid
from functools import cache

import numpy as np
import soundfile
from django.core.files.base import ContentFile
from django.db.models import F

from explainer.models import Clip, Track
from studyserver.study.models import Question, Stimulus, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join

CONDITIONS = [
    Clip.Condition.ORIGINAL,
    Clip.Condition.EVIDENCE,
    Clip.Condition.COMPLEMENT,
    Clip.Condition.RANDOM_CONTROL,
]
SECONDS = 2.0


@cache
def sound(text: str) -> bytes:
    """Return a short FLAC file that differs from text to text."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]))
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.1 * rng.standard_normal(int(8000 * SECONDS)), 8000, format="FLAC")
    return buffer.getvalue()


def make_track(name: str) -> Track:
    """Store a track; its sound is never decoded here."""
    content = sound(name)
    return Track.objects.create(
        name=name,
        file=ContentFile(content, name=f"{name}.flac"),
        sha256=hashlib.sha256(content).hexdigest(),
        seconds=SECONDS,
        sample_rate=8000,
        channels=1,
    )


def make_clip(track: Track, condition: str, target: str = "", variant: int = 0) -> Clip:
    """Store a clip with a playable file."""
    content = sound(f"{track.name} {condition} {target} {variant}")
    return Clip.objects.create(
        track=track,
        condition=condition,
        target=target,
        target_level="mid-level" if target else "",
        variant=variant,
        file=ContentFile(content, name="clip.flac"),
        sha256=hashlib.sha256(content).hexdigest(),
        sample_rate=8000,
        seconds=SECONDS,
    )


def make_study(n_tracks: int = 4, conditions=CONDITIONS, **fields) -> Study:
    """Store a study with every condition of every track and a required five-point question."""
    fields = {
        "slug": f"study-{Study.objects.count()}",
        "title": "What do you hear?",
        "consent": "You listen and answer. You can stop at any time.",
        "instructions": "Listen to each clip and answer.",
        **fields,
    }
    study = Study.objects.create(**fields)
    for number in range(n_tracks):
        track = make_track(f"track-{Track.objects.count()}-{number}")
        for condition in conditions:
            target = "" if condition == Clip.Condition.ORIGINAL else "dissonance"
            Stimulus.objects.create(study=study, clip=make_clip(track, condition, target))
    Question.objects.create(
        study=study,
        key="dissonance",
        text="How harsh does it sound?",
        kind=Question.Kind.SCALE,
        options={"points": 5, "low": "not at all", "high": "very"},
        target="dissonance",
    )
    return study


def make_event(trial, question="dissonance", value=3, sequence=1, **fields) -> dict:
    """Return an answer as a browser sends it."""
    return {
        "uuid": str(uuid.uuid4()),
        "trial": trial.token,
        "question": question,
        "presentation": None,
        "value": value,
        "sequence": sequence,
        "age_ms": 1,
        "response_ms": 1234,
        **fields,
    }


def heard(trial, share: float = 1.0) -> dict:
    """Return the listening record of somebody who heard a share of each clip."""
    return {
        "presentations": {
            item.token: {"intervals": [[0, share * item.stimulus.clip.seconds]], "plays": 1, "seeks": 0}
            for item in trial.presentations.all()
        },
        "focus_losses": 0,
    }


def ready(study, **fields):
    """Return an annotator who stands before the first trial."""
    annotator = join(study, **fields)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {"heard": True})
    return annotator


def walk(annotator, trials: int | None = None, answer=lambda trial: 3) -> int:
    """Do so many trials (all of them by default); return how many were done."""
    done = 0
    while (trials is None or done < trials) and (trial := session.current_trial(annotator)):
        event = make_event(trial, value=answer(trial), sequence=done + 1)
        assert record_judgments(annotator, [event])[0]["status"] == "stored"
        session.finish_trial(annotator, trial.token, heard(trial))
        done += 1
    return done


def let_time_pass(annotator, seconds: float = 60) -> None:
    """Make so much time pass since an annotator's browser was given the trials that it has."""
    trials = annotator.trials.all()
    ago = datetime.timedelta(seconds=seconds)
    trials.update(allocated_at=F("allocated_at") - ago, given_at=F("given_at") - ago)
    trials.exclude(presented_at=None).update(presented_at=F("presented_at") - ago)
