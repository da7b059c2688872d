"""What the pages of the results show, gathered from statistics: no HTML, no request."""
