"""Opening and closing a study, and the versions of what is asked."""
