"""A progress bar of builds in the terminal."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from explainer.models import Explanation

_LAYOUT = "{desc}: {percentage:3.0f}% |{bar}| {n:.1f} of {total_fmt} [{elapsed}<{remaining}]{postfix}"


@contextmanager
def building_bar(
    rows: Iterable[Explanation], *, quiet: bool = False
) -> Iterator[Callable[[Explanation], None]]:
    """Show the progress of builds; yields the ``on_change`` argument of `build_explanations`.

    Parameters
    ----------
    rows : iterable of Explanation
        Explanations to be built; those that are already done count as done.
    quiet : bool
        Show nothing.
    """
    shares = {row.pk: float(row.state == Explanation.State.DONE) for row in rows}
    with tqdm(total=len(shares), desc="Building clips", bar_format=_LAYOUT, disable=quiet) as bar:

        def show(explanation: Explanation) -> None:
            finished = explanation.state in (Explanation.State.DONE, Explanation.State.FAILED)
            shares[explanation.pk] = 1.0 if finished else explanation.progress / 100
            bar.set_postfix_str(f"{explanation.part.name}: {explanation.activity}"[:60], refresh=False)
            bar.n = sum(shares.values())
            bar.refresh()

        yield show
