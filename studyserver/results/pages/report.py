"""The texts of the printed report: what was done, with its figures filled in."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from explainer.core.base.counting import plural
from explainer.imports.excerpts import counted
from explainer.models import Explanation, Recipe
from studyserver.results.tables.equal_comparisons import equal_comparisons_words
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.labels import CONDITIONS, NEW_ANNOTATORS, condition_name
from studyserver.results.tables.recruitment import Progress, progress_part
from studyserver.study.design.left_out import left_out, left_out_words
from studyserver.study.models import Study, measures_of
from studyserver.study.questions.kind import Answers
from studyserver.study.questions.kinds import kinds_with

from .overview import question_sections
from .sentences import agreement_text, statistic_name

if TYPE_CHECKING:
    from studyserver.results.tables.computed import Computed


_INTERVALS = "95\N{NO-BREAK SPACE}% intervals by a delete-one jackknife"
_ANALYSES = [
    (set(Answers) - {Answers.TEXT}, "The last answer to each question in finished main trials counts."),
    (
        {Answers.NUMBERS, Answers.NAMES, Answers.SETS},
        "Agreement is Krippendorff's alpha at the declared level of measurement, with one interval for new "
        f"tracks judged by these annotators and one for new tracks and new annotators ({_INTERVALS}).",
    ),
    (
        {Answers.NAMES, Answers.SETS},
        f"Shares are over judgments, with {_INTERVALS} over tracks and annotators and Satterthwaite's "
        "degrees of freedom, so that both count as samples.",
    ),
    (
        {Answers.NUMBERS},
        "Means, differences and retention come from one crossed model of all answers to a question, in which "
        "annotators, tracks and both together are random: Gaussian for sliders, cumulative probit for "
        "scales, probit for answers between two. Retention is the correlation across tracks of what is heard "
        "in the original and in the condition. Estimates are posterior medians, with 95\N{NO-BREAK SPACE}% "
        "intervals; Holm's correction runs over the declared contrasts.",
    ),
    (
        {Answers.PREFERENCES, Answers.MATCHES, Answers.ODD_ONE_OUT},
        f"Shares of answers that compare clips have {_INTERVALS} over tracks and annotators, and exact ones "
        "(Clopper and Pearson) beside them.",
    ),
    ({Answers.PREFERENCES}, "Strengths of the conditions are log-odds after Bradley and Terry."),
    ({Answers.MATCHES}, "Sensitivity (d\N{PRIME}) follows the differencing model."),
    (
        {Answers.ODD_ONE_OUT},
        "The track of a set is that of the clip that does not belong; guessing finds it in one of as many "
        "trials as a set has clips.",
    ),
    (
        {Answers.TIMES},
        f"Stretches of time are compared moment by moment by Krippendorff's alpha, with {_INTERVALS} over "
        "tracks and annotators.",
    ),
]


def methods_paragraphs(study: Study, progress: Progress, *, rehearsal: bool = False) -> list[str]:
    """Return the methods section: stimuli, procedure, questions, analysis."""
    paragraphs = (
        _stimuli(study),
        _equal_sounds(study, rehearsal=rehearsal),
        _procedure(study, progress),
        _questions(study),
        _analysis(study),
    )
    return [paragraph for paragraph in paragraphs if paragraph]


def exclusions(progress: Progress, left_out: int = 0) -> list[str]:
    """Return who is not counted, or only in part, one line per reason; `left_out` by declared rules."""
    parts = [
        (left_out, "left out by rules declared beforehand: figures with and without are given"),
        (progress.discarded, "withdrew and asked that the answers be discarded: not counted"),
        (progress.screened_out, "screened out: answers to finished trials count"),
        (progress.withdrawn, "withdrew and left the answers: finished trials count"),
        (progress.left + progress.in_session, "did not finish (yet): finished trials count"),
        (progress.not_started, "did not start: nothing to count"),
    ]
    lines = [f"{plural(count, 'annotator')} {words}." for count, words in parts if count]
    everybody = "Everybody who joined is counted in full." if progress.joined else "Nobody has joined yet."
    return lines or [everybody]


def uncomputed_parts(parts: Parts, *, left_out: int) -> dict:
    """Return what the report says without statistics: methods, who is not counted (`left_out` by rules)."""
    study, rehearsal = parts.computed.study, parts.computed.rows.rehearsal
    progress = progress_part(parts)
    if progress is None:
        return {"methods": [], "excluded": []}

    def methods(_computed: "Computed") -> list[str]:
        return methods_paragraphs(study, progress, rehearsal=rehearsal)

    paragraphs = parts.part("methods", "Methods", methods, [])
    return {"methods": paragraphs, "excluded": exclusions(progress, left_out)}


def report_parts(parts: Parts) -> dict:
    """Return the computed parts: questions, retention, exclusions, the checklist, figures."""
    from .annotators import annotators_page
    from .checklist import checklist
    from .remains.page import remains_page
    from .verdicts.declared import verdict_parts

    first = verdict_parts(parts)
    return {
        **first,
        "sections": question_sections(parts, first["verdicts"]),
        "page": remains_page(parts, first["verdicts"]),
        "annotators": annotators_page(parts),
        "checks": checklist(parts),
        "found": parts.part("found", "What entered the analysis", _found, ""),
    }


def _found(computed: "Computed") -> str:
    """Return the figures that a methods section ends with: who and what entered, how far people agreed."""
    statistics = computed.shown
    answers, clips, annotators = statistics.counted.entered[["answer", "stimulus", "annotator"]].nunique()
    text = (
        f"{plural(answers, 'judgment')} of {plural(clips, 'clip')} by {plural(annotators, 'annotator')} "
        "entered the analysis."
    )
    rules, left_out = computed.quality.rules, computed.quality.left_out
    if rules:
        text += (
            f" Rules declared beforehand ({'; '.join(rule.reason for rule in rules)}) left out "
            f"{plural(len(left_out), 'annotator')}; figures with everybody are given beside."
        )
    agreed = [
        f"{agreement_text(item.alpha().get(NEW_ANNOTATORS))} for “{item.question.text}”"
        for item in statistics.summaries.questions
        if item.n_judgments
    ]
    if agreed:
        text += f" {statistic_name('krippendorff_alpha')} over all conditions was {', '.join(agreed)}."
    if len(statistics.counted.repeats):
        text += f" {plural(len(statistics.counted.repeats), 'answer')} were given a second time."
    return text


def _stimuli(study: Study) -> str:
    related = ("clip__track", "clip__excerpt", "clip__explanation__recipe", "clip__explanation__model")
    stimuli = list(study.stimuli.main().select_related(*related))
    if not stimuli:
        return ""
    clips = [stimulus.clip for stimulus in stimuli]
    conditions = Counter(clip.condition for clip in clips)
    listed = ", ".join(
        f"{condition_name(name)} ({conditions[name]})" for name in CONDITIONS if conditions[name]
    )
    text = (
        f"{plural(len(clips), 'clip')} were made of {counted([clip.excerpt for clip in clips])} in these "
        f"conditions: {listed}."
    )
    seconds = [clip.seconds for clip in clips]
    text += f" Clips lasted {_from_to(f'{min(seconds):.1f}', f'{max(seconds):.1f}')}\N{NO-BREAK SPACE}s."
    explanations = {clip.explanation_id: clip.explanation for clip in clips if clip.explanation}.values()
    for recipe, models in _recipes(explanations):
        parameters = recipe.parameters
        text += (
            f" Explanations of {models} followed the recipe “{recipe.name}” ({recipe.digest[:12]}): method "
            f"{parameters.get('method')}, segments {parameters.get('segmentation')}, masks "
            f"{parameters.get('sampling')}, removed parts replaced by "
            f"{str(parameters.get('hidden_value')).replace('_', ' ')}, sound by the route "
            f"{str(parameters.get('route')).replace('_', ' ')}, seed {parameters.get('seed')}."
        )
    return text


def _equal_sounds(study: Study, *, rehearsal: bool) -> str:
    """Return what is not compared because clips sound the same, and what was compared nevertheless."""
    told = (left_out_words(left_out(study)), equal_comparisons_words(study, rehearsal=rehearsal))
    return " ".join(sentence for sentence in told if sentence)


def _recipes(explanations: Iterable[Explanation]) -> list[tuple[Recipe, str]]:
    """Return each recipe with the names of the models that were explained by it."""
    recipes: dict[int, Recipe] = {}
    models: dict[int, set[str]] = {}
    for explanation in explanations:
        recipes[explanation.recipe_id] = explanation.recipe
        models.setdefault(explanation.recipe_id, set()).add(explanation.model.name)
    return [(recipe, " and ".join(sorted(models[pk]))) for pk, recipe in sorted(recipes.items())]


def _procedure(study: Study, progress: Progress) -> str:
    if not progress.joined:
        return "Nobody has joined yet."
    text = (
        f"{plural(progress.joined, 'person', 'people')} joined through a web page and {progress.finished} "
        f"finished. {_heard(study)}, in an order drawn at random for each of them (seed {study.seed})"
    )
    if study.minimum_track_distance:
        apart = plural(study.minimum_track_distance, "trial")
        text += f", with at least {apart} between clips of one track where possible"
    if study.takes_whole_tracks:
        text += ", and all clips of an excerpt to the same person where possible"
    text += (
        "; what was judged least came first in the draw. "
        f"{100 * study.minimum_listening_share:.0f}\N{NO-BREAK SPACE}% of a clip had to be heard before "
        "going on."
    )
    if study.practice_trials:
        text += f" {plural(study.practice_trials, 'practice trial')} came first and are not counted."
    if study.repeats_per_annotator:
        text += (
            f" {plural(study.repeats_per_annotator, 'trial')} per person came a second time, for test-retest "
            "figures; the second presentations enter no mean and no agreement between people."
        )
    if progress.balance:
        times = _from_to(str(progress.least), str(progress.most))
        text += f" Each clip was judged {times} {'time' if times == '1' else 'times'}."
    if progress.median_trial_seconds is not None:
        text += f" The median trial took {progress.median_seconds_text}."
    return text


def _heard(study: Study) -> str:
    """Return what annotators heard, and how much of it."""
    if not study.presents.compares:
        each = f"{study.trials_per_annotator} clips each" if study.trials_per_annotator else "all clips"
        return f"They heard {each}, one at a time"
    each = plural(study.trials_per_annotator, "trial") if study.trials_per_annotator else "all trials"
    return f"They did {each}, each with {study.presents.in_report}"


def _from_to(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _questions(study: Study) -> str:
    asked = study.questions.exclude(kind__in=kinds_with(Answers.TEXT))
    listed = "; ".join(
        f"“{question.text}” ({question.get_kind_display()}, {question.get_level_display()})"
        for question in asked
    )
    return f"The questions were: {listed}." if listed else ""


def _analysis(study: Study) -> str:
    """Return how answers were analysed, for the kinds of questions that the study asks."""
    asked = {question.answer_kind.answers for question in measures_of(study.questions.all()).values()}
    return " ".join(text for answers, text in _ANALYSES if asked & answers)
