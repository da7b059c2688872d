"""Explains music models in sound."""

# The version of the whole project. pyproject.toml reads it here; a test compares CITATION.cff with it.
__version__ = "0.2.0.dev0"
