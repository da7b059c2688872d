"""Dotted paths of code that descriptions of models name: which may be imported, and where it stands now.

Descriptions are stored for years, and modules move. A path of before leads to where its code stands now, and
digests are made of the first path, so that a stored model and the same one registered today are equal.
"""

from collections.abc import Sequence

ALLOWED_CODE = (
    "explainer.demo_models.two_level_networks.",
    "explainer.demo_models.musicnn.",
    "explainer.demo_models.cue_model.",
    "explainer.demo_models.attention_model.",
)
_MOVED = {
    "explainer.core.networks.": "explainer.demo_models.two_level_networks.",
    "explainer.core.musicnn.": "explainer.demo_models.musicnn.",
    "explainer.core.cue_model.": "explainer.demo_models.cue_model.",
    "explainer.core.attention_model.": "explainer.demo_models.attention_model.",
}


def current_path(path: str) -> str:
    """Return where code stands now that may have been stored under a path of before."""
    for before, now in _MOVED.items():
        if path.startswith(before):
            return now + path.removeprefix(before)
    return path


def first_path(path: str) -> str:
    """Return the path that code had first."""
    for before, now in _MOVED.items():
        if path.startswith(now):
            return before + path.removeprefix(now)
    return path


def is_allowed(path: str, further: Sequence[str] = ()) -> bool:
    """Return whether code may be imported.

    Parameters
    ----------
    path : str
        Dotted path of a class or function.
    further : sequence of str
        Prefixes that are allowed beside `ALLOWED_CODE`. One that ends in a dot allows everything below it;
        any other allows just that path.
    """
    now = current_path(path)
    allowed = (*ALLOWED_CODE, *further)
    return any(now.startswith(prefix) if prefix.endswith(".") else now == prefix for prefix in allowed)
