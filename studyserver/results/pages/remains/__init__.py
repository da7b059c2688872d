"""The page "What remains": one module per part, page.py puts them together."""
