"""What every results page needs: its study, its place among the parts, whose judgments it shows."""

from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from studyserver.results.data.rehearsal_marks import rehearsal_mark
from studyserver.study.models import Study

PARTS = [
    ("results:study", "Overview"),
    ("results:remains", "What remains"),
    ("results:agreement", "Agreement"),
    ("results:annotators", "Annotators"),
    ("results:progress", "Progress"),
    ("results:planning", "Planning"),
]


def frame(request: HttpRequest, found: Study, rehearsal: bool, title: str, part: str = "") -> dict:
    """Return what every page needs; `part` is the address of its part of the results."""
    shown = {"rehearsal": "1" if rehearsal else "", "annotators": "all" if everybody(request) else ""}
    query = urlencode({name: value for name, value in shown.items() if value})
    return {
        **admin.site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": title,
        "study": found,
        "rehearsal": rehearsal,
        "rehearsal_mark": rehearsal_mark(found, rehearsal=rehearsal),
        "query": f"?{query}" if query else "",
        "parts": PARTS,
        "part": part,
        "declared": found.exclusion_rules.exists(),
        "everybody": everybody(request),
    }


def everybody(request: HttpRequest) -> bool:
    """Return whether those whom declared rules leave out are to be shown as well."""
    return "all" in (request.GET.get("annotators"), request.GET.get("raters"))  # the latter in old links


def study_of(request: HttpRequest, slug: str) -> tuple[Study, bool]:
    """Return the study, and whether its rehearsal is asked for."""
    return get_object_or_404(Study, slug=slug), request.GET.get("rehearsal") == "1"
