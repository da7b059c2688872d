"""Numbers with their nouns, as the explainer writes them too."""

from explainer.core.base.counting import MOST_NAMED, listed, plural

__all__ = ["MOST_NAMED", "listed", "plural"]
