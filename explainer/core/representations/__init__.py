"""Representations: the features models take, and the exact reconstruction of sound from them."""
