"""Pages and downloads of results, for researchers only."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from .access import for_researchers, for_researchers_and_scripts
from .equal_comparisons import equal_comparisons_words
from .export import StudyExport
from .figures import FORMATS
from .frame import everybody, frame, study_of
from .package import newest_version
from .pages.overview import further_parts, question_sections
from .progress import study_progress
from .report import exclusions, last_answer, methods_paragraphs, report_parts
from .rows import StudyRows


@require_safe
@for_researchers
def study(request, slug):
    """Show what a study says so far."""
    found, rehearsal = study_of(request, slug)
    context = {
        **frame(request, found, rehearsal, "Results", "results:study"),
        "has_rehearsal": found.annotators.filter(rehearsal=True).exists(),
        "sections": question_sections(found, rehearsal=rehearsal, everybody=everybody(request)),
        "further": further_parts(found, rehearsal=rehearsal, everybody=everybody(request)),
        "progress": study_progress(found, rehearsal=rehearsal),
        "equal": equal_comparisons_words(found, rehearsal=rehearsal),
    }
    return render(request, "results/study.html", context)


@require_safe
@for_researchers
def report(request, slug):
    """Show one page to print: question, design, exclusions, plots, tables, methods."""
    found, rehearsal = study_of(request, slug)
    progress = study_progress(found, rehearsal=rehearsal)
    parts = report_parts(found, rehearsal=rehearsal, everybody=everybody(request))
    context = {
        **frame(request, found, rehearsal, "Report"),
        "sections": question_sections(found, rehearsal=rehearsal, everybody=everybody(request)),
        "version": newest_version(found),
        "last_answer": last_answer(found, rehearsal=rehearsal),
        "methods": methods_paragraphs(found, progress, rehearsal=rehearsal),
        "excluded": exclusions(progress, len(parts["raters"].left_out)),
        **parts,
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
    from .computed import ALL, Computed
    from .figures import question_figure

    computed = Computed(StudyRows(found, rehearsal=rehearsal))
    statistics = computed.rater_sets[ALL] if everybody(request) else computed.main
    summary = statistics.summaries.question(question)
    headers = {}
    if "download" in request.GET:
        headers["Content-Disposition"] = f'attachment; filename="{found.slug}-{key}.{kind}"'
    return HttpResponse(question_figure(summary, kind), content_type=FORMATS[kind], headers=headers)
