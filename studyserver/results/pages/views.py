"""Pages and downloads of results, for researchers only."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from studyserver.results.access import for_researchers_and_scripts
from studyserver.results.data.counts import last_answer
from studyserver.results.data.rehearsal_marks import file_stem, rehearsal_mark
from studyserver.results.data.study_data import counted_annotators
from studyserver.results.export.archive import StudyExport
from studyserver.results.export.data_package import newest_version
from studyserver.results.tables.equal_comparisons import equal_part
from studyserver.results.tables.failures import not_drawn
from studyserver.results.tables.recruitment import progress_part
from studyserver.study.models import measures_of
from studyserver.study.questions.kind import Answers

from .overview import overview_parts
from .plots.question_plot import FORMATS
from .report import report_parts, uncomputed_parts
from .visit import Visit, results_page


@results_page
def study(visit: Visit) -> HttpResponse:
    """Show what a study says so far."""
    context = {
        **visit.with_models("overview", overview_parts),
        "has_rehearsal": visit.study.annotators.filter(rehearsal=True).exists(),
        "progress": progress_part(visit.parts),
        "equal": equal_part(visit.parts),
    }
    return visit.page("study", "Results", context)


@results_page
def remains(visit: Visit) -> HttpResponse:
    """Show what listeners still hear in each condition."""
    from .remains.page import remains_page
    from .verdicts.declared import declared_verdicts

    shown = visit.with_models(
        "remains", lambda parts: {"page": remains_page(parts, declared_verdicts(parts))}
    )
    return visit.page("remains", "Retention and contrasts", {**shown, "equal": equal_part(visit.parts)})


@results_page
def agreement(visit: Visit) -> HttpResponse:
    """Show how far people agree, by every statistic that fits."""
    from .agreement import agreement_parts

    return visit.page("agreement", "Agreement", visit.kept("agreement", agreement_parts))


@results_page
def annotators(visit: Visit) -> HttpResponse:
    """Show the quality of every annotator, and whom the declared rules exclude."""
    from .annotators import annotators_page

    people = counted_annotators(visit.study, rehearsal=visit.rehearsal)
    context = {
        **visit.with_models("annotators", lambda parts: {"page": annotators_page(parts)}),
        "declared": False,  # this page shows both at once
        "machine_translated": sorted(
            people.filter(machine_translated=True).values_list("pseudonym", flat=True)
        ),
    }
    return visit.page("annotators", "Annotators", context)


@results_page
def annotator(visit: Visit, pseudonym: str) -> HttpResponse:
    """Show one annotator's figures."""
    from .annotators import annotator_parts

    shown = visit.kept(f"annotator-{pseudonym}", lambda parts: annotator_parts(parts, pseudonym))
    if not shown["tables"] and not shown["failed"]:
        raise Http404("No annotator of this study with a finished trial has this name.")
    context = {**shown, "declared": False}
    return visit.page("annotator", f"Annotator {pseudonym}", context, part="results:annotators")


@results_page
def progress(visit: Visit) -> HttpResponse:
    """Show the state of a study, and what it still needs."""
    from .progress import progress_page

    typed = visit.request.GET.get("width", "")
    width, wrong = _width(typed)
    context = {
        **visit.with_models(f"progress-{width}", lambda parts: {"page": progress_page(parts, width=width)}),
        "progress": progress_part(visit.parts),
        "width": typed,
        "wrong_width": wrong,
    }
    return visit.page("progress", "Progress", context)


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


def _picture(picture: bytes, kind: str, stem: str, how: str = "inline") -> HttpResponse:
    headers = {"Content-Disposition": f'{how}; filename="{stem}.{kind}"'}
    return HttpResponse(picture, content_type=FORMATS[kind], headers=headers)


@results_page
def report(visit: Visit) -> HttpResponse:
    """Show one page to print: question, design, exclusions, plots, tables, methods."""
    shown = visit.with_models("report", report_parts)
    context = {
        **shown,
        **uncomputed_parts(visit.parts, left_out=len(shown["annotators"].left_out)),
        "version": newest_version(visit.study),
        "last_answer": last_answer(visit.study, rehearsal=visit.rehearsal),
    }
    return visit.page("report", "Report", context)


@require_safe
@for_researchers_and_scripts
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """Send everything as a zip file, piece by piece."""
    visit = Visit(request, slug)
    package = StudyExport(visit.study, rehearsal=visit.rehearsal)
    headers = {"Content-Disposition": f'attachment; filename="{package.name}.zip"'}
    return StreamingHttpResponse(package.zip_chunks(), content_type="application/zip", headers=headers)


@results_page
def figure(visit: Visit, name: str) -> HttpResponse:
    """Send the plot of one question: KEY.png or KEY.svg."""
    key, _dot, kind = name.rpartition(".")
    if kind not in FORMATS:
        raise Http404(f"Plots are {' or '.join(FORMATS)} files.")
    question = measures_of(visit.study.questions.all()).get(key)
    if question is None or question.answer_kind.answers == Answers.TEXT:
        raise Http404("This plot does not exist.")
    from .plots.question_plot import question_figure

    mark = rehearsal_mark(visit.study, rehearsal=visit.rehearsal)
    picture = visit.parts.part(
        "plot",
        f"Plot of {question.text}",
        lambda computed: question_figure(computed.shown.summaries.question(question), kind, mark=mark),
        question=question,
    )
    if picture is None:
        return not_drawn(visit.parts.failed["plot"])
    how = "attachment" if "download" in visit.request.GET else "inline"
    return _picture(picture, kind, f"{file_stem(visit.study, rehearsal=visit.rehearsal)}-{key}", how)
