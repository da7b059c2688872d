"""Export of a study: codebook, data package, CSV files, scripts."""
