"""How people come in and how their data go: invitations, personal links, deletion on request."""

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from . import recruiting, session
from .access import address_of
from .forms import DeletionForm
from .models import Annotator, Judgment, Recruit, Study
from .session import JoiningRefused, Stage
from .translating import dictionary


@never_cache
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite to a study by the link that all share, or that a recruiter has added an identifier to."""
    study = get_object_or_404(Study, slug=slug)
    sent = recruiting.read_parameters(study, request.GET) if study.access == Study.Access.PANEL else None
    known = recruiting.earlier_recruit(study, sent) if sent else None
    return _invitation(request, study, sent=sent, known=known)


@never_cache
def personal(request: HttpRequest, token: str) -> HttpResponse:
    """Invite by a link that belongs to one person, and lead back to the participation that came of it."""
    recruit = Recruit.objects.filter(token=token, personal=True).select_related("annotator__study").first()
    if recruit is None:
        return render(request, "study/unknown_link.html", status=404)
    return _invitation(request, recruit.study, known=recruit, recruit=recruit)


def _invitation(
    request: HttpRequest,
    study: Study,
    *,
    sent: recruiting.Sent | None = None,
    known: Recruit | None = None,
    recruit: Recruit | None = None,
) -> HttpResponse:
    """Say what is coming; only the button makes an annotator, never the mere visit."""
    if known and known.annotator:
        return redirect(address_of(known.annotator))
    preview = study.state == Study.State.DRAFT and _may_preview(request)
    named = sent is not None or recruit is not None
    earlier = None if named else _earlier_participation(request, study)
    context = {"study": dictionary(study).study(study), "preview": preview, "earlier": earlier}
    try:
        if not preview:
            recruiting.refuse_access(study, sent=sent, recruit=recruit)
        if request.method == "POST":
            fields = {"language": get_language(), "device_family": _device_family(request)}
            if named and not preview:
                annotator = recruiting.join_as(study, sent=sent, recruit=recruit, **fields)
            else:
                annotator = session.join(study, rehearsal=preview, **fields)
            return _remember(request, annotator)
        if not preview:
            session.refuse_joining(study)
    except JoiningRefused as refused:
        if study.state == Study.State.DRAFT:  # even its title is nobody's concern yet
            context = {}
        return render(request, "study/closed.html", context | {"reason": str(refused)})
    return render(request, "study/join.html", context)


def _may_preview(request: HttpRequest) -> bool:
    """Tell whether this is a researcher who may preview studies: a preview leaves a rehearsal behind."""
    user = request.user
    return user.is_active and user.is_staff and user.has_perm("study.change_study")


def _remember(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Go on, and let the study's link lead back to this participation on the same browser."""
    response = redirect(address_of(annotator))
    response.set_signed_cookie(
        _cookie(annotator.study),
        annotator.token,
        max_age=annotator.study.resume_days * 86_400,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


def _cookie(study: Study) -> str:
    return f"participation-{study.pk}"


def _earlier_participation(request: HttpRequest, study: Study) -> Annotator | None:
    try:
        token = request.get_signed_cookie(_cookie(study), default=None)
    except signing.BadSignature:
        return None
    annotator = study.annotators.filter(token=token).first() if token else None
    over = {Stage.WITHDRAWN, Stage.SCREENED_OUT, Stage.EXPIRED, Stage.CLOSED}
    return annotator if annotator and session.stage(annotator) not in over else None


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
        session.delete_answers(annotator)
        return render(request, "study/my_data.html", {"deleted": True})
    context = {
        "form": form,
        "found": study,
        "joined_at": annotator.joined_at,
        "answers": Judgment.objects.filter(trial__annotator=annotator).count()
        + annotator.questionnaire_answers.count(),
    }
    return render(request, "study/my_data.html", context)
