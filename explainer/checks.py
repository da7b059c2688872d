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


@register("explainer")
def check_compute(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings of where clips are built."""
    problems = []
    if settings.COMPUTE not in KINDS:
        problems.append(
            Error(
                f"COMPUTE is {settings.COMPUTE!r}, which is unknown.",
                hint=f"Set it to one of {', '.join(KINDS)}.",
                id="explainer.E001",
            )
        )
    if settings.COMPUTE_WORKERS < 1:
        problems.append(
            Error(
                "COMPUTE_WORKERS is less than 1.",
                hint="Set it to the number of processes.",
                id="explainer.E002",
            )
        )
    if settings.COMPUTE == "dask":
        if not settings.DASK_ADDRESS:
            problems.append(
                Error(
                    "COMPUTE is dask, but DASK_ADDRESS is empty.",
                    hint="Set it to the scheduler's address, e.g. tcp://scheduler:8786.",
                    id="explainer.E003",
                )
            )
        if find_spec("distributed") is None:
            problems.append(
                Error(
                    "COMPUTE is dask, but Dask is not installed.",
                    hint="Run: pip install distributed",
                    id="explainer.E004",
                )
            )
    return problems


@register("explainer")
def check_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that the limits accept any track."""
    return [
        Error(
            f"{name} is not positive, so every track is refused.",
            hint="Set it to a positive number.",
            id="explainer.E005",
        )
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
        Error(
            f"Files cannot be stored: {existing} is not writable.",
            hint="Make DATA_FOLDER writable for the user that runs the site.",
            id="explainer.E006",
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
