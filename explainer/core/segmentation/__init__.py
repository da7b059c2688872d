"""Segments: the parts of a sound that can be removed."""
