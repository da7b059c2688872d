"""Models of a study's answers: which answers enter, what is stored, and what tables show of them."""
