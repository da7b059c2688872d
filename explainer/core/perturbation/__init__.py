"""Asking a model about a track with segments removed."""
