"""Parts that fail say so in their place, name annotator and question, and leave everything else as it was."""

import csv
import io
from itertools import cycle

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db.models import JSONField, Value
from django.urls import reverse
from every_page import exported, opened, words_of
from test_every_stage import taken, walk

from studyserver.results.data.rows import StudyRows
from studyserver.results.export.codebook import TABLES
from studyserver.results.export.data_package import data_file
from studyserver.results.tables.computed import Computed
from studyserver.study.models import (
    Annotator,
    Judgment,
    QuestionnaireAnswer,
    QuestionnaireItem,
    QuestionnairePage,
    Study,
    Trial,
)

pytestmark = [pytest.mark.django_db, pytest.mark.long]
NOT_COMPUTED = "could not be computed"
ODD = [
    None, True, -1, 1e300, 10**30, "", "x", "\ud800", [], [[]], [[1]], [["a", "b"]], [None], {}, {"x": 1},
    {"presence": "loud"}, {"preferred": "Q", "strength": 1}, {"preferred": "A"}, {"presentations": [1]},
    {"presentations": {"x": 3}}, {"headphones": 1}, {"headphones": {"antiphase": {"score": "6", "of": 0}}},
]  # fmt: skip


@pytest.fixture
def browser(admin_client):
    return admin_client


def stored(value):
    """Return a value as JSON, None as its null."""
    return Value(None, JSONField()) if value is None else value


def page(browser, study, name, *more):
    response = browser.get(reverse(f"results:{name}", args=[study.slug, *more]))
    assert response.status_code == 200
    return words_of(response)


def table(files, study, name):
    return list(csv.DictReader(io.StringIO(files[data_file(study, name)])))


# -- answers that no reader understands ----------------------------------------------------------


@pytest.mark.parametrize(
    ("presentation", "kind", "value"),
    [
        ("single", "scale", 77),
        ("single", "slider", {"at": 3}),
        ("single", "presence", ["clear"]),
        ("single", "choice", 5),
        ("single", "checklist", "rhythm"),
        ("single", "stretches", [[2.0, 1.0, 0.5]]),
        ("single", "text", {"a": "b"}),
        ("pair", "preference", {"preferred": "Q", "strength": 1}),
        ("abx", "abx", "C"),
        ("intruder", "intruder", "E"),
    ],
)
def test_an_answer_that_nobody_can_read_is_named_and_the_rest_is_there(
    browser, tmp_path, presentation, kind, value
):
    study = taken(presentation, "one annotator")
    before = [row["judgment"] for row in StudyRows(study).judgments()]
    broken = Judgment.objects.filter(question__key=kind).order_by("trial__position").last()
    Judgment.objects.filter(pk=broken.pk).update(value=value)
    annotator, question = broken.trial.annotator.pseudonym, study.questions.get(key=kind)
    named = f"Annotator {annotator}, question “{question.text}” ({kind}), trial {broken.trial.position}: "
    everywhere = ("study", "remains", "agreement", "annotators", "report", "progress")
    for name in everywhere if kind == "slider" else ("report",):
        words = page(browser, study, name)
        assert "1 stored answer cannot be read" in words and named in words
        assert NOT_COMPUTED not in words
    with pytest.raises(CommandError) as stopped:
        call_command("export_study", study.slug, output=tmp_path / "out")
    assert named in str(stopped.value)
    files = {name: (tmp_path / "out" / name).read_text() for name in ("PROBLEMS.md", "README.md")}
    files |= {
        name: (tmp_path / "out" / name).read_text()
        for name in (data_file(study, item.name) for item in TABLES.values())
    }
    assert named in files["PROBLEMS.md"] and "PROBLEMS.md" in files["README.md"]
    after = [row["judgment"] for row in table(files, study, "judgments")]
    assert after == [identifier for identifier in before if identifier != str(broken.uuid)]


def test_an_answer_that_was_given_anew_is_no_problem(browser):
    study = taken("single", "one annotator")
    first = Judgment.objects.filter(question__key="scale").first()
    later = Judgment.objects.get(pk=first.pk)
    later.pk, later.uuid, later.sequence = None, "12345678-1234-5678-1234-567812345678", 10_000
    later.save(force_insert=True)
    Judgment.objects.filter(pk=first.pk).update(value={"odd": 1})
    assert not StudyRows(study).unreadable
    assert "PROBLEMS.md" not in exported(browser, study)
    Judgment.objects.filter(pk=first.pk).update(value=first.value)
    Judgment.objects.filter(pk=later.pk).update(value={"odd": 1})
    (answer,) = StudyRows(study).unreadable.values()
    assert answer.judgment == later.uuid
    assert Computed(StudyRows(study)).counted.main["question"].eq("scale").sum() == 5  # of six


@pytest.mark.parametrize("presentation", ["multiple", "abx", "intruder"])
def test_whatever_is_stored_everything_opens(browser, presentation):
    study = taken(presentation, "two annotators", rules=True)
    Study.objects.filter(pk=study.pk).update(headphone_check="both", set_level=True)
    first = study.annotators.first()
    asked = QuestionnairePage.objects.create(study=study)
    for kind in QuestionnaireItem.Kind.values:
        item = QuestionnaireItem.objects.create(page=asked, key=f"about-{kind}", kind=kind, text=kind)
        for value in ODD:
            QuestionnaireAnswer.objects.create(annotator=first, item=item, value=value)
            copy = QuestionnaireItem.objects.create(
                page=asked, key=f"about-{kind}-{QuestionnaireItem.objects.count()}", kind=kind, text=kind
            )
            QuestionnaireAnswer.objects.create(annotator=first, item=copy, value=value, number=1e300)
    values = cycle(ODD)
    for row in Judgment.objects.order_by("pk")[::2]:
        Judgment.objects.filter(pk=row.pk).update(value=stored(next(values)))
    for row in Trial.objects.order_by("pk"):
        token = row.presentations.first().token
        odd = next(values)
        record = odd if row.pk % 2 else {"presentations": {token: odd}, "switches": odd, "rest_ms": 10**30}
        Trial.objects.filter(pk=row.pk).update(listening=stored(record))
    for number, row in enumerate(Annotator.objects.order_by("pk")):
        Annotator.objects.filter(pk=row.pk).update(sound_check=stored(ODD[-1 - number]))
    for address, words in opened(browser, study).items():
        assert NOT_COMPUTED not in words, address
    files = exported(browser, study)
    assert NOT_COMPUTED not in files["PROBLEMS.md"]
    for item in TABLES.values():
        (header, *rows) = csv.reader(io.StringIO(files[data_file(study, item.name)]))
        assert header == list(item.columns) and all(len(row) == len(header) for row in rows)


def test_whatever_a_sound_check_holds_annotators_are_shown(browser):
    study = taken("multiple_reference", "one trial")
    first, rng = study.annotators.get(), np.random.default_rng(1)
    for value in ODD[1:]:
        other = walk(study, rng, "one trial")
        Annotator.objects.filter(pk=other.pk).update(sound_check=stored(value))
    Annotator.objects.filter(pk=first.pk).update(sound_check=stored(None))
    words = page(browser, study, "annotators")
    assert NOT_COMPUTED not in words
    assert all(name in words for name in study.annotators.values_list("pseudonym", flat=True))
    assert page(browser, study, "annotator", first.pseudonym)
    assert len(table(exported(browser, study), study, "annotators")) == len(ODD)


# -- parts that fail ---------------------------------------------------------------------------------


def test_a_question_that_cannot_be_computed_is_named_and_the_others_are_as_before(browser, tmp_path):
    study = taken("single", "two annotators")
    before = exported(browser, study)
    figures = page(browser, study, "study")
    assert "could not" not in figures
    study.questions.filter(key="scale").update(options={"points": "many"})
    where = "The cause lies in the question “What about scale?” (scale)"
    names = ("study", "agreement", "report", "annotators", "progress", "remains")
    pages = {name: page(browser, study, name) for name in names}
    for name, words in pages.items():
        assert NOT_COMPUTED in words and where in words, name
        assert "Every part without such a message is complete." in words
    for question in study.questions.filter(kind__in=["slider", "presence", "choice", "checklist"]):
        assert figures.count(question.text) == pages["study"].count(question.text)
    plot = browser.get(reverse("results:figure", args=[study.slug, "scale.svg"]))
    assert plot.status_code == 422 and where in plot.content.decode()
    assert browser.get(reverse("results:figure", args=[study.slug, "slider.svg"])).status_code == 200
    files = exported(browser, study)
    assert "Part of “Table summary” could not be computed" in files["PROBLEMS.md"]
    assert where in files["PROBLEMS.md"]
    for name in ("summary", "agreement", "retest", "claims"):
        others = [row for row in table(before, study, name) if row["question"] != "scale"]
        assert table(files, study, name) == others
    assert table(files, study, "trials") == table(before, study, "trials")
    with pytest.raises(CommandError, match="but it is incomplete") as stopped:
        call_command("export_study", study.slug, output=tmp_path / "out.zip")
    assert where in str(stopped.value) and (tmp_path / "out.zip").exists()


def test_a_page_with_a_failure_is_computed_anew_at_the_next_visit(browser):
    study = taken("single", "one annotator")
    study.questions.filter(key="slider").update(options={"min": "low"})
    assert NOT_COMPUTED in page(browser, study, "remains")
    study.questions.filter(key="slider").update(options={"min": 0, "max": 100})
    assert NOT_COMPUTED not in page(browser, study, "remains")
