"""The judgments that count, as one DataFrame, read column by column.

The tables of the export are read row by row, in bounded memory. Statistics need all judgments of a question
at once; to hold those of a large study, texts are categories and numbers are numpy arrays here.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

import numpy as np
import pandas as pd

from studyserver.study.models import Presentation, Question, Trial
from studyserver.study.questions.kinds import Answers

from .listening import clip_record
from .questions import measured, plain_value
from .rows import StudyRows
from .stimuli import stimulus_columns
from .study_data import CHUNK

_STIMULUS = ("track", "excerpt", "method", "target", "condition", "model")
_SIZES = ("segments_asked", "kept_segments")
_PLACE = ("trial_id", "question_id", "presentation_id", "response_ms")
_NAMES = ["judgment", "trial", "question", "presentation", "response_ms"]


class CountedJudgments:
    """The answers of finished trials that count, of all annotators or without some of them.

    Parameters
    ----------
    rows : StudyRows
    left_out : collection of str
        Pseudonyms of annotators to leave out; none of their answers is deleted.
    """

    def __init__(self, rows: StudyRows, left_out: Collection[str] = ()) -> None:
        self.rows = rows
        self.left_out = frozenset(left_out)

    def without(self, left_out: Collection[str]) -> "CountedJudgments":
        """Return the same without some annotators, without reading the database again."""
        other = CountedJudgments(self.rows, left_out)
        keep = ~self.all["annotator"].isin(other.left_out)
        other.all = self.all[keep].reset_index(drop=True)
        other.trials = self.trials[~self.trials["annotator"].isin(other.left_out)].reset_index(drop=True)
        other.comparisons = self.comparisons[~self.comparisons["annotator"].isin(other.left_out)]
        other.stretches = self.stretches[~self.stretches["annotator"].isin(other.left_out)]
        other.stimuli = self.stimuli
        return other

    @cached_property
    def stimuli(self) -> pd.DataFrame:
        """One row per stimulus: its number as index, ``clip``, ``seconds`` and the contents of its clip."""
        found = [
            {**stimulus_columns(item), "seconds": item.clip.seconds}
            for item in self.rows.stimulus_rows.values()
        ]
        names = ["stimulus", "clip", *_SIZES, "seconds", *_STIMULUS]
        table = pd.DataFrame(found, columns=names).set_index("stimulus")
        return _with_sizes(table.fillna({"method": "", "target": "", "model": ""}))

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row per finished trial, with its annotator, kind, what it repeats and how long it took (s)."""
        renamed = {"pk": "trial", "annotator__pseudonym": "annotator", "repeat_of_id": "repeat_of"}
        renamed |= {"attention_passed": "passed"}
        fields = [*renamed, "position", "kind", "presented_at", "finished_at"]
        finished = self.rows.finished_trials().values_list(*fields).iterator(CHUNK)
        table = pd.DataFrame(list(finished), columns=fields).rename(columns=renamed)
        for name in ("presented_at", "finished_at"):
            table[name] = pd.to_datetime(table[name], utc=True)
        table["took"] = (table["finished_at"] - table["presented_at"]).dt.total_seconds()
        table[["annotator", "kind"]] = table[["annotator", "kind"]].astype("category")
        table["repeat_of"] = table["repeat_of"].astype("float64")
        table["passed"] = table["passed"].astype("float64")
        return table.drop(columns=["presented_at", "finished_at"])

    @cached_property
    def all(self) -> pd.DataFrame:
        """One row per answer to a question about a clip, of finished trials of every kind."""
        answers = self._answers()
        trials = self.trials.set_index("trial")
        answers = answers[answers["trial"].isin(trials.index)]
        shown = self._presentations(trials.index)
        alone = shown[~shown["trial"].duplicated(keep=False)].set_index("trial")["stimulus"]
        by_presentation = shown.set_index("presentation")["stimulus"]
        stimulus = answers["presentation"].map(by_presentation)
        answers["stimulus"] = stimulus.fillna(answers["trial"].map(alone))
        answers = answers.dropna(subset=["stimulus"]).astype({"stimulus": int}).reset_index(drop=True)
        for name in ("annotator", "position", "kind", "repeat_of"):
            answers[name] = trials[name].reindex(answers["trial"]).array
        for name in ("clip", *_SIZES, *_STIMULUS):
            column = self.stimuli[name].astype("category") if name in _STIMULUS else self.stimuli[name]
            answers[name] = column.reindex(answers["stimulus"]).array
        order = ["annotator", "position", "stimulus"]
        return answers.drop(columns="presentation").sort_values(order, kind="stable", ignore_index=True)

    @cached_property
    def main(self) -> pd.DataFrame:
        """The answers of finished main trials: those that enter means and agreement between people."""
        return self.all[self.all["kind"] == Trial.Kind.MAIN].reset_index(drop=True)

    @cached_property
    def repeats(self) -> pd.DataFrame:
        """Pairs of answers to a trial and its repeat.

        Columns ``annotator``, ``question``, ``stimulus``, ``first``, ``second``: numbers.
        """
        return self._answered_twice("number")

    @cached_property
    def named_repeats(self) -> pd.DataFrame:
        """Pairs of answers to a choice or checklist and its repeat; as `repeats`, but texts or sets."""
        pairs = self._answered_twice("value")
        asked = self.rows.measures.values()
        named = [item.key for item in asked if item.answer_kind.has_options]
        return pairs[pairs["question"].isin(named)]

    def _answered_twice(self, column: str) -> pd.DataFrame:
        second = self.all[self.all["kind"] == Trial.Kind.REPEAT].dropna(subset=[column])
        keys = ["annotator", "question", "stimulus", "trial"]
        first = self.main.dropna(subset=[column])[[*keys, column]].rename(columns={column: "first"})
        second = second.assign(trial=second["repeat_of"])[[*keys, column]].rename(columns={column: "second"})
        return first.astype({"trial": "float64"}).merge(second, on=keys).drop(columns="trial")

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """One row per clip that an answer of a finished main trial compared with others.

        Columns ``judgment``, ``trial``, ``stimulus``, ``question``, ``track``, ``excerpt``, ``annotator``,
        ``condition``, ``method``, ``segments_asked``, ``kept_segments``, ``target``, ``model``, ``position``,
        ``picked``, ``strength``, ``is_x``, ``is_intruder``.
        """
        kept = ["judgment", "trial", "stimulus", "question", *_STIMULUS, *_SIZES, "annotator"]
        kept += ["clip_position"]
        kept += ["picked", "strength", "is_x", "clip_role"]
        counts = self._main_trials
        found = [
            [row.get(name) for name in kept] for row in self.rows.comparisons() if row["trial"] in counts
        ]
        table = pd.DataFrame(found, columns=kept).rename(columns={"clip_position": "position"})
        table["is_intruder"] = table.pop("clip_role") == Presentation.Role.INTRUDER
        numbers = {"picked": "bool", "strength": "float64", "is_x": "float64"}
        return _with_sizes(table.fillna({"method": "", "target": "", "model": ""}).astype(numbers))

    @cached_property
    def entered(self) -> pd.DataFrame:
        """One row per clip that an answer of a finished main trial is about, of every kind but free text.

        Columns ``answer`` (equal for the clips that one answer compares), ``stimulus``, ``annotator``,
        ``condition``.
        """
        rated, compared, marked = self.main, self.comparisons, self.stretches
        answers = [np.arange(len(rated)), pd.factorize(compared["judgment"])[0], np.arange(len(marked))]
        first, parts = 0, []
        for part, answer in zip((rated, compared, marked), answers, strict=True):
            clips = part[["stimulus", "annotator", "condition"]].astype({"stimulus": "int64"})
            parts.append(
                clips.astype({"annotator": object, "condition": object}).assign(answer=first + answer)
            )
            first += answer.max(initial=-1) + 1
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def stretches(self) -> pd.DataFrame:
        """One row per first answer with stretches of time to a clip in a finished main trial.

        Columns ``question``, ``annotator``, ``stimulus``, ``stretches`` (list of begin and end in s),
        ``seconds`` (the clip's length), and the contents of its clip.
        """
        answers: dict[object, tuple] = {}
        for row in self.rows.stretches():
            if row["trial"] in self._main_trials and row["stimulus"] is not None:
                place = (row["question"], row["annotator"], row["stimulus"])
                _place, marked = answers.setdefault(row["judgment"], (place, []))
                if row["stretch"]:
                    marked.append((row["stretch_begin"], row["stretch_end"]))
        table = pd.DataFrame(
            [(*place, marked) for place, marked in answers.values()],
            columns=["question", "annotator", "stimulus", "stretches"], dtype=object,
        ).drop_duplicates(["question", "annotator", "stimulus"], ignore_index=True)  # fmt: skip
        return table.join(self.stimuli, on="stimulus")

    @cached_property
    def _main_trials(self) -> set[int]:
        return set(self.trials["trial"][self.trials["kind"] == Trial.Kind.MAIN])

    def of(self, question: Question) -> pd.DataFrame:
        """Return a question's main answers, on clips made for its target and those that serve all targets."""
        judgments = self.main[self.main["question"] == question.key]
        if question.target:
            judgments = judgments[judgments["target"].isin(["", question.target])]
        return judgments

    @cached_property
    def listening(self) -> pd.DataFrame:
        """One row per clip of a finished main trial, with the share of it that was heard."""
        seconds = self.stimuli["seconds"]
        shown: dict[int, list] = {}
        main = self.rows.finished_trials().filter(kind=Trial.Kind.MAIN)
        presentations = self.rows.presentations().filter(trial__in=main)
        fields = ("trial_id", "stimulus_id", "token")
        for item in presentations.values_list(*fields, named=True).iterator(CHUNK):
            shown.setdefault(item.trial_id, []).append(item)
        found = []
        trials = main.order_by("pk")
        for pk, annotator, record in trials.values_list("pk", "annotator__pseudonym", "listening").iterator(
            CHUNK
        ):
            if annotator in self.left_out:
                continue
            for item in shown.get(pk, []):
                length = seconds[item.stimulus_id]
                share = clip_record(record, item, length)["heard_share"]
                found.append((annotator, pk, item.stimulus_id, length, share))
        return pd.DataFrame(
            found, columns=["annotator", "trial", "stimulus", "seconds", "heard_share"]
        ).astype({"heard_share": "float64", "seconds": "float64"})

    # -- reading ------------------------------------------------------------------------------

    def _presentations(self, trials: pd.Index) -> pd.DataFrame:
        found = self.rows.presentations().values_list("pk", "trial_id", "stimulus_id").iterator(CHUNK)
        table = pd.DataFrame(list(found), columns=["presentation", "trial", "stimulus"])
        return table[table["trial"].isin(trials)]

    def _answers(self) -> pd.DataFrame:
        asked = self.rows.question_rows
        kept = [self._numbers([pk for pk, item in asked.items() if item.answer_kind.has_numbers])]
        kept += [self._chosen(item) for item in asked.values() if item.answer_kind.has_options]
        keys = {pk: question.key for pk, question in asked.items()}
        kept = [table.assign(question=table["question"].map(keys)) for table in kept]
        kept += [part for item in asked.values() if "" not in item.measures for part in self._measured(item)]
        answers = pd.concat(kept, ignore_index=True)
        answers["question"] = pd.Categorical(answers["question"], categories=list(self.rows.measures))
        return answers

    def _numbers(self, questions: list[int]) -> pd.DataFrame:
        """Return the number given to each question about each clip, and its name if it has one."""
        table = _frame(self.rows.answers((*_PLACE, "number"), questions), [*_NAMES, "number"])
        value = pd.Series(None, index=table.index, dtype=object)
        for question, part in table.groupby("question"):
            names = self.rows.question_rows[question].answer_kind.names_of_numbers
            value[part.index] = part["number"].map(names).fillna(names.get(None))
        table = table.assign(value=value.astype("category"))
        return table[table["number"].notna() | table["value"].notna()]

    def _chosen(self, question: Question) -> pd.DataFrame:
        """Return the chosen option as text, for a checklist a frozenset of texts."""
        answers = list(self.rows.answers((*_PLACE, "value"), [question.pk]))
        table = _frame((answer[:-1] for answer in answers), _NAMES)
        chosen = [_chosen_of(question, answer.value) for answer in answers]
        table = table.assign(value=pd.Series(chosen, dtype=object), number=np.nan)
        return table[table["value"].notna()]

    def _measured(self, asked: Question) -> Iterator[pd.DataFrame]:
        """Yield each of the several numbers that answers to a question hold."""
        answers = list(self.rows.answers((*_PLACE, "value"), [asked.pk]))
        table = _frame((answer[:-1] for answer in answers), _NAMES)
        for name, question in self.rows.measures_of(asked):
            numbers = [measured(name, answer.value, None)[1] for answer in answers]
            yield table.assign(number=np.array(numbers, dtype=float), question=question.key, value=None)


def _chosen_of(question: Question, value: object) -> object:
    kind = question.answer_kind
    if kind.answers == Answers.SETS and isinstance(value, list):
        return frozenset(map(str, value))
    return plain_value(question, value)


def first_answers(question: Question, judgments: pd.DataFrame) -> pd.DataFrame:
    """Return each annotator's first answer to each clip: a clip can be in several sets.

    Agreement between people uses one answer each, as for repeated trials. Answers without a number to a
    question about numbers ("cannot tell") are left out.
    """
    if question.answer_kind.has_numbers:
        judgments = judgments[judgments["number"].notna()]
    return judgments.drop_duplicates(["stimulus", "annotator"])


def _frame(answers: Iterable[tuple], names: list[str]) -> pd.DataFrame:
    """Return answers as columns of floats, which are exact for row numbers of this size."""
    flat = np.fromiter((np.nan if x is None else x for answer in answers for x in answer), dtype=float)
    table = pd.DataFrame(flat.reshape(-1, len(names)), columns=names)
    return table.drop(columns="judgment").astype({"trial": int, "question": int})


def _with_sizes(table: pd.DataFrame) -> pd.DataFrame:
    """Return clips with integer numbers of segments; if no number was requested, it is the number held."""
    held = table["kept_segments"].astype("float64").fillna(0)
    asked = table["segments_asked"].astype("float64").fillna(held)
    return table.assign(segments_asked=asked.astype("int64"), kept_segments=held.astype("int64"))
