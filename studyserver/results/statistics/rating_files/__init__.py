"""Files of ratings for the command `agreement`: reading, notes, printing."""
