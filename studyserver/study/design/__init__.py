"""Designs: stimuli, sets, order, spacing, allocation, and their problems."""
