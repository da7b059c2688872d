"""What a researcher does next with a study, from the first text to the results."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from explainer.core.base.counting import plural
from explainer.models import Clip
from studyserver.study.study_templates.catalogue import templates
from studyserver.study.texts.starting_texts import is_as_suggested

from ..models import PREVIEW, Annotator, Study
from .shared.addresses import address


@dataclass(frozen=True)
class Step:
    """One step on the way."""

    # What to do, and the current state.
    title: str
    text: str
    done: bool  # whether it is behind
    address: str  # where it is done: a page, or a place on the study's own


def steps(study: Study, problems: Sequence[str]) -> list[Step]:
    """Return the steps in their order; the first that is not done is the next one.

    Parameters
    ----------
    study
    problems
        What must be fixed before it can be opened.
    """
    return [
        _research(study),
        _texts(study),
        _stimuli(study),
        _questions(study),
        _design(study),
        _preview(study),
        _rehearsal(study),
        _opening(study, problems),
        _annotators(study),
    ]


def _research(study: Study) -> Step:
    number = study.research_questions.count()
    title, where = "Say what you want to know", "#research_questions-group"
    if number:
        return Step(title, f"{plural(number, 'research question')} declared.", True, where)
    if study.is_locked:
        return Step(title, "Nothing was declared, so every comparison is exploratory.", True, where)
    if study.template in templates() and not study.stimuli.exists():
        where = reverse("admin:study_study_compose", args=[study.pk])
        return Step(title, "The template declares it with the clips that you choose.", False, where)
    return Step(title, "Declare what the results should answer.", False, where)


def _texts(study: Study) -> Step:
    if is_as_suggested(study):
        text = "Consent and instructions are as suggested: make them your own, and name a contact."
        return Step("Write the texts", text, False, "#study_form")
    return Step("Write the texts", "Consent and instructions are your own.", True, "#study_form")


def _stimuli(study: Study) -> Step:
    number = study.stimuli.active().main().count()
    if number:
        return Step("Choose the clips", f"{number} stimuli.", True, "#study-heard")
    if not Clip.objects.exists():
        text = "The site has no clips yet: build some from tracks and a model, or upload your own."
        return Step("Choose the clips", text, False, address("explainer:build") or "#study-heard")
    page = "compose" if study.template in templates() else "stimuli"
    text = "Choose the tracks, targets and conditions."
    return Step("Choose the clips", text, False, reverse(f"admin:study_study_{page}", args=[study.pk]))


def _questions(study: Study) -> Step:
    number = study.questions.count()
    text = f"{number} in each trial at most." if number else "Add a ready-made set, or questions of your own."
    return Step("Add questions", text, bool(number), "#study-questions" if not number else "#questions-group")


def _design(study: Study) -> Step:
    decided = study.annotators_wanted is not None
    text = (
        f"{study.annotators_wanted} annotators are wanted."
        if decided
        else "Enter how many annotators you want and how many trials each of them gets; “What will be heard” "
        "shows how long that takes and what it can detect."
    )
    return Step("Set numbers of annotators and trials", text, decided, "#study_form")


def _preview(study: Study) -> Step:
    seen = study.annotators.previews().exists() or _has_begun(study)
    text = "Take the study yourself; your answers do not count."
    return Step(
        "Preview the study", "You have seen it as annotators do." if seen else text, seen, "#study-state"
    )


def _rehearsal(study: Study) -> Step:
    rehearsed = study.annotators.rehearsals().exclude(behaviour__in=["", PREVIEW]).exists()
    text = "Let simulated annotators take it, and look at the results you would get."
    done = rehearsed or _has_begun(study)
    return Step("Rehearse", "It has been rehearsed." if rehearsed else text, done, "#study-rehearsal")


def _opening(study: Study, problems: Sequence[str]) -> Step:
    if study.state != Study.State.DRAFT:
        return Step("Open the study", f"Opened on {study.opened_at:%-d %B %Y}.", True, "#study-state")
    if problems:
        number = len(problems)
        text = f"{number} problem{'s' * (number > 1)} to fix first; see below."
    else:
        text = (
            "The study is ready to open. Questions and stimuli can no longer change once somebody has begun."
        )
    return Step("Open the study", text, False, "#study-state")


def _annotators(study: Study) -> Step:
    finished = study.annotators.people().filter(state=Annotator.State.FINISHED).count()
    of = f" of {study.annotators_wanted}" if study.annotators_wanted else ""
    enough = study.state == Study.State.CLOSED or (
        study.annotators_wanted is not None and finished >= study.annotators_wanted
    )
    text = f"{finished}{of} have finished." if _has_begun(study) else "Send the link, or personal links."
    return Step("Invite annotators", text, enough, "#study-progress" if enough else "#study-people")


def _has_begun(study: Study) -> bool:
    return study.annotators.people().exists()
