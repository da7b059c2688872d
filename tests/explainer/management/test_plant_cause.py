import pytest
from django.core.management import CommandError, call_command


def test_the_command_prints_a_row_per_method(track, capsys):
    call_command("plant_cause", method=["occlusion", "random"], times=1, calls=32)
    lines = capsys.readouterr().out.splitlines()
    table = {line.split()[0]: line.split()[1:] for line in lines[-2:]}
    assert set(table) == {"occlusion", "random"}
    assert float(table["occlusion"][1]) > 0.9


def test_what_is_not_there_is_named(track):
    with pytest.raises(CommandError, match="gaussian_process"):
        call_command("plant_cause", method=["oracle"])
    with pytest.raises(CommandError, match=f"no track nothing; the names are: {track.name}"):
        call_command("plant_cause", track=[track.name, "nothing"])


@pytest.mark.django_db
def test_without_any_track_it_says_how_to_import_one():
    with pytest.raises(CommandError, match="import_tracks"):
        call_command("plant_cause")
