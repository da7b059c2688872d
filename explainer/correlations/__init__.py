"""Predictions of whole tracks, and how mid-level features and emotions correlate over them."""
