"""Programs that run in a process of their own, where Django cannot be imported."""

import os
import subprocess
import sys
from pathlib import Path

from paths import ROOT

# What the extra `server` adds, by the names under which it is imported.
SITE = ("axes", "csp", "dj_database_url", "django", "django_tasks", "django_tasks_db", "pandas", "segno")
REFUSE = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {refused!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} here", name=name)
sys.meta_path.insert(0, Refusing())
"""


def run_without(refused: tuple[str, ...], program: str, folder: Path) -> subprocess.CompletedProcess:
    """Run a program in a folder, with the project's packages but not those refused."""
    return subprocess.run(
        [sys.executable, "-c", REFUSE.format(refused=refused) + program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
