"""Order effects can be told from the export alone: what came when, where, and after what."""

import csv
import io

import numpy as np
import pytest
from example_studies import make_study
from quiet_rehearsals import quiet

from studyserver.results.export.archive import StudyExport
from studyserver.study.models import Presentation, Trial
from studyserver.study.rehearsal import rehearsal

pytestmark = pytest.mark.django_db


def table(study, name: str) -> list[dict]:
    for path, content in StudyExport(study, rehearsal=True).files():
        if path.endswith(f"{name}_data.csv"):
            return list(csv.DictReader(io.StringIO(b"".join(content).decode())))
    raise AssertionError(f"There is no table {name}.")


def rise_over_the_session(study) -> float:
    """Return by how much ratings rise from the first to the last trial, stimuli set apart."""
    rows = [row for row in table(study, "judgments") if row["trial_kind"] == "main"]
    ratings = np.array([float(row["number"]) for row in rows])
    last = max(int(row["trial_position"]) for row in rows)
    position = np.array([int(row["trial_position"]) for row in rows]) / last
    groups = [row["stimulus"] for row in rows]
    for values in (ratings, position):
        for group in set(groups):
            members = [index for index, name in enumerate(groups) if name == group]
            values[members] -= values[members].mean()
    return float(ratings @ position / (position @ position))


@pytest.mark.parametrize(("behaviour", "rise"), [("order-biased", (0.9, 2.0)), ("truthful", (-0.25, 0.25))])
def test_a_rise_over_the_session_shows_only_where_there_is_one(behaviour, rise, monkeypatch):
    quiet(monkeypatch)
    monkeypatch.setattr(rehearsal, "MIXTURE", [behaviour])
    study = make_study(4)
    rehearsal.simulate(study, 12, seed=3)
    assert rise[0] < rise_over_the_session(study) < rise[1]  # of a drift of .35 of four steps: 1.4


def test_every_place_and_predecessor_is_exported():
    study = make_study(
        4, presentation="pair", blocks="target", repeats_per_annotator=2, trials_per_annotator=6
    )
    study.questions.update(scope="clip")
    rehearsal.simulate(study, 2)
    exported = [
        (
            row["trial"],
            int(row["trial_position"]),
            row["trial_kind"],
            row["block"],
            int(row["clip_position"]),
            row["stimulus"],
        )
        for row in table(study, "trials")
    ]
    stored = [
        (
            item.trial_id,
            item.trial.position,
            item.trial.kind,
            item.trial.block,
            item.position,
            item.stimulus_id,
        )
        for item in Presentation.objects.filter(trial__annotator__study=study).select_related("trial")
    ]
    assert len(exported) == len(stored) == 2 * 8 * 2
    assert sorted(row[1:5] for row in exported) == sorted((*row[1:3], str(row[3]), row[4]) for row in stored)
    for annotator in study.annotators.all():
        positions = list(annotator.trials.order_by("position").values_list("position", flat=True))
        assert positions == list(range(1, 9))  # without gaps, so that each trial's predecessor is known
        repeats = annotator.trials.filter(kind=Trial.Kind.REPEAT)
        assert all(trial.repeat_of.position < trial.position for trial in repeats)
