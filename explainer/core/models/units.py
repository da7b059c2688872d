"""Units of a model's outputs and of explanation weights, as text."""

from .adapters import OUTPUTS

LOG_ODDS = "log-odds"
_UNITS = {"value": "", "probability": "probability", "logit": LOG_ODDS}
assert set(_UNITS) == set(OUTPUTS)


def unit_of(output: str) -> str:
    """Return the unit of a model's own outputs, one of `OUTPUTS`; empty for values of an unknown unit."""
    return _UNITS.get(output, "")


def explained_unit(output: str) -> str:
    """Return the unit of weights and curves: log-odds for probabilities, see `explained_scale`."""
    return LOG_ODDS if output == "probability" else unit_of(output)


def unit_of_scale(scale: str) -> str:
    """Return the unit of the scale named in an explanation's provenance."""
    return LOG_ODDS if scale == "logit" else scale
