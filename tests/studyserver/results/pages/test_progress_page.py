"""The progress page: stages, times, checks, agreement, and how many more judgments are needed."""

import datetime
import re

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse
from django.utils.html import escape

from studyserver.results.pages.progress import stages_table, times_table
from studyserver.study.models import Trial


@pytest.fixture
def browser(client, django_user_model):
    cache.clear()
    user = django_user_model.objects.create_user("watcher", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_study"))
    client.force_login(user)
    return client


def page(browser, study, **data):
    return browser.get(reverse("results:progress", args=[study.slug]), data)


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_stages_count_who_came_how_far(study):
    # Six finished; one did 2 of 10 trials; two did 3 and withdrew.
    rows = {row[0]: row[1:] for row in stages_table(study).rows}
    assert rows["joined"][0] == "9" and rows["did the first trial"] == ["9", "100 %", "0"]
    assert rows["did half of the trials"] == ["6", "67 %", "3"]
    assert rows["finished"] == ["6", "100 %", "0"]
    assert stages_table(study, rehearsal=True).rows[0][1] == "1"


def test_times_are_told_by_part_of_the_session(study):
    for trial in Trial.objects.filter(annotator__study=study, finished_at__isnull=False):
        trial.presented_at = trial.finished_at - datetime.timedelta(seconds=trial.position)
        trial.save()
    table = times_table(study)
    positions = sorted(
        Trial.objects.filter(
            annotator__study=study,
            annotator__rehearsal=False,
            annotator__answers_discarded=False,
            kind="main",
            finished_at__isnull=False,
        ).values_list("position", flat=True)
    )
    assert table.rows[-1][:2] == ["all", str(len(positions))]
    assert table.rows[-1][3] == f"{positions[len(positions) // 2]:.1f} s"
    medians = [float(row[3].split()[0]) for row in table.rows[:-1]]
    assert medians == sorted(medians)


def test_simulated_annotators_take_no_time(study):
    assert times_table(study, rehearsal=True) is not None  # of a preview
    study.annotators.rehearsals().update(behaviour="attentive")
    assert times_table(study, rehearsal=True) is None


def test_what_is_needed_is_what_the_verdict_says(browser, fitted):
    question = fitted.questions.get(key="harsh.slider")
    asked = {"question": question, "first": "evidence", "second": "random_control", "smallest_effect": 20}
    fitted.research_questions.create(estimand="retention", **(asked | {"smallest_effect": 0.9}))
    response = page(browser, fitted, width="0.5")
    [part] = response.context["page"].needed
    said = browser.get(reverse("results:study", args=[fitted.slug])).context["verdicts"]
    assert [one.sentence for one in said] == [part.sentence]
    assert escape(part.sentence) in text_of(response)
    assert "is not settled" in part.sentence
    rows = part.table.rows
    now, annotators = rows[0][0], int(rows[0][1])
    assert float(now) == pytest.approx(said[0].width, rel=0.06)
    assert [row[1] for row in rows[:4]] == [str(annotators + more) for more in (0, 4, 8, 16)]
    widths = [float(row[0]) for row in rows[:4]]
    assert widths == sorted(widths, reverse=True)
    assert rows[-1][0] == "0.5"


def test_a_study_without_research_question_is_told_about_evidence_and_its_control(browser, fitted):
    response = page(browser, fitted)
    text = text_of(response)
    assert "it is exploratory" in text
    needed = response.context["page"].needed
    assert len(needed) == 3  # of three numbers about a clip
    settled = [one for one in needed if one.is_settled]
    assert settled and all(one.table is None for one in settled)
    wanted = page(browser, fitted, width="0.5").context["page"].needed
    assert all(one.table is not None for one in wanted)


def test_the_page_shows_agreement_balance_and_checks(browser, study):
    text = text_of(page(browser, study))
    for words in (
        "Where annotators drop out",
        "Time per trial",
        "Agreement so far",
        "No rules were declared",
    ):
        assert words in text
    assert "How harsh does it sound?" in text and "Each clip was judged" in text


@pytest.mark.parametrize("width", ["wide", "-1", "nan", "inf"])
def test_a_width_that_is_none_is_refused_and_kept(browser, study, width):
    response = page(browser, study, width=width)
    assert "is a number above 0" in text_of(response)
    assert f'value="{width}"' in response.content.decode()


def test_a_study_without_answers_says_so(browser, empty_study):
    assert page(browser, empty_study).status_code == 200
