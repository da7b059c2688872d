"""One text, and one checksum, for all JSON values that are equal."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any, *, ascii_only: bool = False) -> str:
    """Return a value as JSON, keys sorted, without blanks.

    Parameters
    ----------
    value
        Of JSON types.
    ascii_only : bool
        Whether other letters are written as escape sequences, as in every text that is hashed.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_only)


def digest_of(value: Any) -> str:
    """Return the SHA-256, in hexadecimal, of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value, ascii_only=True).encode()).hexdigest()
