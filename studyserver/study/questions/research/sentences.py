"""Research questions as sentences in plain English."""

from dataclasses import dataclass

from explainer.core.clips.conditions import CONDITIONS, RANDOM_CONTROL
from studyserver.common.number_text import NO_BREAK, plain
from studyserver.common.target_names import sounds_more

from .estimands import Estimand

_NOUN_PHRASES = {
    "original": "the original",
    "resynthesis": "the resynthesis",
    "evidence": "evidence",
    "complement": "the complement",
    "counter_evidence": "counter-evidence",
    "random_control": "the random control",
    "boosted": "boosted evidence",
    "uploaded": "the uploaded clip",
}
assert _NOUN_PHRASES.keys() == CONDITIONS.keys()


@dataclass(frozen=True)
class Asked:
    """The parts of a research question; an empty text means that the part is not restricted."""

    estimand: str
    first: str
    first_method: str = ""
    second: str = ""
    second_method: str = ""
    text: str = ""  # of the question that annotators answer
    target: str = ""  # of this question
    model: str = ""
    smallest: float | None = None  # smallest effect that matters, in the unit of the estimand
    finds_intruder: bool = False  # whether the question is which clip does not belong


def sentence(asked: Asked) -> str:
    """Return a research question as one English sentence.

    Examples
    --------
    >>> sentence(Asked("difference", "evidence", second="random_control", target="happy", smallest=0.5))
    'Does evidence sound more happy than its random control, by at least 0.5 points?'
    """
    words = _SENTENCES[Estimand(asked.estimand)](asked)
    where = f"In clips of {asked.model}: {words[0].lower()}{words[1:]}" if asked.model else words
    return f"{where}?"


def side(condition: str, method: str = "", beside: str = "") -> str:
    """Return one side of a comparison as a noun phrase; `beside` is the condition named before it."""
    words = _NOUN_PHRASES.get(condition, condition)
    if condition == RANDOM_CONTROL and beside and beside != RANDOM_CONTROL:
        words = "its random control"
    return f"{words} of {method.replace('_', ' ')}" if method else words


def _first(asked: Asked) -> str:
    return side(asked.first, asked.first_method)


def _second(asked: Asked) -> str:
    return side(asked.second, asked.second_method, beside=asked.first)


def _question(asked: Asked) -> str:
    return f"“{asked.text}”" if asked.text else "every question that suits"


def _difference(asked: Asked) -> str:
    first, second, by = _first(asked), _second(asked), _points(asked)
    if asked.target:
        return f"Does {first} {sounds_more(asked.target)} than {second}{by}"
    return f"Are answers to {_question(asked)} higher for {first} than for {second}{by}"


def _retention(asked: Asked) -> str:
    if asked.target:
        words = f"Do tracks that {sounds_more(asked.target)} in the original still do so in {_first(asked)}"
    else:
        words = f"Do tracks with higher answers to {_question(asked)} still have them in {_first(asked)}"
    if asked.second:
        by = f", by at least {_number(asked.smallest)}" if asked.smallest else ""
        return f"{words}, more than in {_second(asked)}{by}"
    return f"{words}, with a retention of at least {_number(asked.smallest)}" if asked.smallest else words


def _preference(asked: Asked) -> str:
    asking = f" in answer to {_question(asked)}" if asked.text else ""
    least = f"at least {plain(100 * (0.5 + asked.smallest))}" if asked.smallest else "more than 50"
    return f"Is {_first(asked)} chosen over {_second(asked)}{asking}, in {least}{NO_BREAK}% of pairs"


def _identification(asked: Asked) -> str:
    if asked.finds_intruder:
        by = f", by at least {plain(100 * asked.smallest)} percentage points" if asked.smallest else ""
        among = f"among clips of {_first(asked)}"
        return f"Do people find the clip of another target {among} more often than by guessing{by}"
    than = f"that of {_second(asked)}" if asked.second else "by guessing"
    by = f", by at least {plain(100 * asked.smallest)} percentage points" if asked.smallest else ""
    return f"Do people name the target of {_first(asked)} more often than {than}{by}"


def _detection(asked: Asked) -> str:
    by = f" by their answers to “{asked.text}”" if asked.text else ""
    least = f", with a d\N{PRIME} of at least {_number(asked.smallest)}" if asked.smallest else ""
    return f"Can people tell {_first(asked)} from {_second(asked)}{by}{least}"


def _dose(asked: Asked) -> str:
    by = f"{_points(asked)} from the fewest to the most" if asked.smallest else ""
    if asked.target:
        return f"Does {_first(asked)} {sounds_more(asked.target)} the more segments it holds{by}"
    return f"Do answers to {_question(asked)} rise with the number of segments in {_first(asked)}{by}"


def _points(asked: Asked) -> str:
    if not asked.smallest:
        return ""
    return f", by at least {plain(asked.smallest)} point{'' if asked.smallest == 1 else 's'}"


def _number(value: float | None) -> str:
    text = plain(value or 0)
    return text.removeprefix("0") if text.startswith("0.") else text


_SENTENCES = {
    Estimand.DIFFERENCE: _difference,
    Estimand.RETENTION: _retention,
    Estimand.PREFERENCE: _preference,
    Estimand.IDENTIFICATION: _identification,
    Estimand.DETECTION: _detection,
    Estimand.DOSE: _dose,
}
