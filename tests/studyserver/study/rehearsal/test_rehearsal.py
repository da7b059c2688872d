import pytest
from django.core.management import CommandError, call_command
from example_studies import make_study, ready, walk

from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Annotator, Departure, Judgment
from studyserver.study.rehearsal import rehearsal
from studyserver.study.sessions import session
from studyserver.study.texts.question_sets import QUESTION_SETS, add_questions

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_study(n_tracks=4, trials_per_annotator=8)


def values(annotator):
    judgments = Judgment.objects.current().filter(trial__annotator=annotator)
    return {(item.trial.position, item.presentation.stimulus_id): item.number for item in judgments}


def test_a_rehearsal_walks_through_every_kind_of_question():
    draft = make_study(n_tracks=2, trials_per_annotator=3)
    for name in QUESTION_SETS:
        add_questions(draft, name)
    draft.questions.create(key="slide", text="?", kind="slider", options={"min": 0, "max": 100}, position=90)
    choices = {"choices": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]}
    draft.questions.create(key="many", text="?", kind="checklist", options=choices, position=91)
    draft.questions.create(key="whole", text="?", kind="text", scope="trial", position=92)
    annotators = rehearsal.simulate(draft, 10, seed=1)
    assert len(annotators) == 10
    by_state = {annotator.behaviour: annotator.state for annotator in annotators}
    assert by_state.pop("leaving-half-way") == Annotator.State.ACTIVE
    assert set(by_state.values()) == {Annotator.State.FINISHED}
    assert all(annotator.rehearsal for annotator in annotators)
    assert all(session.completion(item) for item in annotators if item.state == "finished")


def test_the_behaviours_show_in_the_answers(draft):
    found = {annotator.behaviour: annotator for annotator in rehearsal.simulate(draft, 10, seed=2)}
    assert len(set(values(found["straight-lining"]).values())) == 1
    assert len(set(values(found["lazy"]).values())) > 2
    leaving = found["leaving-half-way"]
    assert session.progress(leaving) == (4, 8)

    ratings = {}
    for judgment in Judgment.objects.current().filter(trial__annotator__behaviour="truthful"):
        ratings.setdefault(judgment.presentation.stimulus.clip.condition, []).append(judgment.number)
    means = {condition: sum(numbers) / len(numbers) for condition, numbers in ratings.items()}
    assert means["original"] > means["evidence"] > means["random_control"]


def test_seeds_fix_the_answers(draft):
    draft.trials_per_annotator = 2
    draft.save()

    def of_the_lazy(seed):
        answers = values(rehearsal.simulate(draft, 7, seed=seed)[6])
        return [number for _place, number in sorted(answers.items())]

    # The lazy answer by chance alone, whichever trials they get; twice the same seed does no harm.
    assert of_the_lazy(3) == of_the_lazy(3)
    assert of_the_lazy(3) != of_the_lazy(5)


def test_discarding_leaves_people_alone(draft):
    open_study(draft)
    person = ready(draft)
    walk(person, 2)
    rehearsal.simulate(draft, 2)
    assert rehearsal.discard(draft) == 2
    assert list(draft.annotators.all()) == [person]
    assert Judgment.objects.count() == 2
    assert draft.versions.count() == 1


def test_the_command(draft, capsys):
    call_command("simulate_annotators", draft.slug, number=3, seed=1)
    assert "3 of 3" in capsys.readouterr().out
    assert draft.annotators.rehearsals().count() == 3
    call_command("simulate_annotators", draft.slug, discard=True)
    assert "Deleted 3" in capsys.readouterr().out
    assert not draft.annotators.exists()


def test_the_command_takes_a_truth(draft, capsys):
    call_command("simulate_annotators", draft.slug, number=2, truth="none")
    assert {one.behaviour for one in draft.annotators.all()} == {"truthful-no-effect"}
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("simulate_annotators", draft.slug, "--truth", "maybe")


def test_a_hidden_reference_is_recognised_and_a_property_of_the_sound_is_heard_in_every_clip():
    study = make_study(
        n_tracks=8, presentation="multiple_reference", reference_condition="original", trials_per_annotator=8
    )
    study.questions.all().delete()
    study.questions.create(key="quality", text="?", kind="slider", options={"min": 0, "max": 100})
    rehearsal.simulate(study, 4, truth="effect")
    found = {}
    for judgment in Judgment.objects.current().select_related("presentation__stimulus__clip"):
        clip = judgment.presentation.stimulus.clip
        found.setdefault(clip.condition, []).append(judgment.number)
    means = {condition: sum(numbers) / len(numbers) for condition, numbers in found.items()}
    assert min(found["original"]) > 85
    assert means["evidence"] > means["complement"] + 10
    assert abs(means["complement"] - means["random_control"]) < 15


def test_the_target_that_is_heard_most_is_chosen():
    study = make_study(n_tracks=6, trials_per_annotator=24)
    choices = [{"value": name, "label": name} for name in ("sadness", "dissonance", "other")]
    study.questions.create(key="about", text="?", kind="choice", options={"choices": choices})
    for stimulus in study.stimuli.filter(clip__condition="complement"):
        stimulus.clip.target = "sadness"
        stimulus.clip.save()
    rehearsal.simulate(study, 4, truth="effect")
    named = Judgment.objects.current().filter(question__key="about")
    evidence = named.filter(presentation__stimulus__clip__condition="evidence")
    assert {judgment.value for judgment in named} <= {
        "sadness",
        "dissonance",
    }  # no clip is made for the other
    assert sum(judgment.value == "dissonance" for judgment in evidence) > 0.7 * evidence.count()


def test_it_is_said_how_a_rehearsal_ended(draft):
    annotators = rehearsal.simulate(draft, 10)
    assert rehearsal.in_words(annotators) == (
        "9 of 10 simulated annotators finished the study. The others: 1 closed the browser half-way."
    )
    Annotator.objects.filter(pk=annotators[0].pk).update(state="screened_out", ended_because="group_full")
    annotators[0].refresh_from_db()
    assert "8 of 10" in rehearsal.in_words(annotators)
    assert "1 group full" in rehearsal.in_words(annotators)


def test_the_command_says_what_is_wrong(draft):
    with pytest.raises(CommandError, match=r"“nothing” does not exist.*study-0"):
        call_command("simulate_annotators", "nothing")
    with pytest.raises(CommandError, match="at least 1"):
        call_command("simulate_annotators", draft.slug, number=0)
    draft.questions.all().delete()
    with pytest.raises(CommandError, match="no questions"):
        call_command("simulate_annotators", draft.slug)


def test_deleting_an_annotator_by_code(draft, capsys, monkeypatch):
    open_study(draft)
    annotator = ready(draft)
    walk(annotator, 2)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    with pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("delete_annotator", annotator.pseudonym)
    call_command("delete_annotator", annotator.pseudonym.lower(), yes=True)
    assert "with 2 answers" in capsys.readouterr().out
    assert not Annotator.objects.exists()
    assert Departure.objects.get().judgments == 2
    with pytest.raises(CommandError, match="does not exist"):
        call_command("delete_annotator", annotator.pseudonym)
