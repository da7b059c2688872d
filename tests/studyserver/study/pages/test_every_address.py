"""What people without an account get from every address of the site: annotators' pages, nothing else."""

import pytest
from every_address import every_route, filled
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
