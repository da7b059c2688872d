"""Place-holders that nobody has filled in are told from the identifiers that people really have."""

from urllib.parse import quote, unquote

import pytest

from studyserver.study.recruitment.placeholders import looks_unfilled

UNFILLED = [
    # What programs write where a value is missing.
    "undefined", "UNDEFINED", "null", "None", "nil", "NaN", "(null)", "<NA>", "#N/A", "N/A",
    "[object Object]", '"undefined"', "'null'", "undefined_undefined", "null null",
    "00000000-0000-0000-0000-000000000000",
    # Templates: Prolific, Qualtrics, Lucid, SONA, Unipark, MTurk's preview, Mailchimp, shells, printf, ...
    "{{%PROLIFIC_PID%}}", "[PROLIFIC_PID]", "${PROLIFIC_PID}", "${e://Field/PID}", "[%RID%]", "%SURVEY_CODE%",
    "#u_id#", "ASSIGNMENT_ID_NOT_AVAILABLE", "*|PID|*", "{{PROLIFIC_PID}}", "{PROLIFIC_PID}", "<PID>", "$PID",
    "%PID%", "%%PID%%", "[[PID]]", "@@PID@@", "__PID__", "##PID##", "~PID~", "<%= pid %>", "{% pid %}",
    "#{pid}", "%s", "%d", "%(pid)s", "{0}", "$1", ":pid", "id-${PID}", "&lt;PID&gt;",
    # Cut off, or encoded once too often.
    "{{%PROLIFIC_PID", "PROLIFIC_PID}}", "[PROLIFIC_PID", "%5BPROLIFIC_PID%5D", "%257B%257BPID%257D%257D",
    # A name where a value should be, and what stands for "something".
    "PROLIFIC_PID", "prolific-pid", "STUDY_ID", "SESSION_ID", "worker", "WORKER_ID", "participantId",
    "your_id", "YOUR_PROLIFIC_ID_HERE", "insert your id here", "id", "XXXX", "xxxx-xxxx", "????", "____", "-",
]  # fmt: skip
PEOPLES = [
    "5f1e0c0ffee5f1e0c0ffee00", "P001", "p 1", "w7", "test", "a b&c", "=cmd()", "user@example.org", "A1B2-C3",
    "null-island-7", "12345", "0", "X1", "xx", "ID7", "Müller", "日本", "came by a recruiter", "O'Neill",
    "50%", "C#7", "no one", "nancy", "nullson", "Nan Goldin", "with, comma", "+49 170", "anna.lena", "who(1)",
    "A1CY7IOJ9YH136", "3FTOP5WARFNLUG7G6ED1CAHS9E3J0A", "0b1e7a52-7f1c-4a3f-9f0e-2f6d5a3c1b00", "code 7",
]  # fmt: skip


@pytest.mark.parametrize("value", UNFILLED)
def test_what_was_not_filled_in_is_known(value):
    assert looks_unfilled(value, ["worker"])
    assert looks_unfilled(f"  {value} ", ["worker"])
    assert looks_unfilled(unquote(value), ["worker"])
    assert looks_unfilled(quote(unquote(value)), ["worker"])


@pytest.mark.parametrize("value", PEOPLES)
def test_what_people_are_called_is_none(value):
    assert not looks_unfilled(value, ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID"])


def test_nothing_at_all_is_no_placeholder_either():
    assert not looks_unfilled("", ["worker"])
