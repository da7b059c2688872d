"""Verdicts: the answers to a study's declared research questions, one sentence each."""
