"""Reading of JSON from browsers, with limits.

All JSON that pages send is read here, so that requests cannot exhaust the parser or contain text that a
database cannot store.
"""

import json
from typing import Any

from django.utils.translation import gettext as _

MOST_BYTES = 2_000_000  # fifty answers, or the record of a trial, take less than a tenth
DEEPEST = 12  # levels of lists and objects; pages send at most five
MOST_DIGITS = 40  # digits of a whole number; pages send at most sixteen
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class UnreadableJSON(ValueError):
    """The text is not JSON or exceeds a limit; the message says which."""


def read_json(sent: bytes | str) -> Any:
    """Return the value of a JSON text.

    NUL and halves of surrogate pairs are replaced by replacement characters, because databases cannot store
    them. A browser sends half of a pair if a text was cut in the middle of an emoji.

    Raises
    ------
    UnreadableJSON
        If the text is not JSON (NaN and Infinity are not allowed), is too long or too deeply nested, or
        contains a whole number with too many digits.
    """
    if len(sent) > MOST_BYTES:
        raise UnreadableJSON(_("The request is too long."))
    try:
        value = json.loads(sent, parse_int=_whole_number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UnreadableJSON(_("The request cannot be read.")) from None
    return _storable(value, DEEPEST)


def _whole_number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError("too many digits")
    return int(digits)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _storable(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return _storable_text(value)
    if not isinstance(value, list | dict):
        return value
    if levels == 0:
        raise UnreadableJSON(_("The request cannot be read."))
    if isinstance(value, list):
        return [_storable(item, levels - 1) for item in value]
    return {_storable_text(name): _storable(item, levels - 1) for name, item in value.items()}


def _storable_text(text: str) -> str:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", REPLACEMENT)
