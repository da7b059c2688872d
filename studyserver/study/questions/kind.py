"""Interface of the kinds of questions: options, answers, pages, simulation and export.

Each kind is one object in one file of this folder; `kinds.KINDS` lists them. Other modules call the kind's
methods and never compare names of kinds.
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
    """The value is not a valid answer to this question; the message says why."""


class Answers(StrEnum):
    """Type of the answers, which decides how they are analysed."""

    NUMBERS = "numbers"
    NAMES = "names"
    SETS = "sets of names"
    PREFERENCES = "preferences among clips"
    MATCHES = "which clip another one is the same as"
    ODD_ONE_OUT = "which clip does not belong with the others"
    TIMES = "stretches of time"
    SEVERAL_NUMBERS = "several numbers"
    TEXT = "text"


@dataclass(frozen=True)
class Shown:
    """Properties of a trial that are needed to check its answers."""

    labels: tuple[str, ...] = ("A", "B")  # letters of the clips to be judged
    x: str = ""  # letter of the clip that is the same as X in an ABX trial; empty without X
    intruder: str = ""  # letter of the clip that does not belong with the others; empty without one
    seconds: float = math.inf  # length of the clip that the answer is about, or of the longest one


@dataclass(frozen=True)
class Stored:
    """An answer as stored in the database."""

    # The two columns of an answer.
    value: Any
    number: float | None
    labels: frozenset[str] = frozenset()  # letters of the clips that the trial compared


@dataclass(frozen=True)
class Measure:
    """One of several numbers in an answer; it is analysed like the answers to a separate question."""

    # Kind and options of this separate question.
    kind: str
    options: Options
    label: str  # name of the measure for researchers
    target: str = ""  # the model's target that it is about; empty for the question's target


class Heard(Protocol):
    """How much of the property in question a simulated annotator hears in a trial, 0 to 1."""

    @property
    def about(self) -> float: ...  # in the clip that the question is about
    @property
    def of_measures(self) -> Mapping[str, float]: ...  # the same for each of the kind's `measures`, by name
    @property
    def of_clips(self) -> Mapping[str, float]: ...  # the same for each clip that is judged, by letter
    def of_targets(self, names: Sequence[str]) -> Mapping[str, float]: ...  # of those that clips are made for
    @property
    def apart(self) -> float: ...  # probability that the first and the last clip are told apart
    @property
    def right(self) -> str: ...  # letter of the clip that is the same as X, or of the intruder
    @property
    def attends(self) -> bool: ...  # whether the annotator listens at all
    @property
    def seconds(self) -> float: ...  # length of the clip that the question is about
    @property
    def stands_out(self) -> float: ...  # probability that the clip of another target is heard to be that


class Kind:
    """Base class of the kinds of questions, with defaults of most methods.

    Attributes
    ----------
    name
        Name in the database.
    label
        Name for researchers.
    answers
        Type of the answers.
    fields
        Fields of the options in the admin's form, by name. Kinds with a field of the same name share it.
    rows
        Names of fields that share a row of the form; every other field has its own row.
    texts
        Names of the options that annotators read.
    text_place
        Name of these texts on the translation page.
    is_asked_in_questionnaires
        Whether it can be used in a questionnaire before or after the trials.
    can_be_guarded
        Whether it can be restricted to the time while its clip plays.
    can_check_attention
        Whether attention trials can ask for an answer to it.
    is_continuous
        Whether its numbers are continuous rather than a few points.
    script, style
        Static files below ``study/kinds/`` that trials with this kind need. The script is a module that
        registers how an answer is read and shown; see ``static/study/js/questions/kinds.js``.
    names_of_numbers
        Number -> name in `declared`, if answers have both; None is the key of answers without a number.
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
        """Whether answers are one or several named options."""
        return self.answers in (Answers.NAMES, Answers.SETS)

    @property
    def has_names(self) -> bool:
        """Whether agreement compares answers as names."""
        is_named = self.has_options or bool(self.names_of_numbers)
        return is_named or self.answers == Answers.PREFERENCES

    @property
    def is_summarised(self) -> bool:
        """Whether answers are summarised for each clip, as means or as shares of options."""
        return self.has_numbers or self.has_options

    @property
    def compares_clips(self) -> bool:
        """Whether an answer compares several clips."""
        return self.answers in (Answers.PREFERENCES, Answers.MATCHES, Answers.ODD_ONE_OUT)

    @property
    def takes_digits(self) -> bool:
        """Whether a digit on the keyboard chooses one of its answers in a trial."""
        is_made = self.answers in (Answers.TEXT, Answers.TIMES, Answers.SEVERAL_NUMBERS)
        return not (self.is_continuous or is_made)

    @property
    def template(self) -> str:
        """Template of the question in a trial."""
        return f"study/questions/{self.name}.html"

    @property
    def item_template(self) -> str:
        """Template of the question in a questionnaire."""
        return f"study/questions/items/{self.name}.html"

    # -- options ------------------------------------------------------------------------------

    def option_problems(self, options: Options) -> list[str]:
        """Return the problems of a question's options; empty if they are valid."""
        return []

    def level_problems(self, level: str, options: Options) -> list[str]:
        """Return why answers do not have a level of measurement; `options` are valid."""
        return []

    def entered(self, options: Options, *, is_new: bool) -> dict[str, Any]:
        """Return the initial values of the fields for these options, with proposals for a new question."""
        return {name: options.get(name) for name in self.fields}

    def options_from(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options for some values of the fields."""
        return {name: cleaned.get(name) for name in self.fields}

    def in_words(self, options: Options) -> str:
        """Return a short description of the answers for researchers."""
        return self.label

    def with_texts(self, options: Options, change: Callable[[str], str]) -> dict[str, Any]:
        """Return the options with `change` applied to each text that annotators read."""
        read = {name: options[name] for name in self.texts if isinstance(options.get(name), str)}
        return {**options, **{name: change(text) for name, text in read.items()}}

    def written(self, options: Options) -> list[str]:
        """Return the texts of the options that annotators read."""
        found: list[str] = []

        def collect(text: str) -> str:
            found.append(text)
            return text

        self.with_texts(options, collect)
        return found

    def measures(self, options: Options) -> Mapping[str, Measure]:
        """Return the measures of an answer that holds several numbers, by name; empty for other kinds.

        The stored answer is then an object with one number for each name.
        """
        return {}

    # -- answers ------------------------------------------------------------------------------

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        """Return an answer in its stored form.

        Raises
        ------
        AnswerRefused
            If the value is not a valid answer.
        """
        raise NotImplementedError

    def number(self, value: Any, shown: Shown) -> float | None:
        """Return a stored answer as a number; None if it has no number."""
        return None

    def is_complete(self, value: Any) -> bool:
        """Return whether a stored answer is enough for a required question."""
        return True

    # -- pages --------------------------------------------------------------------------------

    def presented(self, options: Options) -> Options:
        """Return the options for the page, with defaults filled in."""
        return options

    def decimals(self, options: Options) -> int:
        """Return the number of decimals with which its numbers are shown."""
        return 0

    def number_beside(self, options: Options, value: float) -> str:
        """Return the number shown beside a control that was moved; empty for kinds without it."""
        return ""

    def page(self, options: Options, labels: Sequence[str]) -> dict[str, Any]:
        """Return further values for the template; `labels` are the letters of the clips."""
        return {}

    # -- attention trials and rehearsals ---------------------------------------------------------

    def drawn(self, options: Options, rng: Random) -> Any:
        """Return a random answer that an attention trial can ask for."""
        raise NotImplementedError

    def instruction(self) -> str:
        """Return the sentence with which an attention trial asks for an answer."""
        return _(
            "This page checks attention: please answer “%(answer)s” to “%(question)s”, whatever you hear."
        )

    def answer_in_words(self, options: Options, value: Any) -> str:
        """Return an answer as text for an instruction."""
        return str(value)

    def agrees(self, options: Options, value: Any, expected: Any) -> bool:
        """Return whether an answer matches the expected one."""
        return bool(value == expected)

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        """Return the answer of a simulated annotator."""
        raise NotImplementedError

    def filled_in(self, options: Options, rng: Random) -> Any:
        """Return the answer of a simulated annotator to a question of the questionnaire."""
        return self.drawn(options, rng)

    # -- results ------------------------------------------------------------------------------

    def ends(self, options: Options) -> tuple[float, float]:
        """Return the ends of its scale; 0 and 1 if answers are not numbers."""
        return 0.0, 1.0

    def points(self, options: Options) -> dict[float, str]:
        """Return the possible numbers in order, with their labels; empty for continuous kinds."""
        return {}

    def heard_above(self, options: Options) -> float:
        """Return the number above which an answer means that the feature is heard: the scale's middle."""
        low, high = self.ends(options)
        # Rounded: the middle of .1 and .7 must equal an answer of .4, despite binary fractions.
        return float(f"{(low + high) / 2:.12g}")

    def declared(self, options: Options) -> list[str]:
        """Return the named options in order; empty for kinds without them."""
        return []

    def labels(self, options: Options) -> dict[str, str]:
        """Return the label of each name in `declared`, in the language of the study."""
        return {}

    def chosen(self, options: Options, value: Any) -> list[str]:
        """Return the options that an answer contains, in the order of `declared`."""
        return [str(value)]

    def exported(self, options: Options, value: Any) -> str | float | int | None:
        """Return a stored answer as a cell of a table; None if it is exported in another table."""
        is_plain = isinstance(value, int | float | str) and not isinstance(value, bool)
        return value if is_plain else canonical_json(value)

    def confidence(self, value: Any) -> int | None:
        """Return the confidence of an answer."""
        return None

    def problem_with(self, options: Options, stored: Stored) -> str:
        """Return why a stored answer is invalid; empty if it is valid."""
        return ""


def number_in(value: Any) -> float:
    """Return a value as a finite float.

    Raises
    ------
    AnswerRefused
        If the value is not a finite number; strings and booleans are not numbers.
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
    """Return whether a value is a finite number; booleans are not."""
    try:
        number_in(value)
    except AnswerRefused:
        return False
    return True


def line_problem(what: str, text: Any) -> str:
    """Return why a text cannot be a line of a form; empty if it can."""
    if not isinstance(text, str):
        return f"The {what} {text!r} is not text."
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        return f"The {what} “{text}” contains a line break, a tab or another invisible character: remove it."
    return ""


def rating_problem(ends: tuple[float, float], stored: Stored) -> str:
    """Return why a stored number on a scale is invalid; empty if it is valid."""
    if not is_number(stored.value) or stored.number != stored.value:
        return "a number is expected, the same one in both columns"
    low, high = ends
    if not low <= stored.value <= high:
        return f"a number from {low:g} to {high:g} is expected"
    return ""
