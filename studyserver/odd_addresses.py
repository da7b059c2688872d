"""Addresses that no link of this site holds, kept from the pages and the database."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse


class RefuseOddAddresses:
    """Answer addresses with a NUL in them, which PostgreSQL takes in no text, as one where there is nothing.

    Other odd signs need no care: Django leaves bytes that are not UTF-8 in a path as ``%FF``, and replaces
    them in a query. What stands behind the question mark is read by the pages that look at it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request on, or raise `Http404`."""
        if "\0" in request.path_info:
            raise Http404
        return self.get_response(request)
