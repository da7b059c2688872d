"""Template tags of annotators' pages."""
