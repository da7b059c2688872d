"""The page "Retention and contrasts": one module per part, page.py puts them together."""
