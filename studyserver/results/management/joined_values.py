"""Options whose values may begin with a hyphen."""

from collections.abc import Collection


def joined(words: list[str], options: Collection[str]) -> list[str]:
    """Return a command line in which some options are joined with their values by ``=``.

    Examples
    --------
    >>> joined(["file.csv", "--points", "-1,0,1"], ["--points"])  # argparse would read -1,0,1 as an option
    ['file.csv', '--points=-1,0,1']
    """
    found: list[str] = []
    for word in words:
        if found and found[-1] in options:
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found
