"""Rows of the results: keys for scripts, and stored models of answers, simulated plans."""

from .access_token import AccessToken
from .answer_fit import AnswerFit
from .simulated_plan import SimulatedPlan

__all__ = ["AccessToken", "AnswerFit", "SimulatedPlan"]
