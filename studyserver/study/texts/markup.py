"""HTML around a study's own texts, which may be in another language than the page that shows them."""

from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language


def language_attribute(text: Any) -> SafeString:
    """Return `` lang="en"`` for a text of a study that is not in the page's language, else nothing.

    Screen readers pronounce by it, and browsers hyphenate and choose quotation marks and fonts by it.
    """
    language = getattr(text, "language", "")
    if not text or not language or language == get_language():
        return SafeString("")
    return format_html(' lang="{}"', language)


def with_own_texts(sentence: str, texts: dict[str, Any]) -> SafeString:
    """Put texts of a study into a sentence of the site, each marked with its own language.

    Parameters
    ----------
    sentence
        With a place ``%(name)s`` for each text.
    texts
    """
    marked = {
        name: format_html("<bdi{}>{}</bdi>", language_attribute(text), text) for name, text in texts.items()
    }
    return mark_safe(escape(sentence) % marked)  # both parts are escaped
