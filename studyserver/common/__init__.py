"""Helpers that the study and its results share, without Django: numbers, names, missing values, intervals."""
