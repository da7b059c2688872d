"""Builds: which explanations must exist, jobs, where they run, and their stored results."""
