"""The pages about annotators: their quality, exclusions by declared rules, and the effect of these."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from explainer.core.base.counting import plural
from studyserver.common import number_text
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.questions import option_labels
from studyserver.results.tables.annotator_quality import ABX_FIGURES, Rule
from studyserver.results.tables.computed import ALL, KEPT, Computed
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.labels import NEW_ANNOTATORS, NONE_TICKED
from studyserver.study.models import ExclusionRule, Presentation, Question

from . import sentences
from .remains.figures import by_group, by_question
from .widgets import DASH, FigureTable

_COLUMNS = {
    "n_judgments": "judgments",
    "abx_trials": "ABX answers",
    "abx_correct_share": "ABX answers right",
    "abx_guessing_p": "p if guessing (binomial test)",
    "correlation_with_others": "correlation with the others",
    "agreement_with_others": "agreement with the others",
    "bias": "bias",
    "spread": "spread",
    "drift": "drift per 10 trials [95\N{NO-BREAK SPACE}%]",
    "longest_run": "longest run of equal answers",
    "most_frequent_share": "most frequent answer",
    "repeat_distance": "distance of repeated answers",
    "attention_failed_share": "attention trials failed",
    "headphone_score": "headphone check",
    "reference_missed_share": "hidden originals missed",
    "anchor_overrated_share": "anchors above 90 %",
    "unheard_share": "clips not heard out",
    "rushed_share": "rushed trials",
    "median_trial_seconds": "median time per trial, s",
}
_SHARES = {
    "agreement_with_others", "longest_run", "most_frequent_share", "repeat_distance",
    "attention_failed_share", "headphone_score", "reference_missed_share", "anchor_overrated_share",
    "unheard_share", "rushed_share", "abx_correct_share",
}  # fmt: skip
_ENDS = ("drift_low", "drift_high")
_COUNTS = {"n_judgments", "abx_trials"}
USUAL_RULES = (
    Rule("attention_failed_share", "above", 0.15, "more than 15 % of the attention trials failed"),
    Rule("reference_missed_share", "above", 0.15, "more than 15 % of the hidden originals rated below 90 %"),
    Rule("anchor_overrated_share", "above", 0.15, "more than 15 % of the anchors rated above 90 %"),
    Rule("unheard_share", "above", 0.15, "more than 15 % of the clips not heard out"),
    Rule("correlation_with_others", "below", 0.0, "judged against the others"),
    Rule("longest_run", "above", 0.5, "the same answer to more than half of the trials in a row"),
)


@dataclass(frozen=True)
class AnnotatorsPage:
    """Annotators, rules, and figures with and without excluded annotators."""

    rules: list[str]
    excluded: FigureTable | None
    preview: FigureTable | None
    compared: FigureTable | None
    quality: FigureTable | None
    left_out: list[str]
    has_names: bool  # whether there are answers that are not numbers
    has_numbers: bool
    has_abx: bool


def annotators_page(parts: Parts) -> AnnotatorsPage:
    """Return the page, each part computed by itself."""
    computed = parts.computed
    quality, shown = parts.part("quality", "Quality of each annotator", _quality, (None, []))
    return AnnotatorsPage(
        rules=[str(rule) for rule in computed.study.exclusion_rules.all()],
        excluded=parts.part("excluded", "Exclusions", _left_out),
        preview=parts.part("preview", "Excluded by common rules", _usual),
        compared=parts.part("compared", "With and without", _compared),
        quality=quality,
        left_out=parts.part("left_out", "Exclusions", lambda found: sorted(found.quality.left_out), []),
        has_names="agreement_with_others" in shown,
        has_numbers="bias" in shown,
        has_abx="abx_trials" in shown,
    )


def _quality(computed: Computed) -> tuple[FigureTable, list[str]]:
    """Return the table of all annotators, and the names of its figures."""
    table = computed.quality.overall
    shown = [name for name in _COLUMNS if name in table and table[name].notna().any()]
    lines = [
        [str(row["annotator"]), *(_figure_of(row, name) for name in shown)]
        for row in table.to_dict("records")
    ]
    columns = ["annotator", *(_COLUMNS[name] for name in shown)]
    links = [f"{line[0]}/" for line in lines]
    return FigureTable("Quality over all questions", columns, lines, links=links), shown


def _left_out(computed: Computed) -> FigureTable | None:
    return _excluded("Excluded by the declared rules", computed.quality.excluded)


def _usual(computed: Computed) -> FigureTable | None:
    if computed.quality.rules:
        return None
    return _excluded("Excluded by common rules", computed.quality.breaking(USUAL_RULES))


def annotator_parts(parts: Parts, pseudonym: str) -> dict:
    """Return the page of one annotator: ``tables`` of figures and the ``trials``."""
    tables, trials = (partial(part, pseudonym=pseudonym) for part in (annotator_tables, annotator_trials))
    return {
        "tables": parts.part("tables", "Quality of the annotator", tables, []),
        "trials": parts.part("trials", "Trials in order", trials),
    }


def annotator_tables(computed: Computed, pseudonym: str) -> list[FigureTable]:
    """Return one annotator's figures, over all questions and by question; none for a stranger."""
    overall = computed.quality.overall
    mine = overall[overall["annotator"] == pseudonym]
    if mine.empty:
        return []
    own = mine.iloc[0].to_dict()
    middle = overall.median(numeric_only=True)
    lines = [
        [words_, _figure_of(own, name), DASH if name == "abx_guessing_p" else _figure(name, middle[name])]
        for name, words_ in _COLUMNS.items()
        if name in own and own[name] == own[name]
    ]
    tables = [FigureTable("Over all questions", ["figure", "this annotator", "median of all"], lines)]
    by_question = computed.quality.by_question
    mine = by_question[by_question["annotator"].astype(str) == pseudonym]
    names = [
        "n_judgments", "correlation_with_others", "agreement_with_others", "bias", "spread", "drift",
        "longest_run", "most_frequent_share",
    ]  # fmt: skip
    names += ABX_FIGURES
    names = [name for name in names if name in mine and mine[name].notna().any()]
    asked = {key: question.text for key, question in computed.quality.counted.rows.measures.items()}
    rows = [
        [asked[str(row["question"])], *(_figure_of(row, name) for name in names)]
        for row in mine.reindex(
            columns=list(dict.fromkeys(["question", "abx_trials", *_ENDS, *names]))
        ).to_dict("records")
    ]
    tables.append(FigureTable("By question", ["question", *(_COLUMNS[name] for name in names)], rows))
    return tables


def _figure_of(annotator: dict, name: str) -> str:
    if annotator["abx_trials"] == 0 and name in ABX_FIGURES[1:]:
        return f"{sentences.UNDEFINED}: no ABX answers"
    if name == "drift" and annotator[name] == annotator[name]:
        ends = (annotator["drift_low"], annotator["drift_high"])
        return f"{number_text.number(annotator[name], 2)} {number_text.interval(*ends, 2)}"
    return _figure(name, annotator[name])


def _figure(name: str, value: float | None) -> str:
    if value is None or value != value:
        return DASH
    if name in _SHARES:
        return f"{100 * value:.0f}\N{NO-BREAK SPACE}%"
    if name in _COUNTS:
        return number_text.plain(value)
    if name == "abx_guessing_p":
        return number_text.probability(value)
    if name == "correlation_with_others":
        return number_text.coefficient(value)
    return number_text.number(value, 1 if name == "median_trial_seconds" else 2)


def _excluded(caption: str, table: pd.DataFrame) -> FigureTable | None:
    if table.empty:
        return None
    names = dict(ExclusionRule.Measure.choices)
    lines = [
        [
            str(row["annotator"]),
            _COLUMNS.get(row["rule"], names.get(row["rule"], row["rule"])),
            _figure(row["rule"], row["figure"]),
            row["reason"],
        ]
        for row in table.to_dict("records")
    ]
    return FigureTable(caption, ["annotator", "figure", "found", "rule"], lines)


def _compared(computed: Computed) -> FigureTable | None:
    """Return the figures of all annotators beside those without excluded annotators."""
    sets = computed.annotator_sets
    if KEPT not in sets:
        return None
    n_left = len(computed.quality.left_out)
    columns = ["figure", "everybody", f"without {plural(n_left, 'annotator')}"]
    parts: dict[tuple[str, str], dict[str, str]] = {}
    for name, statistics in sets.items():
        for item in statistics.summaries.questions:
            asked = item.question.text
            alpha = sentences.agreement_text(item.alpha().get(NEW_ANNOTATORS))
            parts.setdefault((asked, f"{sentences.ALPHA} over all conditions"), {})[name] = alpha
            for group in item.groups:
                if item.is_numeric:
                    mean = sentences.mean_text(group.mean, item.ends)
                    parts.setdefault((asked, f"mean, {group.group.label}"), {})[name] = mean
        for item, table in by_question(statistics, statistics.remains.retention):
            for masked, figures in by_group(table).items():
                place = item.question.text, f"retention, {masked.label}"
                parts.setdefault(place, {})[name] = sentences.agreement_text(figures["retention"])
    parts = dict(sorted(parts.items(), key=lambda part: _first(parts, part[0][0])))
    rows = [[label, found.get(ALL, DASH), found.get(KEPT, DASH)] for (_text, label), found in parts.items()]
    groups = [text for text, _label in parts]
    return FigureTable("With and without those left out", columns, rows, groups=groups)


def _first(parts: dict[tuple[str, str], Any], text: str) -> int:
    """Return where a question comes first, so that its figures stand together."""
    return next(place for place, (asked, _label) in enumerate(parts) if asked == text)


def _said(question: Question, value: Any, number: float) -> str:
    """Return an answer in the words that the annotator saw."""
    kind = question.answer_kind
    if number == number and not kind.names_of_numbers:
        return number_text.plain(number)
    labels = option_labels(question)
    chosen = kind.chosen(question.options, value)
    return " + ".join(labels.get(option, option) for option in chosen) or NONE_TICKED


def _said_of_comparisons(counted: CountedJudgments, pseudonym: str) -> pd.DataFrame:
    """Return which clips an annotator chose, and whether rightly where that is known: `trial` and `text`."""
    clips = counted.comparisons
    clips = clips[clips["annotator"].astype(str) == pseudonym]
    found = []
    for (trial, _question, _judgment), part in clips.groupby(["trial", "question", "judgment"], sort=True):
        text = "no preference"
        for row in part[part["picked"]].to_dict("records"):
            label = Presentation(position=row["position"]).label
            text = f"{label} preferred"
            if row["is_x"] == row["is_x"]:
                text = f"X is {label} ({'right' if row['is_x'] else 'wrong'})"
            elif part["is_intruder"].any():
                text = f"{label} does not belong ({'right' if row['is_intruder'] else 'wrong'})"
        found.append((trial, text))
    return pd.DataFrame(found, columns=["trial", "text"])


def _said_in_stretches(counted: CountedJudgments, pseudonym: str) -> pd.DataFrame:
    """Return when an annotator heard what was asked for: columns `trial` and `text`."""
    heard: dict[tuple[object, object], list[str]] = {}
    for row in counted.rows.stretches():
        if row["annotator"] != pseudonym:
            continue
        stretches = heard.setdefault((row["trial"], row["judgment"]), [])
        if row["stretch"]:
            stretches.append(
                f"{row['stretch_begin']:.1f}\N{EN DASH}{row['stretch_end']:.1f}\N{NO-BREAK SPACE}s"
            )
    found = [(trial, " and ".join(stretches) or "nowhere") for (trial, _), stretches in heard.items()]
    return pd.DataFrame(found, columns=["trial", "text"])


def annotator_trials(computed: Computed, pseudonym: str) -> FigureTable:
    """Return what one annotator heard and how long each trial took, in the order of presentation."""
    counted = computed.quality.counted
    trials = counted.trials[counted.trials["annotator"].astype(str) == pseudonym].sort_values("position")
    heard = counted.listening[counted.listening["annotator"] == pseudonym]
    shares = heard.groupby("trial")["heard_share"].min()
    answers = counted.all[counted.all["annotator"].astype(str) == pseudonym]
    asked = counted.rows.measures
    given = answers.sort_values(["trial", "stimulus", "question"], kind="stable")  # questions in their order
    cells = zip(given["question"], given["value"], given["number"], strict=True)
    texts = [_said(asked[str(key)], value, number) for key, value, number in cells]
    others = [_said_of_comparisons(counted, pseudonym), _said_in_stretches(counted, pseudonym)]
    said = pd.concat([given.assign(text=texts), *others])
    said = said.groupby("trial")["text"].agg("; ".join)
    lines = []
    for row in trials.to_dict("records"):
        share = shares.get(row["trial"], float("nan"))
        took = DASH if row["took"] != row["took"] else f"{row['took']:.1f}\N{NO-BREAK SPACE}s"
        part = DASH if share != share else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
        said_then = str(said.get(row["trial"], DASH))
        lines.append([str(row["position"]), str(row["kind"]), took, part, said_then])
    columns = ["trial", "kind", "time", "heard of the clip", "answers in the order of the questions"]
    return FigureTable("Trials in order", columns, lines)
