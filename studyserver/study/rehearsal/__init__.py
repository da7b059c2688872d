"""Rehearsals with simulated annotators."""
