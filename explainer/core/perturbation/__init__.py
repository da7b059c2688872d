"""Perturbation: predictions of a model on a track with segments removed."""
