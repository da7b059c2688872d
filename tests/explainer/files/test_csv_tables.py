import pytest

from explainer.files.csv_lines import TableError
from explainer.files.tables import read_table

KNOWN = ("file", "title", "composer")
TEXT = "file,title,composer\nCD1/01.wav,Für Elise,Beethoven\n\nCD2/01.wav,Грёзы,Чайковский\n"
ROWS = [
    (2, {"file": "CD1/01.wav", "title": "Für Elise", "composer": "Beethoven"}),
    (4, {"file": "CD2/01.wav", "title": "Грёзы", "composer": "Чайковский"}),
]


def rows(content):
    table = read_table(content, KNOWN)
    assert not any(row.problem for row in table.rows)
    return [(row.line, row.values) for row in table.rows]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_what_spreadsheets_write(separator, ends, encoding):
    assert rows(TEXT.replace(",", separator).replace("\n", ends).encode(encoding)) == ROWS


@pytest.mark.parametrize("line", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_a_line_that_names_the_separator(line):
    found = rows((line + TEXT.replace(",", ";")).encode())
    assert found == [(number + 1, values) for number, values in ROWS]


def test_quoted_cells_hold_separators_and_lines():
    content = 'file;title;composer\na.wav;"One; two, ""three""";Ann\nb.wav; "two\nlines";Ben\nc.wav;;\n'
    assert rows(content.encode()) == [
        (2, {"file": "a.wav", "title": 'One; two, "three"', "composer": "Ann"}),
        (3, {"file": "b.wav", "title": "two\nlines", "composer": "Ben"}),
        (5, {"file": "c.wav", "title": "", "composer": ""}),
    ]


def test_names_of_columns_and_letters_in_either_form():
    decomposed = "File , TITLE,Composer\na.wav,Fu\u0308r,\n"
    assert rows(decomposed.encode()) == [(2, {"file": "a.wav", "title": "F\u00fcr", "composer": ""})]


def test_more_commas_than_semicolons_in_the_titles_do_not_matter():
    content = "file;title,with,commas\na.wav;b\n"
    assert read_table(content.encode(), KNOWN).columns == ["file", "title,with,commas"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "file,title\na.wav,Stück\n".encode("latin-1"),
            r"not in UTF-8 \(line 2\); save it again as “CSV UTF-8”",
        ),
        (
            b'file,title\na.wav,"open\nb.wav,x\n',
            "in line 2 a quotation mark is opened and never closed; close it",
        ),
        (b'file,title\na.wav,"x"y\n', "quotation mark"),
        (b"file,title,Title\na.wav,x,y\n", "two columns “title”; delete or rename one"),
    ],
)
def test_what_cannot_be_read_is_refused(content, reason):
    with pytest.raises(TableError, match=reason):
        read_table(content, KNOWN)


def test_cells_that_belong_to_no_column_are_a_problem_of_their_line():
    content = b"file,title,,\na.wav,Hello, World,\nb.wav,Hello,,,,\nc.wav,a,,,b\nd.wav\n"
    problems = {row.line: row.problem for row in read_table(content, KNOWN).rows}
    assert "column without a name" in problems[2]
    assert "5 cells for 4 columns; put text that contains a comma into double quotes" in problems[4]
    assert not problems[3] and not problems[5]
