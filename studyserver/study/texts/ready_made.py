"""Ready-made texts in a study's language, with translations into the site's other languages."""

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise

from studyserver.study.models import Study, StudyTranslation

from .translations import texts_of


def in_language_of(study: Study, value: Any) -> Any:
    """Return definitions (texts, lists and dictionaries of them) with every text in the study's language."""
    with translation.override(study.language):
        return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Promise) else value


def add_translations(study: Study, definitions: Any) -> None:
    """Add the site's translations of these texts to a study; existing translations stay.

    Parameters
    ----------
    study
        Only texts that the study contains are translated.
    definitions
        Definitions whose texts are lazy translations.
    """
    sources = list(_lazy_texts(definitions))
    written = in_language_of(study, sources)
    present = {text.text for text in texts_of(study)}
    for language, _name in settings.LANGUAGES:
        if language == study.language:
            continue
        with translation.override(language):
            pairs = zip(written, sources, strict=True)
            known = {original: str(text) for original, text in pairs if original in present}
        row, _created = StudyTranslation.objects.get_or_create(study=study, language=language)
        row.texts = {**known, **row.texts}
        row.save(update_fields=["texts"])


def _lazy_texts(value: Any) -> list[Promise]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _lazy_texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _lazy_texts(item)]
    return [value] if isinstance(value, Promise) else []
