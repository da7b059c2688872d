"""What a researcher's visit to a results page needs: the study, whose judgments are shown, computed parts."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from studyserver.results.access import for_researchers
from studyserver.results.data.counts import fingerprint
from studyserver.results.data.rehearsal_marks import rehearsal_mark
from studyserver.results.data.rows import StudyRows
from studyserver.results.tables.failures import Parts
from studyserver.study.models import Study

if TYPE_CHECKING:
    from studyserver.results.tables.computed import Computed

PARTS = [
    ("results:study", "Overview"),
    ("results:remains", "Retention and contrasts"),
    ("results:agreement", "Agreement"),
    ("results:annotators", "Annotators"),
    ("results:progress", "Progress"),
    ("results:planning", "Planning"),
]
_KEPT_SECONDS = 600


class Visit:
    """One request for a page of results.

    Attributes
    ----------
    request : HttpRequest
    study : Study
    rehearsal : bool
        Whether the rehearsal is shown instead of people's answers.
    everybody : bool
        Whether excluded annotators are shown as well.
    """

    def __init__(self, request: HttpRequest, slug: str) -> None:
        self.request = request
        self.study = get_object_or_404(Study, slug=slug)
        self.rehearsal = request.GET.get("rehearsal") == "1"
        self.everybody = "all" in (request.GET.get("annotators"), request.GET.get("raters"))  # old links

    @cached_property
    def parts(self) -> Parts:
        """Parts that are computed at every visit: counts of people change without an answer."""
        return self.parts_of(self.rehearsal)

    def parts_of(self, rehearsal: bool) -> Parts:
        """Return the parts of the study or of its rehearsal, whichever is shown."""
        from studyserver.results.tables.computed import Computed

        return Parts(Computed(StudyRows(self.study, rehearsal=rehearsal), everybody=self.everybody))

    def with_models(self, name: str, build: Callable[[Parts], dict[str, Any]]) -> dict[str, Any]:
        """Return the same as `kept`, with ``models``: notes about the models of answers that are shown.

        Models that are missing or of earlier answers are queued for the background worker.
        """
        found = self.kept(name, lambda parts: {**build(parts), **models_of(parts)})
        if found["outdated"]:
            from studyserver.results.tasks import fit_in_background

            fit_in_background(self.study, rehearsal=self.rehearsal)
        return found

    def kept(self, name: str, build: Callable[[Parts], dict[str, Any]]) -> dict[str, Any]:
        """Return the parts that `build` computes, and as ``failed`` those that could not be.

        They are cached until an answer comes in or something is declared anew. Parts of which one failed are
        not cached: they are computed again at the next visit.
        """
        parts = self.parts
        key = f"results-{fingerprint(parts.computed.rows)}-{name}-{self.everybody}"
        found = cache.get(key)
        if found is None:
            unreadable = parts.unreadable()
            found = {**build(parts), "failed": parts.failed, "unreadable": unreadable}
            if not parts.failed:
                cache.set(key, found, _KEPT_SECONDS)
        return found

    def page(
        self, name: str, title: str, context: dict[str, Any], *, part: str | None = None
    ) -> HttpResponse:
        """Return the page of a template; `part` is the address of its part of the results, if it differs."""
        shown = {"rehearsal": "1" if self.rehearsal else "", "annotators": "all" if self.everybody else ""}
        query = urlencode({key: value for key, value in shown.items() if value})
        context = {
            **admin.site.each_context(self.request),
            "is_nav_sidebar_enabled": False,
            "title": title,
            "study": self.study,
            "rehearsal": self.rehearsal,
            "rehearsal_mark": rehearsal_mark(self.study, rehearsal=self.rehearsal),
            "query": f"?{query}" if query else "",
            "parts": PARTS,
            "part": part or f"results:{name}",
            "declared": self.study.exclusion_rules.exists(),
            "everybody": self.everybody,
            **context,
            "failed": context.get("failed", {}) | self.parts.failed,
        }
        return render(self.request, f"results/{name}.html", context)


def models_of(parts: Parts) -> dict[str, Any]:
    """Return notes about the models of answers, and whether any is to be computed."""
    from .model_notes import model_notes

    def outdated(computed: "Computed") -> bool:
        return any(statistics.models.outdated for statistics in computed.annotator_sets.values())

    notes = model_notes(parts)
    return {"models": notes, "outdated": parts.part("models", "Models of the answers", outdated, False)}


def results_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in researchers, and pass the view the visit to the study named in the address."""

    @require_safe
    @for_researchers
    @wraps(view)
    def shown(request: HttpRequest, slug: str, **named: str) -> HttpResponse:
        return view(Visit(request, slug), **named)

    return shown
