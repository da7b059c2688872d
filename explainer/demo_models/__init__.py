"""Models that come with the demo study, and how they were trained."""
