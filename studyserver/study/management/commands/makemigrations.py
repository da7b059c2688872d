"""`makemigrations`, which leaves alone what no database knows."""

from typing import Any

from django.core.management.commands.makemigrations import Command as MakeMigrations
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.models import Field

# Words of forms, and choices, which columns do not restrict.
NOT_STORED = {"help_text", "verbose_name", "choices"}


class StoredChanges(MigrationAutodetector):
    """Finds the changes of models that change a database."""

    def deep_deconstruct(self, obj: Any) -> Any:
        """Return what a field is compared by, without what is not stored."""
        found = super().deep_deconstruct(obj)
        if not isinstance(obj, Field):
            return found
        path, arguments, named = found
        return path, arguments, {name: value for name, value in named.items() if name not in NOT_STORED}


class Command(MakeMigrations):
    """Django's command with these changes only."""

    autodetector = StoredChanges
