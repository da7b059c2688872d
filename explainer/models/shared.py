"""Common parts of the models from which explanations are made."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models

IDENTIFIER = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$",
    "Use letters, digits and . _ : - only, beginning with a letter or a digit.",
)


class Used:
    """Base of models from which explanations are made."""

    pk: Any
    explanations: models.Manager

    def is_used(self) -> bool:
        """Return whether an explanation of it exists or is being built; then it must not change.

        Failed and waiting explanations do not count, so that the cause of a failure can be corrected.
        """
        made = ~models.Q(file="") | models.Q(state="building")
        return self.pk is not None and self.explanations.filter(made).exists()
