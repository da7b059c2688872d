"""Running the scripts of an export as a stranger would."""

import subprocess
import sys

from django.core.cache import cache

from studyserver.results.export.archive import StudyExport


def run(*command):
    """Run a command away from any folder of ours."""
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd="/", check=False
    )


def reproduced(study, folder):
    """Export a study, compute its tables anew from the files; return the names of the tables that agree."""
    cache.clear()
    StudyExport(study).write_folder(folder)
    found = run(sys.executable, folder / "analysis/analysis.py")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "DIFFER" not in found.stdout and "agrees with the tables" in found.stdout
    return {line.split(":")[0].split(",")[0] for line in found.stdout.splitlines() if "figures agree" in line}
