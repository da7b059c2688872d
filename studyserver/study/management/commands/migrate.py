"""`migrate` without warnings about changes that need no migration."""

from django.core.management.commands.migrate import Command as Migrate

from .makemigrations import StoredChanges


class Command(Migrate):
    """Django's command, which detects the same changes as our `makemigrations`."""

    autodetector = StoredChanges
