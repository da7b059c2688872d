"""Plans of a study: what its design can be expected to find about its research questions."""
