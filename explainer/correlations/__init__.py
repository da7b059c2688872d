"""Predictions of whole tracks, and correlations of mid-level features and emotions over them."""
