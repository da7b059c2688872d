"""Models that come with the demo study, and published networks to train."""
