"""Dotted paths of model code: which may be imported, and aliases of paths that have moved.

Descriptions of models are stored for years, and modules move. A former path leads to the current place of
its code. Digests use the first path, so a stored model equals the same model registered today.
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
    """Return the current path of code that may have been stored under a former path."""
    for before, now in _MOVED.items():
        if path.startswith(before):
            return now + path.removeprefix(before)
    return path


def first_path(path: str) -> str:
    """Return the first path that the code had, for digests."""
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
        Prefixes that are allowed in addition to `ALLOWED_CODE`. One that ends in a dot allows everything
        below it; any other allows only that path.
    """
    now = current_path(path)
    allowed = (*ALLOWED_CODE, *further)
    return any(now.startswith(prefix) if prefix.endswith(".") else now == prefix for prefix in allowed)
