"""What a study wants to know: estimands, the questions that suit them, and how they read in English."""
