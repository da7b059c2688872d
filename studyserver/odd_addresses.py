"""Refusal of addresses that cannot belong to a page."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse


class RefuseOddAddresses:
    """Answer 404 to paths that contain NUL, which PostgreSQL cannot store or compare.

    Other odd characters are safe: Django keeps bytes that are not UTF-8 as ``%FF`` in a path, and replaces
    them in a query string. Pages check the query strings that they use.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request on, or raise `Http404`."""
        if "\0" in request.path_info:
            raise Http404
        return self.get_response(request)
