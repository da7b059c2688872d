"""Figures of each rater, and rules that exclude raters."""
