"""Pictures of explanations: of sound, of weights, of effects, of curves."""
