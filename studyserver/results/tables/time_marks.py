"""Statistics of marked times: agreement per group of clips, and overlap with the time of the evidence.

Prepares the answers of a study for the pure functions. The tables have the columns of `remains.COLUMNS`.
"""

from functools import cached_property

import numpy as np
import pandas as pd
import soundfile
from django.core.cache import cache

from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, UNMASKED
from explainer.models import Clip
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.statistics.time_marks import evidence_time_table, time_agreement_table
from studyserver.study.models import Question
from studyserver.study.questions.kind import Answers

from .remains import COLUMNS
from .summaries import Group, group_columns, groups_of
from .vocabulary import table_of

FRAME = 0.05  # s
_KEPT_SECONDS = 86_400
_MARKS = ["item", "rater", "unit", "seconds", "stretches"]


class Marked:
    """Figures of the questions that ask for stretches of time, of one study."""

    def __init__(self, counted: CountedJudgments) -> None:
        self.counted = counted

    @cached_property
    def questions(self) -> list[Question]:
        """The questions that have answers."""
        asked = self.counted.rows.measures.values()
        return [
            item for item in asked if item.answer_kind.answers == Answers.TIMES and len(self._marks(item))
        ]

    @cached_property
    def stretch_agreement(self) -> pd.DataFrame:
        """Agreement on time per question and group; for unmasked clips also the overlap with the evidence.

        In the latter, ``about`` names the group of the evidence.
        """
        parts = [
            part.assign(**group_columns(group), question=question.key)
            for question in self.questions
            for group, judgments in groups_of(self._marks(question))
            for part in [time_agreement_table(judgments), *self._beside_evidence(question, group, judgments)]
        ]
        if not parts:
            return pd.DataFrame(columns=COLUMNS)
        return table_of(pd.concat(parts, ignore_index=True), "clip").reindex(columns=COLUMNS)

    def _marks(self, question: Question) -> pd.DataFrame:
        """Return a question's answers, on clips made for its target and those that serve all targets."""
        marks = self.counted.stretches.rename(columns={"stimulus": "item", "annotator": "rater"})
        marks["unit"] = marks["track"]
        marks = marks[marks["question"] == question.key]
        return marks[marks["target"].isin(["", question.target])] if question.target else marks

    def _beside_evidence(self, question: Question, group: Group, marks: pd.DataFrame) -> list[pd.DataFrame]:
        if not question.target or group.condition not in UNMASKED:
            return []
        stimuli = self.counted.stimuli
        evidence = stimuli[(stimuli["condition"] == EVIDENCE) & (stimuli["target"] == question.target)]
        return [
            evidence_time_table(part[_MARKS], profiles).assign(about=kind.label)
            for kind, clips in groups_of(evidence)
            if (part := marks[marks["excerpt"].isin(clips["excerpt"])]).size
            and (profiles := self._profiles(part, clips))
        ]

    def _profiles(self, marks: pd.DataFrame, evidence: pd.DataFrame) -> dict[object, np.ndarray]:
        """Return the evidence's time profile for each unmasked clip whose sounds can be read."""
        by_excerpt = {excerpt: stimulus for stimulus, excerpt in evidence["excerpt"].items()}
        profiles: dict[object, np.ndarray] = {}
        for item, excerpt in marks[["item", "excerpt"]].drop_duplicates().itertuples(index=False):
            profile = time_profile(self.counted.rows.stimulus_rows[by_excerpt[excerpt]].clip)
            if profile is not None:
                profiles[item] = profile
        return profiles


def time_profile(evidence: Clip) -> np.ndarray | None:
    """Return the share of the music's energy that a clip keeps in each 50 ms, 0 to 1.

    The music is the original of the same explanation, written with the same gain.

    Returns
    -------
    np.ndarray [shape=(n_frames,)] or None
        None if there is no original or a sound cannot be read.
    """
    original = Clip.objects.filter(explanation=evidence.explanation, condition=ORIGINAL).first()
    if evidence.explanation is None or original is None:
        return None
    key = f"time-profile-{evidence.sha256}-{original.sha256}"
    profile = cache.get(key)
    if profile is None:
        try:
            kept, whole = (_frame_energies(clip) for clip in (evidence, original))
        except (soundfile.SoundFileError, OSError):
            return None
        n = min(len(kept), len(whole))
        loud = whole[:n] > 1e-8 * whole.max(initial=0.0)  # the share is 0 where the music is silent
        profile = np.divide(kept[:n], whole[:n], out=np.zeros(n), where=loud).clip(0, 1)
        cache.set(key, profile, _KEPT_SECONDS)
    return profile if len(profile) else None


def _frame_energies(clip: Clip) -> np.ndarray:
    with clip.file.open("rb") as file:
        y, sample_rate = soundfile.read(file, always_2d=True)
    size = max(1, round(FRAME * sample_rate))
    power = (y**2).mean(axis=1)
    return np.pad(power, (0, -len(power) % size)).reshape(-1, size).sum(axis=1)
