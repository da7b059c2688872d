"""The one place that knows how the bytes of a sound reach a browser.

Browsers seek by asking for byte ranges, which Django's own responses do not serve; and some
refuse to play at all without them. The answers carry nothing that could tell two sounds
apart beyond the sound itself: no file name, no date, no entity tag.
"""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from whitenoise.middleware import WhiteNoiseFileResponse
from whitenoise.responders import SlicedFile, StaticFile

from explainer.models import Clip

from .clip_sounds import size_of
from .flac import padded

_CONTENT_TYPES = {
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}


def blinded_sound_response(request: HttpRequest, clip: Clip, alike: Iterable[Clip]) -> HttpResponse:
    """Answer a request for a clip so that its length in bytes says no more than its duration does.

    Parameters
    ----------
    request : HttpRequest
        As :func:`sound_response` takes it.
    clip : Clip
    alike : iterable of Clip
        All clips that the same people may hear.

    Returns
    -------
    HttpResponse
        As :func:`sound_response` returns it.
    """
    sizes = [(clip.size or size_of(clip) or 0, round(clip.seconds * clip.sample_rate)) for clip in alike]
    try:
        with clip.file.open("rb") as stored:
            content = ContentFile(padded(stored.read(), sizes), name=clip.file.name)
    except (FileNotFoundError, ValueError) as error:
        raise Http404("This sound is no longer here.") from error
    return sound_response(request, content)


def sound_response(request: HttpRequest, file: File | Path, *, private: bool = True) -> HttpResponse:
    """Answer a request for a sound, in whole or in part.

    Who may hear it is for the calling view to decide.

    Parameters
    ----------
    request : HttpRequest
        A ``GET`` or ``HEAD`` request; its ``Range`` header, if it has one, is honoured.
    file : File or Path
        A stored file (the file field of a row, wherever its storage lies) or a path.
    private : bool
        Whether shared caches must keep away.

    Returns
    -------
    HttpResponse
        200, 206 with the part asked for, 416 where the part lies outside the file, or 405 for
        any other method.

    Raises
    ------
    Http404
        If the file is gone.
    """
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        size = file.stat().st_size if isinstance(file, Path) else file.size
        part = _part(request, size)
        handle = None
        if request.method == "GET" and part is not None:
            handle = file.open("rb")
    except (FileNotFoundError, ValueError) as error:
        raise Http404("This sound is no longer here.") from error
    if part is None:
        response = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        response["Content-Range"] = f"bytes */{size}"
    else:
        start, end = part
        response = WhiteNoiseFileResponse(SlicedFile(handle, start, end) if handle else ())
        response["Content-Length"] = str(end - start + 1)
        if _is_partial(request):
            response.status_code = HTTPStatus.PARTIAL_CONTENT
            response["Content-Range"] = f"bytes {start}-{end}/{size}"
    response["Content-Type"] = _CONTENT_TYPES.get(Path(file.name).suffix.lower(), "application/octet-stream")
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = f"{'private' if private else 'public'}, max-age=3600, no-transform"
    return response


def _is_partial(request: HttpRequest) -> bool:
    return _byte_range(request) is not None


def _byte_range(request: HttpRequest) -> tuple[int, int | None] | None:
    """Return first and last byte as asked for, or None where the whole file is to be sent.

    A range that cannot be understood is ignored, and so is one under ``If-Range``: without
    entity tags and dates its condition never holds (RFC 9110, sections 13.1.5 and 14.2).
    """
    header = request.headers.get("Range")
    if not header or "If-Range" in request.headers:
        return None
    try:
        start, end = StaticFile.parse_byte_range(header)
    except ValueError:
        return None
    if header.replace(" ", "").startswith("bytes=-"):
        return min(start, 0), -1
    return None if end is not None and end < start else (start, end)


def _part(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """Return first and last byte to send, or None where the range lies outside the file."""
    asked = _byte_range(request)
    if asked is None:
        return 0, size - 1
    start, end = asked
    if end == -1:  # the last so many bytes
        return (max(size + start, 0), size - 1) if start < 0 and size else None
    if start >= size:
        return None
    return start, size - 1 if end is None else min(end, size - 1)
