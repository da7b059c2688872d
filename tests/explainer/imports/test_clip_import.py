import hashlib
import io
import zipfile
import zlib

import numpy as np
import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from small_world import SAMPLE_RATE, tones

from explainer.core.audio import loudness, true_peak
from explainer.files import stored_files
from explainer.imports import clip_archive
from explainer.imports.clip_archive import ArchiveError
from explainer.imports.clip_import import import_clips
from explainer.models import Clip

pytestmark = pytest.mark.django_db
HEADER = "file,track,condition,target,method\n"


def wav(y=None, sample_rate=SAMPLE_RATE, seed=0, **how):
    buffer = io.BytesIO()
    soundfile.write(buffer, tones(seed=seed) if y is None else y, sample_rate, format="WAV", **how)
    return buffer.getvalue()


@pytest.fixture
def archive(tmp_path):
    """Return a function that packs files, and the manifest's lines, into an archive."""

    def pack(lines, files, header=HEADER, manifest="manifest.csv", name="clips.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            if lines is not None:
                packed.writestr(manifest, header + "\n".join(lines))
            for file, content in files.items():
                packed.writestr(file, content)
        return path

    return pack


@pytest.fixture
def good(archive, track):
    low = tones() * 0.1
    lines = [
        f"evidence.wav,{track.name},evidence,happy,their-system",
        f"sub/rest.wav,{track.name},complement,happy,their-system",
        f"whole.wav,{track.name},Original,,their-system",
        f"free.wav,{track.name},,,their-system",
    ]
    files = {"evidence.wav": wav(low), "sub/rest.wav": wav(seed=2),
             "whole.wav": wav(), "free.wav": wav(np.stack([low, low], axis=1))}  # fmt: skip
    return archive(lines, files)


def results(done):
    return {item.file: item.result for item in done}


def test_clips_become_clips_like_any_other_and_twice_is_once(good, track):
    done = import_clips(good, convert_here=True)
    assert set(results(done).values()) == {"imported"}, [item.reason for item in done]
    clips = {clip.condition: clip for clip in Clip.objects.all()}
    assert set(clips) == {"evidence", "complement", "original", "uploaded"}
    evidence = clips["evidence"]
    assert (evidence.track, evidence.explanation, evidence.method) == (track, None, "their-system")
    assert evidence.provenance["file"] == "evidence.wav"
    again = import_clips(good, convert_here=True)
    assert set(results(again).values()) == {"already here"}
    assert Clip.objects.count() == 4


def test_clips_of_a_track_share_one_gain_and_one_form(good):
    import_clips(good, convert_here=True)
    clips = {clip.condition: clip for clip in Clip.objects.all()}
    assert len({clip.gain for clip in clips.values()}) == 1
    sounds = {}
    for condition, clip in clips.items():
        content = stored_files.read(clip.file.name)
        with soundfile.SoundFile(io.BytesIO(content)) as sound:
            assert (sound.format, sound.subtype, sound.channels) == ("FLAC", "PCM_24", 1)
            assert sound.samplerate == SAMPLE_RATE
            assert not sound.copy_metadata()
            sounds[condition] = sound.read()
        assert true_peak(sounds[condition], SAMPLE_RATE) <= -1 + 0.01
    assert loudness(sounds["original"], SAMPLE_RATE) == pytest.approx(-23, abs=0.05)
    # A tenth of the original's amplitude before, and after.
    ratio = np.std(sounds["evidence"]) / np.std(sounds["original"])
    assert 20 * np.log10(ratio) == pytest.approx(-20, abs=0.05)


WITH_PARTS = "file,track,condition,target,method,start,duration\n"


def test_clips_of_excerpts_name_their_start_and_duration(archive, track):
    lines = [
        f"a.wav,{track.name},evidence,happy,m,0,1",
        f'b.wav,{track.name},evidence,happy,m,"0:00,5",1.0',
        f"c.wav,{track.name},evidence,happy,m,,",
    ]
    loud = tones() * 0.2
    files = {"a.wav": wav(loud), "b.wav": wav(loud, seed=4), "c.wav": wav(loud)}
    done = import_clips(archive(lines, files, header=WITH_PARTS), convert_here=True)
    assert [item.reason for item in done] == ["", "", ""]
    parts = [item.clip.excerpt for item in done]
    assert [(part.start_seconds, part.seconds) for part in parts] == [(0, 1), (0.5, 1), (0, track.seconds)]
    assert [part.chosen_by for part in parts] == ["manifest", "manifest", "whole"]
    # Only the second half of the track has the high tone, so that the excerpts are not equally loud.
    assert done[0].clip.gain > done[1].clip.gain
    again = import_clips(archive(lines, files, header=WITH_PARTS))
    assert [item.result for item in again] == ["already here"] * 3


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("1,", "it has no duration; give an excerpt both"),
        (",1", "it has no start"),
        ("soon,1", "start must be a time in seconds, e.g. 62.5 or 1:02.5, not 'soon'"),
        ("1:75,1", "start must be a time"),
        ("-1,1", "start must be a time"),
        ("1,inf", "duration must be a time"),
        ("1.5,1", "from 1.5 to 2.5 s exceeds the track, which lasts 2.00 s"),
    ],
)
def test_impossible_excerpts_of_clips_are_refused(archive, track, cells, words):
    lines = [f"a.wav,{track.name},evidence,happy,m,{cells}"]
    [item] = import_clips(archive(lines, {"a.wav": wav()}, header=WITH_PARTS), convert_here=True)
    assert item.result == "refused" and words in item.reason


def test_one_bad_file_does_not_stop_the_others(archive, track):
    lines = [
        f"good.wav,{track.name},evidence,happy,m",
        f"silent.wav,{track.name},evidence,sad,m",
        f"broken.wav,{track.name},evidence,angry,m",
        f"absent.wav,{track.name},evidence,calm,m",
        "good.wav,nowhere,evidence,happy,m",
        f"good.wav,{track.name},louder,happy,m",
        f"good.wav,{track.name},complement,,m",
        f"good.wav,{track.name},evidence,happy,m",
        f"notes.txt,{track.name},evidence,bored,m",
        f"good.wav,{track.name},evidence,happy,their system",
        f",{track.name},evidence,happy,m",
    ]
    files = {"good.wav": wav(), "silent.wav": wav(np.zeros(SAMPLE_RATE)), "broken.wav": b"RIFF0000WAVE",
             "notes.txt": "nothing", "extra.wav": wav()}  # fmt: skip
    done = import_clips(archive(lines, files), convert_here=True)
    assert [item.result for item in done].count("imported") == 1
    reasons = [item.reason for item in done]
    expected = ["", "silen", "damaged", "not in the archive", "no track nowhere", "'louder' is unknown",
                "needs a target", "line 2 of the manifest describes the same", "its ending must be",
                "method must name", "names no file", "does not name it"]  # fmt: skip
    assert len(reasons) == len(expected)
    for reason, words in zip(reasons, expected, strict=True):
        assert words in reason, (reason, words)
    # No reason speaks of the names under which we unpacked.
    assert not any(len(word) > 60 for reason in reasons for word in reason.split())
    assert [item.line for item in done] == [*range(2, 13), 0]


def test_another_recording_does_not_replace_a_clip(archive, track):
    line = [f"a.wav,{track.name},evidence,happy,m"]
    import_clips(archive(line, {"a.wav": wav()}), convert_here=True)
    before = Clip.objects.get().sha256
    [item] = import_clips(archive(line, {"a.wav": wav(seed=9)}), convert_here=True)
    assert "another recording exists" in item.reason
    assert Clip.objects.get().sha256 == before


def test_later_clips_of_a_track_get_the_gain_of_the_first(archive, track):
    quiet = tones() * 0.2
    import_clips(archive([f"a.wav,{track.name},evidence,happy,m"], {"a.wav": wav(quiet)}), convert_here=True)
    gain = Clip.objects.get().gain
    lines = [f"b.wav,{track.name},complement,happy,m"]
    [item] = import_clips(archive(lines, {"b.wav": wav(quiet / 2)}), convert_here=True)
    assert item.clip.gain == gain


def test_a_clip_that_would_be_distorted_is_refused(archive, track):
    import_clips(archive([f"a.wav,{track.name},evidence,happy,m"], {"a.wav": wav()}), convert_here=True)
    Clip.objects.update(gain=30)
    done = import_clips(archive([f"b.wav,{track.name},evidence,sad,m"], {"b.wav": wav()}), convert_here=True)
    assert "distorted" in done[0].reason


@pytest.mark.parametrize(
    "name", ["../evil.wav", "/etc/evil.wav", "a/../../evil.wav", "C:/evil.wav", "a\\evil.wav"]
)
def test_names_that_lead_out_of_the_archive_are_refused(archive, track, name):
    path = archive([f"a.wav,{track.name},evidence,happy,m"], {"a.wav": wav(), name: wav()})
    if name == "a\\evil.wav":  # zipfile turns backslashes round where it writes
        path.write_bytes(path.read_bytes().replace(b"a/evil.wav", b"a\\evil.wav"))
    with pytest.raises(ArchiveError, match="points outside it"):
        import_clips(path, convert_here=True)
    assert not Clip.objects.exists()


def test_a_bomb_is_not_unpacked(archive, track, settings):
    settings.MAXIMUM_TRACK_BYTES = 2**20
    bomb = b"\0" * (40 * 2**20)
    path = archive(
        [f"bomb.wav,{track.name},evidence,happy,m", f"good.wav,{track.name},evidence,sad,m"],
        {"bomb.wav": bomb, "good.wav": wav()},
    )
    assert path.stat().st_size < 2**20
    done = import_clips(path, convert_here=True)
    assert "unpacks to more than the 1 MB allowed" in done[0].reason
    assert done[1].result == "imported"
    settings.MAXIMUM_TRACK_BYTES, settings.MAXIMUM_ARCHIVE_BYTES = 2**26, 2**21
    with pytest.raises(ArchiveError, match="split it"):
        import_clips(path, convert_here=True)


def test_a_size_that_is_a_lie_is_not_believed(archive, track, settings):
    settings.MAXIMUM_TRACK_BYTES = 2**20
    path = archive([f"bomb.wav,{track.name},evidence,happy,m"], {"bomb.wav": b"\0" * (4 * 2**20)})
    real, lie = (4 * 2**20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(real, lie))
    [item] = import_clips(path, convert_here=True)
    assert item.clip is None


def test_damaged_members_are_refused_one_by_one(archive, track):
    path = archive(
        [f"a.wav,{track.name},evidence,happy,m", f"b.wav,{track.name},evidence,sad,m"],
        {"a.wav": wav(seed=1), "b.wav": wav(seed=2)},
    )
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as packed:
        offset = packed.getinfo("a.wav").header_offset
    content[offset + 2000 : offset + 2050] = b"\xff" * 50
    path.write_bytes(content)
    done = import_clips(path, convert_here=True)
    assert "damaged" in done[0].reason
    assert done[1].result == "imported"


@pytest.mark.parametrize(
    ("lines", "header", "message"),
    [
        (None, HEADER, "must contain one table manifest.csv .* it contains none"),
        ([], "file,track,condition\n", "no column target, method.* in its first line"),
        ([], "", "its columns are none"),
        ([], HEADER, "names no clip; add a line for each"),
    ],
)
def test_archives_without_a_usable_manifest_are_refused(archive, lines, header, message):
    with pytest.raises(ArchiveError, match=message):
        import_clips(archive(lines, {"a.wav": wav()}, header=header), convert_here=True)


def test_a_manifest_in_another_encoding_is_refused_with_its_line_and_the_remedy(tmp_path, track):
    text = f"{HEADER}a.wav,{track.name},evidence,fröhlich,m\n"
    for encoding in ("latin-1", "utf-16"):
        with zipfile.ZipFile(tmp_path / f"{encoding}.zip", "w") as packed:
            packed.writestr("manifest.csv", text.encode(encoding))
            packed.writestr("a.wav", wav())
    with pytest.raises(
        ArchiveError, match=r"manifest.csv is not in UTF-8 \(line 2\); save it again as “CSV UTF-8”"
    ):
        import_clips(tmp_path / "latin-1.zip")
    [item] = import_clips(tmp_path / "utf-16.zip", convert_here=True)
    assert item.clip.target == "fröhlich"


@pytest.mark.parametrize("written", ["CD{}/ü.wav", "CD{}\\ü.wav", "./CD{}/u\u0308.wav"])
@pytest.mark.parametrize("packed", ["CD{}/ü.wav", "CD{}/u\u0308.wav"])
@pytest.mark.parametrize("marked", [True, False], ids=["marked as UTF-8", "as macOS packs"])
def test_names_in_folders_and_in_both_forms_of_unicode(archive, track, written, packed, marked):
    files = {packed.format(n): wav(seed=n) for n in (1, 2)}
    lines = [f"{written.format(n)};{track.name};evidence;{n};m" for n in (1, 2)]
    path = archive(lines, files, header=HEADER.replace(",", ";"))
    if not marked:
        path.write_bytes(without_mark_of_utf_8(path.read_bytes()))
    done = import_clips(path, convert_here=True)
    assert [item.result for item in done] == ["imported"] * 2, [item.reason for item in done]
    sources = {clip.target: clip.provenance["source_sha256"] for clip in Clip.objects.all()}
    assert sources == {str(n): hashlib.sha256(wav(seed=n)).hexdigest() for n in (1, 2)}


def without_mark_of_utf_8(content):
    """Return the archive with the flag taken from all its names."""
    content = bytearray(content)
    for mark, place in ((b"PK\3\4", 7), (b"PK\1\2", 9)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + place] &= ~8
    return bytes(content)


def test_what_a_line_could_mean_otherwise_is_said(archive, track):
    track.title = "Тихая ночь"
    track.save()
    lines = [
        f"A.wav,{track.name},evidence,happy,m",
        f"x/a.wav,{track.name},evidence,calm,m",
        f"a.wav,{track.title},evidence,happy,m",
        f"a.wav,{track.name},evidence,happy, sad,m",
        f"a.wav,{track.name}",
    ]
    reasons = [item.reason for item in import_clips(archive(lines, {"a.wav": wav()}), convert_here=True)]
    assert "there is a.wav; add it, or correct the name" in reasons[0]
    assert "there is a.wav; add it, or correct the name" in reasons[1]
    assert f"is the title of a track; write its name, {track.name}, into the manifest" in reasons[2]
    assert "6 cells for 5 columns; put text that contains a comma into double quotes" in reasons[3]
    assert "needs a target" in reasons[4] or "method must name" in reasons[4]
    assert not Clip.objects.exists()


def test_a_name_that_is_there_in_two_forms_is_refused(archive, track):
    path = archive([], {"u\u0308.wav": wav(), "\u00fc.wav": wav()})
    with pytest.raises(ArchiveError, match="twice; pack it again"):
        import_clips(path)


def test_manifests_of_spreadsheets_are_understood(archive, track):
    lines = [f"a.wav;{track.name};evidence;happy;m"]
    path = archive(lines, {"a.wav": wav()}, header=HEADER.title().replace(",", ";"))
    [item] = import_clips(path, convert_here=True)
    assert item.result == "imported", item.reason


def test_a_damaged_or_endless_manifest_is_refused(archive, track, monkeypatch):
    path = archive([f"a.wav,{track.name},evidence,happy,m"] * 99, {"a.wav": wav()})
    monkeypatch.setattr(clip_archive, "MAXIMUM_MANIFEST_BYTES", 1000)
    with pytest.raises(ArchiveError, match=r"manifest.csv cannot be unpacked: .* more than"):
        import_clips(path)
    monkeypatch.undo()
    content = bytearray(path.read_bytes())
    content[50:80] = b"\xff" * 30
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"manifest.csv cannot be unpacked: .* damaged"):
        import_clips(path)


def test_what_is_no_archive_is_refused(tmp_path, monkeypatch, archive):
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(ArchiveError, match="not a zip archive"):
        import_clips(tmp_path / "x.zip")
    monkeypatch.setattr(clip_archive, "MAXIMUM_MEMBERS", 2)
    with pytest.raises(ArchiveError, match="the limit is 2"):
        import_clips(archive([], {"a.wav": b"", "b.wav": b""}))


def test_a_folder_packed_by_a_mac_is_understood(archive, track):
    line = [f"a.wav,{track.name},evidence,happy,m"]
    files = {"set/a.wav": wav(), "__MACOSX/set/._a.wav": b"x", "set/.DS_Store": b"x"}
    [item] = import_clips(archive(line, files, manifest="set/manifest.csv"), convert_here=True)
    assert item.result == "imported", item.reason


def test_several_clips_of_a_kind_are_told_apart_by_numbers(archive, track):
    header = HEADER.strip() + ",kept_segments,variant,level\n"
    lines = [f"a.wav,{track.name},random_control,happy,m,4,{n},emotion" for n in (0, 1)]
    lines.append(f"a.wav,{track.name},random_control,happy,m,four,2,emotion")
    done = import_clips(archive(lines, {"a.wav": wav()}, header=header), convert_here=True)
    assert [item.result for item in done] == ["imported", "imported", "refused"]
    assert "kept_segments must be a whole number" in done[2].reason
    assert sorted(Clip.objects.values_list("kept_segments", "variant", "target_level")) == [
        (4, 0, "emotion"), (4, 1, "emotion"),
    ]  # fmt: skip


def test_the_database_itself_refuses_a_second_clip_of_the_same_kind(good, track):
    import_clips(good, convert_here=True)
    clip = Clip.objects.get(condition="evidence")
    clip.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        clip.save(force_insert=True)


def test_the_page_says_what_became_of_every_clip(archive, track, admin_client):
    path = archive(
        [f"a.wav,{track.name},evidence,happy,m", "a.wav,nowhere,evidence,happy,m"], {"a.wav": wav()}
    )
    address = reverse("explainer:upload-clips")
    with path.open("rb") as opened:
        page = admin_client.post(address, {"archive": opened}).content.decode()
    assert "1 imported, 1 refused" in page
    assert "there is no track nowhere" in page
    assert '<td data-name="Line of the manifest">3</td>' in page
    assert Clip.objects.get().provenance["archive"] == "clips.zip"
    wrong = SimpleUploadedFile("mine.zip", zlib.compress(b"x"))
    page = admin_client.post(address, {"archive": wrong}).content.decode()
    assert "mine.zip is not a zip archive" in page  # not the name of our copy
    assert address in admin_client.get(reverse("admin:explainer_clip_changelist")).content.decode()


def test_the_page_is_for_those_who_may_add_clips(client, django_user_model):
    address = reverse("explainer:upload-clips")
    assert client.get(address).status_code == 302
    client.force_login(django_user_model.objects.create_user("staff", password="x", is_staff=True))
    assert client.get(address).status_code == 403


def test_the_command_reports_and_fails_if_something_was_refused(good, archive, track, capsys):
    call_command("import_clips", good)
    assert "4 clips, 4 of them new." in capsys.readouterr().out
    with pytest.raises(CommandError, match="1 of 1 clip was refused"):
        call_command("import_clips", archive(["a.wav,nowhere,evidence,happy,m"], {}, name="other.zip"))
    with pytest.raises(CommandError, match="not a zip archive"):
        call_command("import_clips", stored_path := good.with_suffix(".missing"))
    assert not stored_path.exists()


def test_a_name_of_nothing_leads_nowhere_and_is_refused():
    for name in ("", "."):
        with pytest.raises(ArchiveError, match="points outside it"):
            clip_archive._safe_name(name)


def test_clips_that_hold_one_sound_are_known_to_do_so(archive, track):
    lines = [
        f"a.wav,{track.name},evidence,happy,one",
        f"b.wav,{track.name},evidence,happy,two",
        f"c.wav,{track.name},complement,happy,two",
    ]
    files = {"a.wav": wav(), "b.wav": wav(subtype="PCM_24"), "c.wav": wav(seed=2)}
    assert set(results(import_clips(archive(lines, files), convert_here=True)).values()) == {"imported"}
    clips = {clip.provenance["file"]: clip for clip in Clip.objects.all()}
    assert clips["a.wav"].sha256 != clips["b.wav"].sha256  # one was rounded to 16 bits
    assert clips["a.wav"].sound == clips["b.wav"].sound != clips["c.wav"].sound
    assert all(clip.size == clip.file.size for clip in clips.values())
