"""Versions of a study: what exactly was asked when an answer was given."""

import hashlib
import json
from collections.abc import Iterable

from django.db import transaction

from studyserver.study.design.left_out import left_out
from studyserver.study.models import AdaptiveDesign, QuestionExample, Study, StudyVersion
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kinds import KINDS

_TEXTS = ("language", "title", "consent", "instructions", "rest_text", "thanks", "contact")
_DESIGN = (
    "presentation",
    "set_rule",
    "compared_conditions",
    "reference_condition",
    "anchor_condition",
    "condition_design",
    "blocks",
    "rest_every",
    "rest_seconds",
    "trials_per_annotator",
    "annotators_wanted",
    "minimum_track_distance",
    "repeats_per_annotator",
    "repeat_distance",
    "practice_trials",
    "practice_feedback",
    "attention_trials",
    "seed",
    "minimum_listening_share",
    "switching",
    "rate_while_playing",
    "allow_seek",
    "allow_loop",
    "allow_loop_region",
    "show_waveform",
    "lock_volume",
    "set_level",
    "count_tones",
    "headphone_check",
    "headphone_exclusion",
    "headphone_attempts",
    "attention_limit",
    "access",
    "resume_days",
    "minutes_to_finish",
)
_QUESTION = (
    "key",
    "position",
    "text",
    "help_text",
    "kind",
    "level",
    "options",
    "scope",
    "target",
    "only_own_target",
    "required",
)
_ITEM = (
    "key",
    "position",
    "text",
    "help_text",
    "kind",
    "options",
    "required",
    "shown_if_key",
    "shown_if",
    "screen_out_if",
)
_ADAPTIVE = ("question__key", "first", "second", "precision", "minimum_judgments", "block_size")
_RULE = ("measure", "excludes", "limit")
_CONTRAST = ("question__key", "first", "first_method", "second", "second_method")

_KINDS = {**ITEM_KINDS, **KINDS}


def snapshot(study: Study) -> dict:
    """Return everything that an annotator of the study can see or be given, and the analysis declared."""
    return {
        "texts": {name: getattr(study, name) for name in _TEXTS},
        "design": {name: getattr(study, name) for name in _DESIGN},
        "questions": _as_presented(study.questions.order_by("position", "id").values(*_QUESTION)),
        "examples": list(
            QuestionExample.objects.filter(question__study=study)
            .order_by("question__position", "id")
            .values("question__key", "label", "clip", "clip__sha256")
        ),
        "questionnaire": [
            {
                "place": page.place,
                "title": page.title,
                "introduction": page.introduction,
                "questions": _as_presented(page.items.order_by("position", "id").values(*_ITEM)),
            }
            for page in study.questionnaire_pages.order_by("-place", "position", "id")
        ],
        "quotas": list(study.quotas.order_by("id").values("name", "item__key", "rule", "limit")),
        "translations": {row.language: row.texts for row in study.translations.order_by("language")},
        "exclusion_rules": list(study.exclusion_rules.order_by("id").values(*_RULE)),
        "adaptive": list(AdaptiveDesign.objects.filter(study=study).values(*_ADAPTIVE)),
        "primary_contrasts": list(study.primary_contrasts.order_by("id").values(*_CONTRAST)),
        "stimuli": list(
            study.stimuli.order_by("id").values("id", "clip", "clip__sha256", "role", "active", "feedback")
        ),
        "equal_sounds": left_out(study).as_data(),
    }


def _as_presented(questions: Iterable[dict]) -> list[dict]:
    """Return questions with options as annotators met them, also what was left to a default."""
    return [item | {"options": _KINDS[item["kind"]].presented(item["options"])} for item in questions]


def record_version(study: Study) -> StudyVersion:
    """Return the study's version as it stands now, a new one if anything has changed."""
    state = snapshot(study)
    digest = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        Study.objects.locked(study.pk)
        latest = study.versions.order_by("number").last()
        if latest and latest.digest == digest:
            return latest
        number = latest.number + 1 if latest else 1
        return study.versions.create(number=number, snapshot=state, digest=digest)


def current_version(study: Study) -> StudyVersion:
    """Return the version that a trial presented now belongs to.

    Drafts change at any time (rehearsals run in them), so they are looked at anew; an open
    study's version is recorded when it opens and whenever it is saved.
    """
    if study.state == Study.State.DRAFT:
        return record_version(study)
    latest = study.versions.defer("snapshot").order_by("number").last()
    return latest or record_version(study)
