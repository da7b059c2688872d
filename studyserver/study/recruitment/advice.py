"""Advice about a study that can be opened but may have weaknesses."""

from explainer.models import Clip
from studyserver.study.design.outlook import outlook
from studyserver.study.design.problems import design_advice
from studyserver.study.design.sets import UNMASKED
from studyserver.study.design.trial_draws import spacing_advice
from studyserver.study.lifecycle.declared import declared_advice
from studyserver.study.models import Study
from studyserver.study.texts.right_answers import right_answers_advice

from .blinding_advice import blinding_advice
from .recruiting import recruiting_advice


def advice(study: Study) -> list[str]:
    """Return warnings about a study that do not prevent opening it."""
    stimuli = list(study.stimuli.active().main().select_related("clip"))
    if not stimuli:
        return []
    found = [*declared_advice(study), *recruiting_advice(study)]
    future = outlook(study)
    if future.session_minutes > 30:
        found.append(
            f"A session takes about {future.session_minutes} minutes; attention lasts for 20 to 30. "
            "Lower “trials per annotator” or ask fewer questions."
        )
    conditions = {stimulus.clip.condition for stimulus in stimuli}
    rated = not study.presents.compares and any(
        question.answer_kind.has_numbers for question in study.questions.all()
    )
    # Where one clip does not belong, guessing is what chance gives.
    needs_control = Clip.Condition.EVIDENCE in conditions and not study.presents.has_intruder
    if needs_control and Clip.Condition.RANDOM_CONTROL not in conditions:
        found.append(
            "There is evidence but no random control: without one, evidence cannot be compared with chance."
        )
    if rated and Clip.Condition.EVIDENCE in conditions and not conditions & UNMASKED:
        found.append(
            "There is evidence but no original or resynthesis to compare it with: add one of them, so that "
            "the loss caused by masking can be measured."
        )
    found += design_advice(study)
    found += right_answers_advice(study)
    found += spacing_advice(study)
    found += blinding_advice(study, stimuli)
    if rated and conditions - UNMASKED and not study.questions.filter(key="sound_quality").exists():
        found.append(
            "No question asks about sound quality: annotators may confuse “sounds bad” with “is gone”. Add "
            "the ready-made question."
        )
    return found
