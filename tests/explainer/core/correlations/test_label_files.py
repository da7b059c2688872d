"""Small files in the formats that the data sets' authors distribute."""

import numpy as np
import pytest
from label_texts import MID_LEVEL_CSV

from explainer.core.correlations.label_files import (
    LabelError,
    find_sounds,
    read_mid_level,
    read_soundtracks,
)

SOUNDTRACKS = """number,valence,energy,tension,anger,fear,happy,sad,tender,TARGET
1,7.33,5.67,3.17,1.17,1.33,6.5,1.83,3.17,HAPPY
2,2.5,7.0,8.17,6.5,7.83,1,2,1.33,FEAR_high
"""


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_mid_level_annotations_keep_the_papers_order_whatever_the_blanks(tmp_path):
    labels = read_mid_level(write(tmp_path / "annotations.csv", MID_LEVEL_CSV))
    assert labels.tracks == ("1", "12")
    assert labels.targets[0] == "melodiousness"
    assert labels.values.shape == (2, 7)
    by_name = dict(zip(labels.targets, labels.values[1], strict=True))
    assert by_name["tonal_stability"] == 2.5  # "atonality" in the file
    assert by_name["minorness"] == 9.0  # "mode" in the file
    assert (labels.lowest, labels.highest) == (1, 10)


def test_soundtracks_ratings(tmp_path):
    labels = read_soundtracks(write(tmp_path / "mean_ratings_set1.csv", SOUNDTRACKS))
    assert labels.targets == ("valence", "energy", "tension", "anger", "fear", "happy", "sad", "tender")
    np.testing.assert_allclose(labels.values[1], [2.5, 7.0, 8.17, 6.5, 7.83, 1, 2, 1.33])
    assert (labels.lowest, labels.highest) == (1, 9)


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (read_mid_level, SOUNDTRACKS, "no column “song_id”"),
        (read_mid_level, MID_LEVEL_CSV.replace("8.0,3.5", "11,3.5"), "line 2: atonality is “11”"),
        (read_mid_level, MID_LEVEL_CSV.replace(" 3.0", " "), "line 2: rhythm_complexity is “”"),
        (read_mid_level, MID_LEVEL_CSV + MID_LEVEL_CSV.splitlines()[1], "line 4: 1 occurs twice"),
        (
            read_mid_level,
            MID_LEVEL_CSV + "00" + MID_LEVEL_CSV.splitlines()[1],
            "line 4: 001 occurs twice",
        ),
        (read_mid_level, MID_LEVEL_CSV.splitlines()[0], "contains no ratings"),
        (read_soundtracks, SOUNDTRACKS.replace("7.0", "seven"), "line 3: energy is “seven”"),
        (read_soundtracks, "", "is empty"),
    ],
)
def test_files_that_cannot_be_used_are_refused_with_the_place(tmp_path, reader, text, message):
    with pytest.raises(LabelError, match=message):
        reader(write(tmp_path / "labels.csv", text))


def test_a_table_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "latin.csv").write_bytes("number,valence\n1,\xe4".encode("latin-1"))
    with pytest.raises(LabelError, match="UTF-8"):
        read_soundtracks(tmp_path / "latin.csv")


def test_sounds_are_found_with_and_without_leading_zeros(tmp_path):
    (tmp_path / "audio").mkdir()
    for name in ("001.mp3", "12.mp3", "notes.txt"):
        (tmp_path / "audio" / name).touch()
    found = find_sounds(tmp_path, ["1", "12", "13"])
    assert {track: path.name for track, path in found.items()} == {"1": "001.mp3", "12": "12.mp3"}
