"""Kinds of questions and of questionnaire items: options, values, conditions."""
