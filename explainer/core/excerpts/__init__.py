"""Choice of excerpts by rule: where a model's target is most, least, or spread evenly over its range."""
