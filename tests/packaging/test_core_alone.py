"""The explainer's core and the statistics work where Django is not installed."""

import json
import re
import shutil

import pytest
from paths import ROOT
from without_django import SITE, run_without

pytestmark = pytest.mark.slow  # other processes import everything
DOCTESTS = """
import doctest, importlib, json, pkgutil
tried, failed = {}, 0
for root in ROOTS:
    package = importlib.import_module(root)
    for name in (root, *(found.name for found in pkgutil.walk_packages(package.__path__, root + "."))):
        outcome = doctest.testmod(importlib.import_module(name))
        failed += outcome.failed
        tried[name] = outcome.attempted
print(json.dumps(tried))
sys.exit(failed)
"""
CORE = ("explainer.core", "explainer.demo_models")
STATISTICS = ("studyserver.results.statistics", "studyserver.common")
CORE_EXAMPLES = (
    "pipeline", "methods", "audio.files", "segmentation.segments", "evaluation.comparison", "models.check",
)  # fmt: skip
STATISTICS_EXAMPLES = (
    "agreement.table", "agreement.coefficients.krippendorff", "answer_model.fit", "signal_detection",
    "planning.simulated",
)  # fmt: skip


@pytest.mark.parametrize(
    ("roots", "refused", "with_examples"),
    [(CORE, SITE, CORE_EXAMPLES), (STATISTICS, ("django",), STATISTICS_EXAMPLES)],
    ids=["core", "statistics"],
)
def test_every_module_is_imported_and_every_example_gives_what_it_says(
    tmp_path, roots, refused, with_examples
):
    done = run_without(refused, f"ROOTS = {roots!r}{DOCTESTS}", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    tried = json.loads(done.stdout.splitlines()[-1])
    assert [name for name in with_examples if not tried[f"{roots[0]}.{name}"]] == []


def test_django_is_really_refused(tmp_path):
    done = run_without(SITE, "import explainer.models", tmp_path)
    assert "No module named 'django' here" in done.stderr


def test_the_notebook_example_works_outside_a_checkout(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "notebook.md").read_text(), re.DOTALL)
    shutil.copy(ROOT / "fixtures" / "music" / "ode_to_joy_major.flac", tmp_path / "song.flac")
    report = """
import json
print(json.dumps({
    "evidence": len(result.explanation.evidence("brightness", 4)),
    "missing": [str(clip.path) for clip in result.clips if not clip.path.exists()],
    "fidelity": result.explanation.fidelity["held_out"]["brightness"]["rank_correlation"],
}))
"""
    done = run_without(SITE, code + report, tmp_path)
    assert done.returncode == 0, done.stderr
    *printed, last = done.stdout.splitlines()
    found = json.loads(last)
    assert sum(line.startswith("segment ") for line in printed) == found["evidence"] > 0
    assert any(line.startswith("evidence ") for line in printed)
    assert found["missing"] == []
    assert found["fidelity"] > 0.8
