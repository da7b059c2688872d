"""What every kind of question has: its options, its answers, and what becomes of them.

A kind is one object in one file of this folder; `kinds.KINDS` lists them. Whoever asks about answers asks the
kind: no other module tells one kind from another.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, ClassVar, Protocol

from django import forms
from django.utils.translation import gettext as _

from explainer.core.base.canonical_json import canonical_json

Options = Mapping[str, Any]


class AnswerRefused(ValueError):
    """The value is not an answer to this question; the message says why."""


class Answers(StrEnum):
    """What answers are, which decides how they can be analysed."""

    NUMBERS = "numbers"
    NAMES = "names"
    SETS = "sets of names"
    PREFERENCES = "preferences among clips"
    MATCHES = "which clip another one is the same as"
    TIMES = "stretches of time"
    SEVERAL_NUMBERS = "several numbers"
    TEXT = "text"


@dataclass(frozen=True)
class Shown:
    """What of a trial its answers depend on.

    Attributes
    ----------
    labels
        Under which letters the clips to be judged were shown.
    x
        The letter of the clip that X of an ABX trial is the same as; empty where there is no X.
    seconds
        Length of the clip (or of the longest) that the answer is about.
    """

    labels: tuple[str, ...] = ("A", "B")
    x: str = ""
    seconds: float = math.inf


@dataclass(frozen=True)
class Stored:
    """An answer as the database holds it.

    Attributes
    ----------
    value, number
        Both columns.
    labels
        Letters of the clips that the trial compared.
    """

    value: Any
    number: float | None
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Measure:
    """One of several numbers that an answer holds; it is analysed like the answers to a question of its own.

    Attributes
    ----------
    kind, options
        Of a question whose answers would be this number alone.
    label
        What it measures, in words for researchers.
    target
        The model's target that it is about; empty for that of the question.
    """

    kind: str
    options: Options
    label: str
    target: str = ""


class Heard(Protocol):
    """How much of what is asked about a simulated annotator hears in a trial.

    Attributes
    ----------
    about
        0 to 1, in the clip that the question is about.
    of_measures
        The same for each of the kind's `measures`, by its name.
    of_clips
        The same for each clip that is judged, by its letter.
    right
        The letter that X is the same as; empty where there is no X.
    attends
        Whether the annotator listens at all.
    seconds
        Length of the clip that the question is about.
    """

    @property
    def about(self) -> float: ...
    @property
    def of_measures(self) -> Mapping[str, float]: ...
    @property
    def of_clips(self) -> Mapping[str, float]: ...
    @property
    def right(self) -> str: ...
    @property
    def attends(self) -> bool: ...
    @property
    def seconds(self) -> float: ...


class Kind:
    """One kind of question; every method that a kind does not write out has a default here.

    Attributes
    ----------
    name
        As it is stored.
    label
        As researchers read it.
    answers
        What its answers are.
    fields
        The fields of its options in the admin's form, by name; kinds share fields of one name.
    rows
        Names of the fields that stand beside one another in the form; those in none have a row each.
    texts
        Names of the options that annotators read.
    text_place
        What these texts are, where they are translated.
    is_asked_in_questionnaires
        Whether it can stand in a questionnaire before or after the trials.
    can_be_guarded
        Whether it can be answered only while its clip plays.
    can_check_attention
        Whether attention trials can ask for an answer to it.
    is_continuous
        Whether its numbers lie anywhere on a line, instead of on a few points.
    script, style
        Static files below ``study/kinds/`` that trials need where it is asked. The script is a module that
        registers how an answer is read and shown; see ``static/study/js/questions/kinds.js``.
    names_of_numbers
        Under which name of `declared` each number is stored, where answers are both; None stands for answers
        without a number.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    answers: ClassVar[Answers]
    fields: ClassVar[Mapping[str, forms.Field]] = {}
    rows: ClassVar[Sequence[tuple[str, ...]]] = ()
    texts: ClassVar[tuple[str, ...]] = ()
    text_place: ClassVar[str] = "label"
    is_asked_in_questionnaires: ClassVar[bool] = False
    can_be_guarded: ClassVar[bool] = False
    can_check_attention: ClassVar[bool] = False
    is_continuous: ClassVar[bool] = False
    script: ClassVar[str] = ""
    style: ClassVar[str] = ""
    names_of_numbers: ClassVar[Mapping[float | None, str]] = {}

    @property
    def has_numbers(self) -> bool:
        """Whether answers have means."""
        return self.answers == Answers.NUMBERS

    @property
    def has_options(self) -> bool:
        """Whether answers choose among options by name, one or several."""
        return self.answers in (Answers.NAMES, Answers.SETS)

    @property
    def has_names(self) -> bool:
        """Whether answers are compared between people by name."""
        is_named = self.has_options or bool(self.names_of_numbers)
        return is_named or self.answers == Answers.PREFERENCES

    @property
    def is_summarised(self) -> bool:
        """Whether its answers are summarised clip by clip, as means or as shares of options."""
        return self.has_numbers or self.has_options

    @property
    def compares_clips(self) -> bool:
        """Whether an answer is about several clips together."""
        return self.answers in (Answers.PREFERENCES, Answers.MATCHES)

    @property
    def template(self) -> str:
        """The template that shows it in a trial."""
        return f"study/questions/{self.name}.html"

    @property
    def item_template(self) -> str:
        """The template that shows it in a questionnaire."""
        return f"study/questions/items/{self.name}.html"

    # -- options ------------------------------------------------------------------------------

    def option_problems(self, options: Options) -> list[str]:
        """Return what is wrong with a question's options, in words; nothing when they are fine."""
        return []

    def level_problems(self, level: str, options: Options) -> list[str]:
        """Return why answers do not have a level of measurement; `options` have no problems of their own."""
        return []

    def entered(self, options: Options, *, is_new: bool) -> dict[str, Any]:
        """Return what the fields show of these options; where the question is new, what is proposed."""
        return {name: options.get(name) for name in self.fields}

    def options_from(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options that the fields say."""
        return {name: cleaned.get(name) for name in self.fields}

    def in_words(self, options: Options) -> str:
        """Return how it is answered, in a few words for researchers."""
        return self.label

    def with_texts(self, options: Options, change: Callable[[str], str]) -> dict[str, Any]:
        """Return the options with each text that annotators read replaced by what `change` returns for it."""
        read = {name: options[name] for name in self.texts if isinstance(options.get(name), str)}
        return {**options, **{name: change(text) for name, text in read.items()}}

    def written(self, options: Options) -> list[str]:
        """Return the texts among the options that annotators read."""
        found: list[str] = []

        def collect(text: str) -> str:
            found.append(text)
            return text

        self.with_texts(options, collect)
        return found

    def measures(self, options: Options) -> Mapping[str, Measure]:
        """Return the numbers that one answer holds, by name; none where it holds at most one.

        A stored answer is then an object with a number under each of these names.
        """
        return {}

    # -- answers ------------------------------------------------------------------------------

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        """Return an answer in its stored form.

        Raises
        ------
        AnswerRefused
            When the value does not fit the question.
        """
        raise NotImplementedError

    def number(self, value: Any, shown: Shown) -> float | None:
        """Return a stored answer as a number; None where it has none."""
        return None

    def is_complete(self, value: Any) -> bool:
        """Return whether a stored answer suffices where one is required."""
        return True

    # -- pages --------------------------------------------------------------------------------

    def presented(self, options: Options) -> Options:
        """Return the options as they are presented, with what follows from them."""
        return options

    def decimals(self, options: Options) -> int:
        """Return with how many decimals its numbers are shown."""
        return 0

    def number_beside(self, options: Options, value: float) -> str:
        """Return the number that stands beside it once it was moved; empty where none does."""
        return ""

    def page(self, options: Options, labels: Sequence[str]) -> dict[str, Any]:
        """Return what its template needs beside the options; `labels` are the letters of the clips."""
        return {}

    # -- attention trials and rehearsals ---------------------------------------------------------

    def drawn(self, options: Options, rng: Random) -> Any:
        """Return an answer for an attention trial to ask for, drawn at random."""
        raise NotImplementedError

    def instruction(self) -> str:
        """Return the sentence by which an attention trial asks for an answer."""
        return _(
            "This page checks attention: please answer “%(answer)s” to “%(question)s”, whatever you hear."
        )

    def answer_in_words(self, options: Options, value: Any) -> str:
        """Return an answer as an instruction names it."""
        return str(value)

    def agrees(self, options: Options, value: Any, expected: Any) -> bool:
        """Return whether an answer is the one that was asked for."""
        return bool(value == expected)

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        """Return the answer of a simulated annotator."""
        raise NotImplementedError

    def filled_in(self, options: Options, rng: Random) -> Any:
        """Return the answer of a simulated annotator to a question about themselves."""
        raise NotImplementedError

    # -- results ------------------------------------------------------------------------------

    def ends(self, options: Options) -> tuple[float, float]:
        """Return the ends of its scale; 0 and 1 where answers are not numbers."""
        return 0.0, 1.0

    def points(self, options: Options) -> dict[float, str]:
        """Return the numbers that answers can be, in order, each in words; none where they are continuous."""
        return {}

    def heard_above(self, options: Options) -> float:
        """Return the number above which an answer says that the feature is heard: the middle of the scale."""
        low, high = self.ends(options)
        # In decimals: an answer in the very middle of .1 to .7 is not above it, whatever the sum of both is.
        return float(f"{(low + high) / 2:.12g}")

    def declared(self, options: Options) -> list[str]:
        """Return the answers that it offers by name, in order; none for the other kinds."""
        return []

    def labels(self, options: Options) -> dict[str, str]:
        """Return the words for each of `declared`: those that annotators see, in the study's own language."""
        return {}

    def chosen(self, options: Options, value: Any) -> list[str]:
        """Return what an answer chose of `declared`, in the order in which they are offered."""
        return [str(value)]

    def exported(self, options: Options, value: Any) -> str | float | int | None:
        """Return a stored answer as one cell of a table; None where it stands in a table of its own."""
        is_plain = isinstance(value, int | float | str) and not isinstance(value, bool)
        return value if is_plain else canonical_json(value)

    def confidence(self, value: Any) -> int | None:
        """Return the confidence that goes with an answer."""
        return None

    def problem_with(self, options: Options, stored: Stored) -> str:
        """Return why a stored answer cannot be read, in words; empty where it can."""
        return ""


def number_in(value: Any) -> float:
    """Return a finite number; strings and truth values are none.

    Raises
    ------
    AnswerRefused
        When it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AnswerRefused(_("A number is expected."))
    try:
        number = float(value)
    except OverflowError:
        raise AnswerRefused(_("The number is too large.")) from None
    if not math.isfinite(number):
        raise AnswerRefused(_("A number is expected."))
    return number


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number; truth values are not."""
    try:
        number_in(value)
    except AnswerRefused:
        return False
    return True


def line_problem(what: str, text: Any) -> str:
    """Return why a text cannot stand in one line of a form and of a page, in words; empty where it can."""
    if not isinstance(text, str):
        return f"The {what} {text!r} is not text."
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        return f"The {what} “{text}” holds a line break, a tab or another sign that cannot be seen."
    return ""


def rating_problem(ends: tuple[float, float], stored: Stored) -> str:
    """Return why a stored number on a scale cannot be read; empty where it can."""
    if not is_number(stored.value) or stored.number != stored.value:
        return "a number is expected, the same one in both columns"
    low, high = ends
    if not low <= stored.value <= high:
        return f"a number from {low:g} to {high:g} is expected"
    return ""
