"""Forms for annotators outside the trials; no choice is preselected."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studyserver.study.models import Annotator

from .sent_json import UnreadableJSON, read_json


class ConsentForm(forms.Form):
    """Explicit consent to take part."""

    agree = forms.BooleanField(
        label=_("I have read this, and I agree to take part."),
        error_messages={"required": _("Please tick the box if you agree; otherwise you can leave below.")},
    )


class ReportField(forms.Field):
    """A report of the browser, in JSON."""

    _LONGEST = 20_000  # characters

    def to_python(self, value: str | None) -> Any:
        """Return the report; None if there is none."""
        if not value:
            return None
        try:
            if len(value) > self._LONGEST:
                raise UnreadableJSON
            return read_json(value)
        except UnreadableJSON:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class SoundCheckForm(forms.Form):
    """Result of the sound check, as reported by the browser."""

    result = ReportField(
        required=False,
        error_messages={"invalid": _("The sound check could not be read; please repeat it.")},
    )


class LeaveForm(forms.Form):
    """Choice whether the answers so far may be used."""

    keep_answers = forms.ChoiceField(
        label=_("May the answers you have given so far be used?"),
        choices=[
            ("yes", _("Yes, they may be used.")),
            ("no", _("No, please discard them.")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what should happen to your answers.")},
    )


class DeletionForm(forms.Form):
    """The deletion code of an annotator."""

    code = forms.CharField(
        label=_("Your deletion code"),
        max_length=40,
        error_messages={"required": _("Please enter the code.")},
    )

    annotator: Annotator

    def clean_code(self) -> str:
        """Find the annotator; hyphens, spaces and upper or lower case do not matter."""
        signs = "".join(sign for sign in self.cleaned_data["code"].upper() if sign.isalnum())
        code = "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))
        annotator = Annotator.objects.filter(deletion_code=code).select_related("study").first()
        if annotator is None:
            raise forms.ValidationError(
                _(
                    "Nothing is stored under this code. Please check each letter; perhaps everything has "
                    "already been deleted."
                )
            )
        self.annotator = annotator
        return code
