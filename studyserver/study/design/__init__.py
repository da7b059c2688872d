"""Designs: stimuli, sets, order, spacing, allocation, adaptive trials, and their problems."""
