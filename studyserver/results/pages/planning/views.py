"""The planning page, its plot, and the simulation of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from studyserver.results.access import for_researchers
from studyserver.results.pages.plots.question_plot import FORMATS
from studyserver.results.pages.visit import Visit, results_page
from studyserver.results.tables.failures import not_drawn
from studyserver.study.models import Study

if TYPE_CHECKING:
    from .form import PlanningForm
    from .page import PlanPage


@results_page
def planning(visit: Visit) -> HttpResponse:
    """Show what a design can be expected to find."""
    from .form import PlanningForm
    from .page import parts_of

    form = PlanningForm(visit.study, visit.request.GET)
    page, refusal = None, ""
    visit.rehearsal = False
    if form.is_valid():
        visit.rehearsal = form.cleaned_data["source"] == "rehearsal"
        page, refusal = _page(visit, form)
    context = {
        "declared": False,  # a plan does not depend on exclusions
        "stimuli_of": parts_of(visit.study),
        "form": form,
        "plan": page,
        "failed": visit.parts.failed,
        "refusal": refusal,
        "deviations": [form[name] for name in form.typed_names] if form.is_bound else [],
        "question_string": visit.request.GET.urlencode(),
        "fields": _given(form),
        "file_stem": _file_stem(form) if page else "",
        "no_worker": _lacks_worker(page),
    }
    return visit.page("planning", "Planning", context)


def _page(visit: Visit, form: PlanningForm) -> tuple[PlanPage | None, str]:
    """Return the page with its figures computed, or why the plan cannot be made; failures are in parts."""
    from studyserver.results.tables.plans.plan import CannotPlan

    from .page import PlanPage

    def compute(_computed: object) -> PlanPage | CannotPlan:
        page = PlanPage(form)
        try:
            assert page.cells and page.advice
        except CannotPlan as problem:
            return problem
        return page

    question = form.cleaned_data["aim"].question
    found = visit.parts.part("plan", "What this design can be expected to find", compute, question=question)
    if isinstance(found, CannotPlan):
        return None, str(found)
    return found, ""


def _lacks_worker(page: PlanPage | None) -> bool:
    from studyserver.results.tasks import lacks_worker

    return bool(page and page.simulated and page.simulated.row.state == "waiting" and lacks_worker())


def _given(form: PlanningForm) -> list[tuple[str, str]]:
    """Return the form as hidden fields, with the values that it suggests."""
    if not form.is_bound:
        return []
    return [(name, str(form.data[name])) for name in form.fields if form.data.get(name) not in (None, "")]


@results_page
def planning_plot(visit: Visit, kind: str) -> HttpResponse:
    """Send the plot of the planning page with the same question string."""
    from .form import PlanningForm

    form = PlanningForm(visit.study, visit.request.GET)
    if kind not in FORMATS or not form.is_valid():
        raise Http404("This plot does not exist.")
    page, refusal = _page(visit, form)
    if refusal:
        raise Http404(refusal)
    if page is None:
        return not_drawn(visit.parts.failed["plan"])
    from studyserver.results.pages.plots.plan_plot import planning_figure

    found = page.simulated.found.get("effect") if page.simulated else None
    width = found.width if found else None
    picture = planning_figure(page.cells, page.unit, kind, simulated=width, mark=page.mark)
    headers = {"Content-Disposition": f'inline; filename="{_file_stem(form)}.{kind}"'}
    return HttpResponse(picture, content_type=FORMATS[kind], headers=headers)


def _file_stem(form: PlanningForm) -> str:
    source = form.cleaned_data["source"]
    return f"{form.study.slug}-plan" + ("" if source == "answers" else f"-{source}")


@require_POST
@for_researchers
def simulate(request: HttpRequest, slug: str) -> HttpResponse:
    """Queue the simulation of a plan, and return to its page."""
    from studyserver.results.tables.plans.plan import CannotPlan
    from studyserver.results.tables.plans.simulating import request_simulation
    from studyserver.results.tasks import simulate_in_background

    from .form import PlanningForm

    study = get_object_or_404(Study, slug=slug)
    given = {name: value for name, value in request.POST.items() if name in PlanningForm.base_fields}
    form = PlanningForm(study, _query(given))
    if form.is_valid():
        try:
            row, begins = request_simulation(study, form.request)
            if begins:
                simulate_in_background(row.pk)
        except CannotPlan:
            pass  # the page says why
    return redirect(f"{reverse('results:planning', args=[slug])}?{urlencode(given)}#simulated")


def _query(given: dict[str, str]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(given)
    return query


@results_page
def simulation(visit: Visit) -> HttpResponse:
    """Send the state of a plan's simulation as JSON."""
    row = visit.study.simulated_plans.filter(key=visit.request.GET.get("key", "")).first()
    if row is None:
        raise Http404("This simulation does not exist.")
    return JsonResponse({"state": row.state, "progress": row.progress, "going_on": row.is_going_on})
