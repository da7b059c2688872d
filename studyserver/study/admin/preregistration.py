"""A study's preregistration text, to read and to download."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone

from studyserver.study.lifecycle.preregistration import preregistration_text

from ..models import Study
from .shared.study_views import StudyViews


class PreregistrationViews(StudyViews):
    """The page of the preregistration; with ``?download`` the same text as a Markdown file."""

    def urls(self) -> list[URLPattern]:
        """Return the address."""
        return [self.path("preregistration", self.preregistration)]

    def preregistration(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Show or send the text of now."""
        text = preregistration_text(study, at=timezone.now())
        if "download" in request.GET:
            name = f"preregistration-{study.slug}.md"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)
        return self.page(request, study, "preregistration", f"Preregistration of “{study}”", text=text)
