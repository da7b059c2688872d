"""The templates of studies: a file each in ``files/``."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from studyserver.study.design.duration import HEADPHONE_TRIAL, LEVEL, READING, TONES
from studyserver.study.design.outlook import SECONDS_PER_ANSWER
from studyserver.study.models.presentation_kinds import TRAITS, Traits
from studyserver.study.screening.sounds import TRIALS

from .definition import read_definition

FILES = Path(__file__).parent / "files"
CLIP_SECONDS = 8.0  # of a clip, for the minutes that the list of templates shows


@dataclass(frozen=True)
class Template:
    """A study without its clips: what it asks, of whom, and by which rule its stimuli are composed.

    Attributes
    ----------
    name
        Name of the file.
    title, sentence, when
        What it answers, and when to take it, for researchers.
    picture
        What answers look like, for the schematic picture of a trial; a key of `pictures.ANSWERS`.
    choose
        What the form asks: ``targets``, ``models`` (several) or ``model``, ``recipes``, ``methods`` (two),
        ``size`` (requested) or ``sizes`` (held, two or more), ``pair`` (of conditions), ``tracks``.
    conditions, pairs
        Conditions of the stimuli; or the pairs of conditions to choose from, the best first.
    question_sets
        Names of ready-made sets of questions to add.
    research_questions
        Fields of the research questions; ``of`` names the questions by key, or by its beginning. ``{first}``
        and ``{second}`` stand for the methods or conditions that are chosen.
    fewest_targets
        Smallest number of targets.
    clips_per_trial, answers_per_trial
        Usual numbers, for the length of a session.
    study
        Table ``[study]`` of its definition.
    """

    name: str
    title: str
    sentence: str
    when: str
    picture: str
    choose: tuple[str, ...]
    conditions: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    question_sets: tuple[str, ...]
    research_questions: tuple[Mapping[str, Any], ...]
    fewest_targets: int
    clips_per_trial: int
    answers_per_trial: int
    study: Mapping[str, Any]

    @property
    def presents(self) -> Traits:
        """What a trial presents."""
        return TRAITS[self.study["presentation"]]

    @property
    def annotators(self) -> int:
        """Number of annotators that it needs."""
        return int(self.study["annotators_wanted"])

    @property
    def minutes(self) -> int:
        """Minutes of a session with clips of `CLIP_SECONDS`."""
        design = self.study
        trials = design["trials_per_annotator"] + design.get("repeats_per_annotator", 0)
        listening = design["minimum_listening_share"] * self.clips_per_trial * CLIP_SECONDS
        checks = TONES + LEVEL * design.get("set_level", False)
        checks += HEADPHONE_TRIAL * TRIALS if design.get("headphone_check") else 0
        answering = self.answers_per_trial * SECONDS_PER_ANSWER
        return math.ceil((READING + checks + trials * (listening + answering)) / 60)


@cache
def templates() -> dict[str, Template]:
    """Return all templates by name, in the order of their positions."""
    found = [(file.stem, read_definition(file)) for file in FILES.glob("*.toml")]
    found.sort(key=lambda named: named[1]["template"]["position"])
    return {name: _template(name, content) for name, content in found}


def _template(name: str, content: Mapping[str, Any]) -> Template:
    about = content["template"]
    return Template(
        name=name,
        title=about["title"],
        sentence=about["sentence"],
        when=about["when"],
        picture=about["picture"],
        choose=tuple(about["choose"]),
        conditions=tuple(about.get("conditions", ())),
        pairs=tuple((first, second) for first, second in about.get("pairs", ())),
        question_sets=tuple(about.get("question_sets", ())),
        research_questions=tuple(about["research_questions"]),
        fewest_targets=about.get("fewest_targets", 1),
        clips_per_trial=about["clips_per_trial"],
        answers_per_trial=about["answers_per_trial"],
        study=content["study"],
    )
