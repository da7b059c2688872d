"""All that researchers can open of a study's results, opened."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from django.urls import reverse

from studyserver.results.tables import computed
from studyserver.results.tables.computed import Computed
from studyserver.study.models import Study

PAGES = ("study", "remains", "agreement", "annotators", "report", "progress", "planning")


def addresses(study: Study, *, pictures: bool = True) -> list[str]:
    """Return the address of every page, of every annotator's page, of every picture and of the export."""
    found = [reverse(f"results:{name}", args=[study.slug]) for name in PAGES]
    if study.exclusion_rules.exists():
        found += [f"{address}?annotators=all" for address in found]
    found += [f"{reverse('results:progress', args=[study.slug])}?width=1.5"]
    question = study.questions.order_by("position", "id").first()
    plan = (
        f"question={question.key}&first=evidence&second=random_control&tracks=5&annotators=9&source=answers"
    )
    found += [f"{reverse('results:planning', args=[study.slug])}?{plan}"]
    found += [
        reverse("results:annotator", args=[study.slug, annotator.pseudonym])
        for annotator in study.annotators.filter(trials__finished_at__isnull=False).distinct()
    ]
    if pictures:
        found += [
            reverse("results:figure", args=[study.slug, f"{asked.key}.svg"])
            for asked in study.questions.exclude(kind="text")
        ]
    return found


def words_of(response) -> str:
    """Return a page's words, without its markup."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def opened(browser, study: Study, *, pictures: bool = True) -> dict[str, str]:
    """Open everything, which must succeed; return the words by address."""
    found = {}
    with statistics_computed_once():
        for address in addresses(study, pictures=pictures):
            response = browser.get(address)
            assert response.status_code == 200, (address, response.status_code)
            found[address] = words_of(response)
    return found


@contextmanager
def statistics_computed_once() -> Iterator[None]:
    """Let pages share a study's statistics, which nothing changes meanwhile, as the parts of a page do."""
    kept: dict[tuple, Computed] = {}

    def shared(rows, *, everybody=False) -> Computed:
        key = (rows.study.pk, rows.rehearsal, everybody, rows.without_questions, rows.without_annotators)
        return kept.setdefault(key, Computed(rows, everybody=everybody))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computed, "Computed", shared)
        yield


def exported(browser, study: Study) -> dict[str, str]:
    """Fetch the export as a browser does; return each file's text."""
    response = browser.get(reverse("results:export", args=[study.slug]))
    assert response.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    assert archive.testzip() is None
    return {name: archive.read(name).decode() for name in archive.namelist()}
