"""Named options, shared by choices and checklists."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django import forms

from .kind import Kind, Options, line_problem

_LONE_EQUALS = re.compile(r"(^|\s)=(\s|$)")


class WithChoices(Kind):
    """A kind whose answers are named options."""

    is_asked_in_questionnaires = True
    text_place = "choice"
    fields = {
        "choices": forms.CharField(
            required=False,
            widget=forms.Textarea(attrs={"rows": 5}),
            label="Choices",
            help_text="One per line, as “value = label”, for example: drums = the drums. Annotators see the "
            "label, exports contain the value. A value must not contain “=” between spaces.",
        )
    }
    how = ""  # how many options are chosen, for `in_words`

    def option_problems(self, options: Options) -> list[str]:
        choices = options.get("choices")
        if not isinstance(choices, list) or len(choices) < 2:
            return ["Write at least two choices, one per line, for example: drums = the drums."]
        if not all(isinstance(choice, dict) and _is_name(choice.get("value")) for choice in choices):
            return ['Each choice needs a "value" (text, for exports) and a "label" (for annotators).']
        values = [choice["value"] for choice in choices]
        if len(set(values)) < len(values):
            return ["Two choices have the same value: give each its own value."]
        problems = [_value_problem(value) for value in values]
        problems += [line_problem("label", choice.get("label", "")) for choice in choices]
        return [problem for problem in problems if problem][:1]

    def level_problems(self, level: str, options: Options) -> list[str]:
        if level in ("interval", "ratio"):
            return [
                "The answers are names, not numbers: choose the nominal level, or the ordinal level if they "
                "have an order."
            ]
        return []

    def entered(self, options: Options, *, is_new: bool) -> dict[str, Any]:
        lines = [f"{one['value']} = {one.get('label', one['value'])}" for one in options.get("choices", [])]
        return {"choices": "\n".join(lines)}

    def options_from(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {"choices": list(_read_choices(cleaned.get("choices", "")))}

    def in_words(self, options: Options) -> str:
        offered = (choice.get("label", choice["value"]) for choice in options.get("choices", []))
        return f"{self.how}: " + ", ".join(offered)

    def with_texts(self, options: Options, change: Callable[[str], str]) -> dict[str, Any]:
        choices = [
            {**choice, "label": change(str(choice.get("label") or choice["value"]))}
            for choice in options.get("choices") or []
        ]
        return {**options, "choices": choices} if choices else dict(options)

    def declared(self, options: Options) -> list[str]:
        choices = options.get("choices", []) if isinstance(options, dict) else []
        return [str(choice["value"]) if isinstance(choice, dict) else str(choice) for choice in choices]

    def labels(self, options: Options) -> dict[str, str]:
        choices = options.get("choices", []) if isinstance(options, dict) else []
        return {
            str(item["value"]): str(item.get("label", item["value"]))
            for item in choices
            if isinstance(item, dict)
        }


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _value_problem(value: str) -> str:
    """Return the problem of a choice's value; empty if it is valid."""
    if value != value.strip():
        return f"The value “{value}” starts or ends with a space, which is invisible: remove it."
    if _LONE_EQUALS.search(value):
        return f"The value “{value}” contains “=” between spaces, which separates value and label: change it."
    return line_problem("value", value)


def _read_choices(text: str) -> Iterator[Mapping[str, str]]:
    """Yield the choices of some lines; a line without a label has its value as label.

    Value and label are separated by the first “=” between spaces, or else by the first “=” after the first
    character, so that values such as “=1+1” and “a=b” are possible.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if re.match(r"=(\s|$)", line):
            raise forms.ValidationError(
                {"choices": f"Line {number}, “{line}”, has no value: write one before the “=”."}
            )
        divided = re.fullmatch(r"(.+?)\s+=(?:\s+(.*))?", line) or re.fullmatch(r"(.[^=]*)=(.*)", line)
        value, label = divided.groups(default="") if divided else (line, "")
        if line:
            yield {"value": value.strip(), "label": label.strip() or value.strip()}
