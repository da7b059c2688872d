"""HTML for a study's own texts, whose language can differ from the page's language."""

from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language


def language_attribute(text: Any) -> SafeString:
    """Return `` lang="en"`` for a text of a study that is not in the page's language, else an empty string.

    Screen readers need it for the pronunciation, browsers for hyphenation, quotation marks and fonts.
    """
    language = getattr(text, "language", "")
    if not text or not language or language == get_language():
        return SafeString("")
    return format_html(' lang="{}"', language)


def with_own_texts(sentence: str, texts: dict[str, Any]) -> SafeString:
    """Insert texts of a study into a sentence of the site, each marked with its language.

    Parameters
    ----------
    sentence
        Contains ``%(name)s`` for each text.
    texts
    """
    marked = {
        name: format_html("<bdi{}>{}</bdi>", language_attribute(text), text) for name, text in texts.items()
    }
    return mark_safe(escape(sentence) % marked)  # both parts are escaped
