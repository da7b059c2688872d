"""A study's texts in the annotator's language; texts without a translation are shown as written."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from studyserver.study.models import Question, QuestionnaireItem, QuestionnairePage, Study

_STUDY_TEXTS = {
    "title": "Title",
    "consent": "Consent",
    "instructions": "Instructions",
    "rest_text": "Rest",
    "thanks": "Thanks",
}


@dataclass(frozen=True)
class Text:
    """A text that annotators read, and its place."""

    place: str
    text: str

    @property
    def is_long(self) -> bool:
        """Whether the text needs several lines."""
        return len(self.text) > 80 or "\n" in self.text


def texts_of(study: Study) -> list[Text]:
    """Return every text of a study that annotators read, each once, in the order of the pages."""
    found: dict[str, Text] = {}
    for place, text in _all_texts(study):
        if text and text.strip():
            found.setdefault(text, Text(place, text))
    return list(found.values())


def _all_texts(study: Study) -> Iterator[tuple[str, str]]:
    for name, place in _STUDY_TEXTS.items():
        yield place, getattr(study, name)
    for page in study.questionnaire_pages.prefetch_related("items"):
        yield "Page", page.title
        yield "Page", page.introduction
        for item in page.items.all():
            yield from _question_texts(item)
    for question in study.questions.prefetch_related("examples"):
        yield from _question_texts(question)
        for example in question.examples.all():
            yield f"Question “{question.key}”: sound example", example.label
    for feedback in study.stimuli.practice().exclude(feedback="").values_list("feedback", flat=True):
        yield "Feedback after practice", feedback


def _question_texts(question: Question | QuestionnaireItem) -> Iterator[tuple[str, str]]:
    place = f"Question “{question.key}”"
    yield place, question.text
    yield f"{place}: help", question.help_text
    kind = question.answer_kind
    for text in kind.written(_options_of(question)):
        yield f"{place}: {kind.text_place}", text


def _options_of(question: Question | QuestionnaireItem) -> dict[str, Any]:
    return question.options if isinstance(question.options, dict) else {}


class Written(str):
    """A text of a study with its language."""

    language: str

    def __new__(cls, text: str, language: str = "") -> "Written":
        """Create the text with its language."""
        written = super().__new__(cls, text)
        written.language = language
        return written


@dataclass(frozen=True)
class Dictionary:
    """A study's texts in one language."""

    language: str  # language of the translations
    texts: dict[str, str]  # original text -> translation; empty in the original language
    written_in: str  # original language, which texts without a translation have

    def __call__(self, text: str) -> Written:
        """Return the translation of a text, or the text itself."""
        translation = self.texts.get(text)
        return Written(translation, self.language) if translation else Written(text, self.written_in)

    def study(self, study: Study) -> Study:
        """Return a copy of the study with translated texts; do not save it."""
        translated = copy.copy(study)
        for name in _STUDY_TEXTS:
            setattr(translated, name, self(getattr(study, name)))
        return translated

    def question(self, question: Any) -> Any:
        """Return a copy of a question (or questionnaire item) with translated texts; do not save it."""
        translated = copy.copy(question)
        translated.text, translated.help_text = self(question.text), self(question.help_text)
        translated.options = question.answer_kind.with_texts(_options_of(question), self)
        return translated

    def page(self, page: QuestionnairePage) -> QuestionnairePage:
        """Return a copy of a page of the questionnaire with translated texts; do not save it."""
        translated = copy.copy(page)
        translated.title, translated.introduction = self(page.title), self(page.introduction)
        return translated


def dictionary(study: Study, language: str | None = None) -> Dictionary:
    """Return a study's texts in a language, by default the language of the current page."""
    language = language or get_language() or settings.LANGUAGE_CODE
    if language != study.language:
        for code in (language, language.split("-")[0]):
            row = study.translations.filter(language=code).first()
            if row and code != study.language:
                return Dictionary(code, row.texts, study.language)
    return Dictionary(study.language, {}, study.language)
