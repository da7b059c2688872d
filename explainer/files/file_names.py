"""File names in any script: identifiers made from them, and comparison of names."""

import hashlib
import re
import unicodedata
from pathlib import PurePath, PurePosixPath

_LONGEST = 100
# Latin letters that Unicode does not decompose into a plain letter and a mark.
_PLAIN = str.maketrans({
    "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
    "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "\N{LATIN SMALL LETTER DOTLESS I}": "i",
})  # fmt: skip
_LONGEST_IN_BYTES = 200  # file systems allow 255, and temporary names are longer


def composed(text: str) -> str:
    """Return a text in composed form (NFC), because macOS stores names decomposed."""
    return unicodedata.normalize("NFC", text)


def readable(name: str) -> str:
    """Return a file's name, or a text with it, with a replacement for each byte that is not UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def identifier(text: str, otherwise: str = "track") -> str:
    """Return a name of letters, digits and ``_ . : -`` that resembles a text.

    Texts that differ in letters of other scripts, in symbols such as emoji, or after the greatest length get
    different names: digits of the text's checksum replace the parts left out.

    Parameters
    ----------
    otherwise : str
        Beginning of the name if nothing of the text can be kept.
    """
    text = composed(text)
    apart = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    kept = apart.encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_.:-]+", "_", kept).strip("_.:-")
    if len(name) > _LONGEST or not name or any(map(_is_told_apart_by, set(apart))):
        return with_checksum(name or otherwise, text)
    return name


def with_checksum(name: str, text: str) -> str:
    """Return a name with some digits of a text's checksum at its end."""
    digits = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: _LONGEST - 1 - len(digits)].rstrip('_.:-')}_{digits}"


def _is_told_apart_by(sign: str) -> bool:
    """Return whether a character left out of a name is more than punctuation or a combining mark."""
    return ord(sign) > 127 and unicodedata.category(sign)[0] in "LNSC"


def short(name: str) -> str:
    """Return the name of an uploaded file, shortened to the limit of common file systems."""
    path = PurePath(name)
    stem, ending = path.stem, path.suffix
    room = _LONGEST_IN_BYTES - len(ending.encode("utf-8", "replace"))
    return stem.encode("utf-8", "replace")[: max(room, 1)].decode("utf-8", "ignore") + ending


def parts_of(name: str) -> tuple[str, ...]:
    """Return the folders and the name in a table's path: composed, split at slashes, without ``.``."""
    return tuple(part for part in PurePosixPath(composed(name).replace("\\", "/")).parts if part != ".")
