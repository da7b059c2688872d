"""The pure core of the explainer: sound, models, explanations, clips; usable from a notebook."""

# Part of the address of every result: raised whenever the same arguments begin to give other bytes.
VERSION = "3"
