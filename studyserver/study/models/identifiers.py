"""Names, addresses and codes that nobody can guess."""

import base64
import random

# The one source of chance of everything below; tests replace it by a generator with a seed.
chance: random.Random = random.SystemRandom()

# No letters or digits that are easily confused when read out.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_token() -> str:
    """Return 128 random bits for an address that nobody can guess."""
    return base64.urlsafe_b64encode(chance.randbytes(16)).rstrip(b"=").decode()


def random_pseudonym() -> str:
    """Return a name such as ``A7KQ2M9X`` that says nothing about the person."""
    return "A" + _letters(7)


def random_completion_code() -> str:
    """Return a code such as ``K7QM-2X9R`` that can be read out."""
    return _code(2)


def random_deletion_code() -> str:
    """Return a code such as ``K7QM-2X9R-B4TT`` that only the annotator is given.

    Pseudonyms appear in published exports, so knowing one must not suffice to delete anything.
    """
    return _code(3)


def random_seed() -> int:
    """Return a number that nobody can guess, from which a check's sounds and right answers follow."""
    return chance.getrandbits(62)


def _code(groups: int) -> str:
    return "-".join(_letters(4) for _ in range(groups))


def _letters(number: int) -> str:
    return "".join(chance.choices(_ALPHABET, k=number))
