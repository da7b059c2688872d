"""Music models: their protocol, adapters, loading, checks, and the second level."""
