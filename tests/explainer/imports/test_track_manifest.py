"""Manifests are right or refused: no track loses what its line says."""

import os
import re
import unicodedata

import pytest
from django.core.management import CommandError, call_command

from explainer.imports.track_manifest import ManifestError, read_manifest
from explainer.models import Track

pytestmark = pytest.mark.django_db


@pytest.fixture
def music(sound_file, tmp_path):
    """Return a function that writes different sounds, in folders or not, and a manifest beside them."""
    seeds = iter(range(100))

    def write(files, manifest, name="manifest.csv"):
        for file in files:
            (tmp_path / "music" / file).parent.mkdir(parents=True, exist_ok=True)
            sound_file(f"music/{file}", seed=next(seeds))
        path = tmp_path / "music" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(manifest if isinstance(manifest, bytes) else manifest.encode())
        return path

    return write


def imported(manifest, *, with_folder):
    places = [manifest.parent] if with_folder else []
    call_command("import_tracks", *places, manifest=manifest, verbosity=0)
    return dict(Track.objects.values_list("name", "title"))


@pytest.mark.parametrize("with_folder", [True, False])
@pytest.mark.parametrize("style", ["CD{}/01.wav", "CD{}\\01.wav", "./CD{}/01.wav", ".\\CD{}\\.\\01.wav"])
def test_folders_tell_files_of_one_name_apart(music, style, with_folder):
    lines = [f"{style.format(number)};{number}. Stück" for number in (2, 1)]
    manifest = music(["CD1/01.wav", "CD2/01.wav"], "\n".join(["file;title", *lines]))
    assert imported(manifest, with_folder=with_folder) == {"CD1_01": "1. Stück", "CD2_01": "2. Stück"}


@pytest.mark.parametrize("with_folder", [True, False])
@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_table", ["NFC", "NFD"])
def test_both_forms_of_letters_with_marks(music, on_disk, in_table, with_folder):
    file, folder = "Frühling é.wav", "Städte"
    manifest = music(
        [unicodedata.normalize(on_disk, f"{folder}/{file}")],
        unicodedata.normalize(in_table, f"file\ttitle\n{folder}/{file}\tFrühling\n"),
    )
    assert imported(manifest, with_folder=with_folder) == {"Fruhling_e": "Frühling"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_every_spreadsheet(music, separator, encoding):
    text = f"file{separator}title\r\na.wav{separator}Größe\r\n"
    assert imported(music(["a.wav"], text.encode(encoding)), with_folder=True) == {"a": "Größe"}


def test_a_name_without_folder_lies_in_any_folder_that_was_asked_for(music, capsys):
    manifest = music(["CD1/01.wav", "CD1/02.wav"], "file,title\n01.wav,First\n")
    assert imported(manifest, with_folder=True) == {"01": "First", "02": ""}
    assert "manifest.csv does not name" in (printed := capsys.readouterr().out)
    assert "02.wav; it is imported without details" in printed


def test_a_file_at_the_top_is_meant_before_one_in_a_folder(music):
    manifest = music(["01.wav", "CD1/01.wav"], "file,name\n01.wav,top\nCD1/01.wav,inner\n")
    imported(manifest, with_folder=True)
    assert set(Track.objects.values_list("name", flat=True)) == {"top", "inner"}


def test_two_forms_of_one_name_side_by_side(music):
    nfc, nfd = (unicodedata.normalize(form, "ü.wav") for form in ("NFC", "NFD"))
    manifest = music([nfc, nfd, "x.wav"], "file,title\nx.wav,X\n" + nfc + ",composed\n")
    assert sorted(imported(manifest, with_folder=True).values()) == ["X", "composed", "ü"]
    assert all(track.name.startswith("u_") for track in Track.objects.exclude(title="X"))


@pytest.mark.parametrize("with_folder", [True, False])
@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("file,title\na.wav,A\ngone.wav,G\n", r"line 3: there is no file gone.wav; correct its name"),
        ("file,title\nA.WAV,A\n", r"line 2: there is no file A.WAV, but there is .*a.wav; correct the name"),
        ("file,title\nCD1/a.wav,A\n", r"line 2: there is no file CD1/a.wav, but there is .*/a.wav"),
        (
            "file,title\na.wav,A\n./a.wav,B\n",
            r"line 3: ./a.wav is named twice, first in line 2; delete one line",
        ),
        ("file,title\na.wav,Hello, World\n", r"line 2: it has 3 cells for 2 columns; put text"),
        ("file,title\n,No file\na.wav,A\n", r"line 2: it names no file; write its name"),
        ("file,name\na.wav,x\nCD2/b.wav,x\n", r"line 3: the track of line 2 has the name x too; change one"),
        ("file,name\na.wav,two words\n", r"line 2: name: Use letters, digits"),
        ("file,title\na.wav," + "x" * 201, r"line 2: title: .*at most 200 characters"),
        ("title\nA\n", r"has no column “file”; its columns are title"),
        ("file title\na.wav A\n", r"has no column “file”; its columns are file_title\. .*commas, semicolons"),
        ("file,title\na.wav,Größe\n".encode("cp1252"), r"manifest.csv is not in UTF-8 \(line 2\)"),
        (b"", r"has no column “file”; its columns are none"),
    ],
)
def test_what_cannot_be_right_is_refused_as_a_whole(music, table, reason, with_folder):
    manifest = music(["a.wav", "CD2/b.wav"], table)
    with pytest.raises(CommandError, match=reason) as refused:
        imported(manifest, with_folder=with_folder)
    assert str(refused.value).startswith("manifest.csv ")
    assert not Track.objects.exists()


def test_a_name_that_could_mean_two_files_is_refused(music):
    manifest = music(["CD1/01.wav", "CD2/01.wav"], "file,title\n01.wav,First\n")
    with pytest.raises(
        CommandError, match=r"line 2: “01.wav” could be any of .*CD1/01.wav, .*; add the folder"
    ):
        imported(manifest, with_folder=True)
    with pytest.raises(CommandError, match=r"line 2: there is no file 01.wav, but there is .*CD1/01.wav and"):
        imported(manifest, with_folder=False)
    both = music([], "file,title\nCD1/01.wav,A\nCD2/01.wav,B\n01.wav,C\n")
    with pytest.raises(CommandError, match=r"line 4: “01.wav” could be any of"):
        imported(both, with_folder=True)
    assert not Track.objects.exists()


def test_two_lines_about_one_file_are_refused(music):
    manifest = music(["CD1/01.wav"], "file,title\nCD1/01.wav,A\n01.wav,B\n")
    with pytest.raises(CommandError, match=r"line 3: 01.wav is the file of line 2; delete one line"):
        imported(manifest, with_folder=True)


def test_files_named_themselves_need_not_be_the_whole_manifest(music):
    manifest = music(["CD1/a.wav", "CD1/b.wav"], "file,title\nCD1/a.wav,A\nCD1/b.wav,B\n")
    call_command("import_tracks", manifest.parent / "CD1" / "b.wav", manifest=manifest, verbosity=0)
    assert list(Track.objects.values_list("name", "title")) == [("b", "B")]


def test_changed_details_of_a_track_that_is_here_are_not_passed_over_in_silence(music, capsys):
    manifest = music(["a.wav"], "file,title\na.wav,A\n")
    imported(manifest, with_folder=False)
    manifest.write_text("file,title,composer\na.wav,B,Ann\n")
    assert imported(manifest, with_folder=False) == {"a": "A"}
    assert "the same recording as a, whose title and composer were not changed" in capsys.readouterr().out


def test_many_problems_are_listed_up_to_a_limit(music):
    manifest = music([], "file\n" + "".join(f"{n}.wav\n" for n in range(30)))
    with pytest.raises(ManifestError, match="and 20 more"):
        read_manifest(manifest).files()


def test_what_macos_leaves_beside_files_is_left_out(music, tmp_path):
    manifest = music(["a.wav"], "file\na.wav\n")
    (manifest.parent / "._a.wav").write_bytes(b"\0\5\x16\7")
    assert set(imported(manifest, with_folder=True)) == {"a"}


def test_names_in_an_old_encoding_on_disk_are_shown_as_far_as_they_can_be_read(
    music, sound_file, tmp_path, capsys
):
    manifest = music(["a.wav"], "file\na.wav\n")
    for name, content in (
        (b"M\xfcde.wav", sound_file("b.wav", seed=50).read_bytes()),
        (b"\xe4.wav", b"no sound"),
    ):
        (manifest.parent / os.fsdecode(name)).write_bytes(content)
    with pytest.raises(CommandError, match="1 of 3 files were refused"):
        imported(manifest, with_folder=True)
    assert Track.objects.get(title="M\ufffdde").name.startswith("Mde_")
    assert "\ufffd.wav cannot be read as sound" in capsys.readouterr().out


# Excerpts -----------------------------------------------------------------------------------------


def excerpts_of(name):
    found = Track.objects.get(name=name).excerpts.exclude(chosen_by="whole")
    return [(round(row.start_seconds, 3), round(row.seconds, 3), row.chosen_by) for row in found]


@pytest.mark.parametrize("with_folder", [True, False])
def test_several_lines_of_one_file_are_excerpts_of_one_track(music, with_folder, capsys):
    lines = ["a.wav;A;0,5;1", "b.wav;B;;", "a.wav;;0:00.9;1.1", "a.wav;A;0;1.25"]
    manifest = music(["a.wav", "b.wav"], "\n".join(["file;title;start;duration", *lines]))
    assert imported(manifest, with_folder=with_folder) == {"a": "A", "b": "B"}
    printed = capsys.readouterr().out
    assert "3 excerpts" in printed and "not used" not in printed
    assert excerpts_of("a") == [(0, 1.25, "manifest"), (0.5, 1, "manifest"), (0.9, 1.1, "manifest")]
    assert excerpts_of("b") == []


def test_importing_again_adds_only_what_is_new(music, capsys):
    manifest = music(["a.wav"], "file,start,duration\na.wav,0,1\n")
    imported(manifest, with_folder=False)
    manifest.write_text("file,start,duration\na.wav,0,1\na.wav,0.5,1\n")
    imported(manifest, with_folder=False)
    assert "the same recording as a; 1 new excerpt" in capsys.readouterr().out
    imported(manifest, with_folder=False)
    assert len(excerpts_of("a")) == 2


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["a.wav,A,0,"], "line 2: it has no duration; give an excerpt both start and duration, or neither"),
        (["a.wav,A,,1"], "line 2: it has no start"),
        (["a.wav,A,early,1"], "line 2: start must be a time in seconds, e.g. 62.5 or 1:02.5, not 'early'"),
        (["a.wav,A,0,1", "a.wav,A,,"], "line 3: a.wav is named twice, first in line 2; delete one line, or"),
        (["a.wav,A,,", "a.wav,A,0,1"], "line 3: a.wav is named twice"),
        (["a.wav,A,0,1", "a.wav,A,0.0,1.0"], "line 3: a.wav has the same excerpt as in line 2"),
        (["a.wav,A,0,1", "a.wav,B,1,1"], "line 3: a.wav has another title than in line 2; its lines are"),
    ],
)
def test_excerpts_that_cannot_be_right_are_refused_as_a_whole(music, lines, reason):
    manifest = music(["a.wav"], "\n".join(["file,title,start,duration", *lines]))
    with pytest.raises(CommandError, match=re.escape(reason)):
        imported(manifest, with_folder=True)
    assert not Track.objects.exists()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("1.5,1", "line 3: an excerpt from 1.5 to 2.5 s exceeds the track, which lasts 2.00 s"),
        ("0,0.1", "line 3: an excerpt lasts 1 to 60 s, not 0.1 s"),
    ],
)
def test_excerpts_that_the_sound_does_not_have_refuse_its_file(music, cells, reason, capsys):
    manifest = music(["a.wav", "b.wav"], f"file,start,duration\na.wav,0,1\na.wav,{cells}\nb.wav,0,1\n")
    with pytest.raises(CommandError, match="1 of 2 files were refused"):
        imported(manifest, with_folder=True)
    assert reason in capsys.readouterr().out
    assert set(Track.objects.values_list("name", flat=True)) == {"b"}
