"""Pages that are read in a minute: the answer first, nothing twice, one line where nothing is defined."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from studyserver.results.data.rows import StudyRows
from studyserver.results.pages.checklist import checklist
from studyserver.results.pages.widgets import FigureTable, Remaining, together
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.failures import Parts

FEW_TRACKS = "undefined: needs at least three tracks that were judged in both conditions"
NO_JUDGMENT = "undefined: there is no judgment"
MOST_WORDS = 6  # a sentence of more words stands on a page once
VOID = {"meta", "link", "br", "img", "input", "rect", "line", "circle", "path", "hr"}
NOT_READ = {"script", "style", "svg", "td", "th", "title", "head", "nav"}
BLOCKS = {"p", "li", "h1", "h2", "h3", "summary", "figcaption", "caption", "div", "section", "dt", "dd", "ul"}


class _Sentences(HTMLParser):
    """Collects the sentences outside tables' cells; those of marks of a rehearsal are left out."""

    def __init__(self):
        super().__init__()
        self.stack, self.text = [], []

    def handle_starttag(self, tag, attrs):
        if tag in BLOCKS:
            self.text.append("\n")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag in BLOCKS:
            self.text.append("\n")
        if tag in self.stack:
            while self.stack.pop() != tag:
                pass

    def handle_data(self, data):
        if not NOT_READ & set(self.stack) and not ("figure" in self.stack and "strong" in self.stack):
            self.text.append(data.replace("\n", " "))


def sentences_of(page):
    parser = _Sentences()
    parser.feed(page)
    blocks = (" ".join(block.split()) for block in "".join(parser.text).split("\n"))
    found = [sentence for block in blocks for sentence in re.split(r"(?<=[.!?]) ", block)]
    return [one for one in found if len(re.findall(r"[^\W\d_]+", one)) > MOST_WORDS]


@pytest.fixture
def study(constructed):
    return constructed


def declare(study):
    """Declare two questions about the same question that annotators answered."""
    question = study.questions.get(key="dissonance")
    for position, estimand in enumerate(("difference", "retention")):
        study.research_questions.create(
            estimand=estimand, question=question, first="evidence", second="random_control", position=position
        )
    return study


@pytest.fixture
def declared(study):
    """The same study with declared questions."""
    return declare(study)


def page_of(browser, study, name, **query):
    return browser.get(reverse(f"results:{name}", args=[study.slug]), query).content.decode()


@pytest.mark.parametrize("name", ["study", "remains", "report"])
@pytest.mark.parametrize("prepare", [lambda study: study, declare], ids=["exploratory", "declared"])
def test_no_sentence_stands_twice_on_a_page(study, admin_client, name, prepare):
    found = sentences_of(page_of(admin_client, prepare(study), name))
    assert len(found) > 5
    assert [sentence for sentence, times in Counter(found).items() if times > 1] == []


def test_the_first_section_is_the_verdicts_with_their_plots(declared, admin_client):
    page = page_of(admin_client, declared, "study")
    sections = re.findall(r'<section[^>]*aria-labelledby="([^"]*)"', page)
    assert sections[:2] == ["verdicts", "answers"]
    first = page[page.index('id="verdicts"') : page.index('id="answers"')]
    assert first.count('class="plot"') == 2 and first.count('class="judgment"') > 20
    assert "Each interval is of 97.5\N{NO-BREAK SPACE}%" in first and "Bonferroni" in first
    assert "The declared rules exclude" in first


def test_without_a_declared_question_the_page_says_so(study, admin_client):
    page = page_of(admin_client, study, "study")
    assert "The study declared no research question, so all of this is exploratory." in page
    assert 'id="verdicts"' not in page


@pytest.mark.parametrize(("query", "words"), [({}, "without them"), ({"annotators": "all"}, "with them")])
def test_who_was_left_out_stands_beside_the_verdicts(declared, admin_client, query, words):
    n = len(Computed(StudyRows(declared)).quality.left_out)
    assert n > 0
    page = page_of(admin_client, declared, "study", **query)
    assert re.search(
        rf"The declared rules exclude {n} annotators?: the figures are (nevertheless )?{words}", page
    )


def test_without_exclusion_rules_nobody_is_left_out(declared, admin_client):
    declared.exclusion_rules.all().delete()
    page = page_of(admin_client, declared, "study")
    assert "Nobody is left out: the study declared no exclusion rules." in page


def test_what_a_verdict_tells_is_not_told_again_in_other_words(study, admin_client, declared):
    for name in ("study", "report"):
        page = page_of(admin_client, declared, name)
        rest = page[page.index('id="answers"' if name == "study" else 'id="asked"') :]
        assert "Listeners hear more dissonance in the evidence" not in rest
        assert "the tracks&#x27; differences in dissonance in the evidence" not in rest
    remains = page_of(admin_client, declared, "remains")
    assert "The tracks&#x27; differences in dissonance are still heard in evidence" in remains
    assert "Listeners still hear the tracks&#x27; differences in dissonance" not in remains


def test_details_are_closed_on_the_screen_and_absent_in_the_report(declared, admin_client):
    overview, report = (page_of(admin_client, declared, name) for name in ("study", "report"))
    first = overview[: overview.index("<details")]
    assert first.count("<table") == 0 and "<details open" not in overview
    assert report.count("<details") == report.count("<details open") == 1  # how it was computed
    assert "<audio" not in report


# -- rows in which nothing is defined ---------------------------------------------------------


def test_rows_in_which_nothing_is_defined_are_one_line_for_each_reason():
    rows = [
        ["evidence", ".50 [.20, .70]", FEW_TRACKS, "9"],
        ["complement", FEW_TRACKS, FEW_TRACKS, "2"],
        ["boosted", NO_JUDGMENT, NO_JUDGMENT, "0"],
        ["random control", FEW_TRACKS, "\N{EN DASH}", "2"],
    ]
    table = FigureTable("", ["condition", "retention", "more", "tracks"], rows)
    defined, few, none = table.lines
    assert defined["head"] == "evidence"
    assert few["heads"] == ["complement", "random control"] and FEW_TRACKS.endswith(few["undefined"])
    assert none["heads"] == ["boosted"] and NO_JUDGMENT.endswith(none["undefined"])
    assert table.why_nothing == ""
    assert FigureTable("", table.columns, rows[1:2] + rows[3:]).why_nothing == few["undefined"]


def test_undefined_rows_of_one_reason_stay_with_their_question_where_tables_are_joined():
    def part(text, *rows):
        return Remaining(text, text, "", None, FigureTable("", ["condition", "retention"], list(rows)))

    table = together(
        "all",
        [
            part("one?", ["a", FEW_TRACKS], ["b", FEW_TRACKS]),
            part("two?", ["a", FEW_TRACKS], ["b", ".50"]),
        ],
    )
    lines = [(line["group"], line.get("heads", [line.get("head")])) for line in table.lines]
    assert lines == [("one?", ["a", "b"]), ("two?", ["a"]), ("two?", ["b"])]
    assert together("none", []) is None


def test_two_columns_name_a_row_where_it_takes_two():
    table = FigureTable(
        "", ["contrast", "kind", "difference"], [["x less y", "declared", NO_JUDGMENT]], n_heads=2
    )
    assert table.lines[0]["heads"] == ["x less y, declared"]


# -- the checklist ----------------------------------------------------------------------------


def lines_of(study):
    return {line.asked: line for line in checklist(Parts(Computed(StudyRows(study))))}


def test_lines_of_the_checklist_follow_from_the_study(study):
    lines = lines_of(study)
    assert lines["Tracks and annotators both count as samples"].met == "yes"
    assert lines["Every interval says what it generalises to"].met == "yes"
    undefined = lines["Undefined figures are marked as undefined, with the reason"]
    assert undefined.met == "yes" and re.match(r"[1-9]\d* of \d+ figures are undefined, 0 ", undefined.found)
    assert lines["Findings are corrected for their number"].met == "no"
    models = lines["The models of the answers include all answers and have converged"]
    assert models.found.startswith("1 of 1 model up to date")
    declare(study)
    corrected = lines_of(study)["Findings are corrected for their number"]
    assert corrected.met == "yes" and "1/2 of the declared probability" in corrected.found


def test_lines_of_the_checklist_can_fail(study):
    study.answer_fits.all().delete()
    study.annotators.exclude(pk__in=study.annotators.values("pk")[:2]).delete()
    lines = lines_of(study)
    assert lines["Tracks and annotators both count as samples"].met == "no"
    assert lines["The models of the answers include all answers and have converged"].met == "no"
