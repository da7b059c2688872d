"""Definitions of studies in TOML files: texts in every language, design, questions and what is declared.

The demo's files in ``fixtures/studies/`` and those of the templates share the table ``[study]``: fields of
`Study`; the lists ``questions``, ``exclusion_rules`` and ``research_questions`` with the fields of their
models (a research question names its ``question`` by key); ``translations``: language -> the same texts in
it.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from studyserver.study.models import ExclusionRule, Question, ResearchQuestion, Study, StudyTranslation
from studyserver.study.texts.translations import texts_of

# Parts of the definition that are not fields of the study.
_PARTS = ("questions", "exclusion_rules", "research_questions", "translations", "stimuli", "practice")
_OPTION_TEXTS = ("low", "high")


def read_definition(file: Path) -> dict[str, Any]:
    """Return the content of a TOML file."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


@transaction.atomic
def create_draft(content: Mapping[str, Any], **fields: Any) -> Study:
    """Create a draft from the table ``[study]`` of a definition; `fields` replace or complete its own."""
    own = {name: value for name, value in content.items() if name not in _PARTS}
    study = Study.objects.create(**{**own, **fields})
    questions = {}
    for position, question in enumerate(content.get("questions", ()), start=1):
        questions[question["key"]] = Question.objects.create(study=study, position=position, **question)
    for rule in content.get("exclusion_rules", ()):
        ExclusionRule.objects.create(study=study, **rule)
    for position, asked in enumerate(content.get("research_questions", ()), start=1):
        named = {**asked, "question": questions.get(asked.get("question", ""))}
        ResearchQuestion.objects.create(study=study, position=position, **named)
    translate(study, content)
    return study


def translate(study: Study, content: Mapping[str, Any]) -> None:
    """Add the definition's translations of the texts that the study has; existing translations stay."""
    present = {item.text for item in texts_of(study)}
    for language, translated in content.get("translations", {}).items():
        pairs = {content[name]: text for name, text in translated.items() if name != "questions"}
        for question in content.get("questions", ()):
            pairs |= _of_question(question, translated["questions"][question["key"]])
        row = StudyTranslation.objects.filter(study=study, language=language).first()
        row = row or StudyTranslation(study=study, language=language)
        row.texts = {text: value for text, value in pairs.items() if text in present} | row.texts
        row.save()


def _of_question(question: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, str]:
    """Return original text -> translation of one question."""
    texts = {name: question[name] for name in ("text", "help_text") if name in question}
    texts |= {name: text for name, text in question.get("options", {}).items() if name in _OPTION_TEXTS}
    return {text: own[name] for name, text in texts.items()}
