"""Lists of identifiers as people paste and upload them, through the page that makes links of them."""

import csv
import html
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from explainer.files.spreadsheets import FORMULA_STARTS
from studyserver.study.models import Recruit
from studyserver.study.recruitment import recruiting
from studyserver.study.recruitment.identifier_lists import UnreadableList, read_identifiers


@pytest.fixture
def links(admin_client, study):
    """Return the identifiers with a link that the page makes of a list, or what it says instead."""

    def links(pasted="", content=None):
        data = {"identifiers": pasted}
        if content is not None:
            content = content if isinstance(content, bytes) else content.encode()
            data["file"] = SimpleUploadedFile("list.csv", content)
        response = admin_client.post(reverse("admin:study_study_links", args=[study.pk]), data)
        text = response.content.decode("utf-8-sig")
        if response.headers["Content-Type"].startswith("text/csv"):
            rows = list(csv.DictReader(io.StringIO(text)))
            assert len({row["link"] for row in rows}) == len(rows)
            return [row["identifier"] for row in rows]
        return html.unescape(text)

    return links


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p1\np2\n\np1\n", ["p1", "p2"]),
        ("\ufeffid,group\np1,a\np2,b\n", ["p1", "p2"]),
        ("Identifier;x\r\np 1;3\r\n", ["p 1"]),
        ('"with, comma",1\nother,2', ["with, comma", "other"]),
        ("p1\rp2\rp3", ["p1", "p2", "p3"]),
        ("id,group\rp1,a\rp2,b\r", ["p1", "p2"]),
        ("sep=;\r\nid;group\r\np1;a\r\np2;b\r\n", ["p1", "p2"]),
        ("Participant ID\tgroup\np1\ta\np2\tb", ["p1", "p2"]),
        ("E-Mail\na@b.org\n", ["a@b.org"]),
        (" p1 \n\xa0p2\u200b\n", ["p1", "p2"]),
        ('"=""0012"""\n="0013"\n', ["0012", "0013"]),
        ("007\n008\n1e56789\n3f\n", ["007", "008", "1e56789", "3f"]),
        ("id\np1;x\np2;y\n", ["p1", "p2"]),
        ('Anna "Ann" Lee\nNan Li\n', ['Anna "Ann" Lee', "Nan Li"]),
    ],
)
def test_identifiers_are_read(links, text, expected):
    assert read_identifiers(text).identifiers == expected
    assert links(content=text) == expected
    assert links(pasted=text) == expected
    assert Recruit.objects.count() == len(expected)


DAMAGED = [
    ("", "no identifier"),
    ("id\n", "no identifier"),
    ("x" * 300, "too long"),
    ("p1\na\x07b\n", "Line 2: “a\x07b…” is too long or contains characters"),
    *(
        (f"p1\n{text}\np3\n", f"Line 2: “{text}” is a long number that a spreadsheet has shortened")
        for text in ("1.23E+11", "1.2e+11", "1E+11", "-1.23E+11", "1.23E11", "\uff11.23E+11")
    ),
    ("id;group\np1;a\n1,23E+11;b\n", "Line 3: “1,23E+11” is a long number"),
    ('p1\n"1,23E+11"\n', "Line 2: “1,23E+11” is a long number"),
    *((f"id\np1\n{text}", f"Line 3: “{text}” is what a spreadsheet") for text in ("####", "#NAME?", "#NV")),
    *((f"id\np1\n{text}", f"Line 3: “{text}” looks like a missing") for text in ("NA", "nan", "NULL", "-")),
    ("id,group\np1,a\n,b\n", "Line 3 has no identifier"),
    (",id\n0,p1\n1,p2\n", "move the column “id”"),
    ("group,id\na,p1\nb,p2\n", "move the column “id”"),
    ("p1;p2;p3", "write one per line"),
    ("Lee, Ann\nLee, Bob\n", "“Lee” stands in lines 1 and 2 with different further columns"),
    ('p1\n"p2\np3\n', "Line 2: a quotation mark is opened and never closed"),
    ('p1\n"p2"x\np3\n', "Line 2: text follows a closing quotation mark"),
    ("Anna@b.org\nanna@b.org\n", "'Anna@b.org' and 'anna@b.org'"),
    ("caf\xe9\ncafe\u0301\n", r"'caf\xe9' and 'cafe\u0301'"),
    ("p 1\np1\n", "'p 1' and 'p1'"),
    ("P-1\np\N{EN DASH}1\n", "only in case, blanks, Unicode form"),
    ("7\n007\n", "'7' and '007'"),
    ("12\n12.0\n", "'12' and '12.0'"),
    ("1234567890123450\n1234567890123460\n", "has dropped their last digits"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), DAMAGED)
def test_what_cannot_be_read_whole_is_refused_in_words(links, text, words):
    with pytest.raises(UnreadableList) as refused:
        read_identifiers(text)
    assert words in str(refused.value)
    assert words in links(pasted=text)
    if text:
        assert words in links(content=text)
    assert not Recruit.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("p1\nsüß\n".encode("utf-16"), "not UTF-8"),
        ("p1\np2\n".encode("utf-16-le"), "not UTF-8"),
        ("p1\nsüß\n".encode("cp1252"), "see line 2"),
        (b"PK\x03\x04 a workbook", "save the file as CSV UTF-8"),
    ],
)
def test_files_that_are_no_text_are_refused(links, content, words):
    assert words in links(content=content)
    assert not Recruit.objects.exists()


def test_of_two_lists_neither_is_lost(links):
    assert "give one of them" in links(pasted="p1\n", content="p2\n")
    assert not Recruit.objects.exists()


def test_an_identifier_is_not_made_again_in_another_form(links, study):
    assert links("Anna@b.org\np2") == ["Anna@b.org", "p2"]
    assert "'Anna@b.org' and 'anna@b.org'" in links("anna@b.org\np3")
    assert links("Anna@b.org\np3") == ["Anna@b.org", "p3"]
    # Recruiters' own identifiers stay as they were, whatever they look like.
    study.recruits.create(identifier="ANNA@b.org")
    assert links("p3\nANNA@b.org") == ["p3", "ANNA@b.org"]


def test_the_next_page_says_what_was_left_aside(links, admin_client, study):
    assert links("Participant,group\np1,a\np1,a\np2,b") == ["p1", "p2"]
    page = admin_client.get(reverse("admin:study_study_links", args=[study.pk])).content.decode()
    assert "Line 1, “Participant”, was taken as the heading." in page
    assert "Only the first column was read." in page
    assert "taken as one person each: p1." in page


@pytest.mark.parametrize("start", [start for start in FORMULA_STARTS if start.isprintable()])
def test_formula_signs_are_escaped_on_the_way_out_and_back(links, admin_client, study, start):
    name = f"{start}49 170 1"
    assert links(f"{name}\np2") == [f"'{name}", "p2"]
    table = admin_client.post(reverse("admin:study_study_linking", args=[study.pk])).content.decode(
        "utf-8-sig"
    )
    (row, _other) = csv.DictReader(io.StringIO(table))
    assert row["identifier"] == f"'{name}"
    assert links(content=table.replace("identifier,", "id,", 1).splitlines()[1].split(",")[0]) == [f"'{name}"]
    assert sorted(study.recruits.values_list("identifier", flat=True)) == sorted([name, "p2"])


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_the_linking_table_escapes_what_the_export_escapes(admin_client, study, start):
    """A recruiter's parameters and codes are text of others."""
    study.recruits.create(identifier=f"{start}1+1", panel_study=f"{start}2", panel_session=f"{start}3")
    table = admin_client.post(reverse("admin:study_study_linking", args=[study.pk])).content.decode(
        "utf-8-sig"
    )
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert [row["identifier"], row["panel_study"], row["panel_session"]] == [
        f"'{start}1+1", f"'{start}2", f"'{start}3",
    ]  # fmt: skip


def test_returned_places_are_listed_in_the_same_ways(admin_client, study):
    recruiting.invite(study, ["p1", "p2"])
    upload = {"file": SimpleUploadedFile("list.csv", b"id\rp1\rp2\r")}
    page = admin_client.post(reverse("admin:study_study_returned", args=[study.pk]), upload, follow=True)
    assert "Not known in this study" in page.content.decode()  # neither has begun: both lines were read
    assert "p1, p2" in page.content.decode()
    again = admin_client.post(
        reverse("admin:study_study_returned", args=[study.pk]), {"identifiers": "p1\n1.23E+11"}, follow=True
    )
    assert "a spreadsheet has shortened" in again.content.decode()
