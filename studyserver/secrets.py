"""The site's secret key: created once, stored beside the data, readable by its owner only."""

import contextlib
import os
import tempfile
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def read_or_create_secret_key(path: Path) -> str:
    """Return the key stored at `path`, creating it on the first call.

    Two processes that start at the same time use the same key: the file gets its name when it is complete,
    and the second process reads the first one's file.
    """
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret_key_") as file:
            file.write(get_random_secret_key())
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="ascii").strip()
