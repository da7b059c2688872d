"""Screening of annotators: questionnaire, level, sound check, headphone checks."""
