"""Rows of the results: keys for scripts, and stored models of answers."""

from .access_token import AccessToken
from .answer_fit import AnswerFit

__all__ = ["AccessToken", "AnswerFit"]
