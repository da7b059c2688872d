"""Addresses of pages that other apps may or may not have."""

from django.urls import NoReverseMatch, reverse


def address(name: str, *arguments: object) -> str | None:
    """Return an address of another app, or None where the site does not have it."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return None
