"""How intervals narrow if a study goes on as it is allocated: how many more annotators settle a question."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from studyserver.results.statistics.planning.populations import with_effect
from studyserver.results.tables.computed import Computed

from .aims import Aim
from .designs import Design, design_of
from .plan import CannotPlan, PlanRequest, StudyPlan, population_for

# Further annotators that are tried; the answer is "about" one of these.
STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 125, 150, 200, 250, 300, 400, 500)


class Continuation:
    """A study that goes on.

    Parameters
    ----------
    aim : Aim
    computed : Computed
        The answers so far.
    estimate : float
        What was found so far, less what there is without an effect.
    """

    def __init__(self, aim: Aim, computed: Computed, estimate: float) -> None:
        self.aim = aim
        self.computed = computed
        self.estimate = estimate

    @cached_property
    def n_annotators(self) -> int:
        """How many annotators have answered the question."""
        counted, question = self.computed.shown.counted, self.aim.question
        compares = question.answer_kind.compares_clips
        answers = counted.comparisons if compares else counted.of(question)
        return int(answers.loc[answers["question"] == question.key, "annotator"].nunique())

    @cached_property
    def judgments_each(self) -> int:
        """How many judgments of the compared clips one more annotator gives, about."""
        rows = self._design(self.n_annotators).allocate(0)
        asked = len(self.aim.levels)
        return max(1, round((rows[:, 2] < asked).sum() / max(self.n_annotators, 1)))

    def narrowed(self, n_annotators: int) -> float:
        """Return how wide the interval will be with so many annotators, as a share of its width now.

        Raises
        ------
        CannotPlan
        """
        return self._width(n_annotators) / self._width(self.n_annotators)

    def more_until(self, is_enough: Callable[[float], bool]) -> int | None:
        """Return how many more annotators narrow the interval enough, about; None if 500 do not.

        Parameters
        ----------
        is_enough : callable
            Maps the width as a share of that now to whether it is enough; stays true for smaller ones.

        Raises
        ------
        CannotPlan
        """
        low, high = 0, len(STEPS)  # STEPS[high] is enough, as far as known
        while low < high:
            middle = (low + high) // 2
            if is_enough(self.narrowed(self.n_annotators + STEPS[middle])):
                high = middle
            else:
                low = middle + 1
        return STEPS[low] if low < len(STEPS) else None

    def _width(self, n_annotators: int) -> float:
        if n_annotators not in self._widths:
            design = self._design(n_annotators)
            self._widths[n_annotators] = self._plan.with_design(design).approximate().width
        return self._widths[n_annotators]

    @cached_property
    def _widths(self) -> dict[int, float]:
        return {}

    @cached_property
    def _base(self) -> Design:
        return design_of(self.computed.study, self.aim)

    def _design(self, n_annotators: int) -> Design:
        return replace(self._base, n_annotators=max(n_annotators, 1))

    @cached_property
    def _plan(self) -> StudyPlan:
        source = "answers" if self.aim.uses_model else "assumed"
        request = PlanRequest(self.aim.key, self.n_annotators, 0, None, self.estimate, source)
        truth = population_for(self.aim, self._base, request, self.computed)
        if not self.aim.uses_model:
            try:
                truth = with_effect(truth, self.aim.quantity, self.estimate)
            except ValueError as error:
                raise CannotPlan(str(error)) from error
        return StudyPlan(self.aim, self._base, truth)
