"""Names of conditions, answers and scopes of intervals in words."""

from explainer.core.clips import conditions

# In the order of tables and plots, with the two presentations of evidence next to each other.
CONDITIONS = {
    name: conditions.CONDITIONS[name].meaning
    for name in (
        conditions.ORIGINAL,
        conditions.RESYNTHESIS,
        conditions.EVIDENCE,
        conditions.BOOSTED,
        conditions.COMPLEMENT,
        conditions.COUNTER_EVIDENCE,
        conditions.RANDOM_CONTROL,
        conditions.UPLOADED,
    )
}
NONE_TICKED = "none ticked"
SAME_ANNOTATORS, NEW_ANNOTATORS = "these annotators", "new annotators"  # scopes of intervals


def condition_name(condition: str) -> str:
    """Return a condition in words."""
    return condition.replace("_", " ").replace("counter evidence", "counter-evidence")
