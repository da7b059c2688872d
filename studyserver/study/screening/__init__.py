"""What decides who can take part: questionnaire, level, sound check, headphone checks."""
