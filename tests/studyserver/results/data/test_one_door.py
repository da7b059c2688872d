"""Judgments, trials and presentations are read from the database in one folder only."""

import re

from paths import ROOT

RESULTS = ROOT / "studyserver" / "results"
READS = re.compile(r"\b(Judgment|Presentation|Trial)\.objects\b|\.current\(\)")


def test_only_the_data_folder_reads_what_annotators_did():
    readers = {path for path in RESULTS.rglob("*.py") if READS.search(path.read_text(encoding="utf-8"))}
    assert readers
    assert {path.parent for path in readers} == {RESULTS / "data"}
