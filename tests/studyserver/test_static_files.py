"""Static files are collected when the site starts, compressed and named by their content."""

import gzip
import json
import posixpath
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client
from paths import ROOT

from studyserver.static_files import HashedFiles, collect_static_files
from studyserver.study.pages.offline import FILES

IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)""")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """Return the folder of all files, collected once."""
    root = tmp_path_factory.mktemp("site") / "static"
    collect_in_another_process(root).wait()
    return root


def collect_in_another_process(root: Path) -> subprocess.Popen:
    environment = {"DATA_FOLDER": str(root.parent), "PATH": ""}
    return subprocess.Popen([sys.executable, "-m", "studyserver.wsgi"], cwd=ROOT, env=environment)


def names(root: Path) -> dict[str, str]:
    return json.loads((root / HashedFiles.manifest_name).read_text())["paths"]


@pytest.fixture
def own(settings, tmp_path):
    """Return a folder of one's own static files, to which a site is limited."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "a.js").write_text('import { b } from "./b.js";\nb();\n' + "// the same again\n" * 50)
    (folder / "b.js").write_text("export const b = () => 1;\n")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "site" / "static"
    return folder


def test_every_file_is_there_under_a_name_of_its_content(collected):
    found = names(collected)
    assert {"study/js/pages/trials.js", "palette.css", "admin/css/base.css"} <= set(found)
    for name, hashed in found.items():
        assert hashed != name
        assert (collected / hashed).is_file()
        assert not (collected / name).exists()  # under its plain name it comes from the source tree


def test_modules_import_each_other_by_these_names_and_are_unchanged_otherwise(collected):
    found = names(collected)
    final = set(found.values())
    imports = 0
    for name, hashed in found.items():
        if not name.startswith("study/") or not name.endswith(".js"):
            continue
        before, after = Path(finders.find(name)).read_text(), (collected / hashed).read_text()
        for one, two in zip(IMPORT.findall(before), IMPORT.findall(after), strict=True):
            folder = posixpath.dirname(name)
            place = posixpath.normpath(posixpath.join(folder, two))
            assert place in final and place == found[posixpath.normpath(posixpath.join(folder, one))]
            imports += 1
        assert re.sub(r"\.[0-9a-f]{12}\.js", ".js", after) == before
    assert imports > 40


def test_styles_find_their_pictures(collected):
    found = names(collected)
    pictures = 0
    for name, hashed in found.items():
        if name.endswith(".css"):
            for address in ADDRESS.findall((collected / hashed).read_text()):
                if not address.startswith(("data:", "#")):
                    assert (collected / posixpath.dirname(hashed) / address).is_file(), (name, address)
                    pictures += 1
    assert pictures > 10


def test_browsers_get_them_compressed_and_keep_them(collected, settings, db):
    settings.STATIC_ROOT = collected
    client = Client()
    page = client.get("/").content.decode()
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert static("study/study.css") in addresses
    for address in {*addresses, static("study/js/pages/trials.js")}:
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", address)
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in answer["Cache-Control"]
        assert int(re.search(r"max-age=(\d+)", answer["Cache-Control"])[1]) > 30_000_000
        sent = b"".join(answer.streaming_content)
        plain = b"".join(client.get(address).streaming_content)
        if answer.get("Content-Encoding") == "gzip":
            assert len(sent) < len(plain)
            sent = gzip.decompress(sent)
        assert sent == plain
    assert client.get("/static/study/js/pages/trials.js").status_code == 200  # pages of before an update


@pytest.mark.parametrize(("coding", "most"), [("br", 45_000), ("gz", 50_000)])
def test_the_trial_page_takes_at_most_45_kilobytes(collected, coding, most):
    found = names(collected)
    sent = [next(iter(collected.glob(f"{found[name]}.{coding}")), collected / found[name]) for name in FILES]
    sizes = [file.stat().st_size for file in sent]
    assert 20_000 < sum(sizes) <= most
    assert sum(Path(finders.find(name)).stat().st_size for name in FILES) > 2 * sum(sizes)


def test_collecting_again_touches_nothing_and_a_change_comes_through(own, settings):
    root = Path(settings.STATIC_ROOT)
    collect_static_files()
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    first = names(root)
    collect_static_files()
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    (own / "b.js").write_text("export const b = () => 22;\n")
    collect_static_files()
    second = names(root)
    assert second["b.js"] != first["b.js"]
    assert second["a.js"] != first["a.js"]  # it imports b by its new name
    assert all((root / name).exists() for name in first.values())  # for pages that are open
    assert sorted(path.name for path in root.parent.iterdir()) == [".static.lock", "static"]


def test_what_was_interrupted_is_made_up_for(own, settings):
    root = Path(settings.STATIC_ROOT)
    left = root.parent / ".static-killed"
    left.mkdir(parents=True)
    (left / "half.js").write_text("im")
    collect_static_files()
    assert not left.exists()
    (root / HashedFiles.manifest_name).unlink()
    collect_static_files()
    assert names(root)


def test_several_processes_at_once(tmp_path):
    root = tmp_path / "site" / "static"
    processes = [collect_in_another_process(root) for _ in range(3)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    assert all((root / name).is_file() for name in names(root).values())


@pytest.mark.parametrize("manifest", [None, "{", '{"version": "0.1"}'])
def test_without_a_list_of_names_files_have_their_plain_ones(own, settings, db, manifest):
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True)
    if manifest is not None:
        (root / HashedFiles.manifest_name).write_text(manifest)
    settings.STATIC_ROOT = str(root)  # what was read before is forgotten
    assert static("a.js") == "/static/a.js"
    assert static("unknown.js") == "/static/unknown.js"
    assert Client().get("/").status_code == 200


def test_a_folder_that_cannot_be_written_stops_nothing(own, settings, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    settings.STATIC_ROOT = tmp_path / "file" / "static"
    collect_static_files()
    assert "sent uncompressed" in caplog.text


def test_with_debug_files_are_sent_as_they_are(own, settings):
    settings.DEBUG = True
    collect_static_files()
    assert not Path(settings.STATIC_ROOT).exists()
    assert static("a.js") == "/static/a.js"
