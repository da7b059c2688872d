"""Running the scripts of an export as a stranger would, and the oracle that computes all its tables anew."""

import io
import runpy
import subprocess
import sys
from contextlib import redirect_stdout

import pytest
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
    status, printed = computed_anew(folder)
    assert status == 0, printed
    assert "DIFFER" not in printed and "agrees with the tables" in printed
    return {line.split(":")[0].split(",")[0] for line in printed.splitlines() if "figures agree" in line}


def computed_anew(folder):
    """Run the oracle in this process, which has loaded pandas already; return its status and its words."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setattr(sys, "argv", ["analysis.py", str(folder)])
        patch.syspath_prepend(ORACLE)
        try:
            status = runpy.run_path(ORACLE / "analysis.py")["main"]()
        finally:
            for file in ORACLE.glob("*.py"):
                sys.modules.pop(file.stem, None)  # they hold the tables of this folder
    return status, printed.getvalue()
