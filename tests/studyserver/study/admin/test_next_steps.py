"""What the study's page says is to be done next."""

from example_studies import make_study, ready, walk

from studyserver.study.admin.next_steps import steps
from studyserver.study.lifecycle.opening import open_study, opening_problems
from studyserver.study.models import Study
from studyserver.study.rehearsal import rehearsal
from studyserver.study.sessions.joining import join
from studyserver.study.texts import starting_texts


def undone(study) -> list[str]:
    return [step.title for step in steps(study, opening_problems(study)) if not step.done]


def test_steps_from_an_empty_study_to_its_annotators(db):
    study = Study.objects.create(slug="s", title="S")
    starting_texts.fill_in(study)
    study.save()
    everything = [step.title for step in steps(study, [])]
    assert undone(study) == everything
    study.consent = study.instructions = "Listen."
    study.save()
    other = make_study(2)
    study.stimuli.add(*other.stimuli.all())
    study.questions.add(*other.questions.all())
    assert undone(study) == [everything[0], *everything[4:]]
    study.research_questions.create()
    assert undone(study) == everything[4:]
    study.annotators_wanted = 1
    join(study, rehearsal=True)
    study.annotators.update(behaviour="preview")
    rehearsal.simulate(study, 1)
    assert undone(study) == ["Open the study", "Invite annotators"]
    open_study(study)
    walk(ready(study))
    assert undone(study) == []
