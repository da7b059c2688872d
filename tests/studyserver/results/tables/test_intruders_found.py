"""Intruders of a study that people have taken: figures, page, export, verdict and plan."""

import numpy as np
import pytest
from django.urls import reverse
from exported_scripts import reproduced
from filled_study import answer_trials, event, make_clip, make_explanation, make_track

from explainer.core.base.recipe import Recipe as RecipeParameters
from explainer.models import MusicModel, Recipe
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.rows import StudyRows
from studyserver.results.pages.verdicts.declared import declared_verdicts
from studyserver.results.statistics.planning.simulated import approximate, expectation, simulated_studies
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.plans.aims import FIRST, aims_of
from studyserver.results.tables.plans.continuing import Continuation
from studyserver.results.tables.plans.designs import design_of
from studyserver.results.tables.plans.plan import PlanRequest, study_plan
from studyserver.results.tables.preferences_and_abx import Compared
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Presentation, Question, Stimulus, Study
from studyserver.study.sessions.answers import record_judgments

pytestmark = pytest.mark.django_db
TARGETS = ("dissonance", "rhythm")


def make_study(*, tracks=8, conditions=("evidence",), smallest=0.15, **fields):
    study = Study.objects.create(
        slug="intruders", title="Which?", consent="Yes", instructions="Go", presentation="intruder", seed=3,
        minimum_track_distance=0, **fields,
    )  # fmt: skip
    model = MusicModel.objects.create(name="cues", targets=[{"name": name} for name in TARGETS])
    parameters = RecipeParameters(seed=2)
    recipe = Recipe.objects.create(name="recipe", parameters=parameters.to_dict(), digest=parameters.digest())
    for number in range(tracks):
        explanation = make_explanation(make_track(f"odd-{number}"), model, recipe)
        for condition in conditions:
            for target in TARGETS:
                clip = make_clip(explanation, condition, target)
                Stimulus.objects.create(study=study, clip=clip)
    question = Question.objects.create(
        study=study, position=1, key="which", text="Which one does not belong?", kind="intruder",
        scope="trial", level="nominal",
    )  # fmt: skip
    study.research_questions.create(
        estimand="identification", question=question, first="evidence", second="", smallest_effect=smallest
    )
    open_study(study)
    return study


def finds(person, share):
    """Find the intruder in a share of the trials, else name another clip."""
    rng = np.random.default_rng(person)

    def answer(trial):
        shown = list(trial.presentations.all())
        right = next(item.label for item in shown if item.role == Presentation.Role.INTRUDER)
        if rng.random() < share:
            return right
        return str(rng.choice([item.label for item in shown if item.label != right]))

    return answer


def taken(share, n_annotators=8, **fields):
    study = make_study(**fields)
    people = [answer_trials(study, finds(person, share)) for person in range(n_annotators)]
    return study, people


def compared_of(study):
    return Compared(CountedJudgments(StudyRows(study)))


def test_they_are_counted_by_condition_and_by_what_the_others_share(admin_client, tmp_path):
    study, people = taken(0.8, n_annotators=5, conditions=("evidence", "random_control"))
    answer_trials(study, finds(9, 0.0), finish=False)  # does not count
    table = compared_of(study).intruders
    rows = [row for row in StudyRows(study).judgments() if row["trial_finished"]]
    intruders = {
        item.trial_id: item.stimulus.clip
        for item in Presentation.objects.filter(role="intruder").select_related("stimulus__clip")
    }
    assert compared_of(study).guessing(study.questions.get()) == 0.25
    assert len(table) == 2 * 3 * 3  # conditions; all and two targets; three intervals
    for condition in ("evidence", "random_control"):
        for about in ("", *TARGETS):
            own = [
                row["number"]
                for row in rows
                if intruders[row["trial"]].condition == condition
                # The others are of the target that the intruder is not of.
                and (not about or intruders[row["trial"]].target != about)
            ]
            found = table[(table["condition"] == condition) & (table["about"] == about)]
            assert set(found["n_judgments"]) == {len(own)} and set(found["n_tracks"]) == {8}
            assert found["estimate"].to_list() == pytest.approx([np.mean(own)] * 3)
    assert {"intruders"} <= reproduced(study, tmp_path / "export")
    answer = "Listeners find the clip of another target among clips of evidence: "
    for name in ("remains", "study", "report"):
        page = admin_client.get(reverse(f"results:{name}", args=[study.slug])).content.decode()
        assert answer in page and "chance would give 25" in page, name
    own = admin_client.get(reverse("results:annotator", args=[study.slug, people[0].pseudonym]))
    text = own.content.decode()
    given = [row for row in rows if row["annotator"] == people[0].pseudonym]
    assert text.count("does not belong (right)") == sum(row["number"] for row in given)
    assert text.count("does not belong (wrong)") == sum(1 - row["number"] for row in given)


def test_a_question_about_one_target_counts_where_the_others_share_it():
    study, _people = taken(0.9, n_annotators=4)
    study.questions.update(target="rhythm")
    table = compared_of(study).intruders
    assert set(table["about"]) == {"", "rhythm"} and set(table["n_judgments"]) == {4 * 8}
    study.questions.update(target="")
    assert set(compared_of(study).intruders["n_judgments"]) == {4 * 8, 4 * 16}


def verdict_of(study):
    parts = Parts(Computed(StudyRows(study)))
    [found] = declared_verdicts(parts)
    assert not parts.failed
    return found


def test_the_verdict_is_yes_where_people_find_it():
    study, _people = taken(0.7)
    found = verdict_of(study)
    assert found.asked == (
        "Do people find the clip of another target among clips of evidence more often than by guessing, "
        "by at least 15 percentage points?"
    )
    assert found.sentence.startswith("Yes, by at least") and found.is_settled
    assert found.figures.startswith("share .")


def test_the_verdict_is_no_where_people_guess():
    study, _people = taken(0.25, n_annotators=14)
    found = verdict_of(study)
    assert found.is_settled and found.sentence.startswith("No: if there is an effect, it is smaller")


def test_what_is_open_says_how_many_more_annotators_would_settle_it():
    study, people = taken(0.35, n_annotators=4, tracks=6)
    found = verdict_of(study)
    assert not found.is_settled and found.sentence.startswith("This is not settled.")
    [aim] = aims_of(study)
    ahead = Continuation(aim, Computed(StudyRows(study)), 0.1)
    assert (ahead.n_annotators, ahead.judgments_each) == (len(people), 12)
    assert ahead.narrowed(4) == 1 > ahead.narrowed(16)


def test_a_plan_is_about_the_share_beside_guessing():
    study = make_study(tracks=6, conditions=("evidence", "random_control"), trials_per_annotator=10)
    [aim] = aims_of(study)
    assert aim.quantity.chance == 0.25 and aim.unit == "as a share of the trials"
    design = design_of(study, aim)
    assert design.levels == (FIRST,) and design.n_tracks == 6
    # Sets of the random control take trials, but answer nothing about evidence.
    assert sorted(len(trial.levels) for trials in design.tracks for trial in trials) == [0] * 12 + [1] * 12
    plan = study_plan(study, PlanRequest(aim.key, 12, 6, 10, 0.2)).scenario()
    assert plan.truth.mean(0) == pytest.approx(0.45)
    found = list(simulated_studies(plan, 60))
    assert np.mean([one.estimate for one in found]) == pytest.approx(0.2, abs=0.04)
    simulated, about = expectation(plan, found), approximate(plan)
    assert about.width == pytest.approx(simulated.width, rel=0.2)
    assert about.found == pytest.approx(simulated.found, abs=0.2)


def test_an_answer_given_again_counts_once():
    study = make_study(tracks=4)
    annotator = answer_trials(study, finds(1, 1.0))
    trial = annotator.trials.first()
    wrong = next(item.label for item in trial.presentations.all() if item.role != "intruder")
    record_judgments(annotator, [event(trial, "which", wrong, 99)])
    table = compared_of(study).intruders
    assert table["estimate"].iloc[0] == pytest.approx(7 / 8)
