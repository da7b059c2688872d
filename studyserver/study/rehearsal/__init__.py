"""Rehearsals by simulated annotators."""
