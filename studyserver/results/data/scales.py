"""The scales on which questions are answered."""

from studyserver.study.models import Question


def scale_ends(question: Question) -> tuple[float, float]:
    """Return the ends of a question's scale; 0 and 1 where answers are options."""
    if question.kind == Question.Kind.SCALE:
        return 1.0, float(question.options.get("points", 5))
    if question.kind == Question.Kind.SLIDER:
        return float(question.options.get("min", 0)), float(question.options.get("max", 100))
    return (0.0, 2.0) if question.kind == Question.Kind.PRESENCE else (0.0, 1.0)


def heard_from(question: Question) -> float:
    """Return the number above which an answer says that the feature is heard.

    The middle of a scale or slider; for presence, everything above "not heard".
    """
    if question.kind == Question.Kind.PRESENCE:
        return 0.5
    low, high = scale_ends(question)
    # In decimals: an answer in the very middle of 0.1 to 0.7 is not above it, whatever the sum of both is.
    return float(f"{(low + high) / 2:.12g}")
