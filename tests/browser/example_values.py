"""Values of options that could be taken for something else."""

AWKWARD = ["harsh|bitter", "harsh", "=1+1", 'say "x", y; z', '["a"]']
