"""Service worker with which the trials page can be reloaded while the server cannot be reached.

The service worker is limited to the annotator's addresses. It stores one page without a trial, and the page's
scripts and styles. The page itself stores trials, answers and sounds; see
``static/study/js/answers/offline.js``.
"""

import hashlib
import json
import posixpath
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language

from studyserver.study.models import Annotator, Study
from studyserver.study.questions.kind import Kind
from studyserver.study.questions.kinds import KINDS

from .access import ADDRESSES_UP_TO_TRIALS

_APP = Path(__file__).resolve().parents[1]
_STATIC = _APP / "static"
_WORKER = _STATIC / "study" / "offline-worker.js"
_IMPORT = re.compile(r'\bfrom "(\.[^"]+)"')
_TRIALS = "study/js/pages/trials.js"


def _imports_of(script: str) -> list[str]:
    """Return the scripts that a script imports, directly or through others, as names of static files."""
    found = [script]
    for name in found:
        for path in _IMPORT.findall((_STATIC / name).read_text()):
            imported = posixpath.normpath(f"{posixpath.dirname(name)}/{path}")
            if imported not in found:
                found.append(imported)
    return found[1:]


# The page preloads them together with trials.js instead of one level of imports after the other.
MODULES = _imports_of(_TRIALS)
STYLES = [
    "palette.css",
    *(f"study/{name}.css" for name in ("study", "controls", "trial", "player", "answers", "sets")),
]
FILES = [*STYLES, "study/icon.svg", "study/js/pages/forms.js", _TRIALS, *MODULES]


def scripts_of_kinds(study: Study) -> list[str]:
    """Return the additional scripts of a study's kinds of questions."""
    return [kind.script for kind in _kinds_of(study) if kind.script]


def styles_of_kinds(study: Study) -> list[str]:
    """Return the additional style sheets of a study's kinds of questions."""
    return [kind.style for kind in _kinds_of(study) if kind.style]


def _kinds_of(study: Study) -> list[Kind]:
    asked = set(study.questions.values_list("kind", flat=True))
    return [kind for name, kind in KINDS.items() if name in asked]


def worker_address(annotator: Annotator) -> str:
    """Return the address of the annotator's service worker; it changes with the content that it stores."""
    script = reverse("study:offline-worker", args=[annotator.token])
    return f"{script}?version={_version(annotator)}&until={_expiry(annotator)}"


def worker_script(annotator: Annotator) -> str:
    """Return the service worker of an annotator: its settings, and the code that all workers share."""
    settings = _about(annotator) | {"version": _version(annotator)}
    return f"const SETTINGS = {json.dumps(settings)};\n\n{_WORKER.read_text()}"


def _about(annotator: Annotator) -> dict:
    study = annotator.study
    return {
        "participation": f"participation-{annotator.token}",
        "page": reverse("study:offline", args=[annotator.token]),
        "addresses": [reverse(name, args=[annotator.token]) for name in ADDRESSES_UP_TO_TRIALS],
        "files": [static(file) for file in FILES + scripts_of_kinds(study) + styles_of_kinds(study)],
        "expires": _expiry(annotator),
    }


def _expiry(annotator: Annotator) -> int:
    """Return until when the session can be continued, in ms since 1970."""
    return round(1000 * annotator.expires_at.timestamp())


def _version(annotator: Annotator) -> str:
    """Return a version that changes with the stored page: with its code, texts, language or expiry."""
    study = annotator.study
    texts = [get_language(), study.title, study.contact, _digest_of_code()]
    return hashlib.sha256(json.dumps([_about(annotator), texts]).encode()).hexdigest()[:16]


@cache
def _digest_of_code() -> str:
    """Return a digest of all static files, templates and translations; it changes only with a deployment."""
    digest = hashlib.sha256(Path(finders.find("palette.css")).read_bytes())
    for folder in ("static", "templates", "locale"):
        for file in sorted((_APP / folder).rglob("*")):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()
