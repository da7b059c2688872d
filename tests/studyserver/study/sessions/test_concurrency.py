"""Fifty annotators join and answer at once, in several processes, on real databases."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from paths import PYTHONPATH, SUPPORT
from postgresql import private_server

pytestmark = [pytest.mark.slow, pytest.mark.long]
ANNOTATORS, PROCESSES, TRIALS = 50, 3, 3

# Beside single clips: designs that give annotators pairs, sets, blocks, or one condition only.
DESIGNS: dict[str, dict] = {
    "pairs in blocks": {"presentation": "pair", "blocks": "target"},
    "ABX with repeats and attention trials": {
        "presentation": "abx", "repeats_per_annotator": 1, "attention_trials": 1,
    },
    "sets": {"presentation": "multiple"},
    "whole tracks": {"allocation": "whole_tracks"},
    "one condition each": {
        "condition_design": "between", "compared_conditions": ["evidence", "random_control"],
    },
}  # fmt: skip

SET_UP = f"""
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from example_studies import make_study
from studyserver.study.sessions import session
studies = [make_study(n_tracks=5, trials_per_annotator={TRIALS})]
for fields in {list(DESIGNS.values())}:
    conditions = fields.get("compared_conditions", ["original", "evidence", "complement"])
    studies.append(make_study(n_tracks=5, conditions=conditions, trials_per_annotator={TRIALS}, **fields))
for study in studies:
    study.state = "open"  # whether the questions fit is of no concern here
    study.save()
print(",".join(str(study.pk) for study in studies))
"""
LOOK = """
import django; django.setup()
import json, sys
from example_studies import ready
from studyserver.study.sessions import session
from studyserver.study.design.allocation import judged_counts, judged_sets
from studyserver.study.design.sets import stimulus_sets
from studyserver.study.models import Judgment, Study, Trial
study, *others = [Study.objects.get(pk=pk) for pk in sys.argv[1].split(",")]
left = json.loads(sys.argv[2])
counts = judged_counts(study)

def balance(study):
    return [judged_sets(study)[what.key] for what in stimulus_sets(study)]

def refilled(study):
    for _ in range(left.get(str(study.pk), 0)):
        session.current_trial(ready(study))
    return balance(study)

print(json.dumps({
    "counts": [counts[stimulus.pk] for stimulus in study.stimuli.all()],
    "finished": study.annotators.filter(state="finished").count(),
    "trials": Trial.objects.filter(annotator__study=study).count(),
    "judgments": Judgment.objects.count(),
    "current": {judgment.trial_id: judgment.value for judgment in Judgment.objects.current()},
    "others": [refilled(other) for other in others],
}))
"""


@pytest.fixture
def sqlite_address(tmp_path):
    return f"sqlite:///{tmp_path / 'race.sqlite3'}"


@pytest.fixture(scope="module")
def postgresql_address():
    with private_server() as server:
        yield server.address


@pytest.mark.parametrize(
    "database", ["sqlite_address", pytest.param("postgresql_address", marks=pytest.mark.postgresql)]
)
def test_fifty_at_once_stay_in_balance_under_every_design_and_lose_nothing(database, request, tmp_path):
    environment = {
        **os.environ,
        "DATABASE_URL": request.getfixturevalue(database),
        "DATA_FOLDER": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "studyserver.settings",
        "PYTHONPATH": PYTHONPATH,
        "LOG_LEVEL": "WARNING",
    }

    def python(*arguments):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([sys.executable, *arguments], env=environment, text=True, **pipes)

    def output(process):
        out, err = process.communicate(timeout=1800)
        assert process.returncode == 0, err
        return out.strip().splitlines()[-1]

    studies = output(python("-c", SET_UP))
    shares = [len(range(n, ANNOTATORS, PROCESSES)) for n in range(PROCESSES)]
    race = str(SUPPORT / "race.py")
    processes = [python(race, studies, str(n), str(1000 * seed)) for seed, n in enumerate(shares)]
    results = [json.loads(output(process)) for process in processes]
    assert [result["errors"] for result in results] == [[]] * PROCESSES
    entered = {trial: value for result in results for trial, value in result["entered"].items()}

    left = sum((Counter(result["left"]) for result in results), Counter())
    assert len(left) == len(DESIGNS)
    found = json.loads(output(python("-c", LOOK, studies, json.dumps(left))))
    assert found["finished"] == ANNOTATORS
    assert found["trials"] == len(entered) == ANNOTATORS * TRIALS
    assert found["current"] == entered
    assert sum(found["counts"]) == ANNOTATORS * TRIALS
    assert max(found["counts"]) - min(found["counts"]) <= 1, Counter(found["counts"])
    for design, counts in zip(DESIGNS, found["others"], strict=True):
        # As many came after the race as had left in it.
        assert sum(counts) == ANNOTATORS * TRIALS, design
        assert max(counts) - min(counts) <= 1, (design, counts)
    deleted = [pseudonym for result in results for pseudonym in result["deleted"]]
    assert deleted
    if database == "sqlite_address":
        content = b"".join(path.read_bytes() for path in tmp_path.glob("race.sqlite3*"))
        assert not [name for name in deleted if name.encode() in content]
