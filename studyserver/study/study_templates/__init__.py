"""Definitions of whole studies in files, and templates that become a study with clips of the site."""
