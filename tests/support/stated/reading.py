"""What a study's pages and export state about means, differences and retention, as a reader finds it.

Pages are read as HTML and tables as CSV, not what computed them.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from .comparing import ABOVE, BELOW, HOLM, OPEN, Printed, Quantity, Statement
from .elements import Element, elements

PAGES = {"study": "overview", "remains": "retention page", "report": "report", "progress": "progress"}
TABLES = ("summary", "answer_models", "retention", "contrasts")

_NUMBER = r"[\u2212-]?\d*\.?\d+"
FIGURE = re.compile(rf"({_NUMBER})\s?%? \[({_NUMBER}),\s({_NUMBER})\]")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s?%")
# What verdicts and sentences say of a difference or of retention; the first that is found counts.
_SAYS = {
    "still hear the tracks' .*; whether": OPEN,
    "(Whether|How much of) .* not settled": OPEN,
    "differ by less than|difference is less than": OPEN,
    "[Ll]isteners do not hear|Answers are not|does not keep|[Ll]ess than .* remains": OPEN,
    "hear less|Less of|Answers are lower": BELOW,
    "more than in|hear more|Answers are higher|still heard|More of|still hear": ABOVE,
}


@dataclass(frozen=True)
class Asked:
    """A question that annotators answer, by numbers.

    Attributes
    ----------
    key, text, target : str
    middle : float
        Above it a feature counts as heard.
    """

    key: str
    text: str
    target: str
    middle: float

    def mean(self, label: str) -> Quantity:
        """Return the mean of a group."""
        return Quantity(self.key, "mean", label, null=self.middle)


def statements_of(pages: Mapping[str, str], tables: Mapping[str, str], asked: list[Asked]) -> list[Statement]:
    """Return all statements of the pages (HTML by the names in `PAGES`) and tables (CSV by name)."""
    found: list[Statement] = []
    for name, html in pages.items():
        found += _of_page(PAGES[name], elements(html), asked)
    for name, text in tables.items():
        found += _of_table(name, text, asked)
    return found


def _of_page(place: str, page: Element, asked: list[Asked]) -> Iterator[Statement]:
    usual = _usual_confidence(page)
    yield from _verdicts(place, page, asked)
    yield from _needed(place, page, asked)
    for part in page.all("section", "question"):
        heading = next(
            (one.text for one in part.inside if isinstance(one, Element) and one.tag[0] == "h"), ""
        )
        question = next((one for one in asked if one.text == heading), None)
        if question is None:
            continue
        for line in part.all("p", "headline"):
            yield from _sentences(f"{place}, sentence", line.text, question, usual)
        for line in part.all("p", "difference"):
            yield from _difference_line(f"{place}, difference", line.text, question, usual)
        yield from _strips(f"{place}, plots", part, question, usual)
        for table in part.all("table"):
            yield from _table(place, table, question, usual)
    for one in page.all("ul", "answers"):
        for line in one.all("li"):
            about = line.first("span", "about").text
            question = next((one for one in asked if about.removeprefix("Retention: ") == one.text), None)
            if question is not None:
                text = line.text.removeprefix(about).strip()
                yield from _sentences(f"{place}, sentence", text, question, usual)
    for table in page.all("table"):
        yield from _grouped_table(place, table, asked, usual)


def _usual_confidence(page: Element) -> float | None:
    """Return the confidence that a page states for all intervals; None if it states none."""
    words = r"(?:[Ii]ntervals (?:except those of verdicts )?(?:are|hold)|with) (\d+(?:\.\d+)?)\s?%"
    found = re.search(words, page.text)
    return float(found[1]) if found else None


def _verdicts(place: str, page: Element, asked: list[Asked]) -> Iterator[Statement]:
    sure = page.first("p", "how-sure").text
    own = re.search(r"interval is of (\d+(?:\.\d+)?)\s?%", sure)
    confidence = float(own[1]) if own else None
    plots = re.search(r"plots[^.]*? (\d+(?:\.\d+)?)\s?%", sure)
    for part in page.all("ol", "verdicts"):
        for line in part.all("li"):
            question = _answering(line.first("p", "about").text, asked)
            figures, sentence = line.first("p", "verdict-figures").text, line.first("p", "verdict").text
            yield from _verdict(f"{place}, verdict", sentence, figures, question, confidence)
            of_plots = float(plots[1]) if plots else confidence
            yield from _strips(f"{place}, verdict's plot", line, question, of_plots)


def _needed(place: str, page: Element, asked: list[Asked]) -> Iterator[Statement]:
    if place != PAGES["progress"]:
        return
    own = re.search(r"nterval(?: is|s are) of (\d+(?:\.\d+)?)\s?%", page.first("p", "how-sure").text)
    for part in page.all("ul", "answers"):
        for line in part.all("li"):
            about, figures = line.first("span", "about").text, line.first("span", "muted").text
            sentence = line.text.removeprefix(about).removesuffix(figures).strip()
            question = _answering(about, asked)
            confidence = float(own[1]) if own else None
            yield from _verdict(
                f"{place}, what is settled", sentence, figures.strip("()"), question, confidence
            )


def _answering(about: str, asked: list[Asked]) -> Asked:
    """Return the question that answers a research question: named in its words, or the one about a target."""
    named = [one for one in asked if f"“{one.text}”" in about]
    return (named or [one for one in asked if one.target])[0]


def _verdict(
    place: str, sentence: str, figures: str, question: Asked, confidence: float | None
) -> Iterator[Statement]:
    """Yield what the sentence and the figures of a verdict state."""
    parts = [
        (one[: found.start()].strip(), found) for one in figures.split("; ") if (found := FIGURE.search(one))
    ]
    names = [name for name, _found in parts]
    says, confidence = _side_said(sentence), _own_confidence(figures, confidence)
    is_retention = "retention" in names
    subject = next(
        (name.removeprefix("mean of ") for name in names if name.startswith("mean of ")), "evidence"
    )
    for name, found in parts:
        state = partial(Statement, place, figures=_printed(found), confidence=confidence)
        if name == "difference":
            pair = _label(subject), "random control"
            what = "retention difference" if is_retention else "difference"
            yield state(Quantity(question.key, what, *pair), says=says)
        elif name.startswith("mean of "):
            level = "" if not question.target else _level_said(sentence)
            yield state(question.mean(_label(subject)), says=level)
        else:
            is_alone = name == "retention" and len(parts) == 1
            label = "evidence" if name == "retention" else _label(name)
            yield state(Quantity(question.key, "retention", label), says=says if is_alone else "")


def _side_said(sentence: str) -> str:
    first = sentence.partition(". ")[0]
    return next((side for words, side in _SAYS.items() if re.search(words, first)), "")


def _level_said(sentence: str) -> str:
    """Return on which side of the middle a verdict puts the evidence by itself; empty if it does not say."""
    if "by itself stays below" in sentence:
        return BELOW
    if re.search("Whether .* by itself .* not settled", sentence):
        return OPEN
    is_heard = re.search(r"Listeners (still )?hear (?!more|less|as much|the tracks).* in ", sentence)
    return ABOVE if is_heard else ""


def _own_confidence(text: str, usual: float | None) -> float | None:
    found = re.search(r"intervals of (\d+(?:\.\d+)?)\s?%", text)
    return float(found[1]) if found else usual


def _sentences(place: str, text: str, question: Asked, usual: float | None) -> Iterator[Statement]:
    """Yield what the sentences about a question state."""
    for sentence in re.split(r"(?<=\.) (?=Listeners|Whether|How much|Mean|The tracks|More of|Less )", text):
        if "etention" in sentence or "tracks'" in sentence:
            yield from _of_retention(place, sentence, question, usual)
        elif sentence.startswith("Mean answers"):
            for found in re.finditer(FIGURE.pattern + r" \(([^)]+)\)", sentence):
                yield Statement(place, question.mean(found[4]), _printed(found), usual)
        else:
            yield from _of_evidence(place, sentence, question, usual)


def _of_evidence(place: str, sentence: str, question: Asked, usual: float | None) -> Iterator[Statement]:
    figures = list(FIGURE.finditer(sentence))
    about, _colon, _rest = sentence.partition(": mean ")
    if not figures or not _rest:
        return
    label, control = _evidence_named(about)
    says = _side_said(about + ".")
    if says:
        yield Statement(place, Quantity(question.key, "difference", label, control), (), usual, says)
    level = _level_said(about)
    yield Statement(place, question.mean(label), _printed(figures[0]), usual, level)
    for found in figures[1:]:
        name = "original" if sentence[found.end() :].startswith(" in the original") else control
        yield Statement(place, question.mean(name), _printed(found), usual)


def _of_retention(place: str, sentence: str, question: Asked, usual: float | None) -> Iterator[Statement]:
    label, control = _evidence_named(sentence)
    confidence = _own_confidence(sentence, usual)
    parts = {
        found[1]: found
        for found in re.finditer(rf"(retention|random control|difference) {FIGURE.pattern}", sentence)
    }
    for name, found in parts.items():
        printed = tuple(Printed.of(found[place_of]) for place_of in (2, 3, 4))
        state = partial(Statement, place, figures=printed, confidence=confidence)
        if name == "difference":
            says = _side_said(sentence)
            yield state(Quantity(question.key, "retention difference", label, control), says=says)
        else:
            says = _side_said(sentence) if len(parts) == 1 and name == "retention" else ""
            yield state(
                Quantity(question.key, "retention", label if name == "retention" else control), says=says
            )


def _evidence_named(sentence: str) -> tuple[str, str]:
    """Return the labels of the evidence that a sentence is about, and of its random control."""
    named = re.search(r"the evidence \(([^)]+)\)", sentence)
    return (
        (f"evidence, {named[1]}", f"random control, {named[1]}") if named else ("evidence", "random control")
    )


def _difference_line(place: str, line: str, question: Asked, usual: float | None) -> Iterator[Statement]:
    found = re.search(rf"Difference, (.+) less (.+): {FIGURE.pattern}", line)
    if found:
        pair = (_label(found[1]), _label(found[2]))
        printed = tuple(Printed.of(found[place_of]) for place_of in (3, 4, 5))
        yield Statement(place, Quantity(question.key, "difference", *pair), printed, usual)


def _strips(place: str, part: Element, question: Asked, usual: float | None) -> Iterator[Statement]:
    for plot in part.all("div", "plot"):
        what = "retention" if "Retention" in plot.attributes.get("aria-label", "") else "mean"
        for strip in plot.all("div", "strip"):
            found = FIGURE.search(strip.first("span", "strip-figure").text)
            if found:
                quantity = _quantity(question, what, _label(strip.first("span", "strip-label").text))
                yield Statement(place, quantity, _printed(found), usual)


# Columns of tables with figures: what they hold.
_COLUMNS = {"retention": "retention", "more than the control": "retention difference", "mean": "mean"}


def _table(
    place: str, table: Element, question: Asked, usual: float | None, rows: list[Element] | None = None
) -> Iterator[Statement]:
    """Yield the figures of a table with a line for each condition."""
    heads = [one.text for one in table.first("thead").all("th")]
    lines = list(table.first("tbody").all("tr")) if rows is None else rows
    for line in lines:
        label = _label(line.first("th").text)
        for head, cell in zip(heads[1:], line.all("td"), strict=False):
            what, found = _COLUMNS.get(head.partition(" [")[0]), FIGURE.match(cell.text)
            if not found or what is None or heads[0] != "condition":
                continue
            shown = _PERCENT.search(head.partition(" [")[2])
            confidence = float(shown[1]) if shown else usual
            second = label.replace("evidence", "random control", 1) if what == "retention difference" else ""
            name = f"{place}, table of {'means' if what == 'mean' else 'retention'}"
            yield Statement(name, _quantity(question, what, label, second), _printed(found), confidence)


def _grouped_table(
    place: str, table: Element, asked: list[Asked], usual: float | None
) -> Iterator[Statement]:
    """Yield the figures of a table of several questions: contrasts, influence of the priors, retention."""
    caption = table.first("caption").text
    for body in table.all("tbody"):
        heading = body.first("tr", "group").text
        question = next((one for one in asked if one.text == heading), None)
        if question is None:
            continue
        lines = [line for line in body.all("tr") if line.attributes.get("class") != "group"]
        if caption == "Retention":
            yield from _table(place, table, question, usual, lines)
        for line in lines:
            head, cells = line.first("th").text, [one.text for one in line.all("td")]
            if caption.startswith("Contrasts") and (
                found := FIGURE.match(cells[1] if len(cells) > 1 else "")
            ):
                first, _less, second = head.partition(" less ")
                quantity = Quantity(question.key, "difference", first, second)
                stated = Statement(f"{place}, contrasts", quantity, _printed(found), 95.0)
                yield stated
                yield from _tests(stated, cells[2], cells[3])
            elif caption.startswith("Influence") and (found := FIGURE.match(cells[0])):
                what, _comma, about = head.partition(", ")
                first, _less, second = about.partition(" less ")
                quantity = _quantity(question, what, first, second)
                yield Statement(f"{place}, priors", quantity, _printed(found), 95.0)


def _tests(stated: Statement, p: str, p_holm: str) -> Iterator[Statement]:
    """Yield what the p values beside a difference say; those of .05 are on neither side."""
    above = ABOVE if stated.figures[0].value > 0 else BELOW
    for text, confidence in ((p, stated.confidence), (p_holm, HOLM)):
        value = float(text.replace("\N{NO-BREAK SPACE}", "").lstrip("<") or "nan")
        if value == value and value != 0.05:
            name = "p" if confidence != HOLM else "p after Holm"
            says = above if value < 0.05 else OPEN
            yield Statement(f"{stated.place}, {name}", stated.quantity, (), confidence, says)


def _quantity(question: Asked, what: str, first: str, second: str = "") -> Quantity:
    return question.mean(first) if what == "mean" else Quantity(question.key, what, first, second)


def _label(words: str) -> str:
    """Return a group's label from how a place writes it."""
    words = words.removeprefix("its ").removeprefix("the ")
    words = re.sub(r" of (\w+)$", r", \1", words)
    return re.sub(r" \(([^)]+)\)$", r", \1", words)


def _printed(found: re.Match) -> tuple[Printed, ...]:
    return tuple(Printed.of(found[place]) for place in (1, 2, 3))


# -- the export -------------------------------------------------------------------------------


def _of_table(name: str, text: str, asked: list[Asked]) -> Iterator[Statement]:
    by_key = {one.key: one for one in asked}
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["question"] in by_key]
    sets = {row["annotator_set"] for row in rows}
    for row in rows:
        estimate = row.get("mean") or row.get("estimate")
        if row["annotator_set"] != max(sets, default="all") or not estimate or not row["ci_low"]:
            continue  # pages show the annotators who are kept
        quantity = _quantity_of(name, row, by_key[row["question"]])
        if quantity is not None:
            figures = tuple(Printed(float(value)) for value in (estimate, row["ci_low"], row["ci_high"]))
            stated = Statement(f"export, {name}", quantity, figures, 95.0)
            yield stated
            if name == "contrasts":
                yield from _tests(stated, row["p"], row["p_holm"])


def _quantity_of(name: str, row: Mapping[str, str], question: Asked) -> Quantity | None:
    def label(condition: str, method: str) -> str:
        return ", ".join(filter(None, (condition.replace("_", " "), method)))

    if name == "contrasts":
        sides = (label(row[side], row[f"{side}_method"]) for side in ("first", "second"))
        return Quantity(question.key, "difference", *sides)
    what = "mean" if name == "summary" else row["statistic"].replace("_", " ")
    if what not in ("mean", "retention", "retention difference"):
        return None
    return _quantity(question, what, label(row["condition"], row["method"]), row.get("about") or "")
