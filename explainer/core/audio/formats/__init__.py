"""Sound files of each format: whether they are complete, and what is wrong with them."""
