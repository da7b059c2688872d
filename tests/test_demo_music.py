"""The demo's music is what its manifests say, and small enough to be kept with the code."""

import csv
import hashlib
from pathlib import Path

import pytest
import soundfile
from paths import ROOT

MUSIC = ROOT / "fixtures" / "music"
NOTICES = (MUSIC.parent / "LICENCES.md").read_text()


def rows() -> list[tuple[Path, dict[str, str]]]:
    found = []
    for folder in (MUSIC, MUSIC / "variants"):
        with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
            found += [(folder, row) for row in csv.DictReader(file)]
    return found


@pytest.mark.parametrize(
    ("folder", "row"), rows(), ids=lambda value: value["file"] if isinstance(value, dict) else ""
)
def test_each_file_is_described_whole_and_licensed(folder, row):
    file = folder / row["file"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha256"]
    info = soundfile.info(file)
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("FLAC", "PCM_16", 1, 22050)
    assert info.duration == pytest.approx(float(row["seconds"]), abs=0.01)
    assert row["licence"].split(";")[0] in NOTICES or row["licence"].startswith("public domain")
    for column in ("title", "composer", "source", "how_made"):
        assert row[column]


def test_nothing_lies_there_undescribed_and_all_is_small():
    listed = {folder / row["file"] for folder, row in rows()}
    assert set(MUSIC.rglob("*.flac")) == listed
    assert sum(file.stat().st_size for file in listed) < 10e6
