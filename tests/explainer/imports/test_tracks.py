import numpy as np
import pytest
from django.core.management import call_command
from small_world import SAMPLE_RATE, tones

from explainer.imports import tracks
from explainer.imports.track_manifest import Described
from explainer.models import Track

pytestmark = pytest.mark.django_db


def test_a_track_is_stored_under_its_checksum_with_what_is_known_of_it(sound_file):
    path = sound_file("Für Elise (1).wav")
    known = {"title": "Für Elise", "composer": "Beethoven", "licence": "public domain"}
    details = {path: Described(known)}
    [done] = tracks.import_tracks([path], details)
    track = Track.objects.get()
    assert done == tracks.Import(path.name, track)
    assert (track.name, track.title, track.composer) == ("Fur_Elise_1", "Für Elise", "Beethoven")
    assert (track.sample_rate, track.channels, track.seconds) == (SAMPLE_RATE, 1, 2.0)
    assert track.file.name == f"tracks/{track.sha256}.wav"
    assert track.file.read() == path.read_bytes()


def test_the_same_recording_is_recognised_under_another_name(sound_file):
    first, second = sound_file("one.wav"), sound_file("two.wav")
    tracks.import_tracks([first], decode_here=True)
    [done] = tracks.import_tracks([second], decode_here=True)
    assert done.result == "already here"
    assert "one" in done.reason
    assert Track.objects.count() == 1


def test_another_recording_of_the_same_name_is_refused(sound_file, tmp_path):
    tracks.import_tracks([sound_file("one.wav")], decode_here=True)
    (tmp_path / "more").mkdir()
    [done] = tracks.import_tracks([sound_file("more/one.wav", seed=1)], decode_here=True)
    assert done.refused
    assert "has the name one" in done.reason


def bad_sounds(sound_file, tmp_path):
    (tmp_path / "text.wav").write_text("no sound at all")
    (tmp_path / "empty.flac").write_bytes(b"")
    sound_file("five.wav", np.ones((44100, 5)) * 0.1)
    sound_file("silent.wav", np.zeros(44100))
    sound_file("nan.wav", np.full(44100, np.nan), subtype="FLOAT")
    sound_file("slow.wav", tones(sample_rate=4000), 4000)
    sound_file("long.flac", np.tile(tones(1), 20))
    sound_file("disguised.wav", format="FLAC")
    whole = sound_file("cut.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(whole[: len(whole) // 2])
    return {
        "text.wav": "cannot be read",
        "empty.flac": "empty",
        "five.wav": "5 channels",
        "silent.wav": "silent",
        "nan.wav": "NaN",
        "slow.wav": "4000 Hz",
        "long.flac": "at most 10 s",
        "disguised.wav": "is a FLAC",
        "cut.flac": "",
    }


@pytest.mark.parametrize("here", [True, False])
def test_bad_files_are_refused_with_a_reason_and_do_not_stop_the_others(sound_file, tmp_path, settings, here):
    settings.MAXIMUM_TRACK_SECONDS = 10
    expected = bad_sounds(sound_file, tmp_path)
    good = sound_file("good.ogg")
    paths = [tmp_path / name for name in expected]
    done = tracks.import_tracks([*paths[:4], good, *paths[4:]], decode_here=here)
    assert [item.result for item in done] == ["refused"] * 4 + ["imported"] + ["refused"] * (len(paths) - 4)
    for item in done:
        assert item.file in item.reason or not item.refused
        assert expected.get(item.file, "") in item.reason
    assert list(Track.objects.values_list("name", flat=True)) == ["good"]


def test_a_manifest_describes_the_files(sound_file, tmp_path, capsys):
    sound_file("a.wav"), sound_file("b.flac", seed=1)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\ufefffile,title,composer,bytes\na.wav,First,Ann,12\nb.flac,Second,Ben,13\n")
    call_command("import_tracks", tmp_path, manifest=manifest)
    assert "not used: bytes" in capsys.readouterr().out
    assert list(Track.objects.values_list("name", "title", "composer")) == [
        ("a", "First", "Ann"),
        ("b", "Second", "Ben"),
    ]


def test_a_manifest_alone_names_the_files(sound_file, tmp_path):
    sound_file("a.wav"), sound_file("b.flac", seed=1)
    (tmp_path / "m.csv").write_text("file,name\na.wav,first\n")
    call_command("import_tracks", manifest=tmp_path / "m.csv", verbosity=0)
    assert list(Track.objects.values_list("name", flat=True)) == ["first"]


def test_importing_again_changes_nothing(sound_file, tmp_path, capsys):
    sound_file("a.wav")
    for _ in range(2):
        call_command("import_tracks", tmp_path)
    assert "0 of them new" in capsys.readouterr().out
    assert Track.objects.count() == 1
