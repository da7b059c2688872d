"""How the demo's two cue models were made: composed music, rendering, fitting, measuring, model cards.

Not installed with the product, which ships the models themselves (fixtures/models).
"""
