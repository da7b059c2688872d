"""Checklists beside nltk: alpha of sets with the MASI and the Jaccard distance."""

import numpy as np
import pytest
from nltk.metrics import agreement, distance

from studyserver.results.statistics.agreement import agreement_table


def checklists(seed, items=12, raters=4):
    """Return items, raters and sets of options; nobody ticks nothing, which nltk cannot take."""
    generator = np.random.default_rng(seed)
    options = np.array(["drums", "harsh", "calm", "fast"])
    liked = generator.random((items, 4))
    data = []
    for item in range(items):
        for rater in range(raters):
            ticked = frozenset(options[generator.random(4) < liked[item]].tolist())
            data.append((rater, item, ticked or frozenset(["calm"])))
    return data


@pytest.mark.parametrize(
    ("ours", "theirs", "tolerance"),
    [
        ("jaccard", "jaccard_distance", 1e-12),
        ("masi", "masi_distance", 5e-3),  # nltk rounds 2/3 and 1/3 to .67 and .33
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_alpha_of_sets_is_that_of_nltk(seed, ours, theirs, tolerance):
    data = checklists(seed)
    task = agreement.AnnotationTask(
        [(f"r{rater}", f"i{item}", ticked) for rater, item, ticked in data],
        distance=getattr(distance, theirs),
    )
    raters, items, values = zip(*data, strict=True)
    table = agreement_table(
        np.array(items),
        np.array(raters),
        list(values),
        "sets",
        ["drums", "harsh", "calm", "fast"],
        statistics=["krippendorff_alpha"],
        set_distance=ours,
    )
    assert table["estimate"].iloc[0] == pytest.approx(task.alpha(), abs=tolerance)
