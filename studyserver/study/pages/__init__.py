"""Pages for annotators: views, forms and data for the browser."""
