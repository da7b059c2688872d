"""Rows made once for several tests, in a transaction around theirs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction
from django.test import override_settings


@contextmanager
def filled_once(django_db_blocker, folder: Path, fill: Callable) -> Iterator:
    """Call `fill` with its files in `folder`, and roll back what it stored at the end.

    For fixtures of a module that depend on `django_db_setup`. Each test sees the rows and is rolled back
    to them; it must read them anew from the database and must not change the files.
    """
    with django_db_blocker.unblock():
        everything = transaction.atomic()
        everything.__enter__()
        with override_settings(MEDIA_ROOT=folder):
            made = fill()
    yield made
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        everything.__exit__(None, None, None)
