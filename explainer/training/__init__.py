"""Making of the demo's two-level model: composed music, its rendering, and the fit.

This lies outside `explainer.core` on purpose. The core explains models that somebody hands to it;
here one is made, from music that is composed and played (through the program fluidsynth) for
nothing else. A running site never imports this package: the weights it produces are committed under
``fixtures/models/cue_model``.

The walk is ``cues -> composition -> midi -> rendering -> corpus -> fitting -> report``, with
``emotions`` as the source of the fixed second level; ``manage.py train_demo_model`` takes it from
one end to the other.
"""
