"""Pages and buttons of one study in the admin: who may use them, and what they have in common."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from ...models import Study


class StudyViews:
    """Views that get the request and the study; for researchers who may change the study."""

    def __init__(self, model_admin: ModelAdmin) -> None:
        self.admin = model_admin

    def path(self, name: str, view: Callable[..., HttpResponse], further: str = "") -> URLPattern:
        """Return the address of a view, with `further` arguments behind the view's name."""

        def checked(request: HttpRequest, pk: int, **named: Any) -> HttpResponse:
            study = get_object_or_404(Study, pk=pk)
            if not self.admin.has_change_permission(request, study):
                raise PermissionDenied
            return view(request, study, **named)

        address = f"<int:pk>/{name}/{further}"
        return path(address, self.admin.admin_site.admin_view(checked), name=f"study_study_{name}")

    def page(self, request: HttpRequest, study: Study, name: str, title: str, **context: Any) -> HttpResponse:
        """Return a page of the study from the template of this name."""
        context |= {
            **self.admin.admin_site.each_context(request),
            "title": title,
            "opts": self.admin.opts,
            "original": study,
            "study": study,
            "media": self.admin.media,
        }
        return TemplateResponse(request, f"admin/study/study/{name}.html", context)

    def to_study(self, study: Study) -> HttpResponseRedirect:
        """Return the way back to the study's page."""
        return HttpResponseRedirect(reverse("admin:study_study_change", args=[study.pk]))

    def refuse(self, request: HttpRequest, words: str, level: int = messages.ERROR) -> None:
        """Show a message on the next page: why nothing was done."""
        self.admin.message_user(request, words, level)

    def done(self, request: HttpRequest, study: Study, words: str, logged: str = "") -> None:
        """Log what was done (`logged`, or the same words), and show it on the next page."""
        self.admin.log_change(request, study, logged or words)
        self.admin.message_user(request, words, messages.SUCCESS)
