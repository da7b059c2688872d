"""Opening, closing and copying of studies, and their versions."""
