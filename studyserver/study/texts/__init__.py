"""Texts of a study in every language: ready-made ones, translations, words of targets."""
