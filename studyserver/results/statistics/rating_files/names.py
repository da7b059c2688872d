"""What is wrong with names in files that people bring, in words."""

from collections.abc import Sequence

from studyserver.common.damage import is_rounded, looks_missing
from studyserver.common.spellings import folded, quoted

_MOST_NAMED = 10


def name_problem(what: str, name: str) -> str:
    """Return what is wrong with a name, such as a rater's, and what to do; empty if nothing is."""
    if name == "":
        return f"{what} is empty; fill it in or remove the line"
    if looks_missing(name):
        return (
            f"the {what} {name!r} looks like a missing one; fill it in or remove the line "
            "(if something is really called that, add to its name)"
        )
    if is_rounded(name):
        return (
            f"the {what} {name!r} is a long number that a spreadsheet has shortened, and several may "
            "have become one; format the column as text in the spreadsheet and fill in the numbers again"
        )
    return ""


def lookalikes_problem(what: str, groups: Sequence[Sequence[str]]) -> str:
    """Return that names may be one, and what to do; `groups` are those of `spellings.lookalikes`."""
    return (
        f"these {what}s may be one: {pairs(groups)}. Write each in one way; if they are different, "
        "give them different names"
    )


def pairs(groups: Sequence[Sequence[str]]) -> str:
    """Return a description of groups of names that may be one, with the reason."""
    words = []
    for group in groups[:_MOST_NAMED]:
        names = " and ".join(quoted(name, group) for name in group)
        same_text = len({folded(name) for name in group}) == 1
        reason = "they differ only in case, blanks or Unicode form" if same_text else "perhaps the same"
        words.append(f"{names} ({reason})")
    more = len(groups) - _MOST_NAMED
    return "; ".join(words) + (f"; and {more} more" if more > 0 else "")
