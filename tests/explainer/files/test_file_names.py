import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.files.file_names import identifier, parts_of, short
from explainer.models import IDENTIFIER


def test_names_in_every_script_are_distinct_and_say_what_they_can():
    texts = ["Тихая ночь", "Громкий день", "01 Тихая ночь", "01 Громкий день", "静かな夜", "騒がしい昼",
             "🎵", "🎶",
 "C minor", "C♯ minor", "x" * 150 + "a", "x" * 150 + "b"]  # fmt: skip
    names = [identifier(text) for text in texts]
    assert len(set(names)) == len(texts)
    assert names[0].startswith("track_")
    assert names[2].startswith("01_")
    assert names[8] == "C_minor"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Für Elise (1)", "Fur_Elise_1"),
        ("Straße (Ærø)", "Strasse_AEro"),
        ("ode_to_joy", "ode_to_joy"),
        ("…", None),
    ],
)
def test_latin_names_stay_plain(text, name):
    assert identifier(text) == name if name else identifier(text).startswith("track_")


@given(st.text(max_size=130))
def test_every_name_can_be_a_tracks(text):
    name = identifier(text)
    IDENTIFIER(name)
    assert len(name) <= 100
    assert (
        identifier(unicodedata.normalize("NFD", text))
        == name
        == identifier(unicodedata.normalize("NFC", text))
    )


@given(
    st.text(alphabet="абвгдеж日本語🎵", min_size=1, max_size=8),
    st.text(alphabet="абвгдеж日本語🎵", min_size=1),
)
def test_letters_of_other_scripts_tell_names_apart(one, other):
    assert (identifier(one) == identifier(other)) == (one == other)


@pytest.mark.parametrize("name", ["歌" * 100 + ".wav", "a.wav", "é" * 200 + ".flac", ".wav"])
def test_names_fit_into_every_file_system(name):
    shortened = short(name)
    assert len(shortened.encode()) <= 200
    assert shortened[-4:] == name[-4:]
    assert (shortened == name) == (len(name.encode()) <= 200)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("CD1/01.wav", ("CD1", "01.wav")), ("CD1\\01.wav", ("CD1", "01.wav")), ("./x.wav", ("x.wav",)),
     (".\\CD 1\\.\\x.wav", ("CD 1", "x.wav")), ("u\u0308.wav", ("\u00fc.wav",)), ("", ()), (".", ())],
)  # fmt: skip
def test_folders_and_name_of_a_file(text, parts):
    assert parts_of(text) == parts
