"""Plots of the results pages."""
