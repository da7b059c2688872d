"""What people without an account get from every address of the site: annotators' pages, nothing else."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from example_studies import make_study, ready

from explainer.models import Clip
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.sessions import session

# Everybody may ask for these; the rest of the site is for researchers, or needs an annotator's token.
FOR_EVERYBODY = {
    "favicon.ico",
    "",
    "language/",
    "s/<slug:slug>/",
    "my-data/",
    "level-sound",
    "admin/login/",
    "admin/logout/",
    "admin/jsi18n/",
}


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


@pytest.mark.django_db
def test_strangers_and_annotators_get_annotators_pages_only(client):
    study = make_study(2)
    study.notes = "for researchers' eyes"
    study.save()
    open_study(study)
    annotator = ready(study)
    session.current_trial(annotator)
    secrets = [*Clip.objects.values_list("track__name", flat=True), study.notes, annotator.deletion_code]
    routes = every_route()
    assert len(routes) > 100
    opened = set()
    for route in routes:
        address = filled(route, study, annotator)
        response = client.get(address)
        content = b"".join(response) if response.streaming else response.content
        assert response.status_code < 500, address
        assert [secret for secret in secrets if secret.encode() in content] == [], address
        to_login = response.status_code == 302 and "/admin/login/" in response.headers["Location"]
        if not to_login and response.status_code not in (403, 404, 405):
            opened.add(route)
    assert opened - FOR_EVERYBODY == set()
