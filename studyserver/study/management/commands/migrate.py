"""`migrate`, which misses no migration for what no database knows."""

from django.core.management.commands.migrate import Command as Migrate

from .makemigrations import StoredChanges


class Command(Migrate):
    """Django's command, which asks for migrations as our `makemigrations` makes them."""

    autodetector = StoredChanges
