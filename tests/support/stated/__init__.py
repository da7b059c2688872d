"""What pages and exports state, read and compared."""
