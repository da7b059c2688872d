"""The command that analyses a plain CSV file."""

import io

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from panels import long, panel

from studyserver.results.management.commands.agreement import Command
from studyserver.results.statistics.agreement import COLUMNS, STATISTICS, agreement_table


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8", name="ratings.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def run(path, level="nominal", **options):
    out = io.StringIO()
    call_command("agreement", path, level=level, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def as_table(path, level="nominal", **options):
    return pd.read_csv(io.StringIO(run(path, level, format="csv", **options)))


def refusal(path, level="nominal", **options):
    with pytest.raises(CommandError) as error:
        run(path, level, **options)
    return str(error.value)


GOOD = "item_id,rater_id,value\na,r1,1\na,r2,1\nb,r1,2\nb,r2,3\nc,r1,3\nc,r2,3\n"


def test_csv_holds_every_statistic_twice_with_all_digits(write):
    matrix = panel(1, 20, 4, missing=0.2)
    items, raters, values = long(matrix)
    rows = "".join(f"{i},{r},{v:g}\n" for i, r, v in zip(items, raters, values, strict=True))
    found = as_table(write("item_id,rater_id,value\n" + rows), "interval", options="1,2,3,4,5")
    assert list(found.columns) == COLUMNS
    assert list(found["statistic"]) == [name for name in STATISTICS for _ in (0, 1)]
    assert list(found["ci_scope"]) == ["items", "items+raters"] * len(STATISTICS)
    expected = agreement_table(items, raters, values, "interval", [1, 2, 3, 4, 5])
    for column in ("estimate", "se", "ci_low", "ci_high"):
        np.testing.assert_array_equal(found[column], expected[column])


def test_the_table_for_people_has_three_decimals_and_reasons(write):
    text = run(write(GOOD), "ordinal", options="1,2,3,4,5")
    assert "3 items (3 with two or more judgments), 2 raters, 6 judgments" in text
    assert "undefined: needs numbers with equal steps" in text
    assert "percent_agreement" in text and "0.667" in text


def test_empty_values_are_missing_judgments(write):
    with_gaps = GOOD + "d,r1,5\nd,r2,\n"
    without = GOOD + "d,r1,5\n"
    assert run(write(with_gaps), format="csv") == run(write(without), format="csv")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_byte_order_marks_and_blank_lines_are_read(write, separator):
    text = "\ufeff" + GOOD.replace(",", separator).replace("b,", "\nb,")
    assert run(write(text), format="csv") == run(write(GOOD), format="csv")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_and_empty_fields_at_the_end_of_lines_change_nothing(write, end):
    text = GOOD.replace("\n", end).replace(f"1{end}", f"1,{end}", 1)
    assert run(write(text), "interval", format="csv") == run(write(GOOD), "interval", format="csv")


# What earlier tests left open is warned of whenever it is collected, also in the middle of this one.
@pytest.mark.filterwarnings("error", "default::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("level", ["ordinal", "interval", "ratio"])
@pytest.mark.parametrize("power", [-1000, 500, 1000])
def test_the_unit_of_the_values_changes_no_figure(write, level, power):
    judgments = [(i, r, 3.0 + i % 4 + (i * r) % 3) for i in range(8) for r in range(4) if (i, r) != (2, 3)]

    def table(unit):
        rows = "".join(f"{item},{rater},{value * unit!r}\n" for item, rater, value in judgments)
        return as_table(write("item_id,rater_id,value\n" + rows), level)

    pd.testing.assert_frame_equal(table(2.0**power), table(1.0))


def test_options_declare_the_scale(write):
    two, five = as_table(write(GOOD), options="1,2,3"), as_table(write(GOOD), options="1,2,3,4,5")
    chance = [table.set_index("statistic")["estimate"]["brennan_prediger"].iloc[0] for table in (two, five)]
    assert chance[0] == pytest.approx((2 / 3 - 1 / 3) / (2 / 3))
    assert chance[1] == pytest.approx((2 / 3 - 1 / 5) / (4 / 5))


def test_ordered_words_need_declared_options(write):
    words = GOOD.replace(",1\n", ",low\n").replace(",2\n", ",mid\n").replace(",3\n", ",high\n")
    message = refusal(write(words), "ordinal")
    assert (
        "line 2" in message
        and "'low' is not a finite number" in message
        and "order of its options" in message
    )
    with_words = as_table(write(words), "ordinal", options="low,mid,high")
    assert with_words["estimate"].equals(as_table(write(GOOD), "ordinal", options="1,2,3")["estimate"])


@pytest.mark.parametrize(
    ("text", "level", "options", "parts"),
    [
        (
            GOOD + "a,r1,2\n",
            "nominal",
            None,
            ["line 8", "first in line 2", "'r1'", "'a'", "more than once", "keep one"],
        ),
        (GOOD + "d,r1,loud\n", "interval", None, ["line 8", "'loud'", "not a finite number", "nominal"]),
        (GOOD + "d,r1,inf\n", "interval", None, ["line 8", "finite"]),
        (
            GOOD + "\n\nd,r1,7\n",
            "nominal",
            "1,2,3",
            ["line 10", "7", "declared options 1, 2, 3;", "declare it"],
        ),
        (GOOD + "d,r1,-4\n", "ratio", None, ["line 8", "-4 is negative", "interval level"]),
        (GOOD + "d,r1,NA\n", "nominal", None, ["line 8", "'NA'", "missing", "leave the field empty"]),
        (GOOD + ",r1,2\n", "nominal", None, ["line 8", "item_id is empty"]),
        (GOOD + "d,,2\n", "nominal", None, ["line 8", "rater_id is empty"]),
        (GOOD + "d,r1,2,2\n", "nominal", None, ["line 8", "as many fields"]),
        (GOOD.replace("a,r1,1", "a,r1,1,5"), "interval", None, ["line 2", "4 fields for 3", "quotes"]),
        (GOOD.replace("a,r2,1", 'a,r2,"1'), "nominal", None, ["line 3", "quotation mark", "close it"]),
        (GOOD.replace(",", "|"), "nominal", None, ["line 1", "commas, semicolons or tabs"]),
        (GOOD + 'd,r1,"1,5"\n', "interval", None, ["line 8", "decimals take a point"]),
        (GOOD + "d,r1,\N{MINUS SIGN}2\n", "interval", None, ["line 8", "plain hyphen"]),
        (GOOD + "d,r1,20 %\n", "interval", None, ["line 8", "percent sign"]),
        (GOOD + "d,r1,2\n", "interval", "1,x,3", ["option 'x' is not a number"]),
        (GOOD, "interval", "3,2,1", ["ascend"]),
        (GOOD, "nominal", "1,1,2,3", ["declared twice"]),
        (GOOD, "nominal", "1,,3", ["empty option"]),
        (
            "item_id,rater,value\na,r1,1\n",
            "nominal",
            None,
            ["line 1", "column rater_id is missing", "found: item_id"],
        ),
        ("item_id,rater_id,value,value\na,r1,1,1\n", "nominal", None, ["line 1", "value", "remove one"]),
        ("item_id,rater_id,value\n", "nominal", None, ["no judgments"]),
        ("item_id,rater_id,value\na,r1,\n", "nominal", None, ["no judgments"]),
        ("", "nominal", None, ["empty", "item_id, rater_id, value"]),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line_and_the_remedy(write, text, level, options, parts):
    message = refusal(write(text), level, options=options)
    for part in ["ratings.csv", *parts] if options not in ("1,,3",) else parts:
        assert part in message


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_are_refused_with_the_remedy(write, encoding):
    message = refusal(write(GOOD + "d,r1,süß\n", encoding))
    assert "not UTF-8" in message and "save the file as CSV UTF-8" in message
    if encoding == "latin-1":
        assert "line 8" in message


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "file not found" in refusal(tmp_path / "none.csv")
    assert "cannot be read" in refusal(tmp_path)


def test_a_bootstrap_needs_a_seed(write):
    assert "--seed" in refusal(write(GOOD), bootstrap=500)
    assert set(as_table(write(GOOD), bootstrap=100, seed=1)["ci_method"].dropna()) == {"bootstrap"}


def test_confidence_must_be_a_share(write):
    assert "between 0 and 1" in refusal(write(GOOD), confidence=95.0)


def test_lines_are_those_of_the_file_where_text_in_quotes_has_line_breaks(write):
    text = "note," + GOOD.replace("\n", '\n"one\ntwo",').removesuffix('"one\ntwo",')
    assert run(write(text), format="csv") == run(write(GOOD), format="csv")
    message = refusal(write(text + '"x\ny",d,r1,loud\n'), "interval")
    assert "line 14" in message  # six judgments of two lines each lie before it


def test_the_separator_is_the_one_that_gives_the_columns(write):
    text = GOOD.replace("value\n", 'value,"a;b;c;d;e;f"\n')
    assert run(write(text), format="csv") == run(write(GOOD), format="csv")


def test_options_may_begin_with_a_negative_number(write, capsys):
    """On the command line as people type it, where a minus could begin another option."""
    path = write(GOOD.replace(",1\n", ",-1\n"))
    Command().run_from_argv(
        ["manage.py", "agreement", str(path), "--level", "ordinal", "--options", "-1,2,3", "--format", "csv"]
    )
    assert "krippendorff_alpha,ordinal," in capsys.readouterr().out
