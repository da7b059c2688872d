"""Spending people's time well: the planning page with its plot, and the progress page."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from studyserver.study.models import Study

from .access import for_researchers
from .figures import FORMATS
from .frame import everybody, frame, study_of
from .pages.parts import kept
from .pages.planning import NoVariances, PlanningForm, make_plan
from .progress import study_progress
from .rows import StudyRows

_DEVIATIONS = ("between_annotators", "between_tracks", "single_judgment")


@require_safe
@for_researchers
def planning(request, slug):
    """Show what so many annotators and tracks can detect."""
    study = get_object_or_404(Study, slug=slug)
    form = PlanningForm(study, request.GET)
    plan, refusal = None, ""
    if form.is_valid():
        try:
            plan = make_plan(form)
        except NoVariances as error:
            refusal = f"{error} Type standard deviations, or take the assumed ones."
    context = {
        **frame(request, study, False, "Planning", "results:planning"),
        "declared": False,  # a plan is of nobody in particular
        "form": form,
        "plan": plan,
        "refusal": refusal,
        "deviations": [form[name] for name in _DEVIATIONS],
        "deviations_used": plan.deviations if plan else (),
        "question_string": request.GET.urlencode(),
    }
    return render(request, "results/planning.html", context)


@require_safe
@for_researchers
def planning_plot(request, slug, kind):
    """Send the plot of the planning page with the same question string."""
    study = get_object_or_404(Study, slug=slug)
    form = PlanningForm(study, request.GET)
    if kind not in FORMATS or not form.is_valid():
        raise Http404("There is no such plot.")
    try:
        plan = make_plan(form)
    except NoVariances as error:
        raise Http404(str(error)) from error
    from .planning_figure import planning_figure

    picture = planning_figure(plan.table, plan.unit, kind, difference=form.cleaned_data["difference"])
    return HttpResponse(picture, content_type=FORMATS[kind])


@require_safe
@for_researchers
def progress(request, slug):
    """Show how a study goes, and how much more it needs."""
    found, rehearsal = study_of(request, slug)
    width, wrong = _width(request.GET.get("width", ""))
    rows = StudyRows(found, rehearsal=rehearsal)

    def build():
        from .computed import ALL, Computed
        from .pages.progress import progress_page

        computed = Computed(rows)
        statistics = computed.rater_sets[ALL] if everybody(request) else computed.main
        return progress_page(computed, statistics, width=width)

    context = {
        **frame(request, found, rehearsal, "Progress", "results:progress"),
        "progress": study_progress(found, rehearsal=rehearsal),
        "page": kept(rows, f"progress-{width}-{everybody(request)}", build),
        "width": request.GET.get("width"),
        "wrong_width": wrong,
    }
    return render(request, "results/progress.html", context)


def _width(text: str) -> tuple[float | None, str]:
    if not text.strip():
        return None, ""
    try:
        width = float(text)
    except ValueError:
        width = 0.0
    if 0 < width < float("inf"):
        return width, ""
    return None, "The width of an interval is a number above 0, in steps of the scale."
