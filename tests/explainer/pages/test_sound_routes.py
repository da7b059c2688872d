"""Every way by which sound comes in reads it whole or refuses it in words."""

import html
import json
import zipfile
from pathlib import Path

import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from small_world import SAMPLE_RATE, tones

from explainer.core.base.recipe import Recipe as CoreRecipe
from explainer.imports.clip_import import import_clips
from explainer.models import Clip, Track

pytestmark = pytest.mark.django_db
CASES = Path("tests/cases/sound")
CUT, WITHOUT_HEADER = "cut_off_with_whole_header.mp3", "vbr_without_header.mp3"
REFUSAL = f"{CUT} is cut off: it ends in the middle of a frame; upload it again"


@pytest.fixture
def opus(tmp_path):
    path = tmp_path / "song.opus"
    soundfile.write(path, tones(2, 0, 48000), 48000, format="OGG", subtype="OPUS")
    return path


def upload(client, *paths):
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in paths]
    page = client.post(reverse("admin:explainer_track_add"), {"files": files}, follow=True)
    return html.unescape(page.content.decode())


def test_the_upload_page(admin_client, opus):
    page = upload(admin_client, CASES / CUT, CASES / WITHOUT_HEADER, opus)
    assert REFUSAL in page
    assert {track.name: round(track.seconds, 2) for track in Track.objects.all()} == {
        "vbr_without_header": 6.06, "song": 2.0,
    }  # fmt: skip
    assert "Opus" in page
    track = Track.objects.get(name="song")
    answer = admin_client.get(reverse("explainer:track-sound", args=[track.pk]))
    assert answer["Content-Type"] == "audio/ogg"


def test_names_in_every_script_on_the_upload_page(admin_client, sound_file):
    names = ["Тихая ночь", "Громкий день", "静かな夜", "🎵", "🎶", "歌" * 80]
    paths = [sound_file(f"{name}.wav", seed=seed) for seed, name in enumerate(names)]
    page = upload(admin_client, *paths)
    assert page.count("Imported: ") == len(names)
    assert {track.title for track in Track.objects.all()} == set(names)
    assert len(set(Track.objects.values_list("name", flat=True))) == len(names)
    for track in Track.objects.all():
        track.full_clean(exclude=["file"])  # it can be saved again in the admin


def test_refusals_on_the_upload_page_name_the_file_and_a_remedy_that_it_has(admin_client, sound_file):
    upload(admin_client, sound_file("müde.wav"))
    (other := sound_file("mude.wav", seed=1)).with_name("ю.wav").write_bytes(b"no sound")
    page = upload(admin_client, other, other.with_name("ю.wav"))
    assert "mude.wav: another recording has the name mude; rename the file" in page
    assert "ю.wav cannot be read as sound; it may be damaged: export it again as WAV or FLAC" in page
    assert "manifest" not in page


def test_the_command(capsys, tmp_path, opus):
    with pytest.raises(CommandError, match="1 of 3 files were refused"):
        call_command("import_tracks", CASES, opus.parent)
    assert REFUSAL in capsys.readouterr().out
    assert set(Track.objects.values_list("name", flat=True)) == {"vbr_without_header", "song"}


def test_clips_of_other_systems(track, tmp_path, opus):
    path = tmp_path / "clips.zip"
    with zipfile.ZipFile(path, "w") as packed:
        lines = [f"{name},{track.name},evidence,{number},m"
                 for number, name in enumerate([CUT, WITHOUT_HEADER, opus.name])]  # fmt: skip
        packed.writestr("manifest.csv", "\n".join(["file,track,condition,target,method", *lines]))
        for file in (CASES / CUT, CASES / WITHOUT_HEADER, opus):
            packed.write(file, file.name)
    done = import_clips(path)
    assert [item.result for item in done] == ["refused", "imported", "imported"], [i.reason for i in done]
    assert done[0].reason.startswith("is cut off: it ends in the middle of a frame")
    assert Clip.objects.get(target="1").seconds == pytest.approx(133_632 / 22_050, abs=1 / SAMPLE_RATE)
    assert Clip.objects.get(target="2").seconds == 2


def test_stems(admin_client):
    page = admin_client.get(reverse("admin:explainer_recipe_add")).content.decode()
    assert 'accept=".wav,.flac,.ogg,.oga,.opus,.mp3"' in page
    values = {field: json.dumps(value) if isinstance(value, dict) else value
              for field, value in CoreRecipe().to_dict().items()}  # fmt: skip
    stem = SimpleUploadedFile(CUT, (CASES / CUT).read_bytes())
    values |= {"name": "a", "evidence_sizes": "1", "segmentation": "stems", "stem_files": [stem]}
    page = html.unescape(admin_client.post(reverse("admin:explainer_recipe_add"), values).content.decode())
    assert REFUSAL in page
