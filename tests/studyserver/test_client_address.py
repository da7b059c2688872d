"""The address of a browser behind proxies, and the lock on sign-ins that counts by it."""

import pytest
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from django.urls import reverse

from studyserver.client_address import client_address

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.5", PROXY),  # nobody is trusted to say it
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.9, 203.0.113.5", "203.0.113.5"),  # the first is the browser's own claim
        (2, "198.51.100.9, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        (2, "203.0.113.5", PROXY),  # came past the outer proxy
        (1, "", PROXY),
        (1, "unknown", PROXY),
        (1, "203.0.113.5:4711", "203.0.113.5"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "::ffff:203.0.113.5", "203.0.113.5"),
        (1, "203.0.113.5, ", "203.0.113.5"),
    ],
)
def test_the_last_proxy_that_is_trusted_says_who_comes(proxies, forwarded, address, settings):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address


def test_a_request_without_an_address_has_none():
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == ""


@pytest.mark.django_db
def test_wrong_passwords_lock_a_name_for_one_address_only(client, settings):
    settings.TRUSTED_PROXIES = 1
    get_user_model().objects.create_superuser("researcher", password="in the lab")

    def sign_in(address: str, password: str):
        return client.post(
            reverse("admin:login"),
            {"username": "researcher", "password": password},
            REMOTE_ADDR=PROXY,
            headers={"X-Forwarded-For": f"198.51.100.1, {address}"},
        )

    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in("203.0.113.66", "guessed")
    assert sign_in("203.0.113.66", "in the lab").status_code == 429
    assert sign_in("203.0.113.5", "in the lab").status_code == 302
