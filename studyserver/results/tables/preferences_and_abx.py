"""Statistics of direct comparisons: preferences, ABX answers and intruders of a study.

Prepares the answers for the pure functions. The tables have the columns of `remains.COLUMNS_OF_TRACKS`: of
preferences and ABX the first of a pair of conditions is the group, the second is in ``about``; of intruders
the group is that of all clips, and ``about`` is the target that the others share, or empty for all.
"""

from collections.abc import Callable, Iterator
from functools import cached_property

import pandas as pd

from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.statistics.abx import abx_table
from studyserver.results.statistics.odd_one_out import odd_one_out_table
from studyserver.results.statistics.preference import pairs_of, preference_table, strengths_table
from studyserver.results.tables.labels import CONDITIONS
from studyserver.study.models import Question
from studyserver.study.questions.kind import Answers

from .remains import COLUMNS_OF_TRACKS
from .summaries import Group, group_columns, told_apart
from .vocabulary import table_of


class Compared:
    """Figures of the questions that compare clips with each other, of one study."""

    def __init__(self, counted: CountedJudgments) -> None:
        self.counted = counted

    def questions(self, answers: Answers) -> list[Question]:
        """Return the questions of this kind that have answers."""
        asked = self.counted.rows.measures.values()
        return [item for item in asked if item.answer_kind.answers == answers and len(self._clips(item))]

    def answers(self, question: Question) -> pd.DataFrame:
        """Return the judgments of pairs: ``first`` and ``second`` are labels of groups.

        ``value`` is 1 where the first was chosen (.5 for neither), in ABX where the answer is right. Of
        intruders there is one group, ``first``, and ``value`` is 1 where the intruder was found.
        """
        clips = self._clips(question)
        if question.answer_kind.answers == Answers.ODD_ONE_OUT:
            return _found(clips).rename(columns={"side": "first", "right": "value"})
        if question.answer_kind.answers == Answers.PREFERENCES:
            return pairs_of(clips).rename(columns={"preferred": "value"})
        found = _matches(clips)
        return found.assign(value=(found["x_is_a"] == found["said_a"]).astype(float))

    @cached_property
    def preferences(self) -> pd.DataFrame:
        """Preference per question and pair of groups, then the strengths of all groups."""
        return self._table(Answers.PREFERENCES, self._preferences)

    @cached_property
    def discrimination(self) -> pd.DataFrame:
        """How well each pair of groups is distinguished, per ABX question."""
        return self._table(Answers.MATCHES, self._abx)

    @cached_property
    def intruders(self) -> pd.DataFrame:
        """How often the intruder is found, per question, group and target that the other clips share."""
        return self._table(Answers.ODD_ONE_OUT, self._intruders)

    def guessing(self, question: Question) -> float:
        """Return the share of intruders that guessing finds: 1 / number of clips; NaN without answers."""
        sizes = self._clips(question).groupby("judgment").size()
        return float((1 / sizes).mean())

    def _table(self, answers: Answers, compute: Callable[[pd.DataFrame], list[pd.DataFrame]]) -> pd.DataFrame:
        parts = [
            part.assign(question=question.key)
            for question in self.questions(answers)
            for part in compute(self._clips(question))
        ]
        if not parts:
            return pd.DataFrame(columns=COLUMNS_OF_TRACKS)
        table = table_of(pd.concat(parts, ignore_index=True), "track")
        return table.reindex(columns=COLUMNS_OF_TRACKS)

    def _preferences(self, clips: pd.DataFrame) -> list[pd.DataFrame]:
        pairs = pairs_of(clips)
        groups = {group.label: group for group in clips["group"].unique()}
        parts = [
            preference_table(part).assign(**group_columns(groups[first]), about=second)
            for (first, second), part in _by_pair(pairs)
        ]
        if len(pairs):
            strengths = strengths_table(pairs)
            place = [group_columns(groups.get(side, Group(""))) for side in strengths["side"]]
            parts.append(pd.DataFrame(place).join(strengths.drop(columns="side")))
        return parts

    def _abx(self, clips: pd.DataFrame) -> list[pd.DataFrame]:
        groups = {group.label: group for group in clips["group"].unique()}
        return [
            abx_table(part).assign(**group_columns(groups[first]), about=second)
            for (first, second), part in _by_pair(_matches(clips))
        ]

    def _intruders(self, clips: pd.DataFrame) -> list[pd.DataFrame]:
        found, parts = _found(clips), []
        for group in sorted(found["group"].unique(), key=_place):
            own = found[found["group"] == group]
            by_target = [(str(target), part) for target, part in own.groupby("shared", observed=True)]
            parts += [
                odd_one_out_table(part.reset_index(drop=True)).assign(**group_columns(group), about=about)
                for about, part in [("", own), *by_target]
            ]
        return parts

    def _clips(self, question: Question) -> pd.DataFrame:
        """Return the clips that answers to a question compared, as input of `pairs_of`.

        Answers about clips that were made for another target than the question's do not count; of an intruder
        this is the target that the others share.
        """
        table = self.counted.comparisons.rename(columns={"track": "item", "annotator": "rater"})
        table = table[table["question"] == question.key]
        if question.target:
            is_foreign = ~table["target"].isin(["", question.target]) & ~table["is_intruder"]
            foreign = table[is_foreign]["judgment"]
            table = table[~table["judgment"].isin(foreign)]
        table = table.assign(group=_groups_of(table))
        order = sorted(table["group"].unique(), key=_place)
        sides = pd.CategoricalDtype([group.label for group in order], ordered=True)
        labels = [group.label for group in table["group"]]
        return table.assign(side=pd.Series(labels, index=table.index, dtype=sides)).reset_index(drop=True)


def _matches(clips: pd.DataFrame) -> pd.DataFrame:
    """Return ABX answers as input of `abx_table`, with their two sides."""
    both = clips.sort_values(["judgment", "side"], kind="stable").groupby("judgment", sort=False)
    a = clips[clips["position"] == clips.groupby("judgment")["position"].transform("min")]
    return both.agg(
        item=("item", "first"), rater=("rater", "first"), first=("side", "first"), second=("side", "last")
    ).join(a.set_index("judgment")[["is_x", "picked"]].set_axis(["x_is_a", "said_a"], axis=1))


def _found(clips: pd.DataFrame) -> pd.DataFrame:
    """Return the intruders, with ``right`` where they were found, and the target that the others share."""
    shared = clips[~clips["is_intruder"]].groupby("judgment")["target"].first()
    found = clips[clips["is_intruder"]]
    return found.assign(right=found["picked"].astype(float), shared=found["judgment"].map(shared))


def _groups_of(clips: pd.DataFrame) -> pd.Series:
    """Return the group of each clip, named as in the other results."""
    apart = {condition: told_apart(condition, part) for condition, part in clips.groupby("condition")}
    groups = [
        Group(row["condition"], **{name: row[name] for name in apart[row["condition"]]})
        for row in clips[["condition", "method", "kept_segments", "model"]].to_dict("records")
    ]
    return pd.Series(groups, index=clips.index, dtype=object)


def _place(group: Group) -> tuple:
    return list(CONDITIONS).index(group.condition), group.method, group.kept_segments, group.model


def _by_pair(table: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Yield each pair of sides with its rows, in the order of the sides; without pairs of equal sides."""
    for (first, second), part in table.groupby(["first", "second"], sort=True, observed=True):
        if first != second:
            yield (str(first), str(second)), part.reset_index(drop=True)
