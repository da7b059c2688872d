"""What several pages of the admin use."""
