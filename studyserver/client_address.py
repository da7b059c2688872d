"""The network address of a request's browser, behind a configured number of proxies."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address of the browser that sent a request.

    Each trusted proxy adds the address of its client to the end of ``X-Forwarded-For``. Earlier entries come
    from the browser and are ignored, because they can be forged.

    Parameters
    ----------
    request

    Returns
    -------
    str
        An IPv4 or IPv6 address. It is the address of the connection if no proxy is trusted or the header has
        fewer addresses than there are proxies; "" if neither is known.
    """
    proxies = settings.TRUSTED_PROXIES
    named = [part for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(named) >= proxies and (address := _plain(named[-proxies])):
        return address
    return _plain(request.META.get("REMOTE_ADDR", ""))


def _plain(text: str) -> str:
    """Return an address without port and brackets; "" if the text is not an address."""
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
