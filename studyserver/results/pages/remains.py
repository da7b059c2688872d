"""What the page "What remains" shows."""

from collections.abc import Mapping

import pandas as pd

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL, UNMASKED
from explainer.core.models.units import unit_of
from studyserver.common import number_text
from studyserver.results.data.questions import option_labels, option_values
from studyserver.results.tables.contrasts import Side
from studyserver.results.tables.summaries import Group, QuestionSummary
from studyserver.results.tables.vocabulary import NEW_ANNOTATORS
from studyserver.study.questions.kind import Answers

from . import sentences
from .widgets import (
    DASH,
    FigureTable,
    Matrix,
    Remaining,
    Scatter,
    clip_label,
    figures_by_group,
    interval_plot,
    scatter,
    shade,
)

_NO_INTERVAL = ", no interval"


# -- reading estimate tables ------------------------------------------------------------------


def by_question(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the parts of a table of estimates, question by question."""
    return [(str(key), part) for key, part in table.groupby("question", sort=False)] if len(table) else []


def _rows(table: pd.DataFrame) -> dict[str, Mapping]:
    """Return a group's figures by statistic, with the interval over new clips and new annotators."""
    return {row["statistic"]: row for row in table[table["ci_scope"] == NEW_ANNOTATORS].to_dict("records")}


def _groups(table: pd.DataFrame) -> list[tuple[Group, pd.DataFrame]]:
    filled = table.fillna({"method": "", "kept_segments": 0})
    names = ["condition", "method", "kept_segments"]
    return [
        (Group(condition, method, int(size)), part)
        for (condition, method, size), part in filled.groupby(names, sort=False)
    ]


def _what(item: QuestionSummary) -> str:
    target = item.question.target
    return sentences.target_name(target) if target else "what was asked about"


# -- retention --------------------------------------------------------------------------------


def retention_part(item: QuestionSummary, table: pd.DataFrame) -> Remaining:
    """Return what remains of one question with numbers, from its rows of the table `retention`."""
    found = {group: _rows(part) for group, part in _groups(table)}
    ordered = [one.group for one in item.groups if one.group in found]
    labelled = [(group.label, group.condition, found[group]) for group in ordered]
    plot = interval_plot(
        "Retention by condition",
        [(label, condition, rows["correlation_corrected"]) for label, condition, rows in labelled],
        (-0.5, 1.5),
        (-0.5, 0, 0.5, 1, 1.5),
        "0: nothing of the differences between tracks is left; 1: all of it.",
    )
    places = number_text.decimals(item.ends)
    columns = [
        "condition", "retention", "uncorrected", "contrast kept", "shift of the mean",
        "reliability, original", "reliability, condition", "tracks", "annotators",
    ]  # fmt: skip
    lines = [
        [
            label,
            sentences.agreement_text(rows["correlation_corrected"]),
            sentences.agreement_text(rows["correlation"]),
            sentences.agreement_text(rows["contrast_kept"]),
            sentences.estimate_text(rows["mean_shift"], places),
            sentences.agreement_text(rows["reliability_reference"]),
            sentences.agreement_text(rows["reliability_condition"]),
            str(rows["correlation"]["n_tracks"]),
            str(rows["correlation"]["n_annotators"]),
        ]
        for label, _condition, rows in labelled
    ]
    conditions = [condition for _label, condition, _rows_ in labelled]
    caption = f"Retention of {_what(item)}"
    figures = FigureTable(caption, columns, lines, conditions=conditions)
    return Remaining(item.question.key, item.question.text, _retention_headline(item, found), plot, figures)


def _retention_headline(item: QuestionSummary, found: dict[Group, dict[str, Mapping]]) -> str:
    evidence = [group for group in found if group.condition == EVIDENCE]
    if not evidence:
        return "No evidence was judged beside the original."
    return " ".join(_of_one_evidence(item, found, group, several=len(evidence) > 1) for group in evidence)


def _of_one_evidence(
    item: QuestionSummary, found: dict[Group, dict[str, Mapping]], evidence: Group, *, several: bool
) -> str:
    controls = [group for group in found if group.condition == RANDOM_CONTROL]
    same = Group(RANDOM_CONTROL, evidence.method, evidence.kept_segments)
    control = same if same in found else next(iter(controls), None)
    statistic = "correlation_corrected"
    return sentences.retention_headline(
        _what(item),
        sentences.in_evidence(evidence, several=several),
        found[evidence][statistic],
        found[control][statistic] if control else None,
        found[evidence].get("contrast_kept_difference"),
        (
            sentences.agreement_text(found[evidence]["contrast_kept"]),
            sentences.agreement_text(found[control]["contrast_kept"]) if control else "",
        ),
    )


# -- contrasts --------------------------------------------------------------------------------


def contrasts_table(remains, by_key: dict[str, QuestionSummary]) -> FigureTable | None:
    """Return the contrasts of conditions and methods; None where there are none."""
    table = remains.contrasts
    if table.empty:
        return None
    lines = []
    for row in table.fillna({"first_method": "", "second_method": ""}).to_dict("records"):
        sides = [Side(row[name], row[f"{name}_method"]).label for name in ("first", "second")]
        places = number_text.decimals(by_key[row["question"]].ends) + 1  # so that an end near 0 has a side
        lines.append(
            [
                by_key[row["question"]].question.text,
                " less ".join(sides),
                "named" if row["primary"] else "methods",
                sentences.estimate_text(row, places),
                number_text.probability(row["p"]),
                number_text.probability(row["p_holm"]),
                _figure(row["d_z"]),
                _figure(row["cliffs_delta"]),
                "" if row["n_tracks"] != row["n_tracks"] else f"{row['n_tracks']:.0f}",
            ]
        )
    columns = [
        "question",
        "contrast",
        "family",
        "difference [95\N{NO-BREAK SPACE}%]",
        "p (t test)",
        "p (t test) after Holm",
        "d_z",
        "Cliff's δ",
        "tracks",
    ]
    return FigureTable("Contrasts, differences in units of each question's scale", columns, lines)


def contrasts_note(are_declared: bool) -> str:
    """Return in words which contrasts these are and how they are corrected."""
    if are_declared:
        return (
            "The named contrasts were declared with the study; Holm's correction runs over them all. Methods "
            "against each other are corrected by themselves."
        )
    return (
        "No contrast was named with the study: evidence is compared with its random control, for each "
        "question about a target. Holm's correction runs over these; methods against each other are "
        "corrected by themselves."
    )


def _figure(value: float | None) -> str:
    return DASH if value is None or value != value else number_text.number(value, 2)


# -- naming -----------------------------------------------------------------------------------


def naming_part(remains, item: QuestionSummary) -> tuple[Remaining, list[Matrix]]:
    """Return how much the answers to one question tell about the target, with its confusion matrices."""
    table = remains.information[remains.information["question"] == item.question.key]
    found = {group: _rows(part) for group, part in _groups(table)}
    groups = [(one.group, found[one.group]) for one in item.groups if one.group in found]
    statistics = [
        "mutual_information", "share_of_reference", "mutual_information_uncorrected", "accuracy",
        "accuracy_by_chance",
    ]  # fmt: skip
    figures = figures_by_group("Information", statistics, groups, counted="accuracy")
    masked = [group for group, _rows_ in groups if group.condition not in UNMASKED]
    matrices = [_confusion(remains, item, group) for group in masked]
    headline = _naming_headline(item, groups)
    return Remaining(item.question.key, item.question.text, headline, None, figures), matrices


def _naming_headline(item: QuestionSummary, groups: list[tuple[Group, dict[str, Mapping]]]) -> str:
    parts, reason = [], ""
    for condition in (EVIDENCE, RANDOM_CONTROL, ORIGINAL):
        found = [rows["mutual_information"] for group, rows in groups if group.condition == condition]
        known = [row for row in found if row["status"] == "ok"]
        if known:
            bits = sentences.agreement_text(max(known, key=lambda row: row["n_judgments"]))
            figure, no_interval = bits.removesuffix(_NO_INTERVAL), bits.endswith(_NO_INTERVAL)
            text = f"the {condition.replace('_', ' ')} {figure} bits"
            parts.append(f"{text} (no interval)" if no_interval else text)
        elif found and condition == EVIDENCE:
            reason = found[0]["reason"]
    what = "one of the ticked answers tells" if _is_checklist(item) else "the named answer tells"
    what = f"How much {what} about the target that a clip was made for"
    if reason or not parts:
        reason = reason or "no evidence was judged"
        return f"{what} cannot be said yet: {reason}."
    return f"{what}: {', '.join(parts)}."


def _is_checklist(item: QuestionSummary) -> bool:
    return item.question.answer_kind.answers == Answers.SETS


def _confusion(remains, item: QuestionSummary, group: Group) -> Matrix:
    counts = remains.confusion(item, group.label)
    most = counts.to_numpy().sum(axis=1).max(initial=1)
    labels = option_labels(item.question)
    rows = [
        (labels.get(intended, intended), [(str(count), shade(count / most, 0, 1)) for count in line])
        for intended, line in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    what, corner = ("Ticks", "ticked") if _is_checklist(item) else ("Answers", "named")
    offered = option_values(item.question)
    # Beyond the options stands what is said of checklists where none was ticked.
    columns = [*(labels.get(name, name) for name in offered), *counts.columns[len(offered) :]]
    return Matrix(f"{what}, {group.label}", f"made for \\ {corner}", columns, rows)


# -- claims, model, dose ----------------------------------------------------------------------


def claims_table(table: pd.DataFrame, by_key: dict[str, QuestionSummary]) -> FigureTable | None:
    """Return hits and false alarms of explanations as claims; None where there are none."""
    if table.empty:
        return None
    lines = []
    for (key, about), part in table.groupby(["question", "about"], sort=False):
        rows = _rows(part)
        lines.append(
            [
                f"{by_key[key].question.text}",
                str(about),
                *(sentences.agreement_text(rows[name]) for name in ("hit_rate", "false_alarm_rate")),
                *(sentences.estimate_text(rows[name], 2) for name in ("d_prime", "criterion")),
            ]
        )
    columns = ["question", "against", "hits", "false alarms", "d\N{PRIME}", "criterion"]
    return FigureTable("Explanations as claims", columns, lines)


def model_part(remains, item: QuestionSummary, table: pd.DataFrame) -> tuple[Remaining, Scatter, FigureTable]:
    """Return one question's listeners beside the model: figures, a scatter plot, the widest misses."""
    level = _rows(table[table["about"] == "level"])
    change = _rows(table[table["about"] == "change"])
    names = list(level)
    plot = interval_plot(
        "Correlations with what listeners hear",
        [
            (sentences.statistic_name(name), "", level[name])
            for name in ("model_correlation", "one_rater_correlation", "noise_ceiling")
        ],
        (-1.0, 1.0),
        (-1, -0.5, 0, 0.5, 1),
    )
    lines = [
        [
            sentences.statistic_name(name),
            sentences.agreement_text(level[name]),
            sentences.agreement_text(change[name]) if change else DASH,
        ]
        for name in names
    ]
    columns = ["correlation", "of the clips themselves", "of the change from the original"]
    figures = FigureTable(f"Listeners and the model on {_what(item)}", columns, lines)
    text = (
        f"Correlation of the model with the listeners' means: "
        f"{sentences.agreement_text(level['model_correlation'])}. A perfect model would reach "
        f"{sentences.agreement_text(level['noise_ceiling'])}, one listener with the mean of the others "
        f"{sentences.agreement_text(level['one_rater_correlation'])}."
    )
    means = remains.heard_and_predicted(item)
    points = [
        (
            row["predicted"],
            row["heard"],
            row["condition"].split(",")[0].replace(" ", "_").replace("-", "_"),
            row["condition"],
        )
        for row in means.to_dict("records")
    ]
    picture = scatter("Clips by prediction and judgment", _prediction(remains, item), "mean judgment", points)
    part = Remaining(item.question.key, item.question.text, text, plot, figures)
    return part, picture, _misses(remains, item)


def _prediction(remains, item: QuestionSummary) -> str:
    """Return what the axis of predictions is called, with the unit of all models whose clips were judged."""
    clips = (stimulus.clip for stimulus in remains.counted.rows.stimulus_rows.values())
    predicted = [clip for clip in clips if clip.explanation and item.question.target in clip.prediction_heard]
    units = {unit_of(clip.explanation.model.output) or "value" for clip in predicted}
    return f"model's prediction ({' or '.join(sorted(units))})" if units else "model's prediction"


def _misses(remains, item: QuestionSummary) -> FigureTable:
    stimuli = remains.counted.rows.stimulus_rows
    lines, sounds = [], []
    places = number_text.decimals(item.ends)
    for row in remains.misses(item).to_dict("records"):
        clip = stimuli[int(row["item"])].clip
        lines.append(
            [
                clip_label(item, clip),
                number_text.number(row["heard"], places),
                number_text.number(row["expected"], places),
                number_text.number(row["miss"], places),
            ]
        )
        sounds.append(clip.pk)
    columns = ["clip", "heard", "expected from the model", "apart"]
    caption = f"Clips on which the model is most wrong, {sentences.scale_text(item)}"
    return FigureTable(caption, columns, lines, sounds=sounds)


def dose_part(item: QuestionSummary, table: pd.DataFrame) -> Remaining:
    """Return how hearing one question's target rises with the evidence."""
    strips, lines = [], []
    for method, part in table.fillna({"about": ""}).groupby("about", sort=False):
        rows = _rows(part)
        for name, row in rows.items():
            if name.startswith("heard_at_"):
                held = plural(int(name.removeprefix("heard_at_")), "segment")
                label = held + (f", {method}" if method else "")
                strips.append((label, EVIDENCE, row))
        lines.append(
            [
                str(method) or "all",
                *(sentences.estimate_text(rows[name], 2) for name in ("slope", "threshold")),
            ]
        )
    plot = interval_plot(
        f"Share of judgments that hear {_what(item)}", strips, (0.0, 1.0), (0, 0.25, 0.5, 0.75, 1)
    )
    columns = ["method", "slope (log-odds per doubling)", "segments until half of the judgments hear it"]
    headline = " ".join(
        _dose_sentence(_what(item), method, _rows(part)["threshold"], several=len(lines) > 1)
        for method, part in table.fillna({"about": ""}).groupby("about", sort=False)
    )
    return Remaining(
        item.question.key,
        item.question.text,
        headline,
        plot,
        FigureTable("Dose and response", columns, lines),
    )


def _dose_sentence(what: str, method: str, threshold: Mapping, *, several: bool) -> str:
    """Return how many segments it takes until half of the judgments hear a feature."""
    by = f" ({method})" if several and method else ""
    if threshold["status"] != "ok":
        reason = threshold["reason"]
        return f"How much evidence{by} it takes until {what} is heard cannot be said: {reason}."
    figure = sentences.estimate_text(threshold, 1)
    return f"Half of the judgments hear {what} in the evidence{by} from {figure} segments on."
