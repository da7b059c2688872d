"""Views of the correlations page, its CSV table and its figures."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from explainer import tasks
from explainer.correlations import figures, predictions, summary
from explainer.models import MusicModel, Track

from .forms import CorrelationsForm
from .views import page, researcher

CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@require_safe
@researcher("explainer.view_explanation")
def correlations(request: HttpRequest) -> HttpResponse:
    """Show correlations of a model and of people's ratings over a set of tracks."""
    form = CorrelationsForm(request.GET if "model" in request.GET else None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        model, tracks = form.chosen()
        shown = summary.gather(model, tracks)
        known = predictions.known(model, tracks)
        context |= {
            "model": model,
            "tracks": tracks,
            "shown": shown,
            "known": len(known),
            "missing": len(tracks) - len(known),
            "choice": urlencode(form.as_query()),
            "drawn": figures.drawn(shown),
            "drawing": tasks.is_drawing(model),
            "predicting": tasks.is_predicting(model),
        }
    return page(request, "explainer/correlations.html", "Correlations", **context)


@require_safe
@researcher("explainer.view_explanation")
def correlations_table(request: HttpRequest) -> HttpResponse:
    """Send the numbers as CSV."""
    model, tracks = _chosen(request.GET)
    text = summary.as_csv(summary.gather(model, tracks))
    name = f"correlations-{model.name}.csv"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@researcher("explainer.view_explanation")
def correlations_figure(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    """Send one of the heat maps as an image."""
    model, tracks = _chosen(request.GET)
    shown = summary.gather(model, tracks)
    if name not in shown.matrices or kind not in CONTENT_TYPES:
        raise Http404("There is no such picture.")
    stored = figures.stored_name(shown, name, kind)
    if not default_storage.exists(stored):
        raise Http404("This picture is not drawn yet; request it on the correlations page.")
    return FileResponse(
        default_storage.open(stored),
        as_attachment=True,  # our policy forbids the styles of an SVG, so browsers would draw it black
        content_type=CONTENT_TYPES[kind],
        filename=f"{model.name}-{name}.{kind}",
    )


@require_POST
@researcher("explainer.add_explanation")
def ask_for_predictions(request: HttpRequest) -> HttpResponse:
    """Queue the model's missing predictions."""
    model, tracks = _chosen(request.POST)
    tasks.predict_in_background(model, tracks)
    messages.success(request, f"{model.name} is predicting the other tracks. Reload to see the results.")
    return _back(request)


@require_POST
@researcher("explainer.view_explanation")
def ask_for_pictures(request: HttpRequest) -> HttpResponse:
    """Queue the drawing of all heat maps."""
    model, tracks = _chosen(request.POST)
    tasks.draw_correlations_in_background(model, tracks)
    messages.success(request, "The figures are being drawn. Reload to see them.")
    return _back(request)


def _chosen(data: QueryDict) -> tuple[MusicModel, list[Track]]:
    form = CorrelationsForm(data)
    if not form.is_valid():
        raise Http404("Choose a model and tracks that exist.")
    return form.chosen()


def _back(request: HttpRequest) -> HttpResponse:
    form = CorrelationsForm(request.POST)
    form.is_valid()
    return redirect(f"{reverse('explainer:correlations')}?{urlencode(form.as_query())}")
