"""The core of the explainer, without Django: sound, models, explanations, clips; usable from a notebook."""

# Part of the key of every stored result: raise it when the same arguments give different bytes.
VERSION = "3"
