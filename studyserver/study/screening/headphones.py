"""Headphone checks: the check that is due, its answers and its result.

The right answers are never sent to the browser.
"""

from django.db import transaction
from django.utils import timezone

from ..models import Annotator, HeadphoneCheck, Study
from .sounds import TRIALS, plans

Kind = HeadphoneCheck.Kind
NEEDED = {Kind.ANTIPHASE: 5, Kind.HUGGINS: 6}  # right answers out of six, as published


def kinds_of(study: Study) -> list[str]:
    """Return the headphone checks of a study, in order."""
    if study.headphone_check == Study.HeadphoneChecks.BOTH:
        return [Kind.ANTIPHASE, Kind.HUGGINS]
    return [study.headphone_check] if study.headphone_check else []


def is_due(annotator: Annotator) -> bool:
    """Return whether a check remains to be done."""
    return bool(annotator.study.headphone_check) and result(annotator) is None


def result(annotator: Annotator) -> dict | None:
    """Return the stored `summary` of the checks; None before their end, or if something else is stored.

    Older rows may contain a value under the same key that a browser sent; it does not end a check.
    """
    stored = annotator.checked.get("headphones")
    return stored if isinstance(stored, dict) and isinstance(stored.get("passed"), bool) else None


def score(check: HeadphoneCheck) -> int:
    """Return the number of right answers."""
    right = [plan.target for plan in plans(check.kind, check.seed)]
    return sum(answer == target for answer, target in zip(check.answers, right, strict=False))


def current_check(annotator: Annotator) -> HeadphoneCheck | None:
    """Return the current attempt, created if necessary; None if no check remains."""
    if not is_due(annotator):
        return None
    kind, attempt = _due(annotator)
    if kind is None:
        return None
    check, _created = annotator.headphone_checks.get_or_create(kind=kind, attempt=attempt)
    return check


def _due(annotator: Annotator) -> tuple[str | None, int]:
    """Return kind and number of the next attempt; (None, 0) after the last."""
    study = annotator.study
    attempts = list(annotator.headphone_checks.order_by("id"))
    for kind in kinds_of(study):
        done = [check for check in attempts if check.kind == kind and check.passed is not None]
        if any(check.passed for check in done):
            continue
        if len(done) < study.headphone_attempts:
            return kind, len(done) + 1
        if study.headphone_exclusion == Study.HeadphoneExclusion.SCREEN_OUT:
            return None, 0
    return None, 0


def answer(annotator: Annotator, check_id: int, trial: int, interval: int) -> bool:
    """Store the answer to one trial; the same answer again, or one out of turn, changes nothing.

    Parameters
    ----------
    annotator
        Locked by the caller's transaction.
    check_id
        Primary key of the attempt.
    trial
        From 1.
    interval
        The chosen one, 1 to 3.

    Returns
    -------
    bool
        Whether all checks have ended; `annotator.sound_check["headphones"]` is then set.
    """
    with transaction.atomic():
        check = annotator.headphone_checks.filter(pk=check_id, passed=None).first()
        if check is None or len(check.answers) != trial - 1 or interval not in (1, 2, 3):
            return not is_due(annotator)
        check.answers = [*check.answers, interval]
        if len(check.answers) == TRIALS:
            check.passed = score(check) >= NEEDED[check.kind]
            check.finished_at = timezone.now()
        check.save()
        if check.passed is None or _due(annotator)[0] is not None:
            return False
        annotator.sound_check = {**annotator.checked, "headphones": summary(annotator)}
        annotator.save(update_fields=["sound_check"])
        return True


def summary(annotator: Annotator) -> dict:
    """Return the result of the checks: for each kind the best score, whether it was passed, the attempts."""
    found: dict = {}
    for kind in kinds_of(annotator.study):
        checks = list(annotator.headphone_checks.filter(kind=kind).exclude(passed=None))
        found[str(kind)] = {
            "score": max((score(check) for check in checks), default=None),
            "of": TRIALS,
            "passed": any(check.passed for check in checks),
            "attempts": len(checks),
        }
    found["passed"] = all(found[str(kind)]["passed"] for kind in kinds_of(annotator.study))
    return found
