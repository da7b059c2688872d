"""The table of answers about annotators: what counts, of whom, in which form."""

import pytest
from example_questionnaires import item, make_page
from example_studies import make_study
from study_tables import table

from studyserver.results.export.archive import StudyExport
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import QuestionnaireItem
from studyserver.study.sessions import screening_steps as screening
from studyserver.study.sessions import session
from studyserver.study.sessions.joining import join

Kind = QuestionnaireItem.Kind


@pytest.fixture
def asked(db):
    study = make_study(1)
    make_page(
        study,
        {"key": "plays"},
        {"key": "likes", "kind": Kind.CHECKLIST},
        {"key": "years", "kind": Kind.NUMBER, "options": {}},
        {"key": "remark", "kind": Kind.TEXT, "required": False},
    )
    open_study(study)
    return study


def answer(study, **values):
    annotator = join(study)
    session.give_consent(annotator)
    page = screening.current_page(annotator)
    screening.finish_page(annotator, page, {item(study, key).pk: value for key, value in values.items()})
    return annotator


def test_the_answers_that_count(asked):
    annotator = join(asked)
    session.give_consent(annotator)
    page = screening.current_page(annotator)
    screening.finish_page(annotator, page, {item(asked, "plays").pk: "no"})  # the rest is missing
    given = {"plays": "yes", "likes": [], "years": 3.5, "remark": "=1+1"}
    screening.finish_page(annotator, page, {item(asked, key).pk: value for key, value in given.items()})
    discarded = answer(asked, plays="no", likes=["yes"], years=1)
    session.withdraw(discarded, keep_answers=False)
    frame = table(asked, "questionnaire")
    assert set(frame["annotator"]) == {annotator.pseudonym}
    assert list(frame["item"]) == ["plays", "likes", "years", "remark"]
    assert list(frame["item_value"].fillna("")) == ["yes", "[]", "3.5", ""]
    assert frame["item_number"].dropna().tolist() == [3.5]
    assert frame["item_comment"].dropna().tolist() == ["=1+1"]
    assert table(asked, "questionnaire", rehearsal=True).empty
    files = {path: b"".join(content).decode() for path, content in StudyExport(asked).files()}
    (exported,) = [text for path, text in files.items() if "table-questionnaire" in path]
    assert "'=1+1" in exported  # no formula for a spreadsheet
