"""A study's preregistration: what is declared and stored, under the headings of OSF's form, as Markdown."""

import datetime
from collections.abc import Iterable, Mapping

import explainer
from explainer.core.base.canonical_json import digest_of
from explainer.core.base.counting import listed, plural
from explainer.core.clips.conditions import CONDITIONS
from explainer.models import Clip, MusicModel, Recipe
from studyserver.study.design.left_out import left_out, left_out_words
from studyserver.study.models import Question, ResearchQuestion, Study, StudyVersion

from .preregistered_analysis import exploratory, inference, models_in_words
from .versions import completed, snapshot

# A version is recorded just before the time of opening, in studies of earlier versions just after it.
_AT_ONCE = datetime.timedelta(seconds=1)
_DEPOSIT = (
    "To register it, deposit this file where it gets a date and an address that cannot change, such as "
    "Zenodo "
    "or a Dataverse, before the first person takes part. (OSF, whose headings it has, takes no new projects "
    "since 16 November 2026.)"
)
_WHO = {
    Study.Access.OPEN: "Everybody who has the link can take part.",
    Study.Access.PERSONAL: "People with a personal link can take part.",
    Study.Access.PANEL: "People sent by a recruiter can take part, each once.",
}


def preregistration_text(study: Study, *, at: datetime.datetime | None = None) -> str:
    """Return the preregistration of a study as Markdown.

    Parameters
    ----------
    study
    at
        When it is printed; left out of the text if None, so that the same study gives the same text.
    """
    clips = [stimulus.clip for stimulus in _stimuli(study)]
    sections: dict[str, Mapping[str, str]] = {
        "Study information": _information(study),
        "Design plan": _design(study),
        "Sampling plan": _sampling(study),
        "Variables": _variables(study, clips),
        "Analysis plan": _analysis(study),
        "Other": _other(study, clips),
    }
    parts = [f"# Preregistration of “{study.title}”", _stamp(study, at), _DEPOSIT]
    for title, fields in sections.items():
        parts.append(f"## {title}")
        parts += [f"### {name}\n\n{text}" for name, text in fields.items() if text]
    return "\n\n".join(parts) + "\n"


# Time stamp and hash ------------------------------------------------------------------------------


def opening_version(study: Study) -> StudyVersion | None:
    """Return the version with which a study was opened for the first time; None before that."""
    if study.opened_at is None:
        return None
    until = study.opened_at + _AT_ONCE
    versions = study.versions.order_by("number")
    return versions.filter(created_at__lte=until).last() or versions.first()


def changes(before: StudyVersion, after: StudyVersion) -> list[str]:
    """Return the parts of the design in which two versions differ."""
    old, new = completed(before.snapshot), completed(after.snapshot)
    found = []
    for name in sorted(old.keys() | new.keys()):
        one, two = old.get(name), new.get(name)
        if one == two:
            continue
        if isinstance(one, dict) and isinstance(two, dict) and name in ("texts", "design"):
            found += [field.replace("_", " ") for field in one if one[field] != two.get(field)]
        else:
            found.append(name.replace("_", " "))
    return found


def _stamp(study: Study, at: datetime.datetime | None) -> str:
    opened = opening_version(study)
    lines = [f"Printed on {_time(at)}."] if at else []
    if opened is None:
        lines.append(f"The study `{study.slug}` is a draft and has not been opened yet.")
        lines.append(f"SHA-256 of the design: `{digest_of(snapshot(study))}`.")
        lines.append("If nothing changes until it opens, every trial will refer to this hash.")
        return "\n".join(f"- {line}" for line in lines)
    lines.append(f"The study `{study.slug}` opened on {_time(study.opened_at)}.")
    lines.append(
        f"SHA-256 of the design with which it opened: `{opened.digest}` (version {opened.number}, recorded "
        f"on "
        f"{_time(opened.created_at)}). Trials refer to it."
    )
    latest = study.versions.latest("number")
    if latest.digest == opened.digest:
        lines.append("The design has not changed since the study opened.")
    else:
        lines.append(
            f"**The design has changed since the study opened**, in: {listed(changes(opened, latest))}. What "
            f"follows is version {latest.number}, recorded on {_time(latest.created_at)}; SHA-256: "
            f"`{latest.digest}`."
        )
    return "\n".join(f"- {line}" for line in lines)


def _time(moment: datetime.datetime | None) -> str:
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else "an unknown date"


# Sections -----------------------------------------------------------------------------------------


def _information(study: Study) -> dict[str, str]:
    asked = _research(study)
    sentences = [f"{number}. {_declared(row)}" for number, row in enumerate(asked, start=1)]
    return {
        "Title": study.title,
        "Research questions": "\n".join(sentences)
        or "None is declared. Every result of this study is exploratory.",
    }


def _declared(asked: ResearchQuestion) -> str:
    effect = (
        f"The smallest effect that would matter is {asked.smallest_effect:g} {asked.meaning.unit}."
        if asked.smallest_effect is not None
        else "No smallest effect is declared."
    )
    return (
        f"{asked.sentence} Estimated: {asked.meaning.definition}. {effect} Intervals contain the truth "
        f"with a probability of {100 * asked.confidence:g} %."
    )


def _design(study: Study) -> dict[str, str]:
    within = study.condition_design == Study.ConditionDesign.WITHIN
    comparing = ""
    if study.presents.compares:
        compared = [_condition(name) for name in study.compared_conditions] or ["all conditions"]
        comparing = f" Compared are {study.get_set_rule_display()}: {', '.join(compared)}."
        if study.presents.has_reference and study.reference_condition:
            comparing += f" The given reference is: {_condition(study.reference_condition)}."
        if study.presents.hides_reference and study.anchor_condition:
            comparing += f" The anchor is: {_condition(study.anchor_condition)}."
    return {
        "Study type": "Experiment: each clip is assigned to annotators at random.",
        "Blinding": "Annotators do not know which clip has which condition, method, model or track: pages, "
        "addresses and the order of clips do not tell them. Answers are stored under random pseudonyms. "
        "Clips "
        "of one comparison have one gain.",
        "Study design": f"Each trial presents {study.presents.in_report}.{comparing} "
        f"Conditions vary {'within' if within else 'between'} annotators "
        f"({study.get_condition_design_display()}). "
        f"{left_out_words(left_out(study))}".strip(),
        "Randomization": _randomization(study),
    }


def _randomization(study: Study) -> str:
    number, distance = study.trials_per_annotator, study.minimum_track_distance
    apart = f", with at least {plural(distance, 'trial')} between clips of one track where possible"
    apart = apart if distance else ""
    among = (
        "all of one excerpt together"
        if study.takes_whole_tracks
        else "those of tracks that the annotator has fewer of"
    )
    lines = [
        f"Each annotator gets {number if number else 'all'} {study.presents.noun}: those that the fewest "
        f"annotators have, among equals {among}, otherwise at random.",
        f"The order is random{apart}, and no masked clip comes right after its original.",
        f"Random choices follow from the seed {study.seed} and the annotator's pseudonym.",
    ]
    if study.blocks:
        lines.append(
            f"Trials come in blocks ({study.get_blocks_display()}) in an order of each annotator's own."
        )
    for number, one, several, words in (
        (study.practice_trials, "practice trial comes", "practice trials come", "first and never count"),
        (
            study.repeats_per_annotator,
            "trial is",
            "trials are",
            "presented twice, for test-retest figures only",
        ),
        (study.attention_trials, "attention trial asks", "attention trials ask", "for a given answer"),
    ):
        lines += [f"{plural(number, one, several)} {words}."] if number else []
    return " ".join(lines)


def _sampling(study: Study) -> dict[str, str]:
    people = study.annotators.people().count()
    wanted = study.annotators_wanted
    stopping = (
        f"New annotators are refused when {plural(wanted, 'annotator')} have a place; those who leave free "
        f"theirs."
        if wanted
        else "No number of annotators is declared: the researchers close the study."
    )
    return {
        "Existing data": f"{plural(people, 'person has', 'people have')} taken part so far."
        if people
        else "Nobody has taken part so far.",
        "Data collection procedures": _collection(study),
        "Sample size": (f"{plural(wanted, 'annotator')}. " if wanted else "") + _numbers_of_stimuli(study),
        "Stopping rule": stopping,
    }


def _collection(study: Study) -> str:
    sentences = [
        f"Annotators take part in a web browser. {_WHO[Study.Access(study.access)]}",
        f"They must hear {100 * study.minimum_listening_share:.0f} % of a clip before they can continue.",
    ]
    if study.headphone_check:
        then = study.get_headphone_exclusion_display()
        check = study.get_headphone_check_display()
        sentences.append(f"Headphones are checked by: {check}; after a failed check: {then}.")
    items = [
        item for page in study.questionnaire_pages.prefetch_related("items") for item in page.items.all()
    ]
    if items:
        sentences.append(f"They are also asked: {' '.join(f'“{item.text}”' for item in items)}")
    quotas = [f"{quota.name} ({quota.limit})" for quota in study.quotas.all()]
    if quotas:
        sentences.append(f"Quotas: {', '.join(quotas)}.")
    return " ".join(sentences)


def _numbers_of_stimuli(study: Study) -> str:
    clips = [stimulus.clip for stimulus in _stimuli(study)]
    tracks = len({clip.track_id for clip in clips})
    return (
        f"{plural(len(clips), 'clip')} of {plural(tracks, 'track')}." if clips else "No clips are chosen yet."
    )


def _variables(study: Study, clips: list[Clip]) -> dict[str, str]:
    conditions = [one for one in CONDITIONS.values() if any(clip.condition == one.name for clip in clips)]
    manipulated = [
        f"- {one.label}: {one.meaning} ({plural(sum(clip.condition == one.name for clip in clips), 'clip')})"
        for one in conditions
    ]
    methods = sorted({clip.method for clip in clips if clip.method})
    if methods:
        manipulated.append(f"- Methods of explanation: {', '.join(methods)}")
    sizes = sorted({clip.kept_segments for clip in clips if clip.kept_segments})
    if sizes:
        manipulated.append(f"- Segments of evidence held: {', '.join(map(str, sizes))}")
    return {
        "Manipulated variables": "\n".join(manipulated),
        "Measured variables": "\n".join(_asked(question) for question in study.questions.all()),
    }


def _asked(question: Question) -> str:
    kind, words = question.get_kind_display(), question.answer_kind.in_words(question.options)
    answered = words if words.startswith(str(kind)) else f"{kind}: {words}"
    optional = "" if question.required else ", optional"
    about = f" About the target “{question.target}”." if question.target else ""
    if about and question.only_own_target:
        about += " Only asked about clips made for it, and unmasked ones."
    help_text = f" Help: “{question.help_text}”" if question.help_text else ""
    return (
        f"- `{question.key}`: “{question.text}” ({answered}; {question.get_level_display()} level; "
        f"{question.get_scope_display()}{optional}).{help_text}{about}"
    )


def _analysis(study: Study) -> dict[str, str]:
    rules = [f"- {rule}" for rule in study.exclusion_rules.all()]
    kinds = {question.answer_kind.answers for question in study.questions.all()}
    repeated = "Repeated, practice and attention trials enter no estimate."
    return {
        "Statistical models": models_in_words(_research(study), kinds),
        "Inference criteria": inference(_research(study)),
        "Data exclusion": "\n".join(
            [
                "Annotators are left out by these rules, and every figure is also given with everybody:",
                *rules,
            ]
        )
        if rules
        else "No rule leaves annotators out.",
        "Missing data": "Unfinished trials do not count; the last answer to a question counts. Answers of "
        "people "
        f"who withdraw and ask for it are discarded. {repeated}",
        "Exploratory analysis": exploratory(_research(study)),
    }


def _other(study: Study, clips: list[Clip]) -> dict[str, str]:
    explanations = {clip.explanation_id: clip.explanation for clip in clips if clip.explanation}.values()
    models = {row.model_id: row.model for row in explanations}.values()
    recipes = {row.recipe_id: row.recipe for row in explanations}.values()
    tracks = sorted({clip.track.name for clip in clips})
    return {
        "Music models": "\n".join(_model(model) for model in models),
        "Recipes of the explanations": "\n".join(_recipe(recipe) for recipe in recipes),
        "Tracks": ", ".join(tracks),
        "Consent, as annotators read it": _quoted(study.consent),
        "Instructions, as annotators read them": _quoted(study.instructions),
        "Software": f"Listening-study platform {explainer.__version__}.",
    }


def _model(model: MusicModel) -> str:
    return (
        f"- {model.name}: SHA-256 over weights and definition `{model.digest()}`. "
        f"{model.description}".rstrip()
    )


def _recipe(recipe: Recipe) -> str:
    names = ("method", "segmentation", "sampling", "calls", "hidden_value", "route", "evidence_sizes", "seed")
    values = ", ".join(f"{name.replace('_', ' ')} {recipe.parameters.get(name)}" for name in names)
    return f"- {recipe.name} (SHA-256 `{recipe.digest}`): {values}."


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _condition(name: str) -> str:
    return str(Clip.Condition(name).label)


def _research(study: Study) -> list[ResearchQuestion]:
    return list(study.research_questions.select_related("question", "music_model"))


def _stimuli(study: Study) -> Iterable:
    related = ("clip__track", "clip__explanation__model", "clip__explanation__recipe")
    return study.stimuli.active().main().select_related(*related)
