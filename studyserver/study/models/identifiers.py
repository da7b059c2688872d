"""Random pseudonyms, tokens and codes that cannot be guessed."""

import base64
import random

# Random generator of all functions below; tests replace it by a generator with a seed.
chance: random.Random = random.SystemRandom()

# No letters or digits that are easily confused when read out.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_token() -> str:
    """Return 128 random bits as text, for addresses that cannot be guessed."""
    return base64.urlsafe_b64encode(chance.randbytes(16)).rstrip(b"=").decode()


def random_pseudonym() -> str:
    """Return a random name such as ``A7KQ2M9X``."""
    return "A" + _letters(7)


def random_completion_code() -> str:
    """Return a code such as ``K7QM-2X9R`` that is easy to read out."""
    return _code(2)


def random_deletion_code() -> str:
    """Return a code such as ``K7QM-2X9R-B4TT`` that is shown only to the annotator.

    The pseudonym cannot serve as the code, because published exports contain pseudonyms.
    """
    return _code(3)


def random_seed() -> int:
    """Return an unpredictable number, from which a check's sounds and right answers are computed."""
    return chance.getrandbits(62)


def _code(groups: int) -> str:
    return "-".join(_letters(4) for _ in range(groups))


def _letters(number: int) -> str:
    return "".join(chance.choices(_ALPHABET, k=number))
