"""Plans: populations from answers, and simulations that go on where they stopped."""

import numpy as np
import pytest
from filled_study import make_study

from studyserver.results.models import SimulatedPlan
from studyserver.results.statistics.answer_model.estimands import difference
from studyserver.results.statistics.answer_model.fit import Effort
from studyserver.results.statistics.planning import quantities
from studyserver.results.tables.answer_models.questions import model_answers
from studyserver.results.tables.plans import simulating
from studyserver.results.tables.plans.aims import aims_of
from studyserver.results.tables.plans.plan import CannotPlan, PlanRequest
from studyserver.results.tables.plans.simulating import (
    EFFECT,
    NONE,
    expectations,
    plan_of,
    request_simulation,
    simulate_plan,
)


def request_of(study, **changes):
    aim = next(aim for aim in aims_of(study) if aim.question.key == "dissonance")
    return PlanRequest(
        **({"aim": aim.key, "n_annotators": 6, "n_tracks": 5, "n_trials": 8, "effect": 0.5} | changes)
    )


@pytest.fixture
def small(db, monkeypatch):
    """A study whose plans are simulated with few studies."""
    monkeypatch.setattr(simulating, "STUDIES_WITH_MODEL", 3)
    monkeypatch.setattr(simulating, "_REPORT_SECONDS", 0.0)
    monkeypatch.setattr(quantities, "EFFORT", Effort(2, 60, 60, attempts=1))
    return make_study("small-study", tracks=5)


def test_a_request_survives_its_json_form(small):
    asked = request_of(small, source="typed", typed=(1.0, 0.5, 0.25, 0.3, 0.7))
    assert PlanRequest.from_dict(asked.to_dict()) == asked


def test_typed_deviations_are_those_of_the_population(small):
    plan = plan_of(small, request_of(small, source="typed", typed=(1.0, 0.5, 0.25, 0.3, 0.7)))
    truth = plan.population
    assert np.sqrt(np.diag(truth.tracks)) == pytest.approx(1.0)
    found = np.sqrt([truth.raters, truth.raters_by_level, truth.raters_by_track, truth.error])
    assert found == pytest.approx([0.5, 0.25, 0.3, 0.7])


def test_an_effect_that_the_scale_does_not_have_is_refused(small):
    with pytest.raises(CannotPlan, match=r"effect of 7 is not possible"):
        plan_of(small, request_of(small, effect=7))


def test_a_plan_from_answers_has_their_model_as_population(fitted):
    from studyserver.results.data.rows import StudyRows
    from studyserver.results.tables.computed import Computed

    computed = Computed(StudyRows(fitted))
    item = computed.shown.summaries.plain_question(fitted.questions.get(key="dissonance"))
    fit = computed.shown.models.of(item).fit
    assert fit is not None and model_answers(item) is not None
    plan = plan_of(fitted, request_of(fitted, source="answers", effect=1.0))
    assert plan.population.error == pytest.approx(float(np.median(fit.draws.error)))
    # The means are moved to the assumed effect, around where they are.
    assert plan.aim.quantity.true_value(plan.population) == pytest.approx(1.0)
    assert difference(fit, ["evidence"], ["random control"]).estimate > 1.0


def test_answers_that_are_not_there_are_told(small):
    with pytest.raises(CannotPlan, match=r"The answers of annotators do not say"):
        plan_of(small, request_of(small, source="answers"))


def test_a_simulation_stores_every_study_and_its_progress(small):
    asked = request_of(small)
    row, begins = request_simulation(small, asked)
    assert begins and row.state == "waiting" and row.is_going_on
    simulate_plan(row)
    row.refresh_from_db()
    assert (row.state, row.progress, row.failure) == ("done", 100, "")
    found = expectations(row, plan_of(small, asked))
    assert {name: one.n_studies for name, one in found.items()} == {EFFECT: 3, NONE: 3}
    assert 0 < found[EFFECT].width < 4
    again, begins = request_simulation(small, asked)
    assert (again.pk, begins) == (row.pk, False)


def test_an_interrupted_simulation_goes_on_where_it_stopped(small):
    whole, _ = request_simulation(small, request_of(small))
    simulate_plan(whole)
    part = SimulatedPlan.objects.get(pk=whole.pk)
    part.found = {EFFECT: whole.found[EFFECT][:2], NONE: whole.found[NONE][:1]}
    part.state = "running"
    part.save()
    simulate_plan(part)
    part.refresh_from_db()
    assert part.found == whole.found and part.state == "done"


def test_a_plan_of_a_study_that_was_changed_fails_in_words_and_can_be_asked_again(small):
    asked = request_of(small)
    row, _ = request_simulation(small, asked)
    small.stimuli.main().filter(clip__condition="original").delete()
    simulate_plan(row)
    row.refresh_from_db()
    assert row.state == "failed" and "The study has changed" in row.failure
    new, begins = request_simulation(small, asked)
    assert begins and new.pk != row.pk


def test_a_plan_whose_question_is_gone_fails_in_words(small):
    row, _ = request_simulation(small, request_of(small))
    small.questions.all().delete()
    simulate_plan(row)
    row.refresh_from_db()
    assert row.state == "failed" and "not part of the study any more" in row.failure
