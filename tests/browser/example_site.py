"""Fill an empty site with small studies for the browser tests.

Runs in a process of its own with the site's settings, Django being set up. Prints as JSON the tokens of
annotators who stand before their first trial, and of one whose trial presents three clips side by side.
"""

import hashlib
import io
import json

import numpy as np
import soundfile
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from example_values import AWKWARD
from sites import EMPTY_DATABASE

from explainer.models import Clip, Track
from studyserver.static_files import collect_static_files
from studyserver.study.lifecycle.opening import close_study, open_study
from studyserver.study.models import Annotator, Presentation, Question, Stimulus, Study, Trial
from studyserver.study.sessions import session
from studyserver.study.sessions.joining import join

SAMPLE_RATE = 22_050
READY = 100  # one process may run nearly all tests, whichever files the others take
READY_FOR_OTHERS = 40
CONSENT = """This study is about how music sounds to people.

You will hear short pieces of music and say how they sound to you. It takes about five minutes.

We store your answers, when you gave them, and what you played. We do not store your name or your address.
You can stop at any time, without giving a reason."""
INSTRUCTIONS = """You will hear one short sound at a time. Some of them sound strange, as if parts were
missing: that is intended.

Listen to each sound to the end, then answer the question below it. You can play it as often as you like.
There are no right or wrong answers; your first impression is best."""


def tone(frequency: float, seconds: float) -> bytes:
    """Return a faded tone as a FLAC file without tags."""
    t = np.arange(int(SAMPLE_RATE * seconds)) / SAMPLE_RATE
    y = 0.1 * np.sin(2 * np.pi * frequency * t) * np.minimum(1, np.minimum(t, seconds - t) / 0.02)
    buffer = io.BytesIO()
    soundfile.write(buffer, y, SAMPLE_RATE, format="FLAC", subtype="PCM_24")
    return buffer.getvalue()


def make_clip(track: Track, condition: str, frequency: float, seconds: float) -> Clip:
    content = tone(frequency, seconds)
    return Clip.objects.create(
        track=track,
        condition=condition,
        target="" if condition == Clip.Condition.ORIGINAL else "dissonance",
        file=ContentFile(content, name=f"{track.name}-{condition}.flac"),
        sha256=hashlib.sha256(content).hexdigest(),
        sample_rate=SAMPLE_RATE,
        seconds=seconds,
    )


def make_study(
    slug: str, clips: list[Clip], questions: list[dict], *, opened: bool = True, **fields
) -> Study:
    fields = {
        "title": "How does this music sound?",
        "consent": CONSENT,
        "instructions": INSTRUCTIONS,
        "thanks": "You have helped us to find out what people hear in music.",
        "contact": "listening@example.org",
        "minimum_track_distance": 0,
        **fields,
    }
    study = Study.objects.create(slug=slug, **fields)
    for clip in clips:
        Stimulus.objects.create(study=study, clip=clip)
    for position, question in enumerate(questions):
        Question.objects.create(study=study, position=position, **question)
    if opened:
        open_study(study)
    return study


SCALE = {
    "key": "dissonance",
    "kind": "scale",
    "text": "How harsh does this sound to you?",
    "help_text": "Harsh: rough and tense, as if the notes did not want to go together.",
    "options": {"points": 5, "low": "not at all", "high": "very harsh"},
}
CHOICES = [{"value": value, "label": value} for value in ("melody", "rhythm", "harmony", "tone colour")]
EVERY_KIND = [
    {**SCALE, "options": {"points": 7, "low": "not at all", "high": "very harsh"}},
    {
        "key": "tempo",
        "kind": "slider",
        "text": "How fast does it seem?",
        "options": {"min": 0, "max": 100, "low": "slow", "high": "fast"},
    },
    {"key": "melody", "kind": "presence", "text": "Can you hear a melody?"},
    {"key": "mood", "kind": "choice", "text": "What stands out?", "options": {"choices": CHOICES}},
    {
        "key": "heard",
        "kind": "checklist",
        "text": "What is there?",
        "options": {"choices": CHOICES},
    },
    {"key": "comment", "kind": "text", "text": "Anything else?", "required": False},
]
FINE = [
    {
        "key": "valence",
        "kind": "slider",
        "text": "How pleasant is it?",
        "options": {"min": 0, "max": 1, "low": "unpleasant", "high": "pleasant"},
    },
    {
        "key": "words",
        "kind": "checklist",
        "text": "Which words fit?",
        "options": {"choices": [{"value": value, "label": value} for value in AWKWARD]},
    },
]


def main(seconds: float) -> None:
    prepare_empty_site()
    clips = []
    for number, condition in enumerate(["original", "evidence", "complement", "random_control"]):
        content = tone(200 + number, seconds)
        track = Track.objects.create(
            name=f"secret-track-{number}",
            file=ContentFile(content, name="track.flac"),
            sha256=hashlib.sha256(content).hexdigest(),
            seconds=seconds,
            sample_rate=SAMPLE_RATE,
            channels=1,
        )
        clips.append(make_clip(track, condition, 300 + 60 * number, seconds))
    get_user_model().objects.create_superuser("researcher", password="in the lab")
    scale = make_study("scale", clips, [SCALE])
    kinds = make_study("kinds", clips[:2], EVERY_KIND)
    for clip, label in zip(clips[2:], ["very harsh", "not harsh at all"], strict=True):
        kinds.questions.get(key="dissonance").examples.create(clip=clip, label=label)
    fine = make_study("fine", clips[:2], FINE)
    make_study("full", clips, [SCALE], annotators_wanted=1)
    session.give_consent(join(Study.objects.get(slug="full")))
    closed = make_study("closed", clips, [SCALE])
    close_study(closed)
    numbers = {scale: READY, kinds: READY_FOR_OTHERS, fine: READY_FOR_OTHERS}
    tokens = {study.slug: [ready(study) for _ in range(number)] for study, number in numbers.items()}
    from example_sets import make_presentations

    found = {"ready_for": tokens, "side_by_side": side_by_side(clips)}
    print(json.dumps(found | {"presentations": make_presentations(seconds)}))


def prepare_empty_site() -> None:
    """Migrate the database and keep a copy; collect the static files, so that copied sites start sooner."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(settings.DATA_FOLDER / EMPTY_DATABASE)])
    collect_static_files()


def ready(study: Study) -> str:
    """Return the token of an annotator who stands before the first trial."""
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {"outcome": "passed"})
    return annotator.token


def side_by_side(clips: list[Clip]) -> list[str]:
    """Give annotators a trial of three clips, each to be rated, and return their tokens."""
    study = make_study("several", clips[:3], [{**SCALE, "text": "How harsh does it sound?"}])
    tokens = [ready(study) for _ in range(2)]
    for annotator in Annotator.objects.filter(token__in=tokens):
        trial = Trial.objects.create(annotator=annotator, position=1)
        for position, stimulus in enumerate(study.stimuli.all()):
            Presentation.objects.create(trial=trial, stimulus=stimulus, position=position)
    return tokens
