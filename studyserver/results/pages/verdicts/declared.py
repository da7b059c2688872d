"""The findings about a study's declared research questions, and their verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE, RANDOM_CONTROL, UNMASKED
from studyserver.common import number_text
from studyserver.common.target_names import target_name
from studyserver.results.data.questions import heard_from
from studyserver.results.statistics.answer_model.estimands import Posterior, retention
from studyserver.results.statistics.intervals import at_confidence
from studyserver.results.statistics.reasons import Reason
from studyserver.results.tables.answer_models.figures import QuestionFigures
from studyserver.results.tables.computed import Computed, Statistics
from studyserver.results.tables.contrasts import groups_of_side, sides_of
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.plans.aims import Aim, aims_of, declared_aims
from studyserver.results.tables.summaries import QuestionSummary
from studyserver.study.models import Question, ResearchQuestion
from studyserver.study.questions.kind import Answers
from studyserver.study.questions.research.estimands import Estimand
from studyserver.study.questions.research.sentences import side

from ..widgets import IntervalPlot
from .compared import intruder_rows, pair_rows, plot_of, reversed_share
from .outlook import outlook
from .rules import ANSWERS, DIFFERENCE, EFFECT, RETENTION, Finding, Rule, Verdict, verdict
from .simulated import with_truth

USUAL_CONFIDENCE = 0.95  # of all intervals except those of verdicts
_OTHERS = (
    f"All other intervals are of 95{number_text.NO_BREAK}%: one can exclude 0 although a verdict on the same "
    "figure is not settled."
)


@dataclass(frozen=True)
class DeclaredVerdict:
    """The answer to one research question by the answers to one question.

    Attributes
    ----------
    asked : str
        The research question.
    by : str
        The question that annotators answered; empty if the research question names it.
    sentence : str
        The verdict, or why there is none.
    figures : str
        The estimate with its interval.
    is_settled : bool
    aim : Aim
        The research question and the question that annotators answered, with the confidence after the
        correction for all declared questions.
    plot : IntervalPlot or None
        Every judgment that is compared.
    estimate, width : float
        Of the quantity less what it would be without an effect, and of its interval; NaN without one.
    """

    asked: str
    by: str
    sentence: str
    figures: str
    is_settled: bool
    aim: Aim
    plot: IntervalPlot | None = None
    estimate: float = float("nan")
    width: float = float("nan")

    @property
    def confidence(self) -> str:
        """How sure its interval is, in words."""
        return _percent(self.aim.confidence)

    @property
    def has_own_confidence(self) -> bool:
        """Whether its interval is not of the confidence that all other figures have."""
        return abs(self.aim.confidence - USUAL_CONFIDENCE) > 1e-9

    def says(self, question: str, *estimands: str) -> bool:
        """Return whether it tells about a question what sentences on evidence tell, by some estimands.

        Sentences that are not declared are about evidence, beside its random control, or about one pair.
        """
        row = self.aim.row
        if self.aim.question.key != question or row.estimand not in estimands:
            return False
        if row.estimand in (Estimand.PREFERENCE, Estimand.DETECTION):
            return True
        compared = {row.first, row.second} - {""}
        return EVIDENCE in compared and compared <= {EVIDENCE, RANDOM_CONTROL}


def verdict_parts(parts: Parts) -> dict:
    """Return ``verdicts``, ``how_sure`` their intervals are, and ``who_counts``."""
    verdicts = declared_verdicts(parts)
    return {
        "verdicts": verdicts,
        "how_sure": how_sure(verdicts),
        "who_counts": parts.part("who_counts", "Who was left out", who_counts, ""),
    }


def how_sure(verdicts: Sequence[DeclaredVerdict]) -> str:
    """Return how sure all verdicts are, and what their intervals are corrected for; empty without any."""
    if not verdicts:
        return ""
    declared = {one.aim.row.confidence for one in verdicts}
    others = f" {_OTHERS}" if any(one.has_own_confidence for one in verdicts) else ""
    if len(verdicts) == 1:
        words = f"The interval is of {_percent(*declared)}, as declared; one question needs no correction."
        return words + others
    each = [one.confidence for one in verdicts]
    if len(declared) > 1:
        listed = f"The intervals are, in this order, of {', '.join(each)}"
        return f"{listed}: widened for the number of declared questions (Bonferroni).{others}"
    return (
        f"Each interval is of {each[0]}, so that the {len(verdicts)} together are as sure as declared, "
        f"{_percent(*declared)} (Bonferroni's correction).{others}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.4g}{number_text.NO_BREAK}%"


def who_counts(computed: Computed) -> str:
    """Return how many annotators are left out by declared rules, and whether figures are without them."""
    rules, left_out = computed.quality.rules, computed.quality.left_out
    if not rules:
        return "Nobody is left out: the study declared no exclusion rules."
    if not left_out:
        return "Nobody is left out: the declared rules exclude no annotator."
    excluded = f"The declared rules exclude {plural(len(left_out), 'annotator')}"
    return f"{excluded}: the figures are {'nevertheless with' if computed.everybody else 'without'} them."


def declared_verdicts(parts: Parts) -> list[DeclaredVerdict]:
    """Return the verdicts of all research questions, in order; each is computed by itself."""
    return _verdicts(parts, declared_aims(parts.computed.study))


def verdicts_or_usual(parts: Parts) -> list[DeclaredVerdict]:
    """Return the same; of a study without research questions, what evidence and its control would say."""
    study = parts.computed.study
    return _verdicts(parts, declared_aims(study) if study.research_questions.exists() else aims_of(study))


def _verdicts(parts: Parts, aims: Sequence[Aim]) -> list[DeclaredVerdict]:
    found = []
    for aim in aims:
        one = parts.part(
            f"verdict-{aim.key}", aim.row.sentence, partial(_verdict, aim), question=aim.question
        )
        if one is not None:
            found.append(with_truth(one, parts.computed))
    return found


def _verdict(aim: Aim, computed: Computed) -> DeclaredVerdict:
    row, question = aim.row, aim.question
    found = _FINDINGS[aim.estimand](computed.shown, row, question, aim.confidence)
    asked, by = row.sentence, "" if row.question_id else question.text
    plot = plot_of(computed.shown, row, question)
    if isinstance(found, str):
        sentence = f"This cannot be said yet: {found}."
        return DeclaredVerdict(asked, by, sentence, "", False, aim, plot)
    finding, rules, figures = found
    said: Verdict = verdict(finding, rules)
    ahead = None if said.is_settled else outlook(aim, computed, finding, rules)
    if ahead is not None:
        said = verdict(replace(finding, outlook=ahead.sentence), rules)
    return DeclaredVerdict(
        asked, by, said.sentence, figures, said.is_settled, aim, plot,
        (finding.low + finding.high) / 2, finding.high - finding.low,
    )  # fmt: skip


Found = tuple[Finding, tuple[Rule, ...], str] | str
"""A finding with its rules and figures, or why there is none."""


def _figures(statistics: Statistics, question: Question) -> tuple[QuestionSummary, QuestionFigures]:
    item = statistics.summaries.plain_question(question)
    return item, statistics.remains.figures(item)


def _sides(item: QuestionSummary, row: ResearchQuestion) -> list[list[str]] | str:
    """Return the labels of the groups of both sides; why there are none if one is missing."""
    sides = sides_of(row)
    labels = [[one.group.label for one in groups_of_side(item, one)] for one in sides]
    missing = [one.label for one, found in zip(sides, labels, strict=True) if not found]
    return f"there is no judgment of {' and '.join(missing)}" if missing else labels


def _more(question: Question) -> str:
    return target_name(question.target) if question.target else f"what “{question.text}” asks"


def _named(row: ResearchQuestion) -> dict[str, str]:
    second = side(row.second, row.second_method, beside=row.first) if row.second else ""
    return {"first": side(row.first, row.first_method), "second": second}


def _in_words(name: str, found: Posterior, confidence: float, places: int) -> str:
    low, high = found.interval(confidence)
    interval = number_text.interval(low, high, places)
    return f"{name} {number_text.number(found.estimate, places)} {interval}"


def _coefficient(name: str, estimate: float, low: float, high: float) -> str:
    low_text, high_text = number_text.coefficient(low), number_text.coefficient(high)
    return f"{name} {number_text.coefficient(estimate)} [{low_text},{number_text.NO_BREAK}{high_text}]"


def _difference(
    statistics: Statistics, row: ResearchQuestion, question: Question, confidence: float
) -> Found:
    item, figures = _figures(statistics, question)
    labels = _sides(item, row)
    if isinstance(labels, str):
        return labels
    found = figures.difference(*labels)
    if isinstance(found, Reason):
        return found.worded("track", "annotator")
    level = figures.posterior_mean(labels[0])
    middle = heard_from(question)
    low, high = found.interval(confidence)
    alone = level.interval(confidence)
    places = number_text.decimals(item.ends) + 1
    finding = Finding(
        low, high, more=_more(question), smallest=row.smallest_effect, unit="points",
        alone=(alone[0] - middle, alone[1] - middle),
        **_named(row),
    )  # fmt: skip
    words = [_in_words("difference", found, confidence, places)]
    words.append(_in_words(f"mean of {finding.first}", level, confidence, places))
    return finding, DIFFERENCE if question.target else ANSWERS, "; ".join(words)


def _retention(statistics: Statistics, row: ResearchQuestion, question: Question, confidence: float) -> Found:
    item, figures = _figures(statistics, question)
    labels = _sides(item, row)
    if isinstance(labels, str):
        return labels
    found = {one.group.label: figures.reference_of(one) for one in item.groups}
    references = {name: one.label for name, one in found.items() if one is not None}
    names = [name for side_of in labels for name in side_of]
    if not set(names) <= set(references):
        return "there is no judgment of the original"
    undefined = figures.undefined([*names, *(references[name] for name in names)])
    if undefined is not None:
        return undefined.worded("track", "annotator")
    fit = figures.stored.fit
    assert fit is not None
    kept = [
        Posterior(np.mean([retention(fit, references[name], name).draws for name in side_of], axis=0))
        for side_of in labels
    ]
    alone = kept[0].interval(confidence)
    about = kept[0] - kept[1] if len(kept) == 2 else kept[0]
    low, high = about.interval(confidence)
    named = {"retention": kept[0]}
    if len(kept) == 2:
        named |= {_named(row)["second"]: kept[1], "difference": about}
    words = [_coefficient(name, one.estimate, *one.interval(confidence)) for name, one in named.items()]
    finding = Finding(
        low, high, more=_more(question), smallest=row.smallest_effect, alone=alone, **_named(row)
    )
    return finding, RETENTION, "; ".join(words)


def _dose(statistics: Statistics, row: ResearchQuestion, question: Question, confidence: float) -> Found:
    item, figures = _figures(statistics, question)
    groups = [one.group for one in groups_of_side(item, sides_of(row)[0])]
    sizes = sorted({group.kept_segments for group in groups if group.kept_segments})
    if len(sizes) < 2:
        return "the answers are about one number of segments only"
    most, fewest = (
        [one.label for one in groups if one.kept_segments == size] for size in (sizes[-1], sizes[0])
    )
    found = figures.difference(most, fewest)
    if isinstance(found, Reason):
        return found.worded("track", "annotator")
    low, high = found.interval(confidence)
    places = number_text.decimals(item.ends) + 1
    words = _in_words(f"rise from {sizes[0]} to {sizes[-1]} segments", found, confidence, places)
    finding = Finding(low, high, "", "", _more(question), smallest=row.smallest_effect, unit="points")
    return finding, EFFECT, words


def _by_table(
    row: ResearchQuestion, rows: list[dict], confidence: float, *, null: float, name: str, unit: str = ""
) -> Found:
    if not rows:
        return "there is no answer about these clips"
    [found] = rows[:1]
    if found["status"] != "ok":
        return str(found["reason"])
    if found["ci_low"] != found["ci_low"]:
        return str(found["reason"] or "there is no interval")
    low, high = (
        end - null for end in at_confidence(found["estimate"], found["ci_low"], found["ci_high"], confidence)
    )
    finding = Finding(low, high, "", "", "", smallest=row.smallest_effect, unit=unit)
    return finding, EFFECT, _coefficient(name, found["estimate"], low + null, high + null)


def _preference(
    statistics: Statistics, row: ResearchQuestion, question: Question, confidence: float
) -> Found:
    table = statistics.compared.preferences
    rows, turned = pair_rows(table[table["statistic"] == "preference"], row, question)
    if turned:
        rows = [reversed_share(one) for one in rows]
    return _by_table(row, rows, confidence, null=0.5, name="share of pairs")


def _detection(statistics: Statistics, row: ResearchQuestion, question: Question, confidence: float) -> Found:
    if question.answer_kind.has_numbers:
        return _detection_by_numbers(statistics, row, question, confidence)
    table = statistics.compared.discrimination
    rows, _turned = pair_rows(table[table["statistic"] == "abx_d_prime"], row, question)
    return _by_table(row, rows, confidence, null=0.0, name="d\N{PRIME}")


def _detection_by_numbers(
    statistics: Statistics, row: ResearchQuestion, question: Question, confidence: float
) -> Found:
    item, figures = _figures(statistics, question)
    labels = _sides(item, row)
    if isinstance(labels, str):
        return labels
    found = figures.detection(*labels)
    if isinstance(found, Reason):
        return found.worded("track", "annotator")
    low, high = found[0].interval(confidence)
    finding = Finding(low, high, "", "", "", smallest=row.smallest_effect)
    return finding, EFFECT, _coefficient("d\N{PRIME}", found[0].estimate, low, high)


def _identification(
    statistics: Statistics, row: ResearchQuestion, question: Question, confidence: float
) -> Found:
    if question.answer_kind.answers == Answers.ODD_ONE_OUT:
        return _intruder(statistics, row, question, confidence)
    item = statistics.summaries.question(question)
    named = [one for one in item.groups if one.group.condition == row.first and one.names_target]
    named = [one for one in named if row.first_method in ("", one.group.method)]
    if not named or named[0].names_target is None:
        return "no answer names the target of these clips"
    mean = named[0].names_target
    if mean.interval.low is None or mean.interval.high is None:
        return str(mean.interval.reason or "there is no interval")
    found = {"estimate": mean.value, "ci_low": mean.interval.low, "ci_high": mean.interval.high}
    null, name = 1 / max(1, len(named[0].shares)), "share"
    compared = [pair for pair in item.contrasts.items() if pair[0][0] == named[0].group]
    if row.second and row.second not in UNMASKED and compared:
        difference, interval = compared[0][1]
        if interval.low is None or interval.high is None:
            return str(interval.reason)
        found = {"estimate": difference, "ci_low": interval.low, "ci_high": interval.high}
        null, name = 0.0, "difference of shares"
    return _by_table(row, [{**found, "status": "ok", "reason": ""}], confidence, null=null, name=name)


def _intruder(statistics: Statistics, row: ResearchQuestion, question: Question, confidence: float) -> Found:
    rows = intruder_rows(statistics, row, question)
    null = statistics.compared.guessing(question)
    return _by_table(row, rows, confidence, null=null, name="share")


_FINDINGS: dict[Estimand, Callable[[Statistics, ResearchQuestion, Question, float], Found]] = {
    Estimand.DIFFERENCE: _difference,
    Estimand.RETENTION: _retention,
    Estimand.DOSE: _dose,
    Estimand.PREFERENCE: _preference,
    Estimand.DETECTION: _detection,
    Estimand.IDENTIFICATION: _identification,
}
