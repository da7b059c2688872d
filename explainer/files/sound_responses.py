"""HTTP responses with sound, with byte ranges and without identifying headers.

Browsers seek with byte ranges, which Django's own responses do not support; some browsers do not play at all
without them. The responses contain nothing that distinguishes two sounds except the sound itself: no file
name, no date, no entity tag.
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
    """Respond to a request for a clip so that its length in bytes reveals no more than its duration.

    Parameters
    ----------
    request : HttpRequest
        See :func:`sound_response`.
    alike : iterable of Clip
        All clips that the same annotators may hear.

    Returns
    -------
    HttpResponse
        See :func:`sound_response`.
    """
    sizes = [(clip.size or size_of(clip) or 0, round(clip.seconds * clip.sample_rate)) for clip in alike]
    try:
        with clip.file.open("rb") as stored:
            content = ContentFile(padded(stored.read(), sizes), name=clip.file.name)
    except (FileNotFoundError, ValueError) as error:
        raise Http404("This sound is no longer here.") from error
    return sound_response(request, content)


def sound_response(request: HttpRequest, file: File | Path, *, private: bool = True) -> HttpResponse:
    """Respond to a request for a sound or a byte range of it.

    The calling view checks who may hear it.

    Parameters
    ----------
    request : HttpRequest
        A ``GET`` or ``HEAD`` request; its ``Range`` header, if it has one, is honoured.
    file : File or Path
        A stored file (the file field of a row, in any storage) or a path.
    private : bool
        Whether shared caches must not store the response.

    Returns
    -------
    HttpResponse
        200, 206 with the requested range, 416 if the range lies outside the file, or 405 for any other
        method.

    Raises
    ------
    Http404
        If the file is missing.
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
    """Return the requested first and last byte, or None if the whole file is to be sent.

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
    """Return first and last byte to send, or None if the range lies outside the file."""
    requested = _byte_range(request)
    if requested is None:
        return 0, size - 1
    start, end = requested
    if end == -1:  # the last so many bytes
        return (max(size + start, 0), size - 1) if start < 0 and size else None
    if start >= size:
        return None
    return start, size - 1 if end is None else min(end, size - 1)
