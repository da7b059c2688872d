"""Training of the demo's models: composed music, rendering, fitting, model cards, published data sets."""
