"""Quality of annotators over all questions, and the exclusion rules that a study declares."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeGuard

import numpy as np
import pandas as pd

from studyserver.results.data.judgments import CountedJudgments, first_answers
from studyserver.results.data.questions import scale_ends
from studyserver.results.statistics.raters.quality import (
    Rule,
    anchor_share,
    exclusions,
    guessing_table,
    hidden_reference_share,
    pairwise_table,
    quality_table,
    repeat_table,
)
from studyserver.results.statistics.raters.quality_of_names import named_pairwise_table, named_quality_table
from studyserver.study.models import Presentation, Question, Trial
from studyserver.study.questions.kind import Answers

from .vocabulary import table_of

FIGURES = (
    "correlation_with_others", "agreement_with_others", "bias", "spread", "most_frequent_share",
    "longest_run", "median_response_ms", "drift", "drift_low", "drift_high",
)  # fmt: skip
ABX_FIGURES = ("abx_trials", "abx_correct_share", "abx_guessing_p")
PAIR_COLUMNS = (
    "question", "first", "second", "n_clips", "correlation", "exact_share", "similarity", "mean_difference",
)  # fmt: skip
Table = Callable[[pd.DataFrame], pd.DataFrame]
MEASURES = (
    "attention_failed_share", "headphone_score", "reference_missed_share", "anchor_overrated_share",
    "unheard_share", "rushed_share",
    "median_trial_seconds", "repeat_distance",
)  # fmt: skip
MOST_PAIRED = 200
_NINETY = 90.0  # per cent of the slider, as in ITU-R BS.1534-3
_HEARD_TOLERANCE = 0.02  # of a clip: the last frames may be lost between browser and server


class AnnotatorQuality:
    """Figures of every annotator with a finished trial.

    Parameters
    ----------
    counted : CountedJudgments
        Judgments of all annotators, so that excluding one does not change the figures of others.
    """

    def __init__(self, counted: CountedJudgments) -> None:
        self.counted = counted
        self.study = counted.rows.study

    @cached_property
    def by_question(self) -> pd.DataFrame:
        """One row per question and annotator.

        Figures of `quality_table`, of `named_quality_table`, and of ABX questions `ABX_FIGURES`.
        """
        judged = self._of_each_question(
            quality_table, named_quality_table, ["rater", "agreement_with_others"]
        )
        told_apart = [
            _guessing(part).assign(question=key, n_judgments=lambda table: table["abx_trials"])
            for key, part in self._abx_answers.groupby("question", sort=False)
        ]
        found = pd.concat([judged, *told_apart], ignore_index=True) if told_apart else judged
        return table_of(found, "clip")

    @cached_property
    def overall(self) -> pd.DataFrame:
        """One row per annotator, over all questions.

        Every question with numbers is brought to a scale of 0 to 1 and centred, so that neither scales nor
        differences between questions count as agreement. Figures of names, ``longest_run`` and
        ``most_frequent_share`` are means over the questions.
        """
        annotators = sorted(map(str, self.counted.trials["annotator"].unique()))
        table = pd.DataFrame(index=pd.Index(annotators, name="annotator"))
        joined = [self._scaled(question) for question in self._numeric_questions]
        joined = [part for part in joined if len(part)]
        if joined:
            pooled = quality_table(pd.concat(joined, ignore_index=True)).set_index("rater")
            figures = ["correlation_with_others", "bias", "spread", "drift", "drift_low", "drift_high"]
            table = table.join(pooled[[name for name in figures if name in pooled]])
        of_whom = self.by_question["annotator"].astype(str)
        each = self.by_question.assign(annotator=of_whom).groupby("annotator")
        if len(self.by_question):
            names = ["agreement_with_others", "most_frequent_share", "longest_run"]
            table = table.join(each[[name for name in names if name in self.by_question]].mean())
            table["n_judgments"] = each["n_judgments"].sum()
        table["median_response_ms"] = self._response_times()
        for column in ("n_judgments", *FIGURES):
            if column not in table:
                table[column] = np.nan
        table["n_judgments"] = table["n_judgments"].fillna(0).astype(int)
        for name, figures in self._measures().items():
            table[name] = figures.reindex(table.index).to_numpy(float)
        table = table.join(_guessing(self._abx_answers).set_index("rater"))
        if len(self._abx_answers):
            table["abx_trials"] = table["abx_trials"].fillna(0)
        return table.rename_axis("annotator").reset_index()

    @cached_property
    def rules(self) -> list[Rule]:
        """The rules that the study declares."""
        return [
            Rule(rule.measure, rule.excludes, rule.limit, str(rule))
            for rule in self.study.exclusion_rules.all()
        ]

    @cached_property
    def excluded(self) -> pd.DataFrame:
        """The annotators who break a declared rule; see `breaking`."""
        return self.breaking(self.rules)

    def breaking(self, rules: Sequence[Rule]) -> pd.DataFrame:
        """Return the annotators who break rules: ``annotator`` and the columns of `exclusions`."""
        # Most studies declare no rule, and every page asks who is left out: no figures are needed for that.
        figures = self.overall if rules else pd.DataFrame(columns=["annotator"])
        found = exclusions(figures.rename(columns={"annotator": "rater"}), rules)
        return found.rename(columns={"rater": "annotator"})

    @property
    def left_out(self) -> frozenset[str]:
        """Pseudonyms of the annotators who break a declared rule."""
        return frozenset(self.excluded["annotator"])

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Comparison of each pair of annotators, by question: `PAIR_COLUMNS`.

        Correlation and difference are for numbers, similarity is for names. Empty for studies of more than
        `MOST_PAIRED` annotators: pairs grow with the square of their number.
        """
        if len(self.overall) > MOST_PAIRED:
            return pd.DataFrame(columns=PAIR_COLUMNS)
        found = self._of_each_question(
            pairwise_table, named_pairwise_table, ["first", "second", "similarity"]
        )
        return table_of(found, "clip").reindex(columns=PAIR_COLUMNS)

    # -- parts --------------------------------------------------------------------------------

    def _of_each_question(self, of_numbers: Table, of_names: Table, both: list[str]) -> pd.DataFrame:
        """Return the tables of all questions; presence is both, so the columns `both` of names are joined."""
        parts = []
        for question in self.counted.rows.measures.values():
            kind = question.answer_kind
            named = self._answers(question) if kind.has_names else pd.DataFrame()
            if kind.has_numbers and len(judgments := self._judgments(question)):
                table = of_numbers(judgments)
                if len(named):
                    table = table.merge(of_names(named)[both], on=both[:-1], how="left")
                parts.append(table.assign(question=question.key))
            elif len(named):
                parts.append(of_names(named).assign(question=question.key))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["question", *both])

    @cached_property
    def _numeric_questions(self) -> list[Question]:
        asked = self.counted.rows.measures.values()
        return [question for question in asked if question.answer_kind.has_numbers]

    def _judgments(self, question: Question, value: str = "number") -> pd.DataFrame:
        found = self.counted.main[self.counted.main["question"] == question.key]
        found = first_answers(question, found)
        return pd.DataFrame(
            {
                "item": found["stimulus"].to_numpy(),
                "rater": found["annotator"].astype(str).to_numpy(),
                "value": found[value].to_numpy(),
                "position": found["position"].to_numpy(),
                "response_ms": found["response_ms"].to_numpy(),
            }
        )

    def _answers(self, question: Question) -> pd.DataFrame:
        """Return first answers that are names, in the form that `named_quality_table` needs."""
        if question.answer_kind.answers == Answers.PREFERENCES:
            return self._preferences(question)
        return self._judgments(question, "value").astype({"value": object})

    def _preferences(self, question: Question) -> pd.DataFrame:
        """Return which of the same clips each annotator preferred; `given` is its position in the trial."""
        clips = self.counted.comparisons
        clips = clips[clips["question"] == question.key].sort_values(["judgment", "stimulus"])
        answers = clips.groupby("judgment", sort=False).agg(
            item=("stimulus", tuple), rater=("annotator", "first"), trial=("trial", "first")
        )
        picked = clips[clips["picked"]].set_index("judgment")[["stimulus", "position"]]
        answers = answers.join(picked.set_axis(["value", "given"], axis=1)).fillna({"value": -1, "given": -1})
        order = self.counted.trials.set_index("trial")["position"]
        answers["position"] = answers["trial"].map(order)
        answers = answers.sort_values("position", kind="stable").astype({"rater": str})
        return answers.drop_duplicates(["item", "rater"]).drop(columns="trial").reset_index(drop=True)

    @cached_property
    def _abx_answers(self) -> pd.DataFrame:
        """One row per ABX answer of a finished main trial: ``question``, ``rater``, ``right``."""
        clips = self.counted.comparisons
        said = clips[clips["picked"] & clips["is_x"].notna()]
        return pd.DataFrame(
            {"question": said["question"], "rater": said["annotator"].astype(str), "right": said["is_x"]}
        )

    def _response_times(self) -> pd.Series:
        answers = self.counted.main
        return answers.groupby(answers["annotator"].astype(str))["response_ms"].median()

    def _scaled(self, question: Question) -> pd.DataFrame:
        judgments = self._judgments(question)
        low, high = scale_ends(question)
        scaled = (judgments["value"] - low) / (high - low)
        item = question.key + ":" + judgments["item"].astype(str)
        return judgments.assign(value=scaled - scaled.mean(), item=item)

    def _measures(self) -> dict[str, pd.Series]:
        trials = self.counted.trials
        main = trials[trials["kind"] == Trial.Kind.MAIN]
        attention = trials[trials["passed"].notna()]
        heard = self.counted.listening
        length = heard.groupby("trial")["seconds"].max()
        took = main.assign(length=main["trial"].map(length)).dropna(subset=["took", "length"])
        share = self.study.minimum_listening_share - _HEARD_TOLERANCE
        known = heard.dropna(subset=["heard_share"])
        return {
            "attention_failed_share": 1 - _mean(attention, attention["passed"]),
            "headphone_score": self._headphone_scores(),
            "reference_missed_share": self._of_hidden(
                Presentation.Role.HIDDEN_REFERENCE, hidden_reference_share
            ),
            "anchor_overrated_share": self._of_hidden(Presentation.Role.ANCHOR, anchor_share),
            "unheard_share": _mean(known, known["heard_share"] < share),
            "rushed_share": _mean(took, took["took"] < took["length"] * self.study.minimum_listening_share),
            "median_trial_seconds": main.groupby(main["annotator"].astype(str))["took"].median(),
            "repeat_distance": self._repeat_distance(),
        }

    def _headphone_scores(self) -> pd.Series:
        checks = self.counted.rows.annotator_rows().values_list("pseudonym", "sound_check")
        scores = {name: headphone_score(check) for name, check in checks}
        return pd.Series(scores, dtype=float)

    def _of_hidden(self, role: str, share: Callable[..., pd.DataFrame]) -> pd.Series:
        """Return, per annotator, the share of clips of a hidden role rated beyond 90 % on sliders."""
        presented = self.counted.rows.presentations().filter(role=role)
        hidden = set(presented.values_list("trial_id", "stimulus_id"))
        parts = []
        for question in self._numeric_questions if hidden else []:
            if not question.answer_kind.is_continuous:
                continue
            found = self.counted.main[self.counted.main["question"] == question.key]
            pairs = zip(found["trial"], found["stimulus"], strict=True)
            low, high = scale_ends(question)
            part = found[np.array([pair in hidden for pair in pairs], dtype=bool)]
            value = 100 * (part["number"] - low) / (high - low)
            whose = part["annotator"].astype(str)
            parts.append(pd.DataFrame({"item": part["stimulus"], "rater": whose, "value": value}))
        if not parts:
            return pd.Series(dtype=float)
        table = share(pd.concat(parts, ignore_index=True), threshold=_NINETY)
        return table.set_index("rater").iloc[:, -1]

    def _repeat_distance(self) -> pd.Series:
        repeats = self.counted.repeats
        ends = {question.key: scale_ends(question) for question in self._numeric_questions}
        length = repeats["question"].map({key: high - low for key, (low, high) in ends.items()}).astype(float)
        scaled = pd.DataFrame(
            {
                "rater": repeats["annotator"].astype(str),
                "first": repeats["first"] / length,
                "second": repeats["second"] / length,
            }
        )
        return repeat_table(scaled).set_index("rater")["mean_difference"]


def _guessing(answers: pd.DataFrame) -> pd.DataFrame:
    """Return `guessing_table` of ABX answers, its columns named as in the export."""
    return guessing_table(answers).set_axis(["rater", *ABX_FIGURES], axis=1)


def headphone_score(sound_check: object) -> float:
    """Return the share of the headphone checks' trials that were solved, NaN if there was none.

    Parameters
    ----------
    sound_check : object
        A dict with the result of `screening.headphones.summary` under ``"headphones"``: for each kind of
        check the ``"score"`` out of ``"of"`` trials. Older rows may have other contents.
    """
    headphones = sound_check.get("headphones") if isinstance(sound_check, dict) else None
    checks = headphones.values() if isinstance(headphones, dict) else []
    scores = [(check.get("score"), check.get("of")) for check in checks if isinstance(check, dict)]
    done = [(score, n) for score, n in scores if _is_count(score) and _is_count(n) and score <= n]
    trials = sum(n for _score, n in done)
    return sum(score for score, _n in done) / trials if trials else float("nan")


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1000


def _mean(table: pd.DataFrame, values: pd.Series) -> pd.Series:
    return values.astype(float).groupby(table["annotator"].astype(str)).mean()
