"""What would settle an open question: so many more annotators, or more tracks."""

from dataclasses import dataclass, replace

from explainer.core.base.counting import plural
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.plans.aims import Aim
from studyserver.results.tables.plans.continuing import Continuation
from studyserver.results.tables.plans.plan import CannotPlan

from .rules import Finding, Rule, verdict


@dataclass(frozen=True)
class Outlook:
    """What more annotators would do for an open research question.

    Attributes
    ----------
    study : Continuation
    more : int, optional
        How many more settle it, about, if the estimate stays what it is; None if no number does.
    """

    study: Continuation
    more: int | None

    @property
    def sentence(self) -> str:
        """The outlook in words."""
        if self.more is None:
            return "More annotators of the same tracks would not settle it; more tracks would."
        judgments = plural(self.more * self.study.judgments_each, "judgment")
        return f"About {plural(self.more, 'more annotator')} ({judgments}) would settle it."


def outlook(aim: Aim, computed: Computed, finding: Finding, rules: tuple[Rule, ...]) -> Outlook | None:
    """Return what would settle an open question, by the rules that decide its verdict; None if unknown."""
    centre = (finding.low + finding.high) / 2
    study = Continuation(aim, computed, centre)
    try:
        return Outlook(study, study.more_until(lambda share: _is_settled(finding, rules, share)))
    except CannotPlan:
        return None


def _is_settled(finding: Finding, rules: tuple[Rule, ...], share: float) -> bool:
    low, high = _narrowed(finding.low, finding.high, share)
    alone = None if finding.alone is None else _narrowed(*finding.alone, share)
    return verdict(replace(finding, low=low, high=high, alone=alone), rules).is_settled


def _narrowed(low: float, high: float, share: float) -> tuple[float, float]:
    centre, half = (low + high) / 2, share * (high - low) / 2
    return centre - half, centre + half
