"""Files as people bring them, as they are stored, and as they leave the site."""
