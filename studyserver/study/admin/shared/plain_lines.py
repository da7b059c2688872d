"""Line ends as they are written everywhere else: browsers send texts with other ones."""

from typing import Any

from django.forms import BaseForm


class PlainLines(BaseForm):
    """Mixed into a form: stores line feeds only, so that a text stays the key of its translations."""

    def clean(self) -> dict[str, Any]:
        """Take carriage returns out of every text."""
        cleaned = super().clean()
        cleaned = self.cleaned_data if cleaned is None else cleaned
        for name, value in cleaned.items():
            if isinstance(value, str):
                cleaned[name] = value.replace("\r\n", "\n")
        return cleaned
