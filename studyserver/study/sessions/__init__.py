"""Sessions of annotators: joining, stages, trials, answers and listening records."""
