"""Versions of a study, which record the exact questions and design for each answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from explainer.core.base.canonical_json import digest_of
from studyserver.study.design.left_out import left_out
from studyserver.study.models import (
    ExclusionRule,
    Question,
    QuestionExample,
    QuestionnaireItem,
    QuestionnairePage,
    Quota,
    ResearchQuestion,
    Stimulus,
    Study,
    StudyTranslation,
    StudyVersion,
)
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kinds import KINDS

_NUMBER = "number of the row in the database"
_WHOSE = "the snapshot is of one study"
_ORDER = "the snapshot lists the rows in this order"
_RECRUITER = "name in a recruiter's links, which annotators do not see"
_STATE = "changes when the study opens or closes, which does not change what is asked"


@dataclass(frozen=True)
class Part:
    """The part of a snapshot for the rows of one model: every field that is not left out."""

    model: type[models.Model]
    left_out: Mapping[str, str]  # field -> reason why a change of it does not create a new version
    # Foreign key -> fields of the other row that the snapshot contains instead.
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the fields in the snapshot, as for `QuerySet.values`."""
        fields = [*self.model._meta.fields, *self.model._meta.many_to_many]
        kept = [each.name for each in fields if each.name not in self.left_out]
        return [name for each in kept for name in self.instead.get(each, (each,))]

    def completed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored row with all current fields; fields that did not exist then get their default."""
        return {name: row[name] if name in row else self._default(name) for name in self.names}

    def _default(self, name: str) -> Any:
        return None if "__" in name else self.model._meta.get_field(name).get_default()


STUDY = Part(
    Study,
    {
        "id": _NUMBER,
        "slug": "address of the study, which does not affect trials",
        "state": _STATE,
        "opened_at": _STATE,
        "closed_at": _STATE,
        "created_at": "time, not content",
        "notes": "for researchers only; exports are published",
        "template": "where the study came from; what it has become is in the snapshot",
        "completion_code": "a secret between the study and its recruiter; exports are published",
        "participant_parameter": _RECRUITER,
        "panel_study_parameter": _RECRUITER,
        "session_parameter": _RECRUITER,
    },
)
QUESTION = Part(Question, {"id": _NUMBER, "study": _WHOSE})
EXAMPLE = Part(
    QuestionExample,
    {"id": _NUMBER, "token": "random part of an address"},
    {"question": ("question__key",), "clip": ("clip", "clip__sha256")},
)
PAGE = Part(QuestionnairePage, {"id": _NUMBER, "study": _WHOSE, "position": _ORDER})
ITEM = Part(QuestionnaireItem, {"id": _NUMBER, "page": "the snapshot lists the questions within their page"})
QUOTA = Part(
    Quota,
    {"id": _NUMBER, "study": _WHOSE, "members": "annotators, who join later"},
    {"item": ("item__key",)},
)
TRANSLATION = Part(StudyTranslation, {"id": _NUMBER, "study": _WHOSE})
RULE = Part(ExclusionRule, {"id": _NUMBER, "study": _WHOSE})
RESEARCH = Part(
    ResearchQuestion,
    {"id": _NUMBER, "study": _WHOSE},
    {"question": ("question__key",), "music_model": ("music_model__name",)},
)
STIMULUS = Part(Stimulus, {"study": _WHOSE}, {"clip": ("clip", "clip__sha256")})
PARTS = (
    STUDY, QUESTION, EXAMPLE, PAGE, ITEM, QUOTA, TRANSLATION, RULE, RESEARCH, STIMULUS,
)  # fmt: skip

_TEXTS = ("language", "title", "consent", "instructions", "rest_text", "thanks", "contact")
_LISTS = {
    "questions": QUESTION,
    "examples": EXAMPLE,
    "quotas": QUOTA,
    "exclusion_rules": RULE,
    "research_questions": RESEARCH,
    "stimuli": STIMULUS,
}
# Name of a list in snapshots of earlier versions of the software -> its name now.
_RENAMED = {"primary_contrasts": "research_questions"}
# Lists of earlier versions of the software whose rows no longer exist; an empty one changed nothing.
_REMOVED = {"adaptive"}
_KINDS = {**ITEM_KINDS, **KINDS}


def snapshot(study: Study) -> dict:
    """Return everything that annotators of the study can see or get, and the declared analysis."""
    texts_and_design = {name: getattr(study, name) for name in STUDY.names}
    return {
        **_divided(texts_and_design),
        "questions": _as_presented(study.questions.order_by("position", "id").values(*QUESTION.names)),
        "examples": list(
            QuestionExample.objects.filter(question__study=study)
            .order_by("question__position", "id")
            .values(*EXAMPLE.names)
        ),
        "questionnaire": [
            {
                **{name: getattr(page, name) for name in PAGE.names},
                "questions": _as_presented(page.items.order_by("position", "id").values(*ITEM.names)),
            }
            for page in study.questionnaire_pages.order_by("-place", "position", "id")
        ],
        "quotas": list(study.quotas.order_by("id").values(*QUOTA.names)),
        "translations": {row.language: row.texts for row in study.translations.order_by("language")},
        "exclusion_rules": list(study.exclusion_rules.order_by("id").values(*RULE.names)),
        "research_questions": list(
            study.research_questions.order_by("position", "id").values(*RESEARCH.names)
        ),
        "stimuli": list(study.stimuli.order_by("id").values(*STIMULUS.names)),
        "equal_sounds": left_out(study).as_data(),
    }


def _divided(texts_and_design: Mapping[str, Any]) -> dict[str, dict]:
    """Return a study's fields in two sections: texts for annotators, and design."""
    return {
        "texts": {name: value for name, value in texts_and_design.items() if name in _TEXTS},
        "design": {name: value for name, value in texts_and_design.items() if name not in _TEXTS},
    }


def _as_presented(questions: Iterable[dict]) -> list[dict]:
    """Return questions with the options that annotators see, including defaults."""
    return [item | {"options": _KINDS[item["kind"]].presented(item["options"])} for item in questions]


def completed(stored: dict) -> dict:
    """Return a stored snapshot with all current fields, so that it can be compared with a new snapshot.

    A new field in the software does not create new versions of existing studies, because they behaved as
    the field's default says.
    """
    stored = {
        _RENAMED.get(name, name): value for name, value in stored.items() if value or name not in _REMOVED
    }
    lists = {name: [part.completed(row) for row in stored.get(name, ())] for name, part in _LISTS.items()}
    pages = [
        PAGE.completed(page) | {"questions": [ITEM.completed(item) for item in page["questions"]]}
        for page in stored["questionnaire"]
    ]
    own = _divided(STUDY.completed(stored["texts"] | stored["design"]))
    return stored | lists | own | {"questionnaire": pages}


def record_version(study: Study) -> StudyVersion:
    """Return the study's current version, a new one if anything has changed."""
    state = snapshot(study)
    digest = digest_of(state)
    with transaction.atomic():
        Study.objects.locked(study.pk)
        latest = study.versions.order_by("number").last()
        if latest and (digest == latest.digest or digest == digest_of(completed(latest.snapshot))):
            return latest
        number = latest.number + 1 if latest else 1
        return study.versions.create(number=number, snapshot=state, digest=digest)


def record_change(study: Study) -> None:
    """Record a new version of a study that has been opened, if anything has changed."""
    if study.state != Study.State.DRAFT:
        record_version(study)


def current_version(study: Study) -> StudyVersion:
    """Return the version for a trial that is presented now.

    A draft can change at any time, so its version is computed again for each trial of a rehearsal. The
    version of an open study is recorded when it opens and whenever it is saved.
    """
    if study.state == Study.State.DRAFT:
        return record_version(study)
    latest = study.versions.defer("snapshot").order_by("number").last()
    return latest or record_version(study)
