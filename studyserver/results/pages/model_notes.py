"""How up to date the models of answers are, in sentences."""

from typing import TYPE_CHECKING

from explainer.core.base.counting import plural
from studyserver.results.tables.failures import Parts

if TYPE_CHECKING:
    from studyserver.results.tables.answer_models.stored import StoredFit
    from studyserver.results.tables.computed import Computed

WHAT = "means, differences, retention and reliability"


def model_notes(parts: Parts) -> list[str]:
    """Return what to know about the models that a page shows; empty if all are complete and converged."""

    def notes(computed: "Computed") -> list[str]:
        found = [_note(stored) for stored in computed.shown.models.each()]
        return [note for note in found if note]

    return parts.part("models", "Models of the answers", notes, [])


def _note(stored: "StoredFit") -> str:
    asked = stored.item.question.text
    if stored.why_none is not None:
        return ""
    if not stored.is_current:
        if stored.fit is None:
            return f"The {WHAT} of “{asked}” are being computed. Reload the page in a minute."
        newer = (
            f"{plural(stored.n_newer, 'newer answer')} to" if stored.n_newer else "changes of the answers to"
        )
        return f"The {WHAT} of “{asked}” do not include {newer} it yet; they are being computed."
    if stored.undefined is not None:
        return f"“{asked}”: {stored.undefined.worded('track', 'annotator')}."
    if stored.fit is not None and not stored.fit.has_converged:
        return (
            f"The model of the answers to “{asked}” has not converged "
            f"(R-hat {stored.fit.largest_r_hat:.2f}), so its intervals are rough. More answers help most."
        )
    return ""
