"""Template filters of the results app."""
