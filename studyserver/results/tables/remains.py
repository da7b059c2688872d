"""What remains: retention, information, claims, listeners against the model, dose and response, contrasts.

Prepares the judgments of a study for the pure functions and puts the question and the group of clips beside
each figure. All tables have the columns of `COLUMNS` (`COLUMNS_OF_TRACKS` where tracks
are counted); `contrasts` has its own.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import pandas as pd

from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL, UNMASKED
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.questions import heard_from, option_labels, option_values
from studyserver.results.statistics.dose_response import dose_response_table
from studyserver.results.statistics.estimates import COLUMNS as FIGURES
from studyserver.results.statistics.information import confusion_matrix, information_table
from studyserver.results.statistics.model_fit import model_table, widest_misses
from studyserver.results.statistics.retention import retention_difference_table, retention_table
from studyserver.results.statistics.signal_detection import detection_table
from studyserver.study.models import Question
from studyserver.study.questions.kind import Answers

from . import labels
from .contrasts import contrasts_of
from .summaries import Group, GroupSummary, QuestionSummary, StudySummaries, group_columns
from .vocabulary import columns, table_of

_PLACE = ["question", "condition", "method", "kept_segments", "about"]
COLUMNS = [*_PLACE, *columns(FIGURES, "clip")]
COLUMNS_OF_TRACKS = [*_PLACE, *columns(FIGURES, "track")]
_LABELLED = ["condition", "base_condition", "track", "stimulus", "target", "annotator", "value"]
NONE_TICKED = ""  # no option is empty
_OTHER_EVIDENCE, _CONTROL = "evidence for other targets", "random control"


class WhatRemains:
    """Every figure about what listeners still hear, of one study.

    Parameters
    ----------
    summaries : StudySummaries
    """

    def __init__(self, summaries: StudySummaries):
        self.summaries = summaries
        self.study = summaries.rows.study
        self.counted: CountedJudgments = summaries.counted

    @cached_property
    def _numeric(self) -> list[QuestionSummary]:
        return [item for item in self.summaries.questions if item.is_numeric and item.n_judgments]

    # -- tables -------------------------------------------------------------------------------

    @cached_property
    def retention(self) -> pd.DataFrame:
        """Retention per question and group of masked clips, and evidence less random control."""
        return self._for_each(self._numeric, self._retention, counted="track")

    @cached_property
    def information(self) -> pd.DataFrame:
        """Bits, accuracy and chance per question whose options are targets (choice, checklist), and group."""
        return self._for_each(self.naming_questions, self._information)

    @cached_property
    def claims(self) -> pd.DataFrame:
        """Hits, false alarms, d' and criterion per question; `about` names what counts as noise."""
        return self._for_each(self.summaries.questions, self._claims)

    @cached_property
    def model_comparison(self) -> pd.DataFrame:
        """Listeners against the model per question with a target: `about` is ``level`` or ``change``."""
        return self._for_each(self._numeric, self._model)

    @cached_property
    def dose_response(self) -> pd.DataFrame:
        """How hearing a feature rises with the evidence, per question and method."""
        return self._for_each(self._numeric, self._dose_response)

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """Named contrasts with Holm's correction; methods against each other, corrected by themselves."""
        return contrasts_of(self.study, self._numeric, self.counted)

    @property
    def contrasts_are_declared(self) -> bool:
        """Whether the study named its contrasts; otherwise evidence is compared with the random control."""
        return self.study.primary_contrasts.exists()

    # -- beside the tables --------------------------------------------------------------------

    @cached_property
    def naming_questions(self) -> list[QuestionSummary]:
        """Questions that ask which target a clip is about, or which are heard in it."""
        return [
            item
            for item in self.summaries.questions
            if item.question.answer_kind.has_options and self.answers(item)["intended"].nunique() > 1
        ]

    def answers(self, item: QuestionSummary) -> pd.DataFrame:
        """Return what was intended and answered, per judgment of a masked clip, with its group's label.

        A judgment of a checklist stands there as often as it ticked options; see `_named`.
        """
        return _named(item, self._intended(item))

    def _intended(self, item: QuestionSummary) -> pd.DataFrame:
        """Return judgments of masked clips, with the option for which the clip was made as `intended`."""
        names = {label.casefold(): value for value, label in option_labels(item.question).items()}
        names |= {value.casefold(): value for value in option_values(item.question)}
        parts = [_labelled(group, value="value") for group in item.groups]
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_LABELLED)
        intended = table["target"].astype(str).str.casefold().map(names)
        return table.assign(intended=intended).dropna(subset=["intended"]).reset_index(drop=True)

    def confusion(self, item: QuestionSummary, condition: str) -> pd.DataFrame:
        """Return counts for one condition: rows intended, columns answered (of checklists: ticked).

        Every option has a column, in the order in which they were offered; beyond them stands
        `words.NONE_TICKED`, where somebody ticked none.
        """
        answers = self.answers(item)
        counts = confusion_matrix(answers[answers["condition"] == condition])
        columns = [*option_values(item.question), *({NONE_TICKED} & set(counts.columns))]
        intended = [option for option in columns if option in counts.index and counts.loc[option].any()]
        counts = counts.reindex(index=intended, columns=columns, fill_value=0)
        return counts.rename(columns={NONE_TICKED: labels.NONE_TICKED})

    def misses(self, item: QuestionSummary, size: int = 10) -> pd.DataFrame:
        """Return the clips on which the model is most wrong about what listeners hear."""
        table = self._with_predictions(item)
        if table["item"].nunique() < 3:
            return pd.DataFrame(columns=["item", "heard", "predicted", "expected", "miss"])
        return widest_misses(table["item"], table["value"], table["predicted"], size=size)

    def heard_and_predicted(self, item: QuestionSummary) -> pd.DataFrame:
        """Return, per clip, `heard` (mean judgment), `predicted`, `condition`, `item`."""
        table = self._with_predictions(item)
        return table.groupby(["item", "condition"], observed=True, as_index=False).agg(
            heard=("value", "mean"), predicted=("predicted", "first")
        )

    # -- one question each --------------------------------------------------------------------

    def _for_each(
        self,
        items: list[QuestionSummary],
        compute: Callable[[QuestionSummary], pd.DataFrame],
        counted: str = "clip",
    ) -> pd.DataFrame:
        parts = []
        for item in items:
            table = compute(item)
            if len(table):
                labels = {group.group.label: group_columns(group.group) for group in item.groups}
                place = [labels.get(label, group_columns(Group(label))) for label in table["condition"]]
                table = table.drop(columns="condition").reset_index(drop=True)
                parts.append(pd.DataFrame(place).join(table).assign(question=item.question.key))
        names = [*_PLACE, *columns(FIGURES, counted)]
        if not parts:
            return pd.DataFrame(columns=names)
        return table_of(pd.concat(parts, ignore_index=True), counted).reindex(columns=names)

    def _retention(self, item: QuestionSummary) -> pd.DataFrame:
        judgments = _together(item).rename(columns={"annotator": "rater"})
        if ORIGINAL not in set(judgments["condition"]):
            return pd.DataFrame()
        table = judgments.assign(feature=item.question.key)
        parts = [retention_table(table)]
        for evidence, control in _evidence_and_controls(item):
            difference = retention_difference_table(table, evidence.group.label, control.group.label)
            parts.append(difference.assign(condition=evidence.group.label, about=control.group.label))
        return pd.concat(parts, ignore_index=True).drop(columns="feature", errors="ignore")

    def _information(self, item: QuestionSummary) -> pd.DataFrame:
        answers = self.answers(item).assign(weight=1.0)
        table = pd.concat([_for_each_target(item, answers), answers], ignore_index=True)
        return information_table(table.rename(columns={"stimulus": "item", "annotator": "rater"}))

    def _claims(self, item: QuestionSummary) -> pd.DataFrame:
        question = item.question
        if question.answer_kind.has_numbers:
            return self._numeric_claims(question)
        parts, answers = [], self._intended(item)
        evidence = answers[answers["base_condition"] == EVIDENCE]
        for option in option_values(question):
            heard = evidence["value"].map(lambda given, name=option: name in _options_in(item, given))
            explained = evidence["intended"] == option
            if explained.any() and not explained.all():
                found = _detections(evidence, explained, heard)
                parts.append(found.assign(condition=EVIDENCE, about=f"{option} / {_OTHER_EVIDENCE}"))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def _numeric_claims(self, question: Question) -> pd.DataFrame:
        if not question.target:
            return pd.DataFrame()
        judgments = self.counted.main
        judgments = judgments[(judgments["question"] == question.key) & judgments["number"].notna()]
        own = judgments["target"] == question.target
        evidence = judgments["condition"] == EVIDENCE
        noises = {
            _CONTROL: own & (judgments["condition"] == RANDOM_CONTROL),
            _OTHER_EVIDENCE: evidence & ~own & (judgments["target"] != ""),
        }
        parts = []
        for about, noise in noises.items():
            signal = evidence & own
            if not (signal.any() and noise.any()):
                continue
            table = judgments[signal | noise]
            explained = (table["condition"] == EVIDENCE) & (table["target"] == question.target)
            found = _detections(table, explained, table["number"] > heard_from(question))
            parts.append(found.assign(condition=EVIDENCE, about=about))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def _model(self, item: QuestionSummary) -> pd.DataFrame:
        levels = self._with_predictions(item)
        if levels.empty:
            return pd.DataFrame()
        parts = [_model_figures(levels, "level")]
        changes = _changes(levels)
        if len(changes):
            parts.append(_model_figures(changes, "change"))
        return pd.concat(parts, ignore_index=True).assign(condition="")

    def _with_predictions(self, item: QuestionSummary) -> pd.DataFrame:
        """Return judgments with the model's prediction of the question's target on the clip as heard."""
        table = _together(item).rename(columns={"stimulus": "item"})
        target = item.question.target
        if not target or table.empty:
            return pd.DataFrame(
                columns=["item", "condition", "base_condition", "annotator", "value", "predicted", "model"]
            )
        stimuli = self.counted.rows.stimulus_rows
        clips = {pk: stimuli[pk].clip for pk in table["item"].unique()}
        heard = {pk: clip.prediction_heard.get(target) for pk, clip in clips.items()}
        table["predicted"] = table["item"].map(heard).astype(float)
        table["model"] = table["item"].map(
            {pk: clip.explanation.model.name if clip.explanation else "" for pk, clip in clips.items()}
        )
        return table.dropna(subset=["predicted"]).reset_index(drop=True)

    def _dose_response(self, item: QuestionSummary) -> pd.DataFrame:
        parts = []
        evidence = [group for group in item.groups if group.group.condition == EVIDENCE]
        for method in sorted({group.group.method for group in evidence}):
            table = pd.concat(
                [group.judgments for group in evidence if group.group.method == method], ignore_index=True
            )
            table = table[table["number"].notna() & (table["kept_segments"] > 0)]
            if min(table["segments_asked"].nunique(), table["kept_segments"].nunique()) < 2:
                continue
            found = dose_response_table(
                pd.DataFrame(
                    {
                        "feature": item.question.key,
                        "item": table["stimulus"],
                        "rater": table["annotator"].astype(str),
                        "kept_segments": table["kept_segments"],
                        "heard": (table["number"] > heard_from(item.question)).astype(float),
                    }
                )
            )
            parts.append(found.drop(columns="feature").assign(condition=EVIDENCE, about=method))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _labelled(group: GroupSummary, value: str = "number") -> pd.DataFrame:
    part = group.judgments
    return pd.DataFrame(
        {
            "condition": group.group.label,
            "base_condition": group.group.condition,
            "track": part["track"].astype(str),
            "stimulus": part["stimulus"],
            "target": part["target"].astype(str),
            "annotator": part["annotator"].astype(str),
            "value": part[value],
        }
    )


def _together(item: QuestionSummary) -> pd.DataFrame:
    parts = [_labelled(group) for group in item.groups]
    if not parts:
        return pd.DataFrame(
            columns=["condition", "base_condition", "track", "stimulus", "annotator", "value"]
        )
    return pd.concat(parts, ignore_index=True).dropna(subset=["value"]).reset_index(drop=True)


def _has_sets(item: QuestionSummary) -> bool:
    return item.question.answer_kind.answers == Answers.SETS


def _options_in(item: QuestionSummary, given: Any) -> list[str]:
    """Return what a checklist's answer ticked, sorted, or the one option of a choice."""
    return sorted(given) if _has_sets(item) else [given]


def _named(item: QuestionSummary, judgments: pd.DataFrame) -> pd.DataFrame:
    """Return judgments with the option named as `answered`.

    A judgment of a checklist stands there once for each option that was ticked, with the share of each as
    `answer_weight`; where none was, it named `NONE_TICKED`.
    """
    if not _has_sets(item):
        return judgments.assign(answered=judgments["value"], answer_weight=1.0)
    ticked = judgments["value"].map(lambda given: _options_in(item, given) or [NONE_TICKED])
    each = judgments.assign(answered=ticked, answer_weight=1 / ticked.map(len).astype(float))
    return each.explode("answered", ignore_index=True)


def _for_each_target(item: QuestionSummary, answers: pd.DataFrame) -> pd.DataFrame:
    """Return answers to the unmasked clips, once for each target that clips of the track were made for.

    They say what of these targets can be told from the music itself; each answer has the weight 1 in all.
    """
    parts = [_labelled(group, value="value") for group in item.groups if group.group.condition in UNMASKED]
    targets = answers[["track", "intended"]].drop_duplicates()
    targets = targets.assign(weight=1 / targets.groupby("track")["intended"].transform("size"))
    unmasked = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_LABELLED)
    return _named(item, unmasked).merge(targets, on="track")


def _evidence_and_controls(item: QuestionSummary) -> list[tuple[GroupSummary, GroupSummary]]:
    """Return each group of evidence with the group of its random controls."""
    by_group = {group.group: group for group in item.groups}
    return [(by_group[one], by_group[two]) for one, two in item.contrasts]


def _detections(table: pd.DataFrame, explained: pd.Series, heard: pd.Series) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "feature": "",
            "item": table["stimulus"].to_numpy(),
            "rater": table["annotator"].astype(str).to_numpy(),
            "explained": explained.to_numpy(dtype=float),
            "heard": heard.to_numpy(dtype=float),
        }
    )
    return detection_table(frame).drop(columns="feature")


def _model_figures(table: pd.DataFrame, about: str) -> pd.DataFrame:
    figures = model_table(table["item"], table["annotator"], table["value"], table["predicted"])
    return figures.assign(about=about)


def _changes(levels: pd.DataFrame) -> pd.DataFrame:
    """Return how far each judgment and prediction moved from the original of the same track.

    Predictions are compared with those of the same model on the track's originals, whoever heard these.
    """
    originals = levels[levels["base_condition"] == ORIGINAL]
    before = originals.groupby(["track", "annotator"], as_index=False)["value"].mean()
    predicted = (
        originals.drop_duplicates("item").groupby(["track", "model"], as_index=False)["predicted"].mean()
    )
    masked = levels[~levels["base_condition"].isin(UNMASKED)]
    both = masked.merge(before, on=["track", "annotator"], suffixes=("", "_before"))
    both = both.merge(predicted, on=["track", "model"], suffixes=("", "_before"))
    return both.assign(
        value=both["value"] - both["value_before"], predicted=both["predicted"] - both["predicted_before"]
    )
