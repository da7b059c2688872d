"""Labels of the ends of scales and sliders."""

from collections.abc import Mapping
from typing import Any

from django import forms

END_FIELDS: dict[str, forms.Field] = {
    "low": forms.CharField(required=False, max_length=100, label="Label at the low end"),
    "high": forms.CharField(required=False, max_length=100, label="Label at the high end"),
}


def ends_in_words(options: Mapping[str, Any]) -> str:
    """Return the labels of the ends, such as “slow” to “fast”; empty without labels."""
    return " to ".join(f"“{options[end]}”" for end in END_FIELDS if options.get(end))
