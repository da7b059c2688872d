"""The last step of the demo's set-up: a rehearsal, the models of its answers, and what they say."""

import io

import pytest

from studyserver.results.management.commands.setup_demo import Command
from studyserver.results.models import AnswerFit
from studyserver.study import demo
from studyserver.study.models import ResearchQuestion

pytestmark = pytest.mark.django_db


def test_a_rehearsal_ends_with_its_verdicts(empty_study, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(demo, "SIMULATED_ANNOTATORS", 6)
    empty_study.questions.exclude(key="dissonance").delete()
    question = empty_study.questions.get()
    sides = {"first": "evidence", "second": "random_control"}
    ResearchQuestion.objects.create(
        study=empty_study, question=question, estimand="difference", smallest_effect=0.5, **sides
    )
    printed = io.StringIO()
    Command(stdout=printed).rehearse(empty_study)
    heading, verdict = printed.getvalue().splitlines()
    assert heading.endswith("with 6 simulated annotators:")
    assert "dissonance" in verdict and "random control" in verdict
    fits = AnswerFit.objects.filter(study=empty_study)
    assert fits.exists() and all(fit.rehearsal and not fit.problem for fit in fits)
    Command(stdout=printed).rehearse(empty_study)  # the second set-up changes nothing
    assert printed.getvalue().splitlines() == [heading, verdict]
    assert empty_study.annotators.count() == 6
