"""Explains music models in sound."""

# The version of the whole project. Everything else that names it reads it here or is compared with it by a test.
__version__ = "0.2.0.dev0"
