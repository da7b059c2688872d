"""Options with values that could be taken for something else: on pages, in the export, in its scripts."""

import csv
import json
import shutil
from html import unescape
from itertools import pairwise

import numpy as np
import pytest
from constructed_study import TARGETS, construct
from django.core.cache import cache
from django.urls import reverse
from exported_scripts import ORACLE, reproduced, run
from filled_once import filled_once
from filled_study import event, heard

from explainer.files.spreadsheets import escaped
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.rows import StudyRows
from studyserver.results.export.data_package import data_file
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Judgment, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join

# What stands for each target, and what nobody's clip is made for.
VALUES = ["harsh|bitter", "=1+1"]
OTHERS = [
    "harsh",
    "bitter",
    "'=1+1",
    'say "x", y; z',
    "a / b",
    "none ticked",
    '["a"]',
    "\\ 🎻 $x",
    "01",
    "T",
    "[]",
]
CHOICES = [
    *({"value": value, "label": target} for value, target in zip(VALUES, TARGETS, strict=True)),
    *({"value": value, "label": f"other {number}"} for number, value in enumerate(OTHERS)),
]
CHOSEN = [choice["value"] for choice in CHOICES]
PAGES = ["study", "remains", "agreement", "annotators", "report", "progress", "planning"]


def take_part(study, stimuli, person):
    """Let one person name and tick what clips are made for, most of the time, and much else."""
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    sequence = 0
    while trial := session.current_trial(annotator):
        stimulus = trial.presentations.get().stimulus
        clip = stimulus.clip
        rng = np.random.default_rng([person, stimuli.index(stimulus.pk), trial.kind == "repeat"])
        own = VALUES[TARGETS.index(clip.target)] if clip.target and rng.random() < 0.7 else None
        named = own or str(rng.choice([*VALUES, *OTHERS]))
        ticked = [value for value in [*VALUES, *OTHERS] if value == own or rng.random() < 0.15]
        answers = {"dissonance": int(rng.integers(0, 101)), "about": named, "audible": ticked}
        events = []
        for question, value in answers.items():
            sequence += 1
            events.append(event(trial, question, value, sequence))
        receipts = record_judgments(annotator, events)
        assert {receipt["status"] for receipt in receipts} == {"stored"}, receipts
        session.finish_trial(annotator, trial.token, heard(trial))


@pytest.fixture(scope="module")
def number(django_db_setup, django_db_blocker, tmp_path_factory):
    def fill():
        study, truth = construct("awkward", tracks=4)
        study.exclusion_rules.all().delete()
        study.questions.exclude(key="dissonance").update(options={"choices": CHOICES})
        study.questions.filter(key="audible").update(text=r"Which: $\frac$?")
        open_study(study)
        for person in range(4):
            take_part(study, list(truth), person)
        return study.pk

    with filled_once(django_db_blocker, tmp_path_factory.mktemp("files"), fill) as made:
        yield made


@pytest.fixture
def study(number, db):
    cache.clear()
    return Study.objects.get(pk=number)


def given(study, question):
    """Return what is stored for each judgment that counts, by its identifier."""
    current = Judgment.objects.filter(question__study=study, question__key=question).current()
    return {str(judgment.uuid): judgment.value for judgment in current}


def read(folder, study, table):
    with (folder / data_file(study, table)).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_sets_stay_the_sets_that_were_ticked(study):
    stored = sorted(sorted(value) for value in given(study, "audible").values())
    found = CountedJudgments(StudyRows(study)).all
    found = found[found["question"] == "audible"]["value"]
    assert sorted(sorted(value) for value in found) == stored
    assert any("harsh|bitter" in value and "harsh" not in value for value in stored)  # or nothing is shown


def test_every_page_shows_the_labels(study, admin_client):
    annotator = study.annotators.first()
    addresses = [reverse(f"results:{name}", args=[study.slug]) for name in PAGES]
    addresses.append(reverse("results:annotator", args=[study.slug, annotator.pseudonym]))
    addresses.append(reverse("results:figure", args=[study.slug, "audible.png"]))
    pages = {address: admin_client.get(address) for address in addresses}
    assert {address: page.status_code for address, page in pages.items()} == dict.fromkeys(addresses, 200)
    of_one = unescape(
        pages[reverse("results:annotator", args=[study.slug, annotator.pseudonym])].content.decode()
    )
    labels = {choice["value"]: choice["label"] for choice in CHOICES}
    of_annotator = Judgment.objects.filter(trial__annotator=annotator, question__key="audible").current()
    said = [judgment.value for judgment in of_annotator if len(judgment.value) > 2]
    assert said
    for value in said:
        assert " + ".join(labels[name] for name in CHOSEN if name in value) in of_one


def test_the_export_says_what_was_ticked_and_the_scripts_read_it(study, tmp_path):
    folder = tmp_path / "export"
    tables = reproduced(study, folder)
    assert tables >= {"summary", "agreement", "retest", "information", "claims", "annotator_quality", "pairs"}
    stored = given(study, "audible")
    rows = {row["judgment"]: row for row in read(folder, study, "judgments") if row["question"] == "audible"}
    assert {name: json.loads(row["value"]) for name, row in rows.items()} == stored
    for row in read(folder, study, "checklist"):
        options = {escaped(value): value for value in CHOSEN}
        assert row["ticked"] == str(int(options[row["option"]] in stored[row["judgment"]]))
    written = {row["judgment"]: row for row in read(folder, study, "judgments") if row["question"] == "about"}
    named = given(study, "about")
    assert {name: row["value"] for name, row in written.items()} == {
        name: escaped(value) for name, value in named.items()
    }
    assert set(VALUES) <= set(named.values())
    if rscript := shutil.which("Rscript"):
        found = run(rscript, ORACLE / "analysis.R", folder)
        assert found.returncode == 0, found.stdout + found.stderr
        for table in ("summary", "agreement", "retest", "information", "claims"):
            assert f"{table}: " in found.stdout


@pytest.mark.parametrize("text", [*VALUES, *OTHERS, "''=1", "'", "'twas"])
def test_an_escaped_text_is_no_other_text(text):
    every = [text, f"'{text}", f"''{text}"]
    assert all(escaped(one) != escaped(other) for one, other in pairwise(every))
