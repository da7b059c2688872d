"""Every address of the site, asked for in every odd way; run as a program of its own on a fresh database.

Usage: ``python odd_requests.py [NUMBERS]``, where NUMBERS is a file with the numbers of the requests to send,
as JSON; without it all are sent. Prints one line of JSON: how many requests there are, how many were sent,
those that the server failed to answer, and the first number of each kind: requests of one kind go to the
same view, are answered with the same status, and send the same statements to the database.
"""

import functools
import gc
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from paths import ROOT

DEEP = "[" * 20_000  # Python reads at most 1 000 levels
NUMBER = "9" * 5_000
# As they stand in an address: NUL, half of a surrogate pair in UTF-8, bytes that are not UTF-8, a text in
# right-to-left marks, far too long, and numbers beyond every column.
TOKENS = [
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "%C3%28",
    "%E2%80%AE%F0%9F%8E%B5",
    "x" * 5_000,
    "99999999999999999999",
    NUMBER,
    "%25s",
    "..%2F..%2Fetc",
]
JSON_BODIES = [
    "",
    "null",
    "true",
    "5",
    '"text"',
    "[]",
    "{}",
    DEEP,
    DEEP + "]" * 20_000,
    '{"events": ' + DEEP + "]" * 20_000 + "}",
    '{"a":' * 20_000,
    NUMBER,
    f'{{"events": {NUMBER}}}',
    f'{{"events": [{{"sequence": {NUMBER}, "value": -{NUMBER}}}]}}',
    f'{{"listening": {{"plays": {NUMBER}}}, "appeared_ms": {NUMBER}}}',
    '{"events": NaN, "listening": -Infinity, "appeared_ms": 1e999}',
    '{"listening": {"presentations": [[]], "plays": 1e308, "seeks": NaN}}',
    '{"events": [{"trial": "\\ud800", "uuid": "f6a6ee0e-1c30-4c1e-b0fd-0c1b4f5e2a03"}, {"uuid": "\\ud800"}]}',
    '{"events": [{"trial": "\\u0000", "uuid": "f6a6ee0e-1c30-4c1e-b0fd-0c1b4f5e2a04"}], "appeared_ms": {}}',
    '{"events": [{"trial": TRIAL, "uuid": "f6a6ee0e-1c30-4c1e-b0fd-0c1b4f5e2a01", "sequence": 1,'
    ' "question": "\\ud800", "presentation": "\\ud800\\u0000", "value": "\\udfff"}]}',
    '{"events": [{"trial": TRIAL, "uuid": "f6a6ee0e-1c30-4c1e-b0fd-0c1b4f5e2a02", "sequence": 2,'
    ' "question": "dissonance", "presentation": null, "value": true, "age_ms": [], "response_ms": 1e999}]}',
    '{"listening": {"presentations": {PRESENTATION: {"intervals": [[0, 1e999]], "plays": true,'
    ' "\\ud800": "\\ud800", "\\u0000": "\\u0000"}}}}',
    b"\xff\xfe{\x00}\x00",
    b"\xed\xa0\x80",
    b"\x00" * 1_000,
    "{" + " " * 3_000_000 + "}",
]
FORMS = [
    {"result": DEEP},
    {"result": NUMBER},
    {"result": f'{{"attempts": {NUMBER}}}'},
    {"result": '{"outcome": "\\ud800", "attempts": NaN, "\\u0000": 1}'},
    {"result": '{"attempts": 1e400, "played": true, "answered": [1, 2]}'},
    {"level": NUMBER, "output_sample_rate": "nan"},
    {"level": "-1e999", "check": NUMBER, "trial": "\uff11", "interval": "\0"},
    {"code": "\0", "confirmed": "\0"},
    {"code": "\ufffd" * 39, "language": "\0", "next": "//\0"},
    {"language": "x" * 9_999, "next": "https://elsewhere.example/" + "x" * 9_999},
    {"username": "\0", "password": "\0", "next": "/\0"},
    {"username": "x" * 9_999, "password": "\ufffd", "this_is_the_login_form": "1"},
    {"page": "\0", "agree": "\0", "keep_answers": "\0"},
    {"csrfmiddlewaretoken": "\0" * 99},
    *(
        {"page": "PAGE", "qITEM": text}
        for text in ("\0", "\ufffd", "1e999", "nan", NUMBER, "-", "\uff11\uff12")
    ),
]
QUERIES = [
    "%00",
    "after=%00&number=%00",
    "after=%ED%A0%80&number=%C2%B2",  # a superscript two is a digit, and no number
    f"after={'x' * 5_000}&number={NUMBER}",
    "PROLIFIC_PID=%00&STUDY_ID=%00&SESSION_ID=%00",
    "PROLIFIC_PID=%ED%A0%80&SESSION_ID=%FF",
    f"PROLIFIC_PID={'x' * 5_000}&STUDY_ID={NUMBER}",
    "next=%00&q=%00&e=%00&_popup=%00&_to_field=%00",
    "&".join(f"a{number}=1" for number in range(2_000)),
    "version=%00&until=%FF",
]
HEADERS = [
    {"HTTP_ACCEPT_LANGUAGE": "x" * 9_999},
    {"HTTP_ACCEPT_LANGUAGE": "de;q=nan,\xff;q=9e999"},
    {"HTTP_ACCEPT": "\xff" * 99, "HTTP_USER_AGENT": "\xff" * 9_999},
    {"HTTP_RANGE": f"bytes={NUMBER}-"},
    {"HTTP_RANGE": "bytes=-\xb2"},
    {"HTTP_X_FORWARDED_FOR": "\xff, " * 99, "REMOTE_ADDR": ""},
    {"HTTP_REFERER": "http://[::bad", "HTTP_ORIGIN": "null"},
    {"HTTP_IF_MODIFIED_SINCE": "yesterday", "HTTP_IF_NONE_MATCH": "\xff"},
    {"HTTP_COOKIE": "sessionid=%00; csrftoken=\xff; django_language=\x00; messages=[[["},
    {"HTTP_COOKIE": "participation-1=\xff:\xff:\xff; sessionid=" + "x" * 4_000},
    {"HTTP_AUTHORIZATION": "Basic \xff", "HTTP_X_CSRFTOKEN": "\xff"},
]
TYPES = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=nonsense",
    "application/json; charset=utf-16",
    "multipart/form-data",
    "multipart/form-data; boundary=\xff",
    "multipart/form-data; boundary=x",
    "",
]


def prepared():
    """Return a study, and annotators who stand at each of its pages."""
    from example_studies import make_study, ready, walk

    from studyserver.study.models import QuestionnairePage
    from studyserver.study.sessions import session
    from studyserver.study.sessions.joining import join

    study = make_study(2, set_level=True, headphone_check="antiphase", trials_per_annotator=2)
    page = QuestionnairePage.objects.create(study=study, title="You")
    for kind, options in (
        ("number", {"min": 0, "max": 99}),
        ("text", {}),
        ("choice", {"choices": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]}),
    ):
        page.items.create(key=f"one_{kind}", text="?", kind=kind, options=options, position=1, required=False)
    panel = make_study(1, access="panel")
    plain = make_study(2, count_tones=False)
    for one in (study, panel, plain):
        one.state = "open"
        one.save()
    at_consent, at_questions, at_level, at_headphones = (join(study) for _ in range(4))
    at_tones = ready(make_study(1, state="open"))
    at_tones.sound_checked_at = None
    at_tones.save()
    for annotator in (at_questions, at_level, at_headphones):
        session.give_consent(annotator)
    for annotator in (at_level, at_headphones):
        annotator.asked_at = annotator.instructed_at = annotator.consented_at
    at_headphones.sound_check, at_headphones.sound_checked_at = {"level": 1}, at_headphones.consented_at
    for annotator in (at_level, at_headphones):
        annotator.save()
    in_trials, done = ready(plain), ready(plain)
    session.current_trial(in_trials)
    walk(done)
    return [study, panel, plain], [
        at_consent, at_questions, at_level, at_tones, at_headphones, in_trials, done,
    ]  # fmt: skip


def addresses(studies, annotators) -> list[str]:
    """Return every address once as it is right, and once with each odd token in each place."""
    from every_address import every_route, filled

    found = {}
    for route in every_route():
        for annotator in annotators if "a/<str:token>" in route else annotators[-2:-1]:
            if "<str:trial>" in route and not annotator.trials.exists():
                continue
            own = route.replace("<str:token>", annotator.token) if "a/<" in route else route
            own = own.replace("<slug:slug>", studies[1].slug) if route.startswith("s/") else own
            found[filled(own, studies[0], annotators[-2])] = None
            if "<str:trial>" in route:
                found[filled(own, studies[0], annotator).replace("/finish", "%00/finish")] = None
        parts = route.split("/")
        for place, part in enumerate(parts):
            if "<" not in part and "(" not in part:
                continue
            for token in TOKENS[: 2 if route.startswith("admin/") else None]:
                odd = "/".join([*parts[:place], token, *parts[place + 1 :]])
                found[filled(odd, studies[0], annotators[-2])] = None
    found |= {f"/{token}": None for token in TOKENS}
    found |= {f"/{before}/{token}": None for before in ("static", "admin", "s", "i", "a") for token in TOKENS}
    return list(found)


def filled_in(form: dict, page, *, one_by_one: bool) -> list[tuple]:
    """Return a form as it is, or its odd text as the answer to each item of a page or to all at once."""
    if "PAGE" not in form.values():
        return [tuple(form.items())]
    answers = [(f"q{item.pk}", form["qITEM"]) for item in page.items.all()]
    return [(("page", page.pk), *some) for some in (zip(answers) if one_by_one else [answers])]


@functools.cache
def encoded(form: tuple) -> str:
    """Return a form as a browser sends it."""
    return urlencode(form)


def requests(studies, annotators):
    """Yield all requests, each as (method, address, body, content type, headers)."""
    from studyserver.study.models import QuestionnairePage

    trial = annotators[-2].trials.first()
    page = QuestionnairePage.objects.get()
    for address in addresses(studies, annotators):
        is_odd = any(token in address for token in TOKENS)
        for method in ("GET", "POST") if is_odd else ("GET", "POST", "HEAD", "PUT"):
            yield method, address, "", "application/json", {}
        takes_json = address.endswith(("/judgments", "/finish"))
        if is_odd:
            if takes_json:
                yield "POST", address, '{"listening": {}, "events": []}', "application/json", {}
            continue
        if address.startswith("/admin/") and "login" not in address:
            yield "GET", f"{address}?{QUERIES[0]}", "", "", HEADERS[2]
            yield "POST", address, JSON_BODIES[7], "application/json", {}
            continue
        if not address.startswith("/a/") or annotators[-2].token in address:
            for query in QUERIES:
                yield "GET", f"{address}?{query}", "", "", {}
            for headers in HEADERS:
                yield "GET", address, "", "", headers
        for number, body in enumerate(JSON_BODIES if takes_json else JSON_BODIES[8:9]):
            if isinstance(body, str):
                body = body.replace("TRIAL", json.dumps(trial.token))
                body = body.replace("PRESENTATION", json.dumps(trial.presentations.first().token))
            yield "POST", address, body, "application/json", {}
            if number < len(TYPES):
                yield "POST", address, body, TYPES[number], {}
        for form in FORMS if not takes_json else FORMS[-1:]:
            for own in filled_in(form, page, one_by_one=takes_json or address.endswith("/questions")):
                yield "POST", address, encoded(own), "application/x-www-form-urlencoded", {}
        yield "POST", address, "result=%ED%A0%80&code=%FF&page=%00", TYPES[2], {}


class Statements:
    """What a request sends to the database, but for times."""

    def __init__(self):
        self.sent = []

    def __call__(self, execute, sql, params, many, context):
        values = [None if isinstance(value, datetime) else value for value in params or ()]
        self.sent.append((sql, repr(values)))
        return execute(sql, params, many, context)


def answer(client, method, address, body, kind, headers):
    """Send a request and undo what it changed; return the answer and the kind of request that it was."""
    from django.db import connection, transaction

    client.cookies["csrftoken"] = headers["HTTP_X_CSRFTOKEN"]
    statements = Statements()
    with transaction.atomic():
        with connection.execute_wrapper(statements):
            response = client.generic(method, address, body, content_type=kind, **headers)
            if not response.streaming and response.status_code < 500:
                response.content  # noqa: B018
        if not connection.needs_rollback:
            transaction.set_rollback(True)
    client.cookies.clear()
    view = response.wsgi_request.resolver_match
    return response, (method, view and view.view_name, response.status_code, *statements.sent)


def main() -> None:
    """Send all requests, or those whose numbers are given."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyserver.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from django.test.utils import setup_test_environment

    setup_test_environment()
    call_command("migrate", verbosity=0)
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    everything = list(requests(*prepared()))
    chosen = json.loads(Path(sys.argv[1]).read_text()) if sys.argv[1:] else range(len(everything))
    failed, kinds = [], {}
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    for number in chosen:
        method, address, body, kind, headers = everything[number]
        headers = {"HTTP_X_CSRFTOKEN": "s" * 32, **headers}
        response, what = answer(client, method, address, body, kind, headers)
        kinds.setdefault(what, number)
        if response.status_code >= 500:
            error = getattr(response, "exc_info", None)
            about = [method, address[:90], str(body)[:60], kind, str(headers)[:60]]
            failed.append([*about, repr(error and error[1])[:120]])
    found = {"all": len(everything), "sent": len(chosen), "failed": failed, "kinds": list(kinds.values())}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
