"""Questionnaire, quotas, level and headphone checks: what is asked, stored and refused, and what follows."""

import datetime
import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from example_questionnaires import item, make_page
from example_studies import make_event, make_study, ready, walk

from studyserver.study.lifecycle.opening import StudyNotReady, open_study
from studyserver.study.models import (
    Annotator,
    HeadphoneCheck,
    QuestionnaireAnswer,
    QuestionnaireItem,
    Quota,
    Study,
)
from studyserver.study.rehearsal.rehearsal import simulate
from studyserver.study.screening import headphones, questionnaire
from studyserver.study.screening.background import PAGES, add_background
from studyserver.study.screening.sounds import TRIALS, plans
from studyserver.study.sessions import screening_steps as screening
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join
from studyserver.study.sessions.stages import Stage, stage

Kind = QuestionnaireItem.Kind


def address(name, annotator, *more):
    return reverse(f"study:{name}", args=[annotator.token, *more])


def consented(study, **fields):
    annotator = join(study, **fields)
    session.give_consent(annotator)
    return annotator


def post(client, annotator, study, **answers):
    """Send the page that is due, as a browser does; return the response."""
    page = screening.current_page(annotator)
    fields = {f"q{item(study, key).pk}": value for key, value in answers.items()}
    return client.post(address("questions", annotator), {"page": page.pk, **fields})


@pytest.fixture
def asked(db):
    """An open study with a page before and one after the trials."""
    study = make_study(2)
    make_page(
        study,
        {"key": "plays"},
        {"key": "years", "kind": Kind.NUMBER, "options": {"min": 0, "max": 80}, "shown_if_key": "plays",
         "shown_if": "yes"},
        {"key": "age", "kind": Kind.NUMBER, "options": {"min": 0}, "screen_out_if": "< 18"},
        {"key": "likes", "kind": Kind.CHECKLIST, "required": False},
        {"key": "mood", "kind": Kind.SLIDER, "options": {"min": 0, "max": 1, "step": 0.1}, "required": False},
        {"key": "remark", "kind": Kind.TEXT, "required": False},
    )  # fmt: skip
    make_page(study, {"key": "strategy", "kind": Kind.TEXT}, place="after")
    open_study(study)
    return study


def values(annotator):
    return questionnaire.answers_by_key(annotator)


def test_the_way_leads_through_the_questionnaire(client, asked):
    annotator = consented(asked)
    assert stage(annotator) == Stage.QUESTIONS
    response = post(
        client, annotator, asked, plays="yes", years="3,5", age="40", likes=["", "no"], mood="0.3"
    )
    assert response.headers["Location"] == address("instructions", annotator)
    assert values(annotator) == {"plays": "yes", "years": 3.5, "age": 40, "likes": ["no"], "mood": 0.3}
    annotator.refresh_from_db()
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    walk(annotator)
    annotator.refresh_from_db()
    assert stage(annotator) == Stage.QUESTIONS_AFTER
    assert session.completion(annotator) is None
    response = client.get(address("thanks", annotator))
    assert response.headers["Location"] == address("questions", annotator)
    assert "Please answer" in post(client, annotator, asked, strategy=" ").content.decode()
    assert session.completion(annotator) is None
    post(client, annotator, asked, strategy="I hummed along.")
    assert session.completion(annotator)


def test_what_can_be_read_is_stored_and_shown_again_when_something_is_missing(client, asked):
    annotator = consented(asked)
    page = post(client, annotator, asked, plays="yes", years="many", remark="<b>hello</b>").content.decode()
    assert "What you have entered is kept" in page
    assert page.count('class="error"') == 2  # years is no number, age is missing
    assert 'value="many"' in page
    assert "&lt;b&gt;hello&lt;/b&gt;" in page
    assert values(annotator) == {"plays": "yes", "remark": "<b>hello</b>"}
    assert stage(annotator) == Stage.QUESTIONS
    page = client.get(address("questions", annotator)).content.decode()
    assert "&lt;b&gt;hello&lt;/b&gt;" in page
    assert re.search(r'value="yes" checked', page)


def test_answers_are_appended_and_the_last_one_counts(client, asked):
    annotator = consented(asked)
    for plays in ("yes", "no", "no"):
        post(client, annotator, asked, plays=plays)
    events = QuestionnaireAnswer.objects.filter(item__key="plays").values_list("value", flat=True)
    assert list(events.order_by("id")) == ["yes", "no"]  # the same again is no event
    assert values(annotator)["plays"] == "no"


def test_a_question_whose_condition_does_not_hold_is_neither_asked_nor_stored(client, asked):
    annotator = consented(asked)
    post(client, annotator, asked, plays="yes", years="4")
    assert values(annotator)["years"] == 4
    post(client, annotator, asked, plays="no", years="4", age="30")
    assert stage(Annotator.objects.get()) == Stage.INSTRUCTIONS
    assert values(annotator)["years"] is None


def test_a_page_sent_twice_counts_once(client, asked):
    annotator = consented(asked)
    page = screening.current_page(annotator)
    data = {"page": page.pk, f"q{item(asked, 'plays').pk}": "no", f"q{item(asked, 'age').pk}": "30"}
    client.post(address("questions", annotator), data)
    data[f"q{item(asked, 'age').pk}"] = "3"
    client.post(address("questions", annotator), data)
    annotator.refresh_from_db()
    assert stage(annotator) == Stage.INSTRUCTIONS
    assert values(annotator)["age"] == 30


@pytest.mark.parametrize("wrong", ["-1", "many", "nan", "1e999"])
def test_numbers_out_of_range_are_refused_in_words(client, asked, wrong):
    annotator = consented(asked)
    assert "Please enter a number" in post(client, annotator, asked, plays="no", age=wrong).content.decode()


def test_values_that_are_not_offered_are_refused(client, asked):
    annotator = consented(asked)
    page = post(client, annotator, asked, plays="perhaps", age="30", likes=["yes", "hack"]).content.decode()
    assert page.count('class="error"') == 2
    assert "plays" not in values(annotator)


def test_screening_out_ends_the_participation_kindly_and_frees_the_place(client, asked):
    Study.objects.update(annotators_wanted=1)
    annotator = consented(asked)
    response = post(client, annotator, asked, plays="no", age="17")
    assert response.headers["Location"] == address("ended", annotator)
    annotator.refresh_from_db()
    assert (annotator.state, annotator.ended_because) == ("screened_out", "questionnaire")
    assert "a different situation" in client.get(address("ended", annotator)).content.decode()
    assert stage(consented(asked)) == Stage.QUESTIONS


def test_rules_for_screening_out_and_quotas_do_not_reach_the_browser(client, asked):
    Quota.objects.create(study=asked, name="secretgroup", item=item(asked, "plays"), rule="yes", limit=9)
    page = client.get(address("questions", consented(asked))).content.decode()
    for secret in ("&lt; 18", "< 18", "secretgroup", "screen", ">years<", "quota"):
        assert secret not in page.replace("screening.css", "")
    assert 'data-rule="yes"' in page  # only what the page itself needs


def test_quotas_per_group(client, asked):
    Quota.objects.create(study=asked, name="musicians", item=item(asked, "plays"), rule="yes", limit=1)
    first, second, third = (consented(asked) for _ in range(3))
    post(client, first, asked, plays="yes", years="9", age="30")
    post(client, second, asked, plays="yes", years="2", age="30")
    post(client, third, asked, plays="no", age="30")
    stages = [stage(Annotator.objects.get(pk=one.pk)) for one in (first, second, third)]
    assert stages == [Stage.INSTRUCTIONS, Stage.SCREENED_OUT, Stage.INSTRUCTIONS]
    assert "your group" in client.get(address("ended", second)).content.decode()
    Annotator.objects.filter(pk=first.pk).update(expires_at=timezone.now() - datetime.timedelta(days=1))
    fourth = consented(asked)
    post(client, fourth, asked, plays="yes", years="1", age="30")
    assert stage(Annotator.objects.get(pk=fourth.pk)) == Stage.INSTRUCTIONS


def test_a_questionnaire_that_cannot_work_keeps_the_study_closed(db):
    study = make_study(1)
    make_page(study, {"key": "b", "shown_if_key": "a", "shown_if": "yes"}, {"key": "a"})
    make_page(study, {"key": "a", "screen_out_if": "yes"}, place="after")
    make_page(study, place="after", position=2)
    problems = " ".join(questionnaire.questionnaire_problems(study))
    for words in ("not asked before it", "have the key “a”", "after the trials", "has no question"):
        assert words in problems
    with pytest.raises(StudyNotReady):
        open_study(study)


def test_rules_that_nobody_can_meet_keep_the_study_closed(db):
    study = make_study(1)
    make_page(
        study,
        {"key": "plays", "screen_out_if": "nope"},
        {"key": "age", "kind": "number", "shown_if_key": "plays", "shown_if": "yes, perhaps"},
    )
    Quota.objects.create(study=study, name="old", item=item(study, "age"), rule="many", limit=1)
    problems = " ".join(questionnaire.questionnaire_problems(study))
    for words in ("“nope” is not a choice of “plays”", "“perhaps” is not a choice", "“many” is not a number"):
        assert words in problems


def test_the_background_questionnaire_in_every_language(db):
    study = make_study(1)
    assert len(add_background(study)) == sum(len(page["items"]) for page in PAGES)
    assert add_background(study) == []
    assert questionnaire.questionnaire_problems(study) == []
    texts = study.translations.get(language="de").texts
    assert texts["Your hearing"] == "Ihr Gehör"
    german = make_study(1, slug="german", language="de")
    add_background(german)
    assert german.questionnaire_pages.filter(title="Ihr Gehör").exists()
    assert german.translations.get(language="en").texts["Ihr Gehör"] == "Your hearing"
    assert not german.translations.filter(language="de").exists()


def test_rehearsals_fill_in_questionnaires_and_checks(db):
    study = make_study(2, headphone_check="both", set_level=True)
    add_background(study)
    make_page(study, {"key": "strategy", "kind": Kind.TEXT}, place="after")
    finished = [one for one in simulate(study, 4) if one.state == Annotator.State.FINISHED]
    assert len(finished) == 4
    assert all("lessons_years" in values(one) for one in finished)
    assert all(one.sound_check["headphones"]["passed"] for one in finished)


# Level ------------------------------------------------------------------------------------------------


def test_the_level_is_set_once_and_kept_through_the_sound_check(client, db):
    study = make_study(1, set_level=True)
    open_study(study)
    annotator = consented(study)
    session.finish_instructions(annotator)
    assert stage(annotator) == Stage.LEVEL
    for wrong in ("", "loud", "3", "nan"):
        assert client.post(address("level", annotator), {"level": wrong}).status_code == 200
    response = client.post(address("level", annotator), {"level": "-20", "output_sample_rate": "48000"})
    assert response.headers["Location"] == address("sound-check", annotator)
    client.post(address("level", annotator), {"level": "-3"})
    client.post(address("sound-check", annotator), {"result": json.dumps({"outcome": "passed", "level": 9})})
    annotator.refresh_from_db()
    assert annotator.sound_check["level"] == 0.1
    assert annotator.sound_check["level_db"] == -20
    assert annotator.sound_check["outcome"] == "passed"
    assert stage(annotator) == Stage.TRIALS


# Headphones -------------------------------------------------------------------------------------------


def before_headphones(check="antiphase", **fields):
    study = make_study(2, headphone_check=check, **fields)
    open_study(study)
    return ready(study)


def take(client, annotator, right: int) -> dict:
    """Answer one attempt with so many right answers; return the last response."""
    check = headphones.current_check(annotator)
    for number, plan in enumerate(plans(check.kind, check.seed), start=1):
        interval = plan.target if number <= right else plan.target % 3 + 1
        data = {"check": check.pk, "trial": number, "interval": interval}
        response = client.post(address("headphones", annotator), data)
    annotator.refresh_from_db()
    return response


@pytest.mark.parametrize(("check", "right", "passed"), [
    ("antiphase", 5, True), ("antiphase", 4, False), ("huggins", 6, True), ("huggins", 5, False),
])  # fmt: skip
def test_pass_marks_as_published(client, db, check, right, passed):
    annotator = before_headphones(check, headphone_attempts=1)
    take(client, annotator, right)
    result = annotator.sound_check["headphones"]
    assert result == {check: {"score": right, "of": 6, "passed": passed, "attempts": 1}, "passed": passed}
    assert stage(annotator) == Stage.TRIALS  # recorded only


def test_a_second_attempt_has_new_sounds_and_says_what_to_mend(client, db):
    annotator = before_headphones(headphone_exclusion="screen_out")
    take(client, annotator, 2)
    assert "wear headphones" in client.get(address("headphones", annotator)).content.decode()
    take(client, annotator, 6)
    first, second = HeadphoneCheck.objects.order_by("id")
    assert first.seed != second.seed
    assert (first.passed, second.passed) == (False, True)
    assert annotator.sound_check["headphones"]["antiphase"]["attempts"] == 2
    assert stage(annotator) == Stage.TRIALS


def test_exclusion_is_a_setting(client, db):
    annotator = before_headphones("both", headphone_exclusion="screen_out", headphone_attempts=1)
    response = take(client, annotator, 0)
    assert response.headers["Location"] == address("ended", annotator)
    assert annotator.ended_because == "headphones"
    assert "your hearing" in client.get(address("ended", annotator)).content.decode()
    recorded = before_headphones("both", headphone_attempts=1)
    take(client, recorded, 0)
    assert stage(recorded) == Stage.HEADPHONES  # the second check is measured, too
    take(client, recorded, 6)
    result = recorded.sound_check["headphones"]
    assert (result["antiphase"]["passed"], result["huggins"]["passed"], result["passed"]) == (
        False,
        True,
        False,
    )


def test_answers_out_of_turn_change_nothing(client, db):
    annotator = before_headphones()
    check = headphones.current_check(annotator)
    for data in (
        {"check": check.pk, "trial": 2, "interval": 1},
        {"check": check.pk, "trial": 1, "interval": 4},
        {"check": 0, "trial": 1, "interval": 1},
        {},
    ):
        client.post(address("headphones", annotator), data)
    client.post(address("headphones", annotator), {"check": check.pk, "trial": 1, "interval": 2})
    client.post(address("headphones", annotator), {"check": check.pk, "trial": 1, "interval": 3})
    check.refresh_from_db()
    assert check.answers == [2]


def test_pages_and_sounds_of_the_check_do_not_tell_the_answer(client, db):
    annotator = before_headphones("both")
    seen = {"page": set(), "head": set(), "size": set()}
    check = headphones.current_check(annotator)
    for number in range(1, TRIALS + 1):
        page = client.get(address("headphones", annotator))
        sound = client.get(address("headphone-sound", annotator, check.pk, number))
        for other in {1, 2, 3, 4, 5, 6} - {number}:
            assert client.get(address("headphone-sound", annotator, check.pk, other)).status_code == 404
        body = b"".join(sound.streaming_content)
        text = page.content.decode()
        assert str(check.seed) not in text
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
        text = text.replace("Put on your headphones, if you use any. ", "")  # said on the first page only
        text = re.sub(r'\d of 6|name="trial" value="\d"|/headphones/\d+/\d', "", text)
        seen["page"].add(text)
        seen["head"].add(tuple(sorted(item for item in sound.items() if item[0] != "Expires")))
        seen["size"].add(len(body))
        client.post(address("headphones", annotator), {"check": check.pk, "trial": number, "interval": 1})
    assert [len(values) for values in seen.values()] == [1, 1, 1]
    other = before_headphones()
    assert client.get(address("headphone-sound", other, check.pk, 1)).status_code == 404


def test_too_many_failed_attention_trials_end_without_the_code(client, db):
    study = make_study(2, attention_limit=2, attention_trials=2)
    open_study(study)
    study.returns.create(outcome="failed_attention", code="FAILED-1")
    annotator = ready(study)
    walk(annotator, session.progress(annotator)[1] - 1)
    annotator.trials.filter(position__lte=2).update(attention_passed=False)
    trial = session.current_trial(annotator)
    record_judgments(annotator, [make_event(trial, sequence=99)])
    walk(annotator)
    annotator.refresh_from_db()
    assert (annotator.state, annotator.ended_because) == ("screened_out", "attention")
    assert "FAILED-1" in client.get(address("ended", annotator)).content.decode()
    assert session.completion(annotator) is None
