"""Getting annotators, in the admin: personal links, returned places, the linking table, a poster."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import segno
from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from explainer.core.base.counting import listed, plural
from explainer.files.csv_lines import TableError, decoded
from explainer.files.spreadsheets import csv_text
from studyserver.study.recruitment import recruiting
from studyserver.study.recruitment.identifier_lists import UnreadableList, read_identifiers
from studyserver.study.recruitment.panel_links import parameter_names
from studyserver.study.sessions.joins import pace

from ..models import Recruit, Return, Study
from .shared.labelled import LabelledFormSet
from .shared.study_views import StudyViews

MOST_BYTES = 2_000_000  # of an uploaded list


class ReturnInline(admin.TabularInline):
    """What annotators are given at each end."""

    formset = LabelledFormSet
    model = Return
    fields = ("outcome", "code", "address")
    classes = ("collapse",)
    extra = 0
    verbose_name = "code or address"
    verbose_name_plural = "Completion codes and return addresses"


class ListForm(forms.Form):
    """A list of identifiers, pasted or uploaded."""

    identifiers = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 8}), label="Identifiers, one per line"
    )
    file = forms.FileField(required=False, label="or a CSV file with the identifiers in its first column")

    def clean(self) -> dict[str, Any]:
        """Read the list."""
        cleaned = super().clean()
        text = cleaned.get("identifiers", "")
        if file := cleaned.get("file"):
            if text.strip():
                raise forms.ValidationError(
                    "There are two lists, one pasted and one in a file: give one of them at a time."
                )
            if file.size > MOST_BYTES:
                raise forms.ValidationError("The file is too large: at most 2 MB.")
            try:
                text = decoded(file.read())
            except TableError as error:
                raise forms.ValidationError(f"The file cannot be read: {error}.") from None
        try:
            cleaned["list"] = read_identifiers(text)
        except UnreadableList as refused:
            raise forms.ValidationError(str(refused)) from None
        return cleaned


def panel(study: Study, request: HttpRequest) -> dict:
    """Return what the study's page says about getting annotators."""
    names = parameter_names(study)
    return {
        "access": study.get_access_display(),
        "personal": study.access == Study.Access.PERSONAL,
        "panel": study.access == Study.Access.PANEL,
        "panel_link": panel_link(study, request),
        "recruits": study.recruits.count(),
        "begun": study.recruits.exclude(annotator=None).count(),
        "quotas": [(quota, quota.members.people().holding_places().count()) for quota in study.quotas.all()],
        "pace": pace(study),
        "parameters": names,
        "arrivals": [
            (arrival, [arrival.parameters.get(name, "") for name in names])
            for arrival in study.arrivals.all()
        ],
    }


def panel_link(study: Study, request: HttpRequest) -> str:
    """Return the address to give to a recruiter, with the places that the recruiter fills in."""
    query = "&".join(f"{name}={{{{%{name}%}}}}" for name in parameter_names(study))
    return f"{request.build_absolute_uri(study.get_absolute_url())}?{query}"


class RecruitingViews(StudyViews):
    """Pages and files for getting annotators."""

    def urls(self) -> list[URLPattern]:
        """Return the addresses."""
        views = {
            "links": self.links,
            "returned": self.returned,
            "linking": self.linking_table,
            "forget": self.forget,
            "poster": self.poster,
            "qr": self.qr,
        }
        return [self.path(name, view) for name, view in views.items()]

    def links(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Make personal links: identifiers in, links out."""
        form = ListForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                recruits = recruiting.invite(study, form.cleaned_data["list"].identifiers)
            except UnreadableList as refused:
                form.add_error(None, str(refused))
            else:
                self.admin.log_change(request, study, f"Made {plural(recruits, 'personal link')}.")
                self._remark(request, form)
                return _csv_file(
                    f"{study.slug}-links.csv",
                    ("identifier", "link"),
                    ((recruit.identifier, personal_link(request, recruit)) for recruit in recruits),
                )
        return self.page(request, study, "links", f"Personal links of “{study}”", form=form)

    def returned(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Free the places of people who have returned theirs to the recruiter."""
        form = ListForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            result = recruiting.free_places(study, form.cleaned_data["list"].identifiers)
            self._remark(request, form)
            logged = f"Freed {plural(result.freed, 'returned place')}."
            self.done(request, study, f"Freed {plural(result.freed, 'place')}.", logged)
            for names, words in (
                (result.finished, "Already finished (not freed)"),
                (result.over, "Already expired or withdrawn"),
                (result.unknown, "Not known in this study"),
            ):
                if names:
                    self.refuse(request, f"{words}: {listed(names)}.", messages.WARNING)
            return self.to_study(study)
        return self.page(request, study, "returned", f"Returned places of “{study}”", form=form)

    def linking_table(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Send who is who, for payment; that it was sent is logged."""
        if request.method != "POST":
            return self.page(request, study, "linking", f"Linking table of “{study}”")
        self.admin.log_change(request, study, "Downloaded the linking table.")
        return _csv_file(
            f"{study.slug}-linking.csv", recruiting.LINKING_COLUMNS, recruiting.linking_rows(study)
        )

    def forget(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Delete identifiers, once everybody is paid."""
        if request.method != "POST":
            return self.page(request, study, "linking", f"Linking table of “{study}”")
        if study.state == Study.State.OPEN:
            self.refuse(
                request, "Close the study first: people whose identifiers are deleted could take part again."
            )
            return self.to_study(study)
        number = recruiting.forget(study)
        words = f"Forgot {plural(number, 'identifier')}."
        self.done(request, study, f"{words} Answers stay.", words)
        return self.to_study(study)

    def poster(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Show a page to print, if anyone with the link may join."""
        if study.access != Study.Access.OPEN:
            self.refuse(
                request,
                "A poster does not work for this study: annotators join only by personal links or from "
                "a recruiter.",
                messages.WARNING,
            )
            return self.to_study(study)
        link = request.build_absolute_uri(study.get_absolute_url())
        return TemplateResponse(request, "admin/study/study/poster.html", {"study": study, "link": link})

    def qr(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Send the study's link as a QR code."""
        code = segno.make(request.build_absolute_uri(study.get_absolute_url()), error="m", micro=False)
        buffer = io.BytesIO()
        code.save(buffer, kind="svg", scale=10, border=4, dark="#000", light="#fff")
        return HttpResponse(buffer.getvalue(), content_type="image/svg+xml")

    def _remark(self, request: HttpRequest, form: ListForm) -> None:
        """Show on the next page which lines of a list were ignored."""
        if remarks := form.cleaned_data["list"].remarks:
            self.admin.message_user(request, f"The list: {' '.join(remarks)}", messages.INFO)


def personal_link(request: HttpRequest, recruit: Recruit) -> str:
    """Return the whole address of a personal link."""
    return request.build_absolute_uri(reverse("study:personal", args=[recruit.token]))


def _csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    response = HttpResponse("\ufeff" + csv_text(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
