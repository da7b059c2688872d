"""Sessions drawn for trial: whether a design leaves room for its own rules of spacing, in words."""

from collections.abc import Sequence

from studyserver.study.models import Study

from . import ordering
from .adaptive import adaptive_design
from .allocation import PlannedTrial, plan_session, spacing_rules
from .spacing import Breach, Item, Kind, Place, breach

SESSIONS = 3  # that are drawn: enough, since what one breaks nearly all do


def breaches(study: Study) -> list[Breach]:
    """Return how far the rules of spacing are broken in a few sessions drawn as annotators get them.

    Empty for adaptive designs, which decide on the way, and for studies without anything to hear.
    """
    if adaptive_design(study) is not None:
        return []
    drawn = []
    for number in range(SESSIONS):
        session = plan_session(study, ordering.generator(study.seed, "drawn for trial", number))
        drawn.append(breach(_places(session), spacing_rules(study)))
    return drawn


def _places(session: Sequence[PlannedTrial]) -> list[Place]:
    return [Place(_item(planned), Kind(planned.kind)) for planned in session]


def _item(planned: PlannedTrial) -> Item:
    what = planned.what
    return Item((planned.kind == Kind.PRACTICE, what.key), what.track, what.unmasked)


def spacing_problems(study: Study) -> list[str]:
    """Return what must not be: that a masked clip cannot but come right after its original."""
    if not any(found.after_original for found in breaches(study)):
        return []
    return [
        "There is no order in which no masked clip comes right after its original: too few trials with other "
        "tracks can be put between them. Add tracks, take practice clips from other tracks, or repeat less."
    ]


def spacing_advice(study: Study) -> list[str]:
    """Return which distances cannot be kept everywhere, and what to do."""
    found = breaches(study)
    advice = []
    if any(item.too_near for item in found):
        advice.append(
            f"Not everywhere can {study.minimum_track_distance} trials lie between two clips of one track; "
            "they are kept apart as far as possible. Add tracks, lower “trials per annotator” or “minimum "
            "track distance”" + (", or do without blocks." if study.blocks else ".")
        )
    if any(item.repeat_too_near for item in found):
        advice.append(
            f"The session is too short for {study.repeat_distance} trials between each trial and its repeat; "
            "repeats come as late as they can. Lower “repeats per annotator” or “repeat distance”."
        )
    return advice
