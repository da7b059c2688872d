"""Opening the pages and the export of a study."""

from django.test import Client
from django.urls import reverse

from studyserver.results.export import codebook
from studyserver.results.export.archive import StudyExport
from studyserver.study.models import Study

from .reading import PAGES, TABLES


def opened(study: Study, client: Client) -> tuple[dict[str, str], dict[str, str]]:
    """Return a study's `PAGES` as HTML and `TABLES` of its export as CSV, by name."""
    pages = {}
    for name in PAGES:
        response = client.get(reverse(f"results:{name}", args=[study.slug]))
        assert response.status_code == 200, (name, response.status_code)
        pages[name] = response.content.decode()
    export = StudyExport(study)
    export.tables = [codebook.TABLES[name] for name in TABLES]
    names = {name.replace("_", ""): name for name in TABLES}
    tables = {}
    for path, content in export.files():
        text = b"".join(content).decode()
        if path.startswith("data/"):
            tables[names[path.split("table-")[1].removesuffix("_data.csv")]] = text
    return pages, tables
