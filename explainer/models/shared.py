"""What the rows from which explanations are made have in common."""

from django.core.validators import RegexValidator
from django.db import models

IDENTIFIER = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$",
    "Use letters, digits and . _ : - only, beginning with a letter or a digit.",
)


class Used:
    """A row from which explanations are made."""

    def is_used(self) -> bool:
        """Say whether an explanation was made from it or is being made: then it must say the same for ever.

        One that failed, or waits, holds nothing of it yet, so that what made it fail can be corrected.
        """
        made = ~models.Q(file="") | models.Q(state="building")
        return self.pk is not None and self.explanations.filter(made).exists()
