"""Explains music models in sound."""
