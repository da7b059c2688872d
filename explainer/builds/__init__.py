"""Builds of explanations: requests, jobs, where they run, and their stored results."""
