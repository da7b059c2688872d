"""Filters of the researchers' templates."""
