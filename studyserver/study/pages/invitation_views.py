"""Invitations, personal links, and deletion on request."""

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from studyserver.client_address import client_address
from studyserver.study.models import PREVIEW, Annotator, Judgment, Recruit, Study
from studyserver.study.recruitment import arrivals, panel_links, recruiting
from studyserver.study.recruitment.expectation import expectation
from studyserver.study.sessions import joining
from studyserver.study.sessions.joining import refuse_joining
from studyserver.study.sessions.joins import JoiningRefused, TooManyJoins
from studyserver.study.sessions.stages import Stage, stage
from studyserver.study.sessions.withdrawal import delete_answers
from studyserver.study.texts.translations import dictionary

from .access import address_of
from .forms import DeletionForm

MOST_REMEMBERED = 20  # participations in one study in one browser, for example on a laboratory's computer


@never_cache
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the invitation for the shared link or a recruiter's link."""
    study = get_object_or_404(Study, slug=slug)
    if study.access != Study.Access.PANEL:
        return _invitation(request, study)
    again = request.method == "POST"
    try:
        sent = panel_links.read_parameters(study, request.GET)
        response = _invitation(request, study, sent=sent, known=recruiting.earlier_recruit(study, sent))
    except panel_links.LinkRefused as refused:
        arrivals.note(study, request.GET, refused.problem, again=again)
        if _is_preview(request, study):
            return _invitation(request, study)
        return _closed(request, study, refused)
    arrivals.note(study, request.GET, again=again)
    return response


@never_cache
def personal(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation for a personal link, or redirect to the participation that was started by it."""
    recruit = Recruit.objects.filter(token=token, personal=True).select_related("annotator__study").first()
    if recruit is None:
        return render(request, "study/unknown_link.html", status=404)
    return _invitation(request, recruit.study, known=recruit, recruit=recruit)


def _is_preview(request: HttpRequest, study: Study) -> bool:
    """Return whether a researcher with the permission to change studies opens a draft."""
    user = request.user
    may = user.is_active and user.is_staff and user.has_perm("study.change_study")
    return study.state == Study.State.DRAFT and may


def _invitation(
    request: HttpRequest,
    study: Study,
    *,
    sent: panel_links.Sent | None = None,
    known: Recruit | None = None,
    recruit: Recruit | None = None,
) -> HttpResponse:
    """Show the invitation; only its button creates an annotator, so that link previews do not."""
    tokens = _remembered(request, study)
    if known and known.annotator:
        recruiting.refuse_stranger(known, sent, tokens)
        return _remember(request, known.annotator)
    preview = _is_preview(request, study)
    named = sent is not None or recruit is not None
    try:
        if not preview:
            recruiting.refuse_access(study, sent=sent, recruit=recruit)
        if request.method == "POST":
            fields = {
                "language": get_language(),
                "device_family": _device_family(request),
                "address": client_address(request),
            }
            if named and not preview:
                annotator = recruiting.join_as(study, sent=sent, recruit=recruit, tokens=tokens, **fields)
            else:
                annotator = joining.join(
                    study, rehearsal=preview, behaviour=PREVIEW if preview else "", **fields
                )
            return _remember(request, annotator)
        if not preview:
            refuse_joining(study)
    except panel_links.LinkRefused:
        raise
    except JoiningRefused as refused:
        return _closed(request, study, refused, named=named)
    earlier = None if named else _earlier_participation(study, tokens)
    context = {"study": dictionary(study).study(study), "preview": preview, "earlier": earlier}
    return render(request, "study/join.html", context | {"expected": expectation(study)})


def _closed(
    request: HttpRequest, study: Study, refused: JoiningRefused, *, named: bool = False
) -> HttpResponse:
    """Show why the study cannot be joined, with a link for people who have started in this browser."""
    context: dict[str, Any] = {"reason": str(refused)}
    if study.state != Study.State.DRAFT:  # a draft does not show even its title
        context |= {
            "study": dictionary(study).study(study),
            "earlier": None if named else _earlier_participation(study, _remembered(request, study)),
        }
    response = render(request, "study/closed.html", context)
    if isinstance(refused, TooManyJoins):
        response.status_code = 429
        response.headers["Retry-After"] = str(refused.seconds)
    elif isinstance(refused, recruiting.TakesPartElsewhere):
        response.status_code = 403
    return response


# What a browser remembers ---------------------------------------------------------------------------


def _remember(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Redirect to the annotator's page, and store a cookie that leads the study's link back to it."""
    response = redirect(address_of(annotator))
    earlier = [token for token in _remembered(request, annotator.study) if token != annotator.token]
    response.set_signed_cookie(
        _cookie(annotator.study),
        ".".join([annotator.token, *earlier][:MOST_REMEMBERED]),
        max_age=annotator.study.resume_days * 86_400,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


def _cookie(study: Study) -> str:
    return f"participation-{study.pk}"


def _remembered(request: HttpRequest, study: Study) -> list[str]:
    """Return the tokens of the participations that were started in this browser, the latest first."""
    try:
        remembered = request.get_signed_cookie(_cookie(study), default="")
    except signing.BadSignature:
        return []
    return [token for token in remembered.split(".") if token][:MOST_REMEMBERED]


def _earlier_participation(study: Study, tokens: list[str]) -> Annotator | None:
    """Return the latest participation of this browser, if it can be continued."""
    annotator = study.annotators.filter(token=tokens[0]).first() if tokens else None
    over = {Stage.WITHDRAWN, Stage.SCREENED_OUT, Stage.EXPIRED, Stage.CLOSED}
    return annotator if annotator and stage(annotator) not in over else None


def _device_family(request: HttpRequest) -> str:
    agent = request.headers.get("User-Agent", "")
    if "iPad" in agent or "Tablet" in agent or ("Android" in agent and "Mobile" not in agent):
        return "tablet"
    return "phone" if "Mobi" in agent or "iPhone" in agent else "desktop"


@never_cache
def my_data(request: HttpRequest) -> HttpResponse:
    """Delete all data of an annotator by the deletion code, after a confirmation."""
    form = DeletionForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "study/my_data.html", {"form": form})
    annotator = form.annotator
    study = dictionary(annotator.study).study(annotator.study)
    if "confirmed" in request.POST:
        delete_answers(annotator)
        return render(request, "study/my_data.html", {"deleted": True})
    context = {
        "form": form,
        "found": study,
        "joined_at": annotator.joined_at,
        "answers": Judgment.objects.filter(trial__annotator=annotator).count()
        + annotator.questionnaire_answers.count(),
    }
    return render(request, "study/my_data.html", context)
