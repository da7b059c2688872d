"""Pages of the parts of the results: what remains, agreement, annotators."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .access import for_researchers
from .equal_comparisons import equal_comparisons_words
from .frame import everybody, frame, study_of
from .pages.parts import kept
from .rows import StudyRows


@require_safe
@for_researchers
def remains(request, slug):
    """Show what listeners still hear in each condition."""
    found, rehearsal = study_of(request, slug)

    def build(computed, statistics):
        from .pages.remains import remains_page

        return remains_page(statistics)

    page = _kept(request, found, rehearsal, "remains", build)
    context = {**frame(request, found, rehearsal, "What remains", "results:remains"), "page": page}
    context["equal"] = equal_comparisons_words(found, rehearsal=rehearsal)
    return render(request, "results/remains.html", context)


@require_safe
@for_researchers
def agreement(request, slug):
    """Show how far people agree, by every statistic that fits."""
    found, rehearsal = study_of(request, slug)

    def build(computed, statistics):
        from .pages.agreement import agreement_sections, preference_sections

        return {
            "sections": agreement_sections(computed, statistics),
            "preferences": preference_sections(computed, statistics),
        }

    sections = _kept(request, found, rehearsal, "agreement", build)
    context = {**frame(request, found, rehearsal, "Agreement", "results:agreement"), **sections}
    return render(request, "results/agreement.html", context)


@require_safe
@for_researchers
def raters(request, slug):
    """Show the quality of every annotator, and whom the declared rules leave out."""
    found, rehearsal = study_of(request, slug)

    def build(computed, statistics):
        from .pages.raters import raters_page

        return raters_page(computed)

    page = _kept(request, found, rehearsal, "raters", build)
    context = {**frame(request, found, rehearsal, "Annotators", "results:raters"), "page": page}
    context["declared"] = False  # this page shows both at once
    return render(request, "results/raters.html", context)


@require_safe
@for_researchers
def rater(request, slug, pseudonym):
    """Show one annotator's figures."""
    found, rehearsal = study_of(request, slug)

    def build(computed, statistics):
        from .pages.raters import rater_tables, rater_trials

        return rater_tables(computed, pseudonym), rater_trials(computed, pseudonym)

    tables, trials = _kept(request, found, rehearsal, f"rater-{pseudonym}", build)
    if not tables:
        raise Http404("No annotator of this study with a finished trial has this name.")
    context = {
        **frame(request, found, rehearsal, f"Annotator {pseudonym}", "results:raters"),
        "pseudonym": pseudonym,
        "tables": tables,
        "trials": trials,
        "declared": False,
    }
    return render(request, "results/rater.html", context)


def _kept(request, study, rehearsal: bool, name: str, build):
    rows = StudyRows(study, rehearsal=rehearsal)
    all_of_them = everybody(request)

    def compute():
        from .computed import ALL, Computed

        computed = Computed(rows)
        return build(computed, computed.rater_sets[ALL] if all_of_them else computed.main)

    return kept(rows, f"{name}-{all_of_them}", compute)
