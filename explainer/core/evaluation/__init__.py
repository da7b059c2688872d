"""Checks of explanations and of methods."""
