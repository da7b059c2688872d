"""Preferences and ABX answers of a study that people have taken: figures, page and export."""

import hashlib

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from exported_scripts import reproduced
from filled_once import filled_once
from filled_study import answer_trials, event
from scipy import stats

from explainer.models import Clip, Track
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.rows import StudyRows
from studyserver.results.tables.computed import ALL, Computed
from studyserver.results.tables.plans.aims import declared_aims
from studyserver.results.tables.plans.continuing import Continuation
from studyserver.results.tables.preferences_and_abx import Compared
from studyserver.results.tables.recruitment import study_progress
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Presentation, Question, Stimulus, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join

pytestmark = pytest.mark.django_db
CONDITIONS = ("original", "evidence", "random_control")
LIKING = {"original": 2.0, "evidence": 1.0, "random_control": -1.0}


def make_study(presentation, kind, *, tracks=5, slug="compare"):
    study = Study.objects.create(
        slug=slug, title="Compare", consent="Yes", instructions="Go",
        presentation=presentation, compared_conditions=["evidence", "random_control"], seed=2,
    )  # fmt: skip
    if kind == "preference":
        study.compared_conditions = list(CONDITIONS)
        study.save()
    for number in range(tracks):
        track = Track.objects.create(
            name=f"{slug}-{number}",
            file="t.flac",
            sha256=hashlib.sha256(f"{slug} {number}".encode()).hexdigest(),
            seconds=2,
            sample_rate=8000,
            channels=1,
        )
        for condition in CONDITIONS:
            clip = Clip.objects.create(
                track=track, condition=condition, target="" if condition == "original" else "dissonance",
                file=ContentFile(b"sound", name="clip.flac"), sha256=f"{number}-{condition}",
                sample_rate=8000, seconds=2,
            )  # fmt: skip
            Stimulus.objects.create(study=study, clip=clip)
    Question.objects.create(
        study=study, position=1, key="which", text="Which is harsher?", kind=kind, scope="trial",
        target="dissonance",
    )  # fmt: skip
    open_study(study)
    return study


def errs(trial, person):
    """Every person errs on another one of five tracks, whatever the order of the trials."""
    track = int(trial.presentations.first().stimulus.clip.track.name.rpartition("-")[2])
    return (track + person) % 5 == 0


def prefers(person):
    """Choose the better liked clip, but for one track."""

    def answer(trial):
        a, b = (LIKING[item.stimulus.clip.condition] for item in trial.presentations.order_by("position"))
        return {"preferred": "AB"[(a > b) == errs(trial, person)], "strength": 1 + int(abs(a - b) > 1.5)}

    return answer


def names_x(person):
    """Name X rightly, but for some tracks."""

    def answer(trial):
        x = trial.presentations.get(role=Presentation.Role.X)
        blind = [item for item in trial.presentations.all() if item.is_blind]
        return next(
            item.label for item in blind if (item.stimulus_id == x.stimulus_id) != errs(trial, person)
        )

    return answer


@pytest.fixture(scope="module")
def preferred(django_db_setup, django_db_blocker, tmp_path_factory):
    """Number of a study of preferences, taken once for this module."""

    def fill():
        study = make_study("pair", "preference", slug="preferences")
        for person in range(6):
            answer_trials(study, prefers(person))
        answer_trials(study, lambda trial: {"preferred": None, "strength": 0}, finish=False)
        return study.pk

    with filled_once(django_db_blocker, tmp_path_factory.mktemp("files"), fill) as number:
        yield number


@pytest.fixture
def preferences(preferred, db):
    return Study.objects.get(pk=preferred)


def test_preferences_are_counted_per_pair_from_what_was_answered(preferences):
    table = Compared(CountedJudgments(StudyRows(preferences))).preferences
    scope = table[table["ci_scope"] == "new annotators"].set_index(["condition", "about", "statistic"])
    rows = [row for row in StudyRows(preferences).comparisons() if row["strength"]]
    for first, second in [("original", "evidence"), ("evidence", "random_control")]:
        own = [row for row in rows if row["condition"] == first]
        own = [
            row
            for row in own
            if any(r["judgment"] == row["judgment"] and r["condition"] == second for r in rows)
        ]
        found = scope.loc[(first, second.replace("_", " "), "preference")]
        assert found["n_judgments"] == len(own) == 30  # the unfinished trial does not count
        assert found["estimate"] == pytest.approx(np.mean([row["picked"] for row in own]))
        strength = scope.loc[(first, second.replace("_", " "), "strength"), "estimate"]
        assert strength == pytest.approx(np.mean([row["strength"] for row in own]))
    strengths = table[table["statistic"] == "bradley_terry_strength"].drop_duplicates("condition")
    assert list(strengths.sort_values("estimate")["condition"]) == list(reversed(CONDITIONS))


def test_a_study_of_comparisons_goes_on_from_those_who_finished_a_trial(preferences):
    preferences.research_questions.create(
        estimand="preference", question=preferences.questions.get(), first="evidence", second="random_control"
    )
    [aim] = declared_aims(preferences)
    going_on = Continuation(aim, Computed(StudyRows(preferences)), 0.4)
    assert going_on.n_annotators == 6
    assert going_on.judgments_each == 5  # of the declared one of three pairs, one of each track
    assert 1 > going_on.narrowed(12) > going_on.narrowed(24)


def test_preferences_stand_on_the_page_and_in_the_export(preferences, admin_client, tmp_path):
    assert {"preferences", "pairs", "annotator_quality"} <= reproduced(preferences, tmp_path / "export")
    page = admin_client.get(reverse("results:remains", args=[preferences.slug])).content.decode()
    assert "Listeners choose the evidence over the random control: " in page
    assert "Strengths after Bradley and Terry" in page
    rows = list(Computed(StudyRows(preferences)).table_rows("preferences"))
    assert {row["annotator_set"] for row in rows} == {ALL}
    assert {row["statistic"] for row in rows} >= {"preference", "preference_exact", "order_effect"}


def test_annotators_are_compared_by_what_they_preferred(preferences, admin_client):
    """Everybody errs on another track; who errs on none agrees with the others but for theirs."""
    computed = Computed(StudyRows(preferences))
    pairs = computed.quality.pairs
    assert len(pairs) == 15 and pairs["n_clips"].eq(15).all() and pairs["correlation"].isna().all()
    assert sorted(pairs["similarity"].unique()) == pytest.approx([9 / 15, 1])  # six people err on five tracks
    overall = computed.quality.overall.set_index("annotator")
    assert overall["agreement_with_others"].max() < 1 and overall["n_judgments"].eq(15).sum() == 6
    page = admin_client.get(reverse("results:agreement", args=[preferences.slug])).content.decode()
    assert "Share of the same answers of each two annotators" in page
    page = admin_client.get(reverse("results:annotators", args=[preferences.slug])).content.decode()
    assert "agreement with the others" in page


def test_abx_answers_are_counted_and_said_on_the_page(admin_client, tmp_path):
    study = make_study("abx", "abx", tracks=8)
    for person in range(5):
        answer_trials(study, names_x(person))
    table = Compared(CountedJudgments(StudyRows(study))).discrimination
    table = table[table["about"] == "random control"].set_index(["statistic", "ci_scope"])
    right = np.mean([row["number"] for row in StudyRows(study).judgments()])
    assert table.loc[("abx_correct", "new annotators"), "estimate"] == pytest.approx(right)
    assert table.loc[("abx_correct_exact", "judgments"), "n_judgments"] == 40
    assert table.loc[("abx_d_prime", "these annotators"), "estimate"] > 1.5
    assert {"discrimination", "annotator_quality"} <= reproduced(study, tmp_path / "export")
    said_a = [row["value"] == "A" for row in StudyRows(study).judgments()]
    assert table.loc[("abx_a_said", "these annotators"), "estimate"] == pytest.approx(np.mean(said_a))
    answer = "Listeners can tell the evidence from the random control: "
    for name in ("remains", "study", "report"):
        assert answer in admin_client.get(reverse(f"results:{name}", args=[study.slug])).content.decode(), (
            name
        )
    study.research_questions.create(
        estimand="detection", question=study.questions.get(), first="evidence", second="random_control"
    )
    [aim] = declared_aims(study)
    assert Continuation(aim, Computed(StudyRows(study)), 1.0).n_annotators == 5


def test_a_study_that_only_compares_clips_is_counted_by_what_was_compared(admin_client):
    study = make_study("abx", "abx", tracks=4)
    for person in range(3):
        answer_trials(study, names_x(person))
    page = admin_client.get(reverse("results:report", args=[study.slug])).content.decode()
    assert "12 judgments of 8 clips by 3 annotators entered the analysis." in page
    assert "each with two clips, A and B, and X, which was one of the two" in page
    assert "one at a time" not in page and "Retention is the correlation" not in page.split("Checklist")[0]
    # The original stands in no set, and X is a clip that is there twice.
    assert study_progress(study).balance == [(3, 8)]
    entered = CountedJudgments(StudyRows(study)).entered
    assert len(entered) == 24 and entered["answer"].nunique() == 12
    assert set(entered["condition"]) == {"evidence", "random_control"}
    agreement = admin_client.get(reverse("results:agreement", args=[study.slug])).content.decode()
    assert "ABX answers are right" in agreement


def test_each_annotator_s_right_abx_answers_stand_beside_guessing(admin_client, tmp_path):
    study = make_study("abx", "abx", tracks=5)
    people = [answer_trials(study, names_x(person)) for person in range(3)]
    guesser = answer_trials(study, lambda trial: "AB"[trial.position % 2])
    unfinished = answer_trials(study, names_x(0), finish=False)
    rows = [row for row in StudyRows(study).judgments() if row["trial_finished"]]
    quality = Computed(StudyRows(study)).quality
    table = quality.overall.set_index("annotator")
    for person in [*people, guesser]:
        own = [row["number"] for row in rows if row["annotator"] == person.pseudonym]
        found = table.loc[person.pseudonym]
        assert found["abx_trials"] == found["n_judgments"] == len(own) > 0
        assert found["abx_correct_share"] == pytest.approx(np.mean(own))
        expected = stats.binomtest(int(sum(own)), len(own), 0.5, alternative="greater").pvalue
        assert found["abx_guessing_p"] == pytest.approx(expected)
    assert unfinished.pseudonym not in table.index
    assert set(quality.by_question["question"]) == {"which"}
    exported = {row["annotator"]: row for row in Computed(StudyRows(study)).table_rows("annotator_quality")}
    assert exported[people[0].pseudonym]["abx_trials"] == table.loc[people[0].pseudonym, "abx_trials"]
    page = admin_client.get(reverse("results:annotators", args=[study.slug])).content.decode()
    assert "ABX answers right" in page and "p if guessing" in page
    own = admin_client.get(reverse("results:annotator", args=[study.slug, people[0].pseudonym]))
    text = own.content.decode()
    assert "ABX answers right" in text and "correlation with the others" not in text
    given = [row for row in rows if row["annotator"] == people[0].pseudonym]
    assert text.count("(right)") == sum(row["number"] for row in given)
    assert {letter for letter in "AB" if f"X is {letter}" in text} == {row["value"] for row in given}


def test_who_gave_no_abx_answer_has_an_undefined_share_and_a_reason(admin_client):
    study = make_study("abx", "abx", tracks=4)
    study.questions.update(required=False)
    answer_trials(study, names_x(0))
    silent = join(study)
    session.give_consent(silent)
    session.finish_instructions(silent)
    session.finish_sound_check(silent, {})
    trial = session.current_trial(silent)
    record = {item.token: {"intervals": [[0, 2]], "plays": 1} for item in trial.presentations.all()}
    session.finish_trial(silent, trial.token, {"presentations": record, "trial": trial.token})
    found = Computed(StudyRows(study)).quality.overall.set_index("annotator").loc[silent.pseudonym]
    assert found["abx_trials"] == 0 and found[["abx_correct_share", "abx_guessing_p"]].isna().all()
    page = admin_client.get(reverse("results:annotators", args=[study.slug])).content.decode()
    assert page.count("undefined: no ABX answers") == 2


def test_studies_without_abx_trials_say_nothing_of_them(preferences, admin_client):
    assert Computed(StudyRows(preferences)).quality.overall["abx_trials"].isna().all()
    page = admin_client.get(reverse("results:annotators", args=[preferences.slug])).content.decode()
    assert "ABX" not in page


def test_a_clip_that_stands_in_several_sets_is_counted_once_for_agreement(admin_client):
    study = make_study("pair", "preference", tracks=3)
    study.questions.update(kind="scale", scope="clip", level="interval", options={"points": 5})

    def rate(annotator, trial, sequence):
        events = [
            event(trial, "which", 1 + (item.stimulus_id + sequence) % 5, sequence + item.position)
            | {"presentation": item.token}
            for item in trial.presentations.all()
        ]
        assert {receipt["status"] for receipt in record_judgments(annotator, events)} == {"stored"}

    for _ in range(3):
        annotator = join(study)
        session.give_consent(annotator)
        session.finish_instructions(annotator)
        session.finish_sound_check(annotator, {})
        sequence = 0
        while trial := session.current_trial(annotator):
            rate(annotator, trial, sequence := sequence + 2)
            record = {item.token: {"intervals": [[0, 2]], "plays": 1} for item in trial.presentations.all()}
            session.finish_trial(annotator, trial.token, {"presentations": record, "trial": trial.token})
    (summary,) = Computed(StudyRows(study)).main.summaries.questions
    assert summary.n_judgments == 54  # every clip in two pairs
    assert set(summary.agreement[summary.agreement["condition"] == ""]["n_judgments"]) == {27}
    for name in ("study", "agreement", "remains", "annotators", "report"):
        assert admin_client.get(reverse(f"results:{name}", args=[study.slug])).status_code == 200


def test_a_question_that_nobody_could_answer_has_pages_without_figures(admin_client):
    study = make_study("single", "presence", tracks=1)
    study.questions.update(scope="clip", level="ordinal")
    for _ in range(2):
        answer_trials(study, lambda trial: {"presence": "unsure", "confidence": None})
    for name in ("study", "agreement", "remains", "report"):
        page = admin_client.get(reverse(f"results:{name}", args=[study.slug]))
        assert page.status_code == 200, name
        if name == "agreement":
            assert "0 clips judged by two or more" in page.content.decode()
