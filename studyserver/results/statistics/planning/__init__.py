"""What a design can be expected to find: approximated at once, and by simulated studies."""
