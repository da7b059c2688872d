"""Pages and downloads of results, for researchers only."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from studyserver.results.access import for_researchers, for_researchers_and_scripts
from studyserver.results.data.counts import last_answer
from studyserver.results.data.rehearsal_marks import file_stem, rehearsal_mark
from studyserver.results.data.rows import StudyRows
from studyserver.results.data.study_data import counted_annotators
from studyserver.results.export.archive import StudyExport
from studyserver.results.export.data_package import newest_version
from studyserver.results.tables.equal_comparisons import equal_part
from studyserver.results.tables.failures import Failed, Parts, not_drawn
from studyserver.results.tables.recruitment import progress_part
from studyserver.study.models import Study, measures_of
from studyserver.study.questions.kind import Answers

from .overview import overview_parts
from .page_context import everybody, frame, study_of
from .plots.question_plot import FORMATS
from .power import NoVariances, Plan, PlanningForm, make_plan
from .report import report_parts, uncomputed_parts
from .widgets import kept_parts, parts_of

if TYPE_CHECKING:
    from studyserver.results.tables.computed import Computed

_DEVIATIONS = ("between_annotators", "between_tracks", "single_judgment")


@require_safe
@for_researchers
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a study says so far."""
    found, rehearsal = study_of(request, slug)
    shown = overview_parts(found, rehearsal=rehearsal, everybody=everybody(request))
    parts = parts_of(found, rehearsal=rehearsal)
    context = {
        **frame(request, found, rehearsal, "Results", "results:study"),
        **shown,
        "has_rehearsal": found.annotators.filter(rehearsal=True).exists(),
        "progress": progress_part(parts),
        "equal": equal_part(parts),
        "failed": shown["failed"] | parts.failed,
    }
    return render(request, "results/study.html", context)


@require_safe
@for_researchers
def remains(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what listeners still hear in each condition."""
    found, rehearsal = study_of(request, slug)

    def build(parts: Parts) -> dict[str, Any]:
        from .remains.page import remains_page

        return {"page": remains_page(parts)}

    shown = _kept(request, found, rehearsal, "remains", build)
    parts = parts_of(found, rehearsal=rehearsal)
    context = {
        **frame(request, found, rehearsal, "What remains", "results:remains"),
        **shown,
        "equal": equal_part(parts),
        "failed": shown["failed"] | parts.failed,
    }
    return render(request, "results/remains.html", context)


@require_safe
@for_researchers
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how far people agree, by every statistic that fits."""
    found, rehearsal = study_of(request, slug)

    def build(parts: Parts) -> dict[str, Any]:
        from .agreement import agreement_parts

        return agreement_parts(parts)

    context = {
        **frame(request, found, rehearsal, "Agreement", "results:agreement"),
        **_kept(request, found, rehearsal, "agreement", build),
    }
    return render(request, "results/agreement.html", context)


@require_safe
@for_researchers
def annotators(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the quality of every annotator, and whom the declared rules leave out."""
    found, rehearsal = study_of(request, slug)

    def build(parts: Parts) -> dict[str, Any]:
        from .annotators import annotators_page

        return {"page": annotators_page(parts)}

    translated = counted_annotators(found, rehearsal=rehearsal).filter(machine_translated=True)
    context = {
        **frame(request, found, rehearsal, "Annotators", "results:annotators"),
        **_kept(request, found, rehearsal, "annotators", build),
        "declared": False,  # this page shows both at once
        "machine_translated": sorted(translated.values_list("pseudonym", flat=True)),
    }
    return render(request, "results/annotators.html", context)


@require_safe
@for_researchers
def annotator(request: HttpRequest, slug: str, pseudonym: str) -> HttpResponse:
    """Show one annotator's figures."""
    found, rehearsal = study_of(request, slug)

    def build(parts: Parts) -> dict[str, Any]:
        from .annotators import annotator_parts

        return annotator_parts(parts, pseudonym)

    shown = _kept(request, found, rehearsal, f"annotator-{pseudonym}", build)
    if not shown["tables"] and not shown["failed"]:
        raise Http404("No annotator of this study with a finished trial has this name.")
    context = {
        **frame(request, found, rehearsal, f"Annotator {pseudonym}", "results:annotators"),
        **shown,
        "pseudonym": pseudonym,
        "declared": False,
    }
    return render(request, "results/annotator.html", context)


def _kept(
    request: HttpRequest, study: Study, rehearsal: bool, name: str, build: Callable[[Parts], dict[str, Any]]
) -> dict:
    rows = StudyRows(study, rehearsal=rehearsal)
    return kept_parts(rows, name, build, everybody=everybody(request))


@require_safe
@for_researchers
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how a study goes, and how much more it needs."""
    found, rehearsal = study_of(request, slug)
    width, wrong = _width(request.GET.get("width", ""))
    rows = StudyRows(found, rehearsal=rehearsal)

    def build(parts: Parts) -> dict[str, Any]:
        from .progress import progress_page

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


@require_safe
@for_researchers
def planning(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what so many annotators and tracks can detect."""
    study = get_object_or_404(Study, slug=slug)
    form = PlanningForm(study, request.GET)
    plan, refusal = None, ""
    failed: dict[str, Failed] = {}
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
def planning_plot(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
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
    from .plots.power_plot import planning_figure

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
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one page to print: question, design, exclusions, plots, tables, methods."""
    found, rehearsal = study_of(request, slug)
    shown = report_parts(found, rehearsal=rehearsal, everybody=everybody(request))
    parts = parts_of(found, rehearsal=rehearsal)
    context = {
        **frame(request, found, rehearsal, "Report"),
        **shown,
        **uncomputed_parts(parts, left_out=len(shown["annotators"].left_out)),
        "version": newest_version(found),
        "last_answer": last_answer(found, rehearsal=rehearsal),
        "failed": shown["failed"] | parts.failed,
    }
    return render(request, "results/report.html", context)


@require_safe
@for_researchers_and_scripts
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """Send everything as a zip file, piece by piece."""
    found, rehearsal = study_of(request, slug)
    package = StudyExport(found, rehearsal=rehearsal)
    headers = {"Content-Disposition": f'attachment; filename="{package.name}.zip"'}
    return StreamingHttpResponse(package.zip_chunks(), content_type="application/zip", headers=headers)


@require_safe
@for_researchers
def figure(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Send the plot of one question: KEY.png or KEY.svg."""
    found, rehearsal = study_of(request, slug)
    key, _dot, kind = name.rpartition(".")
    if kind not in FORMATS:
        raise Http404(f"Plots are {' or '.join(FORMATS)} files.")
    question = measures_of(found.questions.all()).get(key)
    if question is None or question.answer_kind.answers == Answers.TEXT:
        raise Http404("There is no such plot.")
    from .plots.question_plot import question_figure

    parts = parts_of(found, rehearsal=rehearsal, everybody=everybody(request))
    picture = parts.part(
        "plot",
        f"Plot of {question.text}",
        lambda computed: question_figure(
            computed.shown.summaries.question(question), kind, mark=rehearsal_mark(found, rehearsal=rehearsal)
        ),
        question=question,
    )
    if picture is None:
        return not_drawn(parts.failed["plot"])
    how = "attachment" if "download" in request.GET else "inline"
    stem = file_stem(found, rehearsal=rehearsal)
    headers = {"Content-Disposition": f'{how}; filename="{stem}-{key}.{kind}"'}
    return HttpResponse(picture, content_type=FORMATS[kind], headers=headers)
