"""Correlations of the two levels over tracks."""
