"""Leaving, and deletion on request: what the whole database still knows of the person afterwards."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from example_studies import heard, make_event, make_study

from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Departure, HeadphoneCheck, Question, QuestionnaireItem, Quota
from studyserver.study.recruitment import recruiting
from studyserver.study.sessions import screening_steps as screening
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.stages import Stage, stage

IDENTIFIER = "P-0815-secret"
CONFESSION = "I am the second flute in Ghent"
COMMENT = "my cat sat on the keyboard"


def whole_database() -> str:
    """Return every value of every table as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [repr(row) for row in cursor.fetchall()]
    return "\n".join(found)


@pytest.fixture
def study(db):
    study = make_study(2, headphone_check="antiphase", count_tones=False, trials_per_annotator=2)
    page = study.questionnaire_pages.create(title="You")
    page.items.create(key="confession", text="Who are you?", kind=QuestionnaireItem.Kind.TEXT)
    age = page.items.create(key="age", text="How old are you?", kind=QuestionnaireItem.Kind.NUMBER)
    Quota.objects.create(study=study, name="adults", item=age, rule=">= 18", limit=5)
    Question.objects.create(study=study, key="comment", text="Anything?", kind="text", required=False)
    open_study(study)
    return study


@pytest.fixture
def annotator(study):
    """Return somebody who has left a trace in every table that holds one."""
    [recruit] = recruiting.invite(study, [IDENTIFIER])
    annotator = recruiting.join_as(study, recruit=recruit)
    session.give_consent(annotator)
    page = study.questionnaire_pages.get()
    confession, age = page.items.all()
    screening.finish_page(annotator, page, {confession.pk: CONFESSION, age.pk: 33})
    assert annotator.quotas.exists()
    session.finish_instructions(annotator)
    check = annotator.headphone_checks.create(kind=HeadphoneCheck.Kind.ANTIPHASE)
    for trial in range(1, 7):
        screening.answer_headphone_trial(annotator, check.pk, trial, 1)
    if stage(annotator) == Stage.HEADPHONES:
        annotator.sound_check = {"headphones": {"passed": True}}
        annotator.save()
    trial = session.current_trial(annotator)
    events = [make_event(trial), make_event(trial, "comment", COMMENT, sequence=2)]
    assert {receipt["status"] for receipt in record_judgments(annotator, events)} == {"stored"}
    session.finish_trial(annotator, trial.token, heard(trial))
    return annotator


def traces(annotator) -> list[str]:
    trial = annotator.trials.first()
    return [
        *(IDENTIFIER, CONFESSION, COMMENT, annotator.pseudonym, annotator.token, annotator.deletion_code),
        *(trial.token, trial.presentations.first().token, annotator.recruit.token),
        *(str(annotator.headphone_checks.first().seed), trial.judgments.first().uuid.hex),
    ]


def by_own_code(annotator, admin_client, client):
    client.post(reverse("study:my-data"), {"code": annotator.deletion_code, "confirmed": "yes"})


def by_a_researcher(annotator, admin_client, client):
    admin_client.get(reverse("admin:study_annotator_change", args=[annotator.pk]))
    admin_client.post(reverse("admin:study_annotator_delete", args=[annotator.pk]), {"post": "yes"})


def with_several(annotator, admin_client, client):
    admin_client.post(
        reverse("admin:study_annotator_changelist"),
        {"action": "delete_selected", "_selected_action": [annotator.pk], "post": "yes"},
    )


def by_command(annotator, admin_client, client):
    call_command("delete_annotator", annotator.deletion_code, yes=True)


@pytest.mark.parametrize("delete", [by_own_code, by_a_researcher, with_several, by_command])
def test_after_deletion_no_table_knows_the_person(delete, annotator, admin_client, client):
    sought = traces(annotator)
    before = whole_database()
    assert [trace for trace in sought if trace not in before.replace("-", "") + before] == []
    delete(annotator, admin_client, client)
    after = whole_database()
    assert [trace for trace in sought if trace in after] == []
    departure = Departure.objects.get()
    assert (departure.kind, departure.judgments) == (Departure.Kind.DELETED, 2)
    assert not departure.study.quotas.get().members.exists()


@pytest.mark.parametrize("keep", [True, False])
def test_leaving_is_noted_without_saying_who(keep, annotator):
    session.withdraw(annotator, keep_answers=keep)
    departure = Departure.objects.get()
    noted = " ".join(str(value) for value in Departure.objects.values_list()[0])
    assert departure.kind == ("answers_kept" if keep else "answers_discarded")
    assert [trace for trace in traces(annotator) if trace in noted] == []
    assert {field.name for field in Departure._meta.fields} == {"id", "study", "kind", "judgments", "at"}
