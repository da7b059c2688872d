"""Imports of tracks, music models, recipes, stems, labels and clips of other systems."""
