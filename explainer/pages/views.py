"""Views for researchers: explanations, comparison, uploads, building clips and its progress."""

import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from explainer import tasks
from explainer.builds import building
from explainer.core.base.counting import plural
from explainer.files.sound_responses import sound_response
from explainer.imports import clip_import
from explainer.imports.clip_archive import ArchiveError
from explainer.imports.excerpts import counted, question_about_long_clips
from explainer.models import Clip, Explanation, Track

from . import comparison_page, explanation_page
from .forms import BuildForm
from .upload_forms import UploadClipsForm

View = Callable[..., HttpResponse]
ROWS_SHOWN = 200
RECENTLY = timedelta(hours=12)


def researcher(permission: str) -> Callable[[View], View]:
    """Restrict a view to staff with a permission; others are sent to the login or refused."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not admin.site.has_permission(request):
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    """Render a page within the admin's layout."""
    frame = {**admin.site.each_context(request), "is_nav_sidebar_enabled": False, "title": title}
    response = render(request, template, {**frame, **context})
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@researcher("explainer.view_explanation")
def explanation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an explanation: segments, clips, effects, predictions, provenance."""
    row = get_object_or_404(Explanation.objects.select_related("track", "excerpt", "model", "recipe"), pk=pk)
    if not row.file:
        messages.info(request, f"{row} is not built yet.")
        return redirect("explainer:progress")
    provenance = row.provenance
    facts = [
        ("track", f"{row.part.name}, SHA-256 of the track {row.track.sha256}"),
        ("model", f"{row.model.name}, SHA-256 over weights and description {provenance.get('model_sha256')}"),
        ("recipe", f"{row.recipe.name}, SHA-256 {provenance.get('recipe_sha256')}"),
        ("result", f"key {row.key}, core version {provenance.get('core_version')}"),
        (
            "built",
            f"{row.finished_at:%Y-%m-%d %H:%M} UTC, {row.seconds:.1f} s, "
            f"{plural(row.model_calls, 'model call')}",
        ),
    ]
    return page(
        request,
        "explainer/explanation.html",
        str(row),
        explanation=row,
        page=explanation_page.gather(row),
        others=comparison_page.others_of(row),
        facts=facts,
        recipe=sorted(provenance.get("recipe", {}).items()),
    )


@require_safe
@researcher("explainer.view_explanation")
def comparison(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Show two explanations of one track and model side by side."""
    rows = Explanation.objects.exclude(file="").select_related("track", "excerpt", "model", "recipe")
    first, second = (get_object_or_404(rows, pk=key) for key in (pk, other))
    if first == second or (first.excerpt_id, first.model_id) != (second.excerpt_id, second.model_id):
        raise Http404("Two different explanations of one excerpt and model are needed.")
    return page(
        request,
        "explainer/comparison.html",
        f"{first.recipe} and {second.recipe} on {first.part}",
        page=comparison_page.compare(first, second),
        part=first.part,
        model=first.model,
    )


@researcher("explainer.view_clip")
def clip_sound(request: HttpRequest, pk: int) -> HttpResponse:
    """Play a clip."""
    return sound_response(request, get_object_or_404(Clip, pk=pk).file)


@researcher("explainer.add_clip")
def upload_clips(request: HttpRequest) -> HttpResponse:
    """Import clips of another system; a clip that cannot be used does not stop the others."""
    form = UploadClipsForm(request.POST or None, request.FILES or None)
    done = []
    if request.method == "POST" and form.is_valid():
        archive = form.cleaned_data["archive"]
        with tempfile.NamedTemporaryFile(suffix=".zip") as copy:
            copy.writelines(archive.chunks())
            copy.flush()
            try:
                done = clip_import.import_clips(Path(copy.name), name=Path(archive.name).name)
            except ArchiveError as error:
                form.add_error("archive", str(error))
    new = sum(item.result == "imported" for item in done)
    refused = sum(item.clip is None for item in done)
    context = {"form": form, "done": done, "new": new, "refused": refused, "here": len(done) - new - refused}
    return page(request, "explainer/upload_clips.html", "Upload clips", **context)


@researcher("explainer.view_track")
def track_sound(request: HttpRequest, pk: int) -> HttpResponse:
    """Play a track as it was uploaded."""
    return sound_response(request, get_object_or_404(Track, pk=pk).file)


@require_safe
@researcher("explainer.view_explanation")
def figure(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Send one of an explanation's figures.

    An SVG is sent as a download: the content security policy forbids its styles, so browsers would draw it
    black.
    """
    row = get_object_or_404(Explanation.objects.select_related("track", "excerpt", "model", "recipe"), pk=pk)
    stored = row.figures.get(name)
    if not stored or not default_storage.exists(stored):
        raise Http404("There is no such figure.")
    suffix = Path(stored).suffix
    response = FileResponse(
        default_storage.open(stored),
        as_attachment=suffix == ".svg",
        content_type={".png": "image/png", ".svg": "image/svg+xml"}[suffix],
        filename=f"{row.part.name}-{row.model.name}-{row.recipe.name}-{name.removesuffix('-svg')}{suffix}",
    )
    response["Cache-Control"] = "private, max-age=3600"
    return response


@researcher("explainer.add_explanation")
def build(request: HttpRequest) -> HttpResponse:
    """Show and process the form that requests explanations; ask before clips are long."""
    question = ""
    if request.method == "POST":
        form = BuildForm(request.POST)
        if form.is_valid():
            question = question_about_long_clips(form.excerpts())
            if not question or form.cleaned_data["long_clips"]:
                return _ask_for(request, form)
    else:
        form = BuildForm(
            initial={name: request.GET.getlist(name) for name in ("tracks", "models", "recipes")}
        )
    return page(request, "explainer/build.html", "Build clips", form=form, question=question)


def _ask_for(request: HttpRequest, form: BuildForm) -> HttpResponse:
    chosen, excerpts, rows = form.cleaned_data, form.excerpts(), []
    for model in chosen["models"]:
        rows += building.request_explanations(excerpts, [model], chosen["recipes"], form.targets_of(model))
    queued = tasks.build_in_background(rows)
    existing = len(rows) - queued
    already = f"; {existing} {'was' if existing == 1 else 'were'} already built or being built"
    queued_in_words = f"Queued {plural(queued, 'build')} of {counted(excerpts)}"
    messages.success(request, f"{queued_in_words}{already if existing else ''}.")
    return redirect("explainer:progress")


@require_GET
@researcher("explainer.view_explanation")
def progress(request: HttpRequest) -> HttpResponse:
    """Show the progress of builds; without JavaScript the page reloads itself."""
    return page(request, "explainer/progress.html", "Progress", **_state_of_work())


@require_GET
@researcher("explainer.view_explanation")
def progress_data(request: HttpRequest) -> HttpResponse:
    """Return the progress of builds as JSON."""
    state = _state_of_work()
    fields = ("id", "state", "words", "progress", "failure")
    rows = [{name: row[name] for name in fields} for row in state["rows"]]
    return JsonResponse({**state, "rows": rows}, headers={"Cache-Control": "no-store"})


def _state_of_work() -> dict:
    recent = Q(finished_at__gte=timezone.now() - RECENTLY)
    unfinished = ~Q(state=Explanation.State.DONE)
    found = Explanation.objects.filter(unfinished | recent).select_related(
        "track", "excerpt", "model", "recipe"
    )
    rows = [_row(explanation) for explanation in found.order_by("-pk")[:ROWS_SHOWN]]
    # Interrupted builds count as unfinished, because another worker may resume them at any time.
    going_on = [row for row in rows if row["state"] in ("waiting", "building", "stalled")]
    return {
        "rows": rows,
        "summary": _summary(rows),
        "going_on": bool(going_on),
        "resumable": any(row["state"] in ("failed", "stalled") for row in rows),
        "no_worker": bool(going_on) and tasks.lacks_worker(),
    }


def _row(explanation: Explanation) -> dict:
    state = "stalled" if explanation.is_stalled() else explanation.state
    words = {
        "building": explanation.activity or "beginning",
        "stalled": "interrupted: its worker is no longer running",
    }
    return {
        "id": explanation.pk,
        "explanation": explanation,
        "state": state,
        "words": words.get(state, state),
        "progress": explanation.progress,
        "failure": explanation.failure,
    }


def _summary(rows: list[dict]) -> str:
    counts = Counter(row["state"] for row in rows)
    words = {"building": "being built", "stalled": "interrupted"}
    states = ("done", "building", "waiting", "failed", "stalled")
    parts = [f"{counts[state]} {words.get(state, state)}" for state in states if counts[state]]
    return ", ".join(parts) or "Nothing is being built."


@require_POST
@researcher("explainer.change_explanation")
def take_up_again(request: HttpRequest) -> HttpResponse:
    """Resume failed or interrupted builds: the given ones, or all."""
    rows = Explanation.objects.all()
    if request.POST.getlist("explanation"):
        rows = rows.filter(pk__in=[pk for pk in request.POST.getlist("explanation") if pk.isdigit()])
    messages.success(request, f"Resumed {plural(tasks.resume_in_background(rows), 'build')}.")
    return redirect("explainer:progress")
