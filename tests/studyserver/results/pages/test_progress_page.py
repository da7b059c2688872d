"""The progress page: stages, times, checks, agreement, and how many more judgments are needed."""

import datetime
import re

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse
from study_tables import judgments_table
from studyserver.results.pages.power import answered_variances
from studyserver.results.statistics.power import planning_width, raters_until

from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.rows import StudyRows
from studyserver.results.pages.progress import adaptive_words, stages_table, times_table
from studyserver.study.models import AdaptiveDesign, Trial


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


def test_what_is_needed_follows_from_the_answers_by_the_stated_formula(browser, study):
    response = page(browser, study, width="2.5")
    question = study.questions.get(key="harsh.slider")
    part = next(item for item in response.context["page"].needed if item.text == question.text)
    table = part.table
    variances = answered_variances(CountedJudgments(StudyRows(study)), question, "evidence", "random_control")
    answers = judgments_table(study)
    answers = answers[(answers["question"] == question.key) & (answers["trial_kind"] == "main")]
    answers = answers[answers["trial_finished"].astype(bool)]
    pairs = answers.pivot_table("number", ["annotator", "track"], "condition").dropna(
        subset=["evidence", "random_control"]
    )
    annotators = pairs.index.get_level_values(0).nunique()
    now = planning_width(annotators, 3, variances, each=3)
    assert f"So far {annotators} annotators, each with about 3 of 3 tracks" in part.design
    assert f"is about {now:.2g} wide now; a width of 2.5" in part.answer
    assert table.rows[0][0] == f"{now:.2g}"
    for row, wanted in zip(table.rows, [now, 0.75 * now, 0.5 * now, 2.5], strict=True):
        found = raters_until(wanted, 3, variances, each=3)
        more = [] if found is None else [str(max(annotators, found)), str(max(0, found - annotators))]
        expected = more or ["cannot be reached"]
        assert row[1 : 1 + len(expected)] == expected


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


def test_an_adaptive_study_says_how_far_it_is(study):
    assert adaptive_words(study) == ""
    question = study.questions.get(key="dissonance")
    plan = AdaptiveDesign.objects.create(study=study, question=question, minimum_judgments=3, precision=0.5)
    assert "the study closes itself at 0.5" in adaptive_words(study)
    plan.minimum_judgments = 99
    plan.save()
    assert "Not every stimulus has its first 99 judgments" in adaptive_words(study)
