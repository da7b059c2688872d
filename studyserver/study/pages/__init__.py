"""Pages for annotators: views, forms, and what a browser receives and sends."""
