"""The elements of an HTML page, to be looked up by tag and class."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_EMPTY = {"area", "base", "br", "circle", "hr", "img", "input", "line", "link", "meta", "path", "source"}


@dataclass
class Element:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, with single spaces."""
        return re.sub(r"\s+", " ", self._raw_text).strip()

    @property
    def _raw_text(self) -> str:
        return "".join(one if isinstance(one, str) else one._raw_text for one in self.inside)

    def all(self, tag: str, name: str = "") -> Iterator["Element"]:
        """Yield the elements of a tag, and of a class if one is named, in the order of the page."""
        for one in self.inside:
            if isinstance(one, Element):
                if one.tag == tag and (not name or name in one.attributes.get("class", "").split()):
                    yield one
                yield from one.all(tag, name)

    def first(self, tag: str, name: str = "") -> "Element":
        """Return the first of them; an element without text if there is none."""
        return next(self.all(tag, name), Element(tag))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(one)
        if tag not in _EMPTY:
            self._open.append(one)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, one in enumerate(self._open) if one.tag == tag and place]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def elements(html: str) -> Element:
    """Return a page as an element that all others are in."""
    reader = _Reader()
    reader.feed(html)
    return reader.root
