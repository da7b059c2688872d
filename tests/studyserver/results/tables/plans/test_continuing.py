"""How intervals narrow if a study goes on."""

import pytest

from studyserver.results.data.rows import StudyRows
from studyserver.results.pages.verdicts.outlook import Outlook, outlook
from studyserver.results.pages.verdicts.rules import DIFFERENCE, Finding, verdict
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.plans.aims import aims_of
from studyserver.results.tables.plans.continuing import STEPS, Continuation


@pytest.fixture
def aim(fitted):
    return next(aim for aim in aims_of(fitted) if aim.question.key == "harsh.slider")


@pytest.fixture
def computed(fitted):
    return Computed(StudyRows(fitted))


def test_more_annotators_narrow_the_interval_less_and_less(aim, computed):
    study = Continuation(aim, computed, 10.0)
    widths = [study.narrowed(study.n_annotators * factor) for factor in (1, 2, 4, 64)]
    assert widths[0] == 1
    assert 1 > widths[1] > widths[2]
    assert widths[1] >= 2**-0.5 - 0.02  # no faster than with independent judgments, ...
    assert widths[3] > 0.8  # ... and not below what three tracks leave open
    # Each heard three tracks as evidence and as control, if they finished.
    assert (study.n_annotators, study.judgments_each) == (8, 6)


def test_the_number_of_annotators_is_the_smallest_step_that_is_enough(aim, computed):
    study = Continuation(aim, computed, 10.0)
    wanted = study.narrowed(study.n_annotators + 20)
    more = study.more_until(lambda share: share <= wanted)
    assert more in STEPS and more <= 20
    assert study.narrowed(study.n_annotators + more) <= wanted
    assert study.more_until(lambda share: False) is None


def finding(low, high):
    return Finding(low, high, "evidence", "its random control", "“harsh”", smallest=2.0)


def test_the_outlook_follows_the_rules_of_the_verdict(aim, computed):
    open_one = finding(-0.2, 9.8)
    ahead = outlook(aim, computed, open_one, DIFFERENCE)
    share = ahead.study.narrowed(ahead.study.n_annotators + ahead.more)
    assert not verdict(open_one, DIFFERENCE).is_settled
    assert verdict(finding(4.8 - 5 * share, 4.8 + 5 * share), DIFFERENCE).is_settled
    assert 1 < ahead.more < 60 and f"About {ahead.more} more annotators" in ahead.sentence
    # An effect near the one that matters is not settled by any number of annotators of three tracks.
    never = outlook(aim, computed, finding(-9.0, 9.2), DIFFERENCE)
    assert never.more is None and never.sentence.endswith("more tracks would.")


def test_one_more_annotator_is_one(aim, computed):
    study = Continuation(aim, computed, 10.0)
    assert Outlook(study, 1).sentence == "About 1 more annotator (6 judgments) would settle it."
