"""The scales on which questions are answered."""

from studyserver.study.models import Question


def scale_ends(question: Question) -> tuple[float, float]:
    """Return the ends of a question's scale; 0 and 1 where answers are options."""
    return question.answer_kind.ends(question.options)


def heard_from(question: Question) -> float:
    """Return the number above which an answer says that the feature is heard."""
    return question.answer_kind.heard_above(question.options)
