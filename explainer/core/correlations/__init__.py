"""Correlations of mid-level features and emotions over tracks."""
