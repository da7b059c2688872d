"""Sample sessions, which test whether a design can keep its own rules of spacing."""

from collections.abc import Sequence

from studyserver.study.models import Study

from . import ordering
from .allocation import PlannedTrial, plan_session, spacing_rules, supply_of
from .spacing import Breach, Item, Kind, Place, breach

SESSIONS = 3  # number of draws; a rule that one session breaks is broken by nearly all


def breaches(study: Study) -> list[Breach]:
    """Return how much the rules of spacing are broken in a few sessions drawn like those of annotators.

    Empty for studies without stimuli.
    """
    drawn, supply = [], supply_of(study)
    for number in range(SESSIONS):
        rng = ordering.generator(study.seed, "drawn for trial", number)
        drawn.append(breach(_places(plan_session(study, rng, supply=supply)), spacing_rules(study)))
    return drawn


def _places(session: Sequence[PlannedTrial]) -> list[Place]:
    return [Place(_item(planned), Kind(planned.kind)) for planned in session]


def _item(planned: PlannedTrial) -> Item:
    what = planned.what
    return Item((planned.kind == Kind.PRACTICE, what.key), what.track, what.unmasked)


def spacing_problems(study: Study) -> list[str]:
    """Return a problem if some masked clip must come right after its original."""
    if not any(found.after_original for found in breaches(study)):
        return []
    return [
        "In every order some masked clip comes right after its original, because too few trials have other "
        "tracks to put between them. Add tracks, take practice clips from other tracks, or repeat less."
    ]


def spacing_advice(study: Study) -> list[str]:
    """Return advice on distances that some sessions cannot keep."""
    found = breaches(study)
    advice = []
    if any(item.too_near for item in found):
        spread = "give annotators clips of as many tracks as possible, " if study.takes_whole_tracks else ""
        advice.append(
            f"Some sessions cannot keep {study.minimum_track_distance} trials between clips of the same "
            f"track; they are then as far apart as possible. Add tracks, {spread}lower “trials per "
            "annotator” or “minimum track distance”" + (", or turn off blocks." if study.blocks else ".")
        )
    if any(item.repeat_too_near for item in found):
        advice.append(
            f"The session is too short for {study.repeat_distance} trials between each trial and its repeat; "
            "repeats come as late as possible. Lower “repeats per annotator” or “repeat distance”."
        )
    return advice
