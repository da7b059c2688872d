"""Spending people's time well: the planning page with its plot, and the progress page."""

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from studyserver.study.models import Study

from .access import for_researchers
from .failures import Failed, not_drawn
from .figures import FORMATS
from .frame import everybody, frame, study_of
from .pages.parts import kept_parts, parts_of
from .pages.planning import NoVariances, Plan, PlanningForm, make_plan
from .progress import progress_part
from .rows import StudyRows

if TYPE_CHECKING:
    from .computed import Computed

_DEVIATIONS = ("between_annotators", "between_tracks", "single_judgment")


@require_safe
@for_researchers
def planning(request, slug):
    """Show what so many annotators and tracks can detect."""
    study = get_object_or_404(Study, slug=slug)
    form = PlanningForm(study, request.GET)
    plan, failed, refusal = None, {}, ""
    if form.is_valid():
        try:
            plan, failed = _plan(form)
        except NoVariances as error:
            refusal = f"{error} Type standard deviations, or take the assumed ones."
    rehearsal = form.is_bound and form.is_valid() and form.cleaned_data["source"] == "rehearsal"
    context = {
        **frame(request, study, rehearsal, "Planning", "results:planning"),
        "declared": False,  # a plan is of nobody in particular
        "form": form,
        "plan": plan,
        "failed": failed,
        "refusal": refusal,
        "deviations": [form[name] for name in _DEVIATIONS],
        "deviations_used": plan.deviations if plan else (),
        "question_string": request.GET.urlencode(),
        "file_stem": _file_stem(form) if plan else "",
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
        plan, failed = _plan(form)
    except NoVariances as error:
        raise Http404(str(error)) from error
    if plan is None:
        return not_drawn(failed["plan"])
    from .planning_figure import planning_figure

    difference = form.cleaned_data["difference"]
    picture = planning_figure(plan.table, plan.unit, kind, difference=difference, mark=plan.mark)
    headers = {"Content-Disposition": f'inline; filename="{_file_stem(form)}.{kind}"'}
    return HttpResponse(picture, content_type=FORMATS[kind], headers=headers)


def _file_stem(form: PlanningForm) -> str:
    source = form.cleaned_data["source"]
    return f"{form.study.slug}-plan" + ("" if source == "answers" else f"-{source}")


def _plan(form: PlanningForm) -> tuple[Plan | None, dict[str, Failed]]:
    """Return the plan, or None and why it could not be computed.

    Raises
    ------
    NoVariances
        When the answers are too few to take variances from.
    """
    data = form.cleaned_data
    parts = parts_of(form.study, rehearsal=data["source"] == "rehearsal")

    def compute(computed: "Computed") -> Plan | NoVariances:
        try:
            return make_plan(form, computed)
        except NoVariances as too_few:
            return too_few

    plan = parts.part("plan", "What this design can detect", compute, question=data["question"])
    if isinstance(plan, NoVariances):
        raise plan
    return plan, parts.failed


@require_safe
@for_researchers
def progress(request, slug):
    """Show how a study goes, and how much more it needs."""
    found, rehearsal = study_of(request, slug)
    width, wrong = _width(request.GET.get("width", ""))
    rows = StudyRows(found, rehearsal=rehearsal)

    def build(parts):
        from .pages.progress import progress_page

        return {"page": progress_page(parts, width=width)}

    shown = kept_parts(rows, f"progress-{width}", build, everybody=everybody(request))
    parts = parts_of(found, rehearsal=rehearsal)
    context = {
        **frame(request, found, rehearsal, "Progress", "results:progress"),
        **shown,
        "progress": progress_part(parts),
        "failed": shown["failed"] | parts.failed,
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
