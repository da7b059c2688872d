"""The cause of a part that fails is found: annotators, questions, both or neither."""

import numpy as np
import pytest
from filled_once import filled_once
from test_every_stage import taken, walk

from studyserver.results.data.rows import StudyRows
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.failures import Parts
from studyserver.study.models import Study


def failing_if(seen):
    """Return a part that fails where `seen` says so of the answers that it is computed from."""

    def compute(computed):
        answers = computed.counted.main
        if seen(answers):
            raise KeyError("something odd")
        return len(answers)

    return compute


def taken_by_five():
    study = taken("single", "one annotator")
    for person in range(4):
        walk(study, np.random.default_rng(person), "one annotator")
    return study.pk


@pytest.fixture(scope="module")
def five(django_db_setup, django_db_blocker, tmp_path_factory):
    """Number of a study that five people have taken, filled once for this file."""
    with filled_once(django_db_blocker, tmp_path_factory.mktemp("files"), taken_by_five) as number:
        yield number


@pytest.fixture
def parts(five, db):
    return Parts(Computed(StudyRows(Study.objects.get(pk=five))))


@pytest.mark.parametrize("culprits", [[0], [3], [1, 2], [0, 4]])
def test_annotators_are_found_whatever_the_error(parts, culprits):
    names = list(parts.computed.rows.annotator_rows().values_list("pseudonym", flat=True))
    odd = [names[at] for at in culprits]

    def seen(answers):
        mine = answers[answers["annotator"].isin(odd)]
        return (mine["question"] == "slider").any()

    assert parts.part("part", "Something", failing_if(seen)) is not None
    failed = parts.failed["part"]
    if culprits != [0, 4]:  # where the first and the last fail by themselves, nobody is named
        assert sorted(failed.annotators) == sorted(odd)
        assert all(name in failed.headline for name in odd)
    assert [question.key for question in failed.questions] == ["slider"]
    assert failed.has_rest and "“What about slider?” (slider)" in failed.headline


def test_rows_of_others_are_there_where_rows_of_one_fail(parts):
    name = parts.computed.rows.annotator_rows().values_list("pseudonym", flat=True)[2]
    whole = len(parts.computed.counted.main)
    compute = failing_if(lambda answers: name in set(answers["annotator"]))
    assert parts.part("rows", "Table rows", compute, rows=True) == whole * 4 / 5
    assert parts.failed["rows"].annotators == (name,)
    # Without somebody the figures would be others: what is left are those of the other questions.
    assert parts.part("figures", "Figures", compute) == 0
    failed = parts.failed["figures"]
    assert (
        name in failed.headline and len(failed.questions) == 5 and "without these questions" in failed.remedy
    )


def test_nobody_is_blamed_where_two_are_needed_for_the_figure(parts):
    def compute(computed):
        if computed.counted.main["annotator"].nunique() >= 4:
            raise ZeroDivisionError("of whatever answers")
        return "too few"

    parts.part("part", "Something", compute)
    assert parts.failed["part"].annotators == ()


def test_what_no_answer_causes_is_said_so(parts):
    def compute(computed):
        raise ValueError("always " + "very " * 100)

    assert parts.part("part", "Something", compute, "instead") == "instead"
    failed = parts.failed["part"]
    assert not failed.annotators and not failed.questions and not failed.has_rest
    assert "It is not caused by single annotators or questions." in failed.headline
    assert len(failed.error) < 250 and failed.error in failed.remedy


def test_failures_of_the_machine_are_no_failures_of_parts(parts):
    def compute(computed):
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        parts.part("part", "Something", compute)
