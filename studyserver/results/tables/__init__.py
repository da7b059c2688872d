"""Tables of a study: groups of clips, figures, everything computed once."""
