"""Nothing that an annotator's browser receives tells track, condition, model, method, target or order apart.

The data could leak: every row behind a clip carries a word that must never appear.
"""

import io
import json
import re
import shutil
import struct

import numpy as np
import pytest
import soundfile
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from example_studies import heard, let_time_pass, make_clip, make_event, make_study
from filled_once import filled_once

from explainer.models import Clip, Explanation, MusicModel, Recipe
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question, Stimulus, Study, Trial
from studyserver.study.sessions import session
from studyserver.study.sessions.joining import join

SECRETS = {
    "track": "zugspitze",
    "composer": "beethovenesque",
    "model": "secretnet",
    "recipe": "secretrecipe",
    "method": "occlusionist",
    "target": "gloominess",
    "notes": "hypothesize",
    "key": "gloomkey",
}
ACCIDENTS = {"Content-Length", "Expires"}  # the length follows the position, the date the clock
POSITION = re.compile(
    r'\d+ of \d+|(data-sequence|data-position|"progress" max="\d+" value)=.?"\d+.?"|data-position=.?"\d+.?"'
)
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


@pytest.fixture(scope="module")
def taken(django_db_setup, django_db_blocker, tmp_path_factory):
    """Number of the study, and what came back when it was taken, once for this module; and its files."""
    folder = tmp_path_factory.mktemp("files")

    def fill():
        study = make_secretive_study()
        return study.pk, *take(study)

    with filled_once(django_db_blocker, folder, fill) as made:
        yield *made, folder


@pytest.fixture
def study(taken, db, files_of_the_test):
    number, *_others, folder = taken
    shutil.copytree(folder, files_of_the_test)
    return Study.objects.get(pk=number)


def make_secretive_study():
    """Return an open study with every condition there is, repeats, and a secret in every field behind it."""
    study = make_study(1, list(Clip.Condition.values), repeats_per_annotator=3, repeat_distance=1)
    study.notes = SECRETS["notes"]
    study.save()
    for question in study.questions.all():
        question.target, question.key = SECRETS["target"], SECRETS["key"]
        question.save()
    model = MusicModel.objects.create(name=SECRETS["model"])
    recipe = Recipe.objects.create(name=SECRETS["recipe"], parameters={"method": SECRETS["method"]})
    for stimulus in study.stimuli.select_related("clip__track"):
        clip = stimulus.clip
        track = clip.track
        track.title = track.name = f"{SECRETS['track']}-{track.pk}"
        track.composer = SECRETS["composer"]
        track.save()
        clip.explanation, _ = Explanation.objects.get_or_create(track=track, model=model, recipe=recipe)
        clip.method = SECRETS["method"]
        clip.target = SECRETS["target"] if clip.target else ""
        clip.provenance = {"method": SECRETS["method"], "segments": [31337]}
        # Masked clips compress better: some of these sounds are mostly silence.
        clip.file.save("clip.flac", ContentFile(sparse_sound(stimulus.pk)))
    open_study(study)
    return study


def sparse_sound(number: int) -> bytes:
    """Return a FLAC file of two seconds, the longer silent the greater the number."""
    samples = 0.1 * np.random.default_rng(number).standard_normal(16_000)
    samples[: 1500 * (number % 9)] = 0
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, 8000, format="FLAC")
    return buffer.getvalue()


class Recorder:
    """An annotator's browser that writes down everything it receives."""

    def __init__(self):
        self.client = Client(enforce_csrf_checks=False)
        self.received = []

    def __call__(self, method: str, address: str, **options):
        response = getattr(self.client, method)(address, **options)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        head = "\n".join(f"{name}: {value}" for name, value in response.items())
        self.received.append((address, f"{head}\n{response.cookies.output()}", body))
        response.body = body
        return response

    def post_json(self, address: str, data):
        return self("post", address, data=json.dumps(data), content_type="application/json")


def take(study) -> tuple[Recorder, list[tuple[Trial, dict]]]:
    """Take the whole study as a browser does; return what came back, and what belongs to each trial."""
    browser = Recorder()
    browser("get", reverse("study:join", args=[study.slug]))
    browser("post", reverse("study:join", args=[study.slug]))
    annotator = study.annotators.latest("id")

    def address(name, *more):
        return reverse(f"study:{name}", args=[annotator.token, *more])

    browser("get", address("resume"))
    browser("get", address("consent"))
    browser("post", address("consent"))
    browser("post", address("consent"), data={"agree": "on"})
    browser("get", address("instructions"))
    browser("post", address("instructions"))
    browser("get", address("sound-check"))
    browser("post", address("sound-check"), data={"result": '{"outcome": "passed"}'})
    of_trials = []
    question = study.questions.first().pk
    annotator.refresh_from_db()
    while trial := session.current_trial(annotator):
        seen = {
            "page": browser("get", address("trials")),
            "current": browser("get", address("current")),
            "next": browser("get", address("next")),
            "offline": browser("get", address("offline")),
            "worker": browser("get", address("offline-worker")),
        }
        for item in trial.presentations.all():
            sound = reverse("study:sound", args=[item.token])
            seen["sound"] = browser("get", sound)
            seen["part"] = browser(
                "get", reverse("study:sound", args=[item.token]), headers={"Range": "bytes=0-99"}
            )
            seen["head"] = browser("head", sound)
        seen["refusal"] = browser.post_json(address("finish", trial.token), {"listening": {}})
        wrong = make_event(trial, question=SECRETS["key"], value=99)
        right = make_event(trial, question=question, sequence=len(of_trials) + 1)
        seen["receipts"] = browser.post_json(address("judgments"), {"events": [wrong, right]})
        let_time_pass(annotator)
        seen["finish"] = browser.post_json(address("finish", trial.token), {"listening": heard(trial)})
        of_trials.append((trial, seen))
    assert of_trials
    browser("get", address("trials"))
    browser("get", address("thanks"))
    browser("get", address("leave"))
    browser("post", address("leave"), data={"keep_answers": "yes"})
    browser("get", address("ended"))
    browser("get", "/sound/unknown")
    browser("get", "/a/unknown/trials")
    browser("post", address("judgments"), data="no json", content_type="application/json")
    return browser, of_trials


def test_no_secret_word_reaches_the_browser(taken, study):
    _number, browser, of_trials, _folder = taken
    assert len(of_trials) == len(Clip.Condition.values) + 3
    forbidden = {*SECRETS.values(), *Clip.Condition.values, "random control", "counter-evidence", "31337"}
    forbidden |= set(Clip.objects.values_list("sha256", flat=True))
    forbidden |= {name.rsplit("/", 1)[-1] for name in Clip.objects.values_list("file", flat=True)}
    for address, head, body in browser.received:
        text = f"{address}\n{head}\n{body.decode('utf-8', 'replace')}".lower()
        for word in forbidden:
            assert word.lower() not in text, f"{address} reveals {word}"


def without_accidents(response) -> str:
    """Return what was received, less what differs between any two trials: tokens, position, answers."""
    head = "\n".join(f"{name}: {value}" for name, value in sorted(response.items()) if name not in ACCIDENTS)
    text = f"{response.status_code}\n{head}\n{response.body.decode()}"
    text = re.sub(r"csrfmiddlewaretoken\W+value=.\w+", "", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", text)
    text = TOKEN.sub("TOKEN", text)
    return POSITION.sub("", text)


def test_pages_of_all_conditions_are_the_same(taken, study):
    _number, _browser, of_trials, _folder = taken
    of_trials = of_trials[:-1]  # after the last trial comes another page
    conditions = {
        item.stimulus.clip.condition for trial, _ in of_trials for item in trial.presentations.all()
    }
    assert len(conditions) > 3
    assert {trial.kind for trial, _ in of_trials} == {Trial.Kind.MAIN, Trial.Kind.REPEAT}
    for name in ("page", "current", "next", "refusal", "receipts", "finish"):
        first, *others = [without_accidents(seen[name]) for _trial, seen in of_trials]
        for other in others:
            assert first.splitlines() == other.splitlines(), name


def test_headers_of_all_sounds_are_the_same_lengths_included(taken, study):
    _number, _browser, of_trials, _folder = taken
    stored = {clip.file.size for clip in Clip.objects.all()}
    assert len(stored) > 3  # otherwise lengths could give nothing away
    for name in ("sound", "part", "head"):
        heads = {tuple(sorted(seen[name].items())) for _trial, seen in of_trials}
        assert len(heads) == 1, name
        names = {key.lower() for head in heads for key, _value in head}
        assert "content-length" in names
        assert not names & {"etag", "last-modified", "content-disposition"}
    assert len({len(seen["sound"].body) for _trial, seen in of_trials}) == 1


def flac_blocks(content: bytes) -> list[tuple[int, bytes]]:
    """Return type and content of each metadata block of a FLAC file."""
    assert content[:4] == b"fLaC"
    blocks, at, last = [], 4, False
    while not last:
        (head,) = struct.unpack(">I", content[at : at + 4])
        last, kind, length = bool(head >> 31), head >> 24 & 0x7F, head & 0xFFFFFF
        blocks.append((kind, content[at + 4 : at + 4 + length]))
        at += 4 + length
    return blocks


def test_sound_files_hold_nothing_but_their_sound(taken, study):
    _number, _browser, of_trials, _folder = taken
    described = set()
    for trial, seen in of_trials:
        (stream, about), *others = flac_blocks(seen["sound"].body)
        assert (stream, {kind for kind, _content in others}) == (0, {1})  # stream info, and padding
        assert not any(b"".join(content for _kind, content in others))
        described.add(about)
        stored = trial.presentations.get().stimulus.clip.file
        stored.open()
        before, _rate = soundfile.read(stored)
        after, _rate = soundfile.read(io.BytesIO(seen["sound"].body))
        assert np.array_equal(before, after)
    assert len(described) == 1  # neither sizes of frames nor a digest of the samples


def test_lengths_follow_from_the_durations_in_a_study_and_are_no_longer_than_they_must(study):
    """An example of one second is half as long as the clips of two, though it compresses far better."""
    silent = {}
    for seconds in (1, 2):
        stored = io.BytesIO()
        soundfile.write(stored, np.zeros(seconds * 8000), 8000, format="FLAC")
        track = Stimulus.objects.filter(study=study).first().clip.track
        clip = make_clip(track, Clip.Condition.UPLOADED, "silence", variant=seconds)
        clip.seconds = seconds
        clip.file.save("silent.flac", ContentFile(stored.getvalue()))
        silent[seconds] = study.questions.first().examples.create(clip=clip, label="silent")
    _browser, of_trials = take(study)
    longest = max(clip.file.size for clip in Clip.objects.filter(stimuli__study=study))
    lengths = {len(seen["sound"].body) for _trial, seen in of_trials}
    one, two = (
        len(b"".join(Client().get(reverse("study:example-sound", args=[example.token])).streaming_content))
        for example in silent.values()
    )
    assert lengths == {two}
    assert longest <= two <= longest + 8192
    assert 0 <= one - two / 2 <= 8192


def test_addresses_differ_between_annotators_and_repeats(taken, study):
    _number, _browser, first, _folder = taken
    _browser, second = take(study)
    tokens = [item.token for trial, _ in [*first, *second] for item in trial.presentations.all()]
    assert len(set(tokens)) == len(tokens)
    assert Stimulus.objects.count() < len(first) < len(tokens)


def test_sounds_are_for_those_who_listen_only(study, client):
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    (item,) = session.current_trial(annotator).presentations.all()
    address = reverse("study:sound", args=[item.token])
    assert client.get(address).status_code == 200
    session.withdraw(annotator, keep_answers=True)
    assert client.get(address).status_code == 404
    assert client.get(reverse("study:sound", args=[item.pk])).status_code == 404


def test_questions_reach_the_browser_without_key_and_target(study):
    question = {"key": "second-gloomkey", "target": SECRETS["target"], "text": "How loud?", "kind": "text"}
    Question.objects.create(study=study, required=False, **question)
    browser, _of_trials = take(study)
    pages = [body.decode() for address, _head, body in browser.received if address.endswith("/trials")]
    assert any("How loud?" in page for page in pages)
    assert not any("gloom" in page for page in pages)
