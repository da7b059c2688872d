"""System checks of the configuration, with remedies."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.files.storage import default_storage

from .builds.compute import KINDS


def _error(number: str, problem: str, remedy: str) -> Error:
    return Error(problem, hint=remedy, id=f"explainer.{number}")


@register("explainer")
def check_compute(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings of where clips are built."""
    problems = []
    if settings.COMPUTE not in KINDS:
        problems.append(
            _error(
                "E001",
                f"COMPUTE is {settings.COMPUTE!r}, which is unknown.",
                f"Set it to one of {', '.join(KINDS)}.",
            )
        )
    if settings.COMPUTE_WORKERS < 1:
        problems.append(
            _error("E002", "COMPUTE_WORKERS is less than 1.", "Set it to the number of processes.")
        )
    if settings.COMPUTE == "dask":
        if not settings.DASK_ADDRESS:
            problems.append(
                _error(
                    "E003",
                    "COMPUTE is dask, but DASK_ADDRESS is empty.",
                    "Set it to the scheduler's address, e.g. tcp://scheduler:8786.",
                )
            )
        if find_spec("distributed") is None:
            problems.append(
                _error("E004", "COMPUTE is dask, but Dask is not installed.", "Run: pip install distributed")
            )
    return problems


@register("explainer")
def check_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that the limits accept any track."""
    return [
        _error("E005", f"{name} is not positive, so every track is refused.", "Set it to a positive number.")
        for name in ("MAXIMUM_TRACK_BYTES", "MAXIMUM_TRACK_SECONDS")
        if getattr(settings, name) <= 0
    ]


@register("explainer")
def check_files(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that sounds can be stored."""
    try:
        folder = Path(default_storage.path(""))
    except NotImplementedError:
        return []
    existing = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if os.access(existing, os.W_OK):
        return []
    return [
        _error(
            "E006",
            f"Files cannot be stored: {existing} is not writable.",
            "Make DATA_FOLDER writable for the user that runs the site.",
        )
    ]


@register("explainer", Tags.database)
def check_worker(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Check that a worker takes waiting builds, in ``check --database default``."""
    from django.db import DatabaseError

    from . import tasks

    try:
        alone = bool(databases) and tasks.lacks_worker()
    except DatabaseError:  # before the first migration
        alone = False
    if not alone:
        return []
    return [
        Warning(
            "Builds are waiting, but no background worker is running.",
            hint="Start one: manage.py db_worker",
            id="explainer.W007",
        )
    ]
