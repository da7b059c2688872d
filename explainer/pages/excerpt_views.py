"""Views for researchers who choose excerpts, by rule or by hand."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST, require_safe

from explainer import tasks
from explainer.builds import excerpt_choices, overviews
from explainer.core.base.counting import plural
from explainer.core.excerpts.curve import Curve
from explainer.core.excerpts.rule import STARTS_ON, WHERE, ExcerptError, ExcerptRule
from explainer.files.curves import curve_of
from explainer.imports.excerpts import excerpts_of
from explainer.models import Excerpt, ExcerptChoice, Track

from . import timeline
from .excerpt_forms import ByHandForm, RuleForm, TargetField, targets_of_models
from .views import page, researcher

ROWS_SHOWN = 100
State = ExcerptChoice.State


@researcher("explainer.add_excerpt")
def excerpts(request: HttpRequest) -> HttpResponse:
    """Show and process the form that chooses excerpts by rule, and what came of it."""
    form = RuleForm(request.POST or None, initial={"tracks": request.GET.getlist("tracks")})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        model, target = values["target"]
        rows = excerpt_choices.request_choices(values["tracks"], model, target, values["rule"])
        tasks.choose_excerpts_in_background([rows[0].batch])
        messages.success(request, f"Choosing excerpts of {plural(rows, 'track')} in the background.")
        return redirect("explainer:excerpts")
    return page(request, "explainer/excerpts.html", "Excerpts", form=form, **_state_of_choices())


@require_GET
@researcher("explainer.add_excerpt")
def excerpts_data(request: HttpRequest) -> HttpResponse:
    """Return the progress of choices as JSON."""
    state = _state_of_choices()
    rows = [{name: row[name] for name in ("id", "state", "words", "progress")} for row in state["rows"]]
    return JsonResponse({**state, "rows": rows}, headers={"Cache-Control": "no-store"})


def _choices() -> QuerySet:
    chosen = ExcerptChoice.objects.exclude(rule__number=0)
    return chosen.select_related("track", "model")


def _state_of_choices() -> dict[str, Any]:
    rows = [_row(choice) for choice in _choices()[:ROWS_SHOWN]]
    going_on = any(row["state"] in (State.WAITING, State.RUNNING, "stalled") for row in rows)
    done, failed = (sum(row["state"] == state for row in rows) for state in (State.DONE, State.FAILED))
    unfinished = len(rows) - done - failed
    counts = ((done, "done"), (unfinished, "to do"), (failed, "failed"))
    parts = [f"{number} {word}" for number, word in counts if number]
    return {
        "rows": rows,
        "summary": ", ".join(parts) or "Nothing has been chosen by rule yet.",
        "going_on": going_on,
        "resumable": any(row["state"] in (State.FAILED, "stalled") for row in rows),
        "no_worker": going_on and tasks.lacks_worker(),
    }


def _row(choice: ExcerptChoice) -> dict[str, Any]:
    stalled = choice.state == State.RUNNING and not choice.is_being_made()
    words = {
        State.RUNNING: "interrupted: its worker is no longer running" if stalled else "asking the model",
        State.DONE: plural(choice.chosen, "excerpt"),
    }
    return {
        "id": choice.pk,
        "choice": choice,
        "rule": rule_in_words(choice),
        "state": "stalled" if stalled else choice.state,
        "words": words.get(State(choice.state), choice.state),
        "progress": choice.progress,
    }


def rule_in_words(choice: ExcerptChoice) -> str:
    """Return the rule of a choice in a line."""
    rule = ExcerptRule.from_dict(choice.rule)
    start = "" if rule.starts_on == "anywhere" else f", on {STARTS_ON[rule.starts_on]}"
    return f"{rule.number} of {rule.seconds:g} s, {WHERE[rule.where]}{start}, {rule.apart:g} s apart"


@require_POST
@researcher("explainer.add_excerpt")
def resume(request: HttpRequest) -> HttpResponse:
    """Make failed and interrupted choices again."""
    batches = excerpt_choices.resumable(ExcerptChoice.objects.all())
    tasks.choose_excerpts_in_background(batches)
    messages.success(request, f"Resumed {plural(batches, 'choice')} of excerpts.")
    return redirect("explainer:excerpts")


@require_safe
@researcher("explainer.view_excerpt")
def choice(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a model said over time, and the excerpts that were chosen from it."""
    row = get_object_or_404(ExcerptChoice.objects.select_related("track", "model"), pk=pk)
    curve = curve_of(row)
    seconds = row.track.seconds
    parts = [(one["start"], one["seconds"], "") for one in row.chosen]
    return page(
        request,
        "explainer/choice.html",
        f"Excerpts of {row.track}",
        choice=row,
        rule=rule_in_words(row),
        curve=timeline.curve_line(curve, row.target, seconds) if curve else None,
        places=len(curve.starts) if curve else 0,
        starts_on=STARTS_ON[curve.starts_on] if curve else "",
        bars=timeline.bars(parts, seconds),
        ticks=timeline.ticks(seconds),
        together=ExcerptChoice.objects.filter(batch=row.batch).count(),
    )


@require_POST
@researcher("explainer.delete_excerpt")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete what was chosen together by a rule, except excerpts in use."""
    row = get_object_or_404(ExcerptChoice, pk=pk)
    if ExcerptChoice.objects.filter(batch=row.batch, state=State.RUNNING).exists():
        messages.error(request, "These excerpts are being chosen; wait until that has ended.")
        return redirect("explainer:excerpts")
    deleted, kept = excerpt_choices.discard(row.batch)
    stay = f"; {plural(kept, 'excerpt')} in use {'was' if kept == 1 else 'were'} kept" if kept else ""
    messages.success(request, f"Deleted {plural(deleted, 'excerpt')}{stay}.")
    return redirect("explainer:excerpts")


@researcher("explainer.add_excerpt")
def track_excerpts(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a track over time, and add an excerpt of it by hand."""
    track = get_object_or_404(Track, pk=pk)
    form = ByHandForm(track, request.POST or None)
    if request.method == "POST" and form.is_valid():
        excerpt = form.save()
        if excerpt:
            whole = "That is the whole track, which needs no excerpt."
            messages.success(request, whole if excerpt.is_whole else f"Added {excerpt}.")
            return redirect("explainer:track-excerpts", pk)
    context = {"track": track, "form": form, **_of(request, track)}
    return page(request, "explainer/track_excerpts.html", f"Excerpts of {track}", **context)


def _of(request: HttpRequest, track: Track) -> dict[str, Any]:
    """Return what the page of a track shows."""
    overview = overviews.overview_of(track)
    if overview is None:
        tasks.draw_overview_in_background(track)
    asked = track.excerpt_choices.select_related("model")
    known = list(asked.exclude(curve=""))
    wanted = request.GET.get("curve", "")
    shown = next((row for row in known if str(row.pk) == wanted), known[0] if known else None)
    curve = curve_of(shown) if shown else None
    chosen = [row for row in excerpts_of([track]) if not row.is_whole]
    used = set(Excerpt.objects.filter(track=track, explanations__isnull=False).values_list("pk", flat=True))
    used |= set(Excerpt.objects.filter(track=track, clips__isnull=False).values_list("pk", flat=True))
    parts = [(row.start_seconds, row.seconds, str(row)) for row in chosen]
    said = curve_for_script(curve, shown.target) if curve and shown else None
    asking = asked.filter(state__in=[State.WAITING, State.RUNNING]).exists()
    return {
        "overview": overview,
        "waveform": timeline.waveform_path(overview["waveform"]) if overview else "",
        "rows": [{"excerpt": row, "used": row.pk in used} for row in chosen],
        "bars": timeline.bars(parts, track.seconds),
        "ticks": timeline.ticks(track.seconds),
        "curves": known,
        "shown": shown,
        "curve": timeline.curve_line(curve, shown.target, track.seconds) if curve and shown else None,
        "said": said,
        "said_json": json.dumps(said) if said else "",
        "height": 300 if curve else 200,
        "asking": asking,
        "no_worker": (asking or not overview) and tasks.lacks_worker(),
        "targets": targets_of_models(),
    }


def curve_for_script(curve: Curve, target: str) -> dict[str, Any]:
    """Return starts and outputs for the page's script, which says what the model says of the selection."""
    return {
        "target": target.replace("_", " "),
        "seconds": curve.seconds,
        "starts": curve.starts.tolist(),
        "outputs": [float(f"{value:.3g}") for value in curve.outputs[target]],
    }


@require_POST
@researcher("explainer.add_excerpt")
def ask_model(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue what a model says over time of one track."""
    track = get_object_or_404(Track, pk=pk)
    field = TargetField(choices=targets_of_models())
    try:
        model, target = field.clean(request.POST.get("target"))
        rule = ExcerptRule(number=0, seconds=min(ExcerptRule().seconds, track.seconds), starts_on="anywhere")
        [row] = excerpt_choices.request_choices([track], model, target, rule)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except ExcerptError as error:
        messages.error(request, str(error))
    else:
        tasks.choose_excerpts_in_background([row.batch])
        messages.success(request, f"Asking {model} about {target} over time; reload the page in a moment.")
    return redirect("explainer:track-excerpts", pk)


@require_POST
@researcher("explainer.delete_excerpt")
def delete_excerpt(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an excerpt that nothing was made of."""
    row = get_object_or_404(Excerpt.objects.select_related("track"), pk=pk)
    if row.is_whole or row.explanations.exists() or row.clips.exists():
        messages.error(request, f"{row} has explanations or clips, so it is kept; delete these first.")
    else:
        row.delete()
        messages.success(request, f"Deleted {row}.")
    return redirect("explainer:track-excerpts", row.track_id)


@require_safe
@researcher("explainer.view_track")
def spectrogram(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the spectrogram of a track."""
    overview = overviews.overview_of(get_object_or_404(Track, pk=pk))
    if not overview or not default_storage.exists(overview["spectrogram"]):
        raise Http404("There is no spectrogram yet.")
    response = FileResponse(default_storage.open(overview["spectrogram"]), content_type="image/png")
    response["Cache-Control"] = "private, max-age=3600"
    return response
