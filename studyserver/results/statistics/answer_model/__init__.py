"""One crossed model of the answers to a question, and the figures that come from it; see `fit`."""
