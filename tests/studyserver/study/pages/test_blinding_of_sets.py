"""Trials of several clips give nothing away: neither conditions and roles, nor which clip X is."""

import re

import pytest
from django.urls import reverse
from example_studies import heard, let_time_pass, make_event, make_study, ready
from test_blinding import POSITION, SECRETS, TOKEN, Recorder

from explainer.models import Clip
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Presentation, Question
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import missing_answers

pytestmark = pytest.mark.django_db
ANSWERS = {
    "scale": 3, "abx": "A", "preference": {"preferred": "A", "strength": 1}, "stretches": [[0, 1]],
    "intruder": "A", "text": "drums",
}  # fmt: skip
ASKED = {
    "pair": ["preference"],
    "pair_reference": ["preference", "stretches"],
    "multiple": ["scale", "preference"],
    "multiple_reference": ["scale"],
    "abx": ["abx"],
    "intruder": ["intruder", "text"],
}


def make_secret_study(presentation):
    study = make_study(
        6,
        ["original", "evidence", "random_control"],
        presentation=presentation,
        reference_condition="original",
        anchor_condition="random_control",
        compared_conditions=["evidence", *(["random_control"] if presentation != "intruder" else [])],
        notes=SECRETS["notes"],
        minimum_listening_share=0.5,
    )
    study.questions.all().delete()
    for position, kind in enumerate(ASKED[presentation]):
        Question.objects.create(
            study=study,
            key=f"{SECRETS['key']}-{kind}",
            text="What do you hear?",
            kind=kind,
            scope="clip" if kind in ("scale", "stretches") else "trial",
            options={"points": 5} if kind == "scale" else {},
            target="" if presentation == "intruder" else SECRETS["target"],
            position=position,
        )
    for place, stimulus in enumerate(study.stimuli.select_related("clip__track")):
        clip = stimulus.clip
        clip.track.name = f"{SECRETS['track']}-{clip.track_id}"
        clip.track.composer = SECRETS["composer"]
        clip.track.save()
        clip.method = SECRETS["method"]
        clip.target = SECRETS["target"] if clip.target else ""
        if presentation == "intruder" and clip.target and place % 2:  # every other track is of another one
            clip.target += "-other"
        clip.save()
    open_study(study)
    return study


def take(study):
    """Take the study as a browser does; return the browser, and the page and clips of each trial."""
    browser, annotator, seen, sequence = Recorder(), ready(study), [], 0

    annotator.pseudonym = "AFIXED01"  # and with it where the clips are placed
    annotator.save()

    def address(name, *more):
        return reverse(f"study:{name}", args=[annotator.token, *more])

    while trial := session.current_trial(annotator):
        page = browser("get", address("trials"))
        current = browser("get", address("current"))
        browser("get", address("next"))
        clips = list(trial.presentations.select_related("stimulus__clip").order_by("position"))
        for item in clips:
            browser("get", reverse("study:sound", args=[item.token]))
        browser.post_json(address("finish", trial.token), {"listening": {}})
        events = []
        for question, item in missing_answers(trial):
            sequence += 1
            value = ANSWERS[question.kind]
            events.append(make_event(trial, question.pk, value, sequence, presentation=item and item.token))
        receipts = browser.post_json(address("judgments"), {"events": events}).body
        browser("get", address("current"))  # with the answers given
        let_time_pass(annotator)
        finished = browser.post_json(address("finish", trial.token), {"listening": heard(trial)})
        assert finished.status_code == 200, finished.body
        seen.append((clips, page.body.decode(), current.body.decode(), receipts.decode()))
    return browser, seen


def plain(text: str) -> str:
    text = re.sub(r"csrfmiddlewaretoken\W+value=.\w+", "", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", text)
    return POSITION.sub("", TOKEN.sub("TOKEN", text))


@pytest.mark.parametrize("presentation", ASKED)
def test_no_secret_word_and_no_role_reaches_the_browser(presentation):
    study = make_secret_study(presentation)
    browser, seen = take(study)
    assert len(seen) == 6
    forbidden = {*SECRETS.values(), *Clip.Condition.values, "hidden_reference", "hidden reference", "anchor"}
    forbidden |= {name.rsplit("/", 1)[-1] for name in Clip.objects.values_list("file", flat=True)}
    for address, head, body in browser.received:
        text = f"{address}\n{head}\n{body.decode('utf-8', 'replace')}".lower()
        for word in forbidden:
            assert word.lower() not in text, f"{address} reveals {word}"


@pytest.mark.parametrize("presentation", ["abx", "multiple_reference", "pair", "intruder"])
def test_trials_look_the_same_wherever_the_clips_are(presentation):
    placed = set()
    pages = {}
    for _browser, seen in (take(make_secret_study(presentation)),):
        for clips, page, current, receipts in seen[:-1]:
            blind = [item for item in clips if item.is_blind]
            x = next((item for item in clips if item.role == Presentation.Role.X), None)
            placed.add(
                next(item.label for item in blind if item.stimulus_id == x.stimulus_id)
                if x
                else next((item.label for item in blind if item.role == Presentation.Role.INTRUDER), None)
                or tuple(item.stimulus.clip.condition for item in blind)
            )
            for name, text in (("page", page), ("current", current), ("receipts", receipts)):
                pages.setdefault(name, set()).add(plain(text))
    assert len(placed) > 1  # otherwise nothing could have been given away
    assert {name: len(texts) for name, texts in pages.items()} == dict.fromkeys(pages, 1)
