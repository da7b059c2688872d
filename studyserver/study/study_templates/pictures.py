"""A schematic picture of a trial of a template, as inline SVG in the colours of the page."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from studyserver.study.design.intruders import CLIPS as INTRUDER_SET

from .catalogue import Template

WIDTH, HEIGHT = 200, 120
_PLAY = "M{x0:g} {y0:g} l9 6 l-9 6 z"

# What answers look like -> the same in words.
ANSWERS = {
    "points": "a rating of five points",
    "sides": "steps from A to B",
    "options": "a choice of one of several",
    "abx": "the choice of A or B",
    "odd": "the choice of the one that does not belong",
    "sliders": "a slider for each clip",
}


def picture(template: Template) -> SafeString:
    """Return the picture of a trial, with its description as alternative text."""
    words = (
        f"A trial presents {template.presents.in_report}; annotators answer by {ANSWERS[template.picture]}."
    )
    return format_html(
        '<svg class="trial-picture" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}" '
        'fill="none" stroke="currentColor">{}{}{}</svg>',
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        words,
        format_html('<rect x="1" y="1" width="{}" height="{}" rx="6"/>', WIDTH - 2, HEIGHT - 2),
        _clips(template),
        _ANSWERS[template.picture](template),
    )


def _clips(template: Template) -> SafeString:
    places = _places(_labels(template))
    return format_html_join(
        "",
        '<circle cx="{}" cy="34" r="15"/><path d="{}" fill="currentColor" stroke="none"/>'
        '<text x="{}" y="64" text-anchor="middle" font-size="11" fill="currentColor" stroke="none">{}</text>',
        ((x, _PLAY.format(x0=x - 3.5, y0=28), x, label) for x, label in places),
    )


def _labels(template: Template) -> list[str]:
    presents = template.presents
    if not presents.compares:
        return [""]
    number = 2 if presents.is_pair else INTRUDER_SET if presents.has_intruder else 3
    blind = [chr(ord("A") + place) for place in range(number)]
    return [*(["Ref."] if presents.has_reference else []), *blind, *(["X"] if presents.has_x else [])]


def _places(labels: list[str]) -> list[tuple[float, str]]:
    step = WIDTH / (len(labels) + 1)
    return [(round(step * number, 1), label) for number, label in enumerate(labels, start=1)]


def _points(_template: Template) -> SafeString:
    return format_html_join(
        "", '<circle cx="{}" cy="92" r="8"/>', ((40 + 30 * number,) for number in range(5))
    )


def _sides(_template: Template) -> SafeString:
    return format_html(
        "{}{}",
        format_html_join(
            "", '<rect x="{}" y="82" width="20" height="20" rx="3"/>', ((20 + 23.5 * n,) for n in range(7))
        ),
        _letters(((30, "A"), (171, "B")), 97),
    )


def _options(_template: Template) -> SafeString:
    return format_html_join(
        "",
        '<circle cx="40" cy="{0}" r="5"/><path d="M54 {0}h{1}"/>',
        ((y, length) for y, length in ((72, 96), (89, 70), (106, 84))),
    )


def _abx(_template: Template) -> SafeString:
    boxes = format_html_join("", '<rect x="{}" y="78" width="60" height="26" rx="4"/>', ((34,), (106,)))
    return format_html("{}{}", boxes, _letters(((64, "A"), (136, "B")), 95))


def _odd(template: Template) -> SafeString:
    places = _places(_labels(template))
    circles = format_html_join("", '<circle cx="{}" cy="92" r="11"/>', ((x,) for x, _label in places))
    return format_html("{}{}", circles, _letters(places, 96))


def _sliders(template: Template) -> SafeString:
    places = [x for x, label in _places(_labels(template)) if label != "Ref."]
    return format_html_join(
        "",
        '<path d="M{0} 72V112"/><rect x="{1}" y="{2}" width="16" height="7" rx="2" fill="currentColor"/>',
        ((x, x - 8, y) for x, y in zip(places, (74, 98, 86), strict=False)),
    )


def _letters(placed: Sequence[tuple[float, str]], y: int) -> SafeString:
    return format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle" font-size="11" fill="currentColor" stroke="none">{}</text>',
        ((x, y, letter) for x, letter in placed),
    )


_ANSWERS = {
    "points": _points,
    "sides": _sides,
    "options": _options,
    "abx": _abx,
    "odd": _odd,
    "sliders": _sliders,
}
