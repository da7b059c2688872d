"""Names of conditions and answers in words."""

NONE_TICKED = "none ticked"
PRESENCE = {"none": "not heard", "some": "somewhat", "clear": "clearly", "unsure": "cannot tell"}


def condition_name(condition: str) -> str:
    """Return a condition in words."""
    return condition.replace("_", " ").replace("counter evidence", "counter-evidence")
