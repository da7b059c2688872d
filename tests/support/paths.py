"""Folders of the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests" / "support"
CASES = ROOT / "tests" / "cases"
# For programs that tests start and that import the product and what supports the tests.
PYTHONPATH = os.pathsep.join(map(str, (ROOT, SUPPORT, SUPPORT / "studies")))
