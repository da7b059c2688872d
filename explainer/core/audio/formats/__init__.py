"""Parsers of sound file formats, which find files that are cut off or damaged."""
