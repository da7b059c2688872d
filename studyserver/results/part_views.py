"""Pages of the parts of the results: what remains, agreement, annotators."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .access import for_researchers
from .equal_comparisons import equal_part
from .frame import everybody, frame, study_of
from .pages.parts import kept_parts, parts_of
from .rows import StudyRows, counted_annotators


@require_safe
@for_researchers
def remains(request, slug):
    """Show what listeners still hear in each condition."""
    found, rehearsal = study_of(request, slug)

    def build(parts):
        from .pages.remains_page import remains_page

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
def agreement(request, slug):
    """Show how far people agree, by every statistic that fits."""
    found, rehearsal = study_of(request, slug)

    def build(parts):
        from .pages.agreement import agreement_parts

        return agreement_parts(parts)

    context = {
        **frame(request, found, rehearsal, "Agreement", "results:agreement"),
        **_kept(request, found, rehearsal, "agreement", build),
    }
    return render(request, "results/agreement.html", context)


@require_safe
@for_researchers
def raters(request, slug):
    """Show the quality of every annotator, and whom the declared rules leave out."""
    found, rehearsal = study_of(request, slug)

    def build(parts):
        from .pages.raters import raters_page

        return {"page": raters_page(parts)}

    translated = counted_annotators(found, rehearsal=rehearsal).filter(machine_translated=True)
    context = {
        **frame(request, found, rehearsal, "Annotators", "results:raters"),
        **_kept(request, found, rehearsal, "raters", build),
        "declared": False,  # this page shows both at once
        "machine_translated": sorted(translated.values_list("pseudonym", flat=True)),
    }
    return render(request, "results/raters.html", context)


@require_safe
@for_researchers
def rater(request, slug, pseudonym):
    """Show one annotator's figures."""
    found, rehearsal = study_of(request, slug)

    def build(parts):
        from .pages.raters import rater_parts

        return rater_parts(parts, pseudonym)

    shown = _kept(request, found, rehearsal, f"rater-{pseudonym}", build)
    if not shown["tables"] and not shown["failed"]:
        raise Http404("No annotator of this study with a finished trial has this name.")
    context = {
        **frame(request, found, rehearsal, f"Annotator {pseudonym}", "results:raters"),
        **shown,
        "pseudonym": pseudonym,
        "declared": False,
    }
    return render(request, "results/rater.html", context)


def _kept(request, study, rehearsal: bool, name: str, build) -> dict:
    rows = StudyRows(study, rehearsal=rehearsal)
    return kept_parts(rows, name, build, everybody=everybody(request))
