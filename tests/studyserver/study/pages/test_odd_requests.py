"""Whatever anybody sends to whichever address, the server answers in words and does not fail."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from example_studies import heard, make_event, ready
from hypothesis import assume, given
from hypothesis import strategies as st
from paths import PYTHONPATH, SUPPORT
from postgresql import private_server

from studyserver.study.models import Annotator, Judgment
from studyserver.study.pages.sent_json import DEEPEST, MOST_BYTES, MOST_DIGITS, UnreadableJSON, read_json
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join


def answered(database: str, folder: Path, *numbers: Path) -> dict:
    """Send odd requests to every address of a site with this database; return what `odd_requests` prints."""
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "DATA_FOLDER": str(folder),
        "LOG_LEVEL": "CRITICAL",
        "PYTHONPATH": PYTHONPATH,
    }
    command = [sys.executable, str(SUPPORT / "odd_requests.py"), *map(str, numbers)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def with_sqlite(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    return answered(f"sqlite:///{folder / 'odd.sqlite3'}", folder)


@pytest.mark.slow
@pytest.mark.long
def test_no_request_makes_the_server_fail(with_sqlite):
    assert with_sqlite["sent"] == with_sqlite["all"] > 3_000
    assert with_sqlite["failed"] == []


@pytest.mark.postgresql
def test_no_request_makes_the_server_fail_with_postgresql(with_sqlite, tmp_path):
    """One request of each kind is enough: another database matters to the statements sent to it alone."""
    numbers = tmp_path / "numbers.json"
    numbers.write_text(json.dumps(with_sqlite["kinds"]))
    with private_server() as server:
        found = answered(server.address, tmp_path, numbers)
    assert found["all"] == with_sqlite["all"] and found["sent"] > 1_000
    assert found["failed"] == []


# Reading JSON -------------------------------------------------------------------------------------

numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=10,
)


def depth(value) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(values)
def test_what_pages_send_is_read_as_it_is(value):
    sent = json.dumps([value])
    assume(depth(value) < DEEPEST)
    assert read_json(sent) == [value]
    assert read_json(sent.encode()) == [value]


@pytest.mark.parametrize(
    "sent",
    [
        "", "{not json", "NaN", '{"a": Infinity}', "[-Infinity]", b"\xff", "[" * 100_000,
        "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), '{"a":' * 900 + "1" + "}" * 900,
        "9" * 5_000, "-" + "9" * (MOST_DIGITS + 1), " " * (MOST_BYTES + 1),
    ],
)  # fmt: skip
def test_what_is_beyond_the_bounds_is_refused_in_words(sent):
    with pytest.raises(UnreadableJSON, match=r"cannot be read\.|too long\."):
        read_json(sent)


def test_as_deep_and_as_long_as_allowed():
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert json.dumps(read_json(deep)) == deep
    assert read_json("9" * MOST_DIGITS) == 10**MOST_DIGITS - 1


def test_texts_that_no_database_stores_are_mended():
    sent = r'{"a\ud800": ["\udc00x", "\u0000", "\ud83c\udfb5"]}'
    assert read_json(sent) == {"a\ufffd": ["\ufffdx", "\ufffd", "\N{MUSICAL NOTE}"]}


# Through the pages --------------------------------------------------------------------------------


@pytest.fixture
def annotator(study):
    return ready(study)


def post(client, name, annotator, *more, body, kind="application/json"):
    return client.post(reverse(f"study:{name}", args=[annotator.token, *more]), body, content_type=kind)


def test_half_an_emoji_in_a_token_is_refused_and_the_answer_beside_it_stored(client, annotator):
    trial = session.current_trial(annotator)
    events = [make_event(trial) | {"trial": "\ud800"}, make_event(trial)]
    receipts = post(client, "judgments", annotator, body=json.dumps({"events": events})).json()["receipts"]
    assert [receipt["status"] for receipt in receipts] == ["refused", "stored"]
    assert Judgment.objects.count() == 1


@pytest.mark.parametrize("number", ["9" * 5_000, '{"attempts": ' + "9" * 5_000 + "}", "[" * 100_000])
@pytest.mark.parametrize(("language", "words"), [("en", "could not be read"), ("de", "nicht lesbar")])
def test_a_sound_check_that_cannot_be_read_is_asked_for_again(client, study, number, language, words):
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    page = reverse("study:sound-check", args=[annotator.token])
    response = client.post(page, {"result": number}, headers={"Accept-Language": language})
    assert response.status_code == 400
    assert words in response.content.decode()
    assert Annotator.objects.get().sound_checked_at is None


def test_nul_after_a_token_is_another_address(client, annotator):
    trial = session.current_trial(annotator)
    record_judgments(annotator, [make_event(trial)])
    session.finish_trial(annotator, trial.token, heard(trial))
    page = reverse("study:finish", args=[annotator.token, trial.token]).replace("/finish", "%00/finish")
    response = client.post(page, '{"listening": {}}', content_type="application/json")
    assert response.status_code == 404
    assert "There is no page at this address" in response.content.decode()


def test_a_form_in_parts_where_json_is_expected(annotator):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "s" * 32
    page = reverse("study:judgments", args=[annotator.token])
    parts = {"events": SimpleUploadedFile("events.json", b"[]")}
    response = client.post(page, parts, headers={"X-CSRFToken": "s" * 32})
    assert response.status_code == 400
    assert "cannot be read" in response.json()["reason"]


def test_too_much_is_refused_in_words(client, annotator, settings):
    huge = '{"events": "' + "x" * 4_000_000 + '"}'
    response = post(client, "judgments", annotator, body=huge)
    assert response.status_code == 400
    assert "too long" in response.json()["reason"]
    many = {f"a{number}": "1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    response = client.post(reverse("study:my-data"), many)
    assert response.status_code == 400
    assert "This request cannot be read" in response.content.decode()
