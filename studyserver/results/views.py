"""Pages and downloads of results, for researchers only."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from .access import for_researchers, for_researchers_and_scripts
from .equal_comparisons import equal_part
from .export import StudyExport
from .failures import not_drawn
from .figures import FORMATS
from .frame import everybody, frame, study_of
from .marks import file_stem, rehearsal_mark
from .package import newest_version
from .pages.overview import overview_parts
from .pages.parts import parts_of
from .progress import progress_part
from .report import last_answer, report_parts, uncomputed_parts


@require_safe
@for_researchers
def study(request, slug):
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
def report(request, slug):
    """Show one page to print: question, design, exclusions, plots, tables, methods."""
    found, rehearsal = study_of(request, slug)
    shown = report_parts(found, rehearsal=rehearsal, everybody=everybody(request))
    parts = parts_of(found, rehearsal=rehearsal)
    context = {
        **frame(request, found, rehearsal, "Report"),
        **shown,
        **uncomputed_parts(parts, left_out=len(shown["raters"].left_out)),
        "version": newest_version(found),
        "last_answer": last_answer(found, rehearsal=rehearsal),
        "failed": shown["failed"] | parts.failed,
    }
    return render(request, "results/report.html", context)


@require_safe
@for_researchers_and_scripts
def export(request, slug):
    """Send everything as a zip file, piece by piece."""
    found, rehearsal = study_of(request, slug)
    package = StudyExport(found, rehearsal=rehearsal)
    headers = {"Content-Disposition": f'attachment; filename="{package.name}.zip"'}
    return StreamingHttpResponse(package.zip_chunks(), content_type="application/zip", headers=headers)


@require_safe
@for_researchers
def figure(request, slug, name):
    """Send the plot of one question: KEY.png or KEY.svg."""
    found, rehearsal = study_of(request, slug)
    key, _dot, kind = name.rpartition(".")
    if kind not in FORMATS:
        raise Http404(f"Plots are {' or '.join(FORMATS)} files.")
    question = get_object_or_404(found.questions.exclude(kind="text"), key=key)
    from .figures import question_figure

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
