import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.db.models.fields.files import FieldFile
from django.http import Http404
from django.test import RequestFactory

from explainer.files.sound_responses import sound_response
from explainer.models import Clip

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "evidence_dissonance.flac"
    path.write_bytes(CONTENT)
    return path


def ask(sound, method="get", **headers):
    return sound_response(getattr(RequestFactory(), method)("/x", headers=headers), sound)


def body(response):
    return b"".join(response) if response.streaming else response.content


def test_the_whole_file_is_sent_without_a_range(sound):
    response = ask(sound)
    assert response.status_code == 200
    assert response["Content-Length"] == "1024"
    assert response["Content-Type"] == "audio/flac"
    assert body(response) == CONTENT


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-", 0, 1023),
        ("bytes=0-0", 0, 0),
        ("bytes=0-1", 0, 1),
        ("bytes=1023-1023", 1023, 1023),
        ("bytes=100-199", 100, 199),
        ("bytes=1000-5000", 1000, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=-5000", 0, 1023),
    ],
)
def test_a_part_is_sent_as_asked_for(sound, header, first, last):
    response = ask(sound, Range=header)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/1024"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == CONTENT[first : last + 1]


@pytest.mark.parametrize("header", ["bytes=1024-", "bytes=2000-3000", "bytes=-0"])
def test_a_part_outside_the_file_is_refused(sound, header):
    response = ask(sound, Range=header)
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */1024"
    assert body(response) == b""


@pytest.mark.parametrize("header", ["bytes=5-3", "bytes=a-b", "seconds=1-2", "bytes=0-1,5-6", "bytes=-"])
def test_a_range_that_makes_no_sense_is_ignored(sound, header):
    response = ask(sound, Range=header)
    assert response.status_code == 200
    assert body(response) == CONTENT


def test_a_range_under_a_condition_that_cannot_hold_is_ignored(sound):
    assert ask(sound, **{"Range": "bytes=0-9", "If-Range": '"abc"'}).status_code == 200


def test_head_says_the_length_and_sends_nothing(sound):
    response = ask(sound, "head")
    assert response["Content-Length"] == "1024"
    assert body(response) == b""


def test_other_methods_are_refused(sound):
    assert ask(sound, "post").status_code == 405


def test_headers_tell_nothing_about_the_file(sound):
    for response in (ask(sound), ask(sound, Range="bytes=0-9"), ask(sound, Range="bytes=9999-")):
        assert set(response.headers) <= {
            "Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "Cache-Control",
        }  # fmt: skip
        assert "evidence" not in str(response.headers)
        assert response["Cache-Control"].startswith("private")


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(Http404):
        ask(tmp_path / "gone.flac")


def test_files_of_a_storage_without_paths_are_served():
    storage = InMemoryStorage()
    name = storage.save("clip.flac", ContentFile(CONTENT))
    file = FieldFile(Clip(), Clip._meta.get_field("file"), name)
    file.storage = storage
    response = ask(file, Range="bytes=10-19")
    assert response.status_code == 206
    assert body(response) == CONTENT[10:20]
