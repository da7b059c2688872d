"""Sessions: the stages of an annotator, trials, answers, and what was heard."""
