"""From which address a request comes, behind as many proxies as the settings name."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address of the browser that sent a request.

    Each trusted proxy adds the address of its own client to the end of ``X-Forwarded-For``. What comes before
    these entries is the browser's own claim and counts for nothing, so that nobody can pass as another.

    Parameters
    ----------
    request

    Returns
    -------
    str
        An IPv4 or IPv6 address; the address of the connection where no proxy is trusted, or where the header
        holds fewer addresses than there are proxies; "" where there is neither.
    """
    proxies = settings.TRUSTED_PROXIES
    named = [part for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(named) >= proxies and (address := _plain(named[-proxies])):
        return address
    return _plain(request.META.get("REMOTE_ADDR", ""))


def _plain(text: str) -> str:
    """Return an address without port and brackets; "" for what is not an address."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)
