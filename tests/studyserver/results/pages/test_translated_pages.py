"""Whose pages a program translated stands in the tables, and on the page about annotators."""

import numpy as np
from django.urls import reverse
from filled_study import take_part

from studyserver.results.data.rows import StudyRows
from studyserver.study.models import Trial


def test_the_tables_say_where_a_program_translated(study):
    one, other, *_rest = study.annotators.people()
    trials = Trial.objects.filter(annotator=one).exclude(finished_at=None)
    translated, plain = trials[0], trials[1]
    translated.listening["machine_translated"], plain.listening["machine_translated"] = True, False
    translated.save()
    plain.save()
    study.annotators.filter(pk=one.pk).update(machine_translated=True)
    rows = StudyRows(study)
    found = {(row["annotator"], row["trial_position"]): row["machine_translated"] for row in rows.trials()}
    assert found[one.pseudonym, translated.position] is True
    assert found[one.pseudonym, plain.position] is False
    assert found[other.pseudonym, 1] is None  # the browser did not say
    annotators = {row["annotator"]: row["machine_translated"] for row in rows.annotators()}
    assert annotators[one.pseudonym] is True
    assert annotators[other.pseudonym] is False


def test_the_page_about_annotators_names_them(admin_client, study):
    page = reverse("results:annotators", args=[study.slug])
    assert "A program translated pages" not in admin_client.get(page).content.decode()
    person = take_part(study, np.random.default_rng(1), trials=1)
    study.annotators.filter(pk=person.pk).update(machine_translated=True)
    assert f"A program translated pages for {person.pseudonym}:" in admin_client.get(page).content.decode()
