"""Kinds of questions and of questionnaire items: one file for each kind."""
