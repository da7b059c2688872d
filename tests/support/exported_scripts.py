"""Running the scripts of an export as a stranger would, and the oracle that computes all its tables anew."""

import runpy
import subprocess
import sys

from django.core.cache import cache
from paths import SUPPORT

from studyserver.results.export.archive import StudyExport

ORACLE = SUPPORT / "oracle"


def run(*command):
    """Run a command away from any folder of ours."""
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd="/", check=False
    )


def reproduced(study, folder):
    """Export a study, compute its tables anew from the files; return the names of the tables that agree."""
    cache.clear()
    StudyExport(study).write_folder(folder)
    assert runpy.run_path(folder / "analysis/analysis.py")["main"]() == 0
    found = run(sys.executable, ORACLE / "analysis.py", folder)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "DIFFER" not in found.stdout and "agrees with the tables" in found.stdout
    return {line.split(":")[0].split(",")[0] for line in found.stdout.splitlines() if "figures agree" in line}
