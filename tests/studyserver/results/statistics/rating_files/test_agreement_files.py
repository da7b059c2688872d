"""Files of judgments as spreadsheets, survey tools and statistics programs write them."""

import io
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from paths import CASES

from studyserver.results.management.commands.agreement import Command

FOLDER = CASES / "agreement"
ALPHA, ALPHA_WITH_GAPS = 0.702290, 0.648936
HEAD = "item_id,rater_id,value\n"
GOOD = HEAD + "a,r1,1\na,r2,1\nb,r1,2\nb,r2,3\nc,r1,3\nc,r2,3\n"

WORDS = r"""NA|N/A|n.a.|n. a.|<NA>|NaN|nan|-nan|NaT|null|NULL|(null)|<null>|None|nil|NA_character_|np.nan|\N
.|..|.a|-|--|…|?|??|*|''|[]|missing|(missing)|Not available|no answer|(blank)|k. A.|keine Angabe|fehlt
sin respuesta|n/d|#N/A|#NV|#N/D|#DIV/0!|#¡DIV/0!|#VALUE!|#WERT!|#REF!|#BEZUG!|#NAME?|#NUM!|#NULL!|#ERROR!
#####|Err:502|undefined"""
MISSING = [word for line in WORDS.splitlines() for word in line.split("|")] + ["\N{EN DASH}", "\N{EM DASH}"]


@pytest.fixture
def run(tmp_path):
    """Return what the command answers to a file: alpha and what it notes."""

    def run(content, level="nominal", **options):
        path = content
        if not isinstance(content, Path):
            path = tmp_path / "ratings.csv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out, notes = io.StringIO(), io.StringIO()
        call_command("agreement", path, level=level, format="csv", stdout=out, stderr=notes, **options)
        table = pd.read_csv(io.StringIO(out.getvalue()))
        assert table["statistic"][0] == "krippendorff_alpha"
        return table["estimate"][0], notes.getvalue()

    return run


@pytest.fixture
def refusal(run):
    def refusal(content, level="nominal", **options):
        with pytest.raises(CommandError) as error:
            run(content, level, **options)
        return str(error.value)

    return refusal


def judgments(*values):
    """Return a file in which two raters give these values in turn, the first of them in line 2."""
    rows = [f'item{i // 2},r{i % 2},"{value}"\n' for i, value in enumerate(values)]
    return HEAD + "".join(rows)


def of_items(*names):
    """Return a file in which each item has two judgments."""
    return HEAD + "".join(
        f'"{name}",r{r},{1 + (i + r) % 2}\n' for i, name in enumerate(names) for r in (0, 1)
    )


@pytest.mark.parametrize(
    ("name", "options", "right"),
    [
        ("clean.csv", {}, ALPHA),
        ("clean_with_gaps.csv", {}, ALPHA_WITH_GAPS),
        ("integers_beside_floats.csv", {}, ALPHA),
        ("integers_beside_floats.csv", {"options": "1,2,3"}, ALPHA),
        ("missing_written_as_NA_in_angles.csv", {"missing": "<NA>"}, ALPHA_WITH_GAPS),
        ("header_of_6_kB.csv", {}, ALPHA),
        ("sep_line_of_a_spreadsheet.csv", {}, ALPHA),
    ],
)
def test_the_right_value(run, name, options, right):
    assert run(FOLDER / name, **options)[0] == pytest.approx(right, abs=5e-7)


def test_every_case_has_a_test_and_a_line_in_the_readme():
    readme = (FOLDER / "README.md").read_text()
    assert [path.name for path in sorted(FOLDER.glob("*.csv"))] == sorted(
        line.split("|")[1].strip() for line in readme.splitlines() if ".csv |" in line
    )


def test_a_mark_of_missing_judgments_is_refused_with_line_and_remedy(refusal):
    message = refusal(FOLDER / "missing_written_as_NA_in_angles.csv")
    for part in ("line 7", "'<NA>'", "looks like a missing judgment", "--missing '<NA>'", "--options"):
        assert part in message


# What looks missing ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("mark", MISSING)
def test_what_looks_missing_is_no_answer_unless_declared(run, refusal, mark):
    marked = judgments("1", "1", "2", "3", mark, "3", "3", "3")
    for level in ("nominal", "interval"):
        message = refusal(marked, level)
        assert "line 6" in message and repr(mark) in message and "--missing" in message
        empty = run(marked.replace(f'"{mark}"', ""), level)[0]
        assert run(marked, level, missing=f'"{mark}"')[0] == empty
    other = run(marked.replace(mark, "other"), options="1,2,3,other")[0]
    assert run(marked, options=f'1,2,3,"{mark}"')[0] == other


def test_all_marks_are_named_at_once_in_a_command_line_to_copy(run, refusal):
    marked = judgments("1", "1", "NA", "2", "-", "2", "n. a.", "1", "3", "3", "1", "2")
    assert "--missing 'NA,-,n. a.'" in refusal(marked)
    assert "--missing 'n. a.,NA,-'" in refusal(marked, missing="n. a.")
    gaps = judgments("1", "1", "", "2", "", "2", "", "1", "3", "3", "1", "2")
    assert run(marked, missing="NA,-,n. a.")[0] == run(gaps)[0]


def test_on_the_command_line_marks_may_begin_with_a_hyphen(tmp_path, capsys):
    path = tmp_path / "ratings.csv"
    path.write_text(judgments("1", "1", "2", "-99", "-1", "2", "2", "2"))
    words = ["manage.py", "agreement", str(path), "--level", "interval"]
    for marks in (["--missing", "-99,-1"], ["--missing", "-99", "--missing", "-1"]):
        Command().run_from_argv([*words, *marks, "--options", "1,2,3"])
        assert "6 judgments" in capsys.readouterr().out


def test_signs_that_are_answers_are_declared(run, refusal):
    signs = judgments("+", "+", "-", "+", "-", "-")
    assert "--options" in refusal(signs)
    assert run(signs, options="-,+")[0] == run(judgments("a", "a", "b", "a", "b", "b"))[0]


@pytest.mark.parametrize(
    ("yes", "no"), [("<", ">"), ("0", "+"), (":)", ":("), ("no idea", "unsure"), ("X", "O"), ("#1", "#2")]
)
def test_other_signs_are_answers(run, yes, no):
    assert run(judgments(yes, yes, no, yes, no, no))[0] == run(judgments("a", "a", "b", "a", "b", "b"))[0]


def test_a_value_is_not_both_answer_and_missing(refusal):
    assert "as an option and as missing" in refusal(GOOD, options="1,2,3", missing="3")


# Numbers -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize(
    "two", ["2.0", "2.", "2e0", "+2", "02", " 2 ", "\xa02", "\N{FULLWIDTH DIGIT TWO}", "2\u200b", "0.2E1"]
)
def test_equal_numbers_are_one_value(run, level, two):
    values = ["1", "1", "2", two, two, "2", "3", two, "1", "3"]
    plain = ["2" if value == two else value for value in values]
    assert run(judgments(*values), level)[0] == run(judgments(*plain), level)[0]
    declared = run(judgments(*values), level, options="1,2,3")[0]
    assert declared == run(judgments(*plain), level, options="1,2,3")[0]


def test_numbers_beside_words_are_equal_too(run):
    words = judgments("1", "1.0", "other", "1", "other", "other")
    plain = judgments("1", "1", "other", "1", "other", "other")
    assert run(words)[0] == run(plain)[0]
    assert run(words, options="1,2,other")[0] == run(plain, options="1,2,other")[0]


def test_long_numbers_are_told_apart_to_the_last_digit(run):
    ten = "12345678901234567"
    values = [ten + "1", ten + "2", ten + "2", ten + "1", ten + "1", ten + "1"]
    assert run(judgments(*values))[0] == run(judgments("a", "b", "b", "a", "a", "a"))[0]


@pytest.mark.parametrize(
    "number",
    ["1,5", "1.000,00", "1,000", "1 000", "1'000", "\N{MINUS SIGN}2", "50%", "'2", "2²", "inf", "1_0", "½"],
)
def test_numbers_written_in_another_way_are_refused_where_numbers_are_needed(refusal, number):
    for level in ("ordinal", "interval", "ratio"):
        message = refusal(judgments("1", "1", number, "3"), level)
        assert "line 4" in message and repr(number) in message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,5", "1.5"),
        ("1.000,50", "1000.5"),
        ("1,000", "1000"),
        ("1 000", "1000"),
        ("50%", "50"),
        ("'2", "2"),
    ],
)
def test_a_number_written_in_two_ways_is_refused_among_names(refusal, one, other):
    message = refusal(judgments("a", "a", one, other))
    assert repr(one) in message and repr(other) in message


def test_an_option_declared_twice_as_a_number_is_named(refusal):
    assert "declared twice (1 and 1.0)" in refusal(GOOD, options="1,2,3,1.0")


# Names -------------------------------------------------------------------------------------------

ALIKE = [
    ("TRUE", "True"),
    ("rock", "Rock"),
    ("very good", "very  good"),
    ("very good", "very\xa0good"),
    ("verygood", "very good"),
    ("caf\xe9", "cafe\u0301"),
    ("so-so", "so\N{EN DASH}so"),
    ("don't", "don\N{RIGHT SINGLE QUOTATION MARK}t"),
    ("Straße", "STRASSE"),
    ("ﬁne", "fine"),
    ("so\xadso", "soso"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_differ_in_form_only_are_refused_unless_declared(run, refusal, one, other):
    text = judgments("x", "x", one, other, other, other, one, "x")
    message = refusal(text)
    assert (
        "line 5" in message and "only in case, blanks or Unicode form" in message and "--options" in message
    )
    plain = judgments("x", "x", "a", "b", "b", "b", "a", "x")
    assert run(text, options=f"x,{one},{other}")[0] == run(plain, options="x,a,b")[0]
    assert "differs from" in refusal(text, options=f"x,{one}")


def test_names_that_look_the_same_are_told_apart_by_their_code_points(refusal):
    message = refusal(judgments("x", "x", "caf\xe9", "cafe\u0301"))
    assert r"'caf\xe9' and 'cafe\u0301'" in message


@pytest.mark.parametrize("values", [("TRUE", "WAHR"), ("true", "1"), ("FALSE", "falsch"), ("False", "0")])
def test_truth_in_two_ways_is_refused(refusal, values):
    assert "may be one" in refusal(judgments("x", "x", *values))


def test_all_pairs_are_listed(refusal):
    message = refusal(judgments("rock", "Rock", "jazz", "Jazz"))
    assert "'rock' and 'Rock'" in message and "'jazz' and 'Jazz'" in message


def test_options_are_a_line_of_csv(run, refusal):
    text = judgments("rock, pop", "rock, pop", "jazz", "rock, pop")
    right = run(judgments("a", "a", "b", "a"), options="a,b,c")[0]
    assert run(text, options='"rock, pop", jazz,folk')[0] == right
    assert "'rock, pop'" in refusal(text, options="rock,pop,jazz")
    assert "quotation mark" in refusal(text, options='"rock, pop,jazz')


# Identifiers -------------------------------------------------------------------------------------


def test_whole_numbers_with_and_without_a_point_are_one_item(run):
    assert run(HEAD + "1,a,1\n1.0,b,1\n2,a,1\n2.0,b,2\n")[0] == run(HEAD + "1,a,1\n1,b,1\n2,a,1\n2,b,2\n")[0]
    assert run(HEAD + "x,1,1\nx,2.0,1\ny,1.0,1\ny,2,2\n")[0] == run(HEAD + "x,1,1\nx,2,1\ny,1,1\ny,2,2\n")[0]


def test_one_item_in_two_ways_is_judged_once_by_each_rater(refusal):
    assert "more than once" in refusal(of_items("1", "1.0"))


@pytest.mark.parametrize(
    ("one", "other"),
    [*ALIKE, ("1.1", "1.10"), ("01", "1"), ("1,5", "1.5"), ("1e3", "1000"), ("\N{FULLWIDTH DIGIT ONE}", "1")],
)
def test_ids_that_may_be_one_are_refused(refusal, one, other):
    message = refusal(of_items("x", one, other))
    assert "line 6" in message and "item_ids may be one" in message
    raters = of_items(one, other).replace("item_id,rater_id", "rater_id,item_id")
    assert "rater_ids may be one" in refusal(raters)


@pytest.mark.parametrize(
    "damaged", ["1.23E+11", "1,23E+11", "1E+11", "1.2e+05", "####", "#NAME?", "NA", "nan", "?"]
)
def test_ids_that_are_damaged_are_refused(refusal, damaged):
    message = refusal(of_items("x", damaged))
    assert "line 4" in message and repr(damaged) in message


def test_hexadecimal_and_dotted_ids_are_names(run):
    names = ["1e56789", "3f", "0x1f", "1.2.3", "clip-1", "clip_1", "2024-01-05"]
    assert run(of_items(*names))[0] == run(of_items(*"abcdefg"))[0]


# The file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("line", "separator"),
    [
        ("sep=;", ";"),
        ("SEP=;", ";"),
        ('"sep=;"', ";"),
        ("sep=;;;", ";"),
        ("\ufeffsep=,", ","),
        ("sep=\t", "\t"),
        (r"sep=\t", "\t"),
        ("sep=|", "|"),
    ],
)
def test_the_line_that_declares_a_separator_is_no_header(run, refusal, line, separator, end):
    text = f"{line}\n{GOOD.replace(',', separator)}".replace("\n", end)
    assert run(text)[0] == run(GOOD)[0]
    assert "line 9" in refusal(text + separator.join(("d", "r1", "NA")) + end)


def test_a_declared_separator_that_is_not_used_is_refused(refusal):
    message = refusal("sep=;\n" + GOOD)
    assert "line 2" in message and "item_id" in message


def test_a_header_may_be_long_and_hold_line_breaks(run):
    wide = "".join(f',"question {number}\nas asked"' for number in range(5000))
    assert run(GOOD.replace("value\n", f"value{wide}\n"))[0] == run(GOOD)[0]


def test_blank_lines_and_invisible_ends_change_nothing(run):
    assert run("\n \n" + GOOD + "\x1a")[0] == run(GOOD)[0]


def test_a_line_that_is_cut_off_is_refused(run, refusal):
    assert "line 8" in refusal(GOOD + "d,r") and "ends within" in refusal(GOOD + "d,r")
    assert run(GOOD + "d,r1\n")[0] == run(GOOD.removesuffix("\n"))[0] == run(GOOD)[0]


def test_text_after_a_quotation_mark_is_refused(refusal):
    assert "line 8" in refusal(GOOD + 'd,r1,"1"2\n')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252"])
def test_other_encodings_are_refused(refusal, encoding):
    assert "not UTF-8" in refusal((GOOD + "d,r1,süß\n").encode(encoding))


def test_a_table_of_items_by_raters_is_refused_in_words(refusal):
    message = refusal("item_id,anna,ben\na,1,2\n")
    assert "rater_id, value is missing" in message and "each further line holds one judgment" in message


# The notes ---------------------------------------------------------------------------------------


def test_the_note_lists_the_values_found(run):
    _alpha, notes = run(judgments("b", "a", "a", "a"))
    assert "values that occur (2) are the scale: b (1), a (3)" in notes
    _alpha, notes = run(judgments("999", "5", "-1", "3", "3", "4"), "interval")
    assert "(5, from -1 to 999)" in notes and "-1 (1), 3 (2), 4 (1), 5 (1), 999 (1)" in notes
    assert "--missing -1,999" in notes
    assert "Note" not in run(GOOD, options="1,2,3")[1]


def test_the_note_of_many_values_names_range_and_number(run):
    _alpha, notes = run(judgments(*range(100), 250000.5, 7), "interval")
    assert "(101, from 0 to 250000.5)" in notes and "7 (2)" in notes and "81 less frequent" in notes


def test_the_notes_say_what_became_of_cells(run):
    text = judgments("1", "1.0", "", "2", "NA", "1", "2", "2")
    _alpha, notes = run(text, missing="NA,-99")
    assert "1 also as 1.0" in notes
    assert "1 line without a value" in notes
    assert "declared missing: NA, in 1 line." in notes
    assert "declared missing: -99, which does not occur." in notes
