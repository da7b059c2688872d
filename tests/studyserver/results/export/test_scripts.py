"""The scripts of an export, run as a stranger would run them, and the oracle of all its tables."""

import csv
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from exported_scripts import ORACLE, computed_anew, run

from studyserver.results.export.data_package import data_file


@pytest.fixture
def folder(written, tmp_path):
    return Path(shutil.copytree(written, tmp_path / "export"))


def change(folder, study, table, edit):
    """Rewrite a table of the export row by row; a row for which None comes back is dropped."""
    path = folder / data_file(study, table)
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = [row for row in map(edit, reader) if row is not None]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, reader.fieldnames)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def rscript():
    found = shutil.which("Rscript")
    if found is None:
        pytest.skip("Rscript is not installed (Debian: r-base-core, r-cran-lme4, r-cran-ordinal)")
    return found


def test_the_python_script_reproduces_the_main_figures(folder):
    found = run(sys.executable, folder / "analysis/analysis.py")
    assert found.returncode == 0, found.stdout + found.stderr
    for line in ("summary: 27 of 27", "agreement: "):
        assert line in found.stdout
    assert "DIFFER" not in found.stdout and "agrees with the tables" in found.stdout


MAIN = {"summary": "judgment_mean", "agreement": "estimate"}


def run_here(folder):
    """Run the script in this process, which has loaded pandas already; return its exit status."""
    return runpy.run_path(folder / "analysis/analysis.py")["main"]()


def test_the_python_script_tells_which_figures_were_changed(folder, study, capsys):
    for table, column in MAIN.items():
        change(folder, study, table, lambda row, x=column: row | {x: f"{float(row[x] or 0) + 1e-3}"})
    assert run_here(folder) == 1
    printed = capsys.readouterr().out
    assert "DIFFERS from the tables" in printed
    for table in MAIN:
        assert f"{table}: 0 of " in printed


def test_the_python_script_names_a_table_that_is_missing(folder, study, capsys):
    (folder / data_file(study, "agreement")).unlink()
    assert run_here(folder) == 0
    assert "agreement: not in this package; PROBLEMS.md says why" in capsys.readouterr().out


def test_the_oracle_reproduces_the_tables(folder):
    found = run(sys.executable, ORACLE / "analysis.py", folder)
    assert found.returncode == 0, found.stdout + found.stderr
    for line in ("summary, all: 27 of 27", "pairs, similarity: 140 of 140"):
        assert line in found.stdout


# Slider answers to three clips that differ hardly more than chance has it: the likelihood is flat.
FLAT = [
    [16.763, 25.536, 0.998, np.nan, 32.987, -3.969, 8.096, np.nan],
    [-1.714, 29.886, 21.576, 18.675, 23.02, 19.739, 32.529, 48.269],
    [17.299, 12.773, 31.747, 26.243, 26.643, 20.419, 10.405, np.nan],
]


def test_the_oracle_finds_the_greatest_likelihood_where_it_is_flat():
    """The right value is that of a search over a grid, refined without derivatives."""
    script = runpy.run_path(ORACLE / "coefficients.py")
    for statistic in ("icc_a_1", "icc_c_1"):
        found = script["intraclass_correlation"](np.array(FLAT), statistic)
        assert found == pytest.approx(0.03160277, abs=2e-7)


CHANGED = {
    "summary": "judgment_mean", "agreement": "estimate", "retest": "estimate", "claims": "estimate",
    "model_comparison": "estimate", "annotator_quality": "bias", "pairs": "exact_share",
}  # fmt: skip


def test_the_oracle_tells_which_tables_were_changed(folder, study):
    for table, column in CHANGED.items():
        change(folder, study, table, lambda row, x=column: row | {x: f"{float(row[x] or 0) + 1e-3}"})
    status, printed = computed_anew(folder)
    assert status == 1
    differing = {line.split(":")[0].split(",")[0] for line in printed.splitlines() if "DIFFER" in line}
    assert differing >= set(CHANGED)


@pytest.mark.extra
def test_the_oracle_in_r_reproduces_the_tables(folder, study, rscript):
    found = run(rscript, ORACLE / "analysis.R", folder)
    assert found.returncode == 0, found.stdout + found.stderr
    for line in ("summary: 27 of 27", "retest: 23 of 23", "claims: 12 of 12", "agreement: "):
        assert line in found.stdout
    change(folder, study, "claims", lambda row: row | {"estimate": "1.5"})
    assert run(rscript, ORACLE / "analysis.R", folder).returncode == 1


@pytest.mark.extra
def test_the_r_script_reproduces_the_means(folder, study, rscript):
    found = run(rscript, folder / "analysis/analysis.R", "--tables")
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.count("mean, harsh.slider, evidence") == 1 and "agrees with" in found.stdout
    change(folder, study, "summary", lambda row: row | {"judgment_mean": "1.5"})
    assert run(rscript, folder / "analysis/analysis.R", "--tables").returncode == 1


@pytest.mark.extra
def test_the_r_script_fits_its_models(folder, study, rscript):
    if run(rscript, "-e", "library(lme4)").returncode:
        pytest.skip("R is installed without lme4 (Debian: r-cran-lme4)")
    found = run(rscript, folder / "analysis/analysis.R")
    assert found.returncode == 0, found.stdout + found.stderr
    for line in ("Linear mixed model, uncorrelated slopes: number ~ condition + (1 + ", "conditionevidence"):
        assert line in found.stdout
    assert "fewer than five levels of track" in found.stdout
    if not run(rscript, "-e", "library(ordinal)").returncode:
        assert (
            "answer ~ condition + (1 | annotator) + (1 | track) + (1 | annotator_in_condition)"
            in found.stdout
        )
    assert "Not fitted" not in found.stdout
