"""Every address of the site, as the urls modules write them and filled with values that exist."""

from django.urls import URLPattern, URLResolver, get_resolver


def every_route(resolver=None, before="") -> list[str]:
    """Return the route of every address, as it is written in the urls modules."""
    routes = []
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            routes += every_route(entry, route)
        elif isinstance(entry, URLPattern):
            routes.append(route)
    return routes


def filled(route: str, study, annotator) -> str:
    """Return an address that a route stands for, with numbers and names that exist."""
    values = {
        "<slug:slug>": study.slug,
        "<slug:pseudonym>": annotator.pseudonym,
        "<slug:name>": "mid_level",
        "<slug:kind>": "png",
        "<path:object_id>": str(study.pk),
        "<path:url>": "anything",
        "<int:content_type_id>": "1",
        "<int:check>": "1",
        "<int:trial>": "1",
        "<str:trial>": annotator.trials.first().token,
        "<str:token>": str(annotator.pk),  # no token: numbers and pseudonyms must open nothing
        "<str:name>": "spectrogram",
        "<str:kind>": "png",
        "<str:language>": "de",
        "<int:pk>": str(study.pk),
        "<int:other>": "2",
        "(?P<app_label>auth|axes|django_tasks_database|explainer|results|study)": "study",
    }
    address = "/" + route
    for name, value in values.items():
        address = address.replace(name, value)
    return address.replace("(?P<url>.*)$", "anything").rstrip("$")
