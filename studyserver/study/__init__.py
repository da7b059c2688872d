"""The listening study: what annotators hear, are asked, and answer."""
