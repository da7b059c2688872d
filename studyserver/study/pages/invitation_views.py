"""How people come in and how their data go: invitations, personal links, deletion on request."""

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

MOST_REMEMBERED = 20  # participations in one study on one browser, as of a laboratory's computer


@never_cache
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite to a study by the link that all share, or that a recruiter has added an identifier to."""
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
    """Invite by a link that belongs to one person, and lead back to the participation that came of it."""
    recruit = Recruit.objects.filter(token=token, personal=True).select_related("annotator__study").first()
    if recruit is None:
        return render(request, "study/unknown_link.html", status=404)
    return _invitation(request, recruit.study, known=recruit, recruit=recruit)


def _is_preview(request: HttpRequest, study: Study) -> bool:
    """Tell whether this is a researcher who may preview studies: a preview leaves a rehearsal behind."""
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
    """Say what is coming; only the button makes an annotator, never the mere visit."""
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
    """Say why nobody can begin, and lead those on who have begun in this browser."""
    context: dict[str, Any] = {"reason": str(refused)}
    if study.state != Study.State.DRAFT:  # even its title is nobody's concern yet
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
    """Go on, and let the study's link lead back to this participation on the same browser."""
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
    """Return the tokens of the participations that this browser has begun, the latest first."""
    try:
        remembered = request.get_signed_cookie(_cookie(study), default="")
    except signing.BadSignature:
        return []
    return [token for token in remembered.split(".") if token][:MOST_REMEMBERED]


def _earlier_participation(study: Study, tokens: list[str]) -> Annotator | None:
    """Return the participation that was begun last in this browser, if it can be gone on with."""
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
    """Delete everything about a participation, by the code that its last page has shown; asks once more."""
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
