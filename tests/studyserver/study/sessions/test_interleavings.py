"""Whatever network, reloads, double clicks and second tabs do, the answers entered last are stored.

The browser is a model of the one the pages implement: answers go to a store that survives
reloads and is shared by tabs, each under its own identifier and the next sequence number; they
are sent until the server has receipted them. Trials may be left before the server knows: those
that follow are at hand, and the ends are sent in order, after the answers. The server is the
real one.
"""

import copy
import os

import pytest
from django.utils import timezone
from example_studies import CONDITIONS, heard, make_event, make_study, ready
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Judgment
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments

QUESTIONS = ["dissonance", "quality"]
INTERLEAVINGS = int(os.environ.get("INTERLEAVINGS", "300"))  # drawn; thousands take minutes


class Browser:
    """Tabs of one annotator over one persistent store."""

    def __init__(self, annotator):
        self.annotator = annotator
        self.sequence = 0
        self.queue: list[dict] = []  # not receipted yet
        self.in_flight: list[list[dict]] = []  # requests that the network may still deliver, at any time
        self.tabs = [session.current_trial(annotator)] * 2
        self.left = []  # trials whose end is still to be sent, in order
        self.age = 250
        self.entered: dict[tuple[int, str], int] = {}

    def enter(self, tab: int, question: str, value: int) -> None:
        trial = self.tabs[tab]
        if trial is None:
            return
        self.sequence += 1
        event = make_event(trial, question=question, value=value, sequence=self.sequence)
        self.queue.append(event | {"age_ms": self.age})
        self.entered[trial.pk, question] = value

    def send(self, outcome: str, part: slice = slice(None)) -> None:
        batch = copy.deepcopy(self.queue[part])
        if outcome == "request lost":
            return
        if outcome == "delayed":
            self.in_flight.append(batch)
            return
        receipts = record_judgments(self.annotator, batch)
        assert all(receipt["status"] in ("stored", "already stored") for receipt in receipts), receipts
        if outcome == "answered":
            receipted = {receipt["uuid"] for receipt in receipts}
            self.queue = [event for event in self.queue if event["uuid"] not in receipted]
        if not self.queue:
            self.tell_ends()

    def tell_ends(self) -> None:
        for trial in self.left:
            ages = {"appeared_ms": self.age, "finished_ms": self.age}
            session.finish_trial(self.annotator, trial.token, heard(trial), **ages)
        self.left = []

    def deliver(self, which: int) -> None:
        """A request that the network held back arrives after all, perhaps long after a retry."""
        if self.in_flight:
            record_judgments(self.annotator, self.in_flight.pop(which % len(self.in_flight)))

    def finish(self, tab: int) -> None:
        trial = self.tabs[tab]
        if trial is not None:
            try:
                session.finish_trial(self.annotator, trial.token, heard(trial))
            except session.IncompleteTrial:
                assert session.completion(self.annotator) is None

    def reload(self, tab: int) -> None:
        self.tabs[tab] = session.current_trial(self.annotator)

    def reload_offline(self, tab: int) -> None:
        """Show what the browser kept: the first trial that has not been left as far as it knows."""
        self.reload(tab)
        if self.left:
            following = session.upcoming_trials(self.annotator, after=self.left[-1].token)
            self.tabs[tab] = following[0] if following else None

    def set_clock(self, age) -> None:
        self.age = age

    def go_ahead(self, tab: int, value: int) -> None:
        """Answer, press Next and see the next trial, whether or not the server hears of it now."""
        trial = self.tabs[tab]
        if trial is None:
            return
        for question in QUESTIONS:
            self.enter(tab, question, value)
        self.left.append(trial)
        following = session.upcoming_trials(self.annotator, after=trial.token)
        self.tabs[tab] = following[0] if following else None

    def go_on(self, tab: int, value: int) -> None:
        """Do what most people do most of the time: answer, press Next, see the next trial."""
        for question in QUESTIONS:
            self.enter(tab, question, value)
        self.send("answered")
        self.finish(tab)
        self.reload(tab)


AGES = [1e15, -1e15, 40, "?", None]  # ms, as a browser tells them whose clock is set meanwhile
tabs = st.integers(0, 1)
actions = st.one_of(
    st.tuples(st.just("enter"), tabs, st.sampled_from(QUESTIONS), st.integers(1, 5)),
    st.tuples(
        st.just("send"),
        st.sampled_from(["answered", "request lost", "response lost", "delayed"]),
        # All that waits; or, as when requests overtake each other, only the newest or the oldest.
        st.sampled_from([slice(None), slice(-1, None), slice(0, 1)]),
    ),
    st.tuples(st.just("deliver"), st.integers(0, 3)),
    st.tuples(st.just("finish"), tabs),
    st.tuples(st.sampled_from(["reload", "reload_offline"]), tabs),
    st.tuples(st.just("go_on"), tabs, st.integers(1, 5)),
    st.tuples(st.just("go_ahead"), tabs, st.integers(1, 5)),
    # The person, or the network's time, sets the clock: order is told by sequence numbers alone.
    st.tuples(st.just("set_clock"), st.sampled_from(AGES)),
)


# An answer, changed at once; the second request arrives first.
OVERTAKEN = [("enter", 0, QUESTIONS[0], 1), ("enter", 1, QUESTIONS[0], 2)]


@pytest.mark.django_db
@pytest.mark.long
def test_the_values_entered_last_are_stored():
    study = make_study(n_tracks=1, conditions=CONDITIONS[:3])
    study.questions.create(key="quality", text="Quality?", kind="scale", options={"points": 5}, position=1)
    open_study(study)

    @settings(max_examples=INTERLEAVINGS, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(actions, min_size=6, max_size=25))
    @example([*OVERTAKEN, ("send", "answered", slice(-1, None))])
    @example([("go_ahead", 0, 1), ("go_ahead", 0, 2), ("set_clock", "?"), ("go_ahead", 0, 3)])
    @example([("go_ahead", 0, 1), ("reload_offline", 1), ("go_ahead", 1, 2), ("reload_offline", 0)])
    @example([("go_ahead", 0, 1), ("enter", 1, QUESTIONS[0], 5), ("reload", 0), ("go_ahead", 1, 2)])
    @example([*OVERTAKEN, ("send", "response lost", slice(-1, None)), ("finish", 0), ("reload", 1)])
    def check(steps):
        browser = Browser(ready(study))
        for name, *arguments in steps:
            getattr(browser, name)(*arguments)
        browser.send("answered")
        assert not browser.left
        for late in range(len(browser.in_flight)):
            browser.deliver(late)
        stored = {
            (judgment.trial_id, judgment.question.key): judgment.value
            for judgment in Judgment.objects.current()
            .filter(trial__annotator=browser.annotator)
            .select_related("question")
        }
        assert stored == browser.entered
        code = session.completion(browser.annotator)
        finished = browser.annotator.trials.exclude(finished_at=None)
        assert (code is not None) == (finished.count() == browser.annotator.trials.count())
        left = [trial.finished_at for trial in finished.order_by("position")]
        assert left == sorted(left)
        for trial in finished:
            assert trial.allocated_at <= trial.presented_at <= trial.finished_at <= timezone.now()
            assert {question for trial_id, question in stored if trial_id == trial.pk} == set(QUESTIONS)

    check()
