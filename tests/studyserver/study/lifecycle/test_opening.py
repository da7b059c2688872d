import pytest
from example_studies import make_clip, make_study, make_track, ready, walk

from studyserver.study.design.stimuli import add_stimuli
from studyserver.study.lifecycle.opening import StudyNotReady, close_study, open_study, opening_problems
from studyserver.study.lifecycle.versions import current_version, record_version
from studyserver.study.models import Study

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_study(n_tracks=2)


def test_a_complete_study_opens(draft):
    assert opening_problems(draft) == []
    open_study(draft)
    draft.refresh_from_db()
    assert draft.state == Study.State.OPEN
    assert draft.opened_at


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda study: study.questions.all().delete(), "no question"),
        (lambda study: study.questions.update(required=False), "No question is required"),
        (lambda study: study.questions.update(options={}), "points"),
        (lambda study: study.questions.update(target="speed", only_own_target=True), "never be asked"),
        (lambda study: study.stimuli.all().delete(), "no stimuli"),
        (lambda study: study.stimuli.update(active=False), "no stimuli"),
        (lambda study: Study.objects.update(consent=" "), "consent is empty"),
        (lambda study: Study.objects.update(instructions=""), "instructions are empty"),
        (lambda study: Study.objects.update(trials_per_annotator=9), "only 8"),
        (lambda study: Study.objects.update(repeats_per_annotator=9), "repeated"),
        (lambda study: Study.objects.update(practice_trials=1), "practice stimuli"),
        (lambda study: Study.objects.update(attention_limit=1), "Annotators are refused after 1"),
        (lambda study: study.stimuli.first().clip.file.delete(save=False), "missing"),
    ],
)
def test_what_stands_in_the_way_is_told_in_words(draft, spoil, words):
    spoil(draft)
    draft = Study.objects.get(pk=draft.pk)
    with pytest.raises(StudyNotReady) as refused:
        open_study(draft)
    assert any(words in reason for reason in refused.value.reasons), refused.value.reasons
    assert Study.objects.get(pk=draft.pk).state == Study.State.DRAFT


def test_stimuli_that_nothing_would_be_asked_about(draft):
    draft.questions.update(only_own_target=True)
    assert opening_problems(draft) == []
    add_stimuli(draft, [make_clip(make_track("x"), "evidence", "speed")])
    assert any("no required question" in problem for problem in opening_problems(draft))


def test_opening_twice_and_closing_twice(draft):
    open_study(draft)
    with pytest.raises(StudyNotReady, match="already"):
        open_study(draft)
    close_study(draft)
    with pytest.raises(StudyNotReady, match="Only an open study"):
        close_study(draft)
    first_opened = draft.opened_at
    open_study(draft)
    draft.refresh_from_db()
    assert draft.opened_at == first_opened
    assert draft.closed_at is None


def test_versions_are_made_by_changes_only(draft):
    open_study(draft)
    assert [version.number for version in draft.versions.all()] == [1]
    close_study(draft)
    open_study(draft)
    assert draft.versions.count() == 1
    Study.objects.update(thanks="Thank you!")
    assert record_version(Study.objects.get(pk=draft.pk)).number == 2
    assert current_version(draft).number == 2


def test_a_version_holds_what_was_asked(draft):
    open_study(draft)
    annotator = ready(draft)
    walk(annotator, 1)
    snapshot = annotator.trials.exclude(version=None).first().version.snapshot
    assert snapshot["questions"][0]["text"] == "How harsh does it sound?"
    assert snapshot["texts"]["consent"] == draft.consent
    assert {row["id"] for row in snapshot["stimuli"]} == set(draft.stimuli.values_list("pk", flat=True))
