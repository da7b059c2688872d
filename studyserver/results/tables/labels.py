"""Names of conditions and answers in words."""

NONE_TICKED = "none ticked"


def condition_name(condition: str) -> str:
    """Return a condition in words."""
    return condition.replace("_", " ").replace("counter evidence", "counter-evidence")
