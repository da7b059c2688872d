"""Pages for researchers: views, forms, and the data that pages show."""
