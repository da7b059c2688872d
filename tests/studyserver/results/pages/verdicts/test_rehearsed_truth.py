"""Every template, rehearsed with a known truth: the results recover it, with an effect and without."""

import random
import re
from dataclasses import replace

import pytest
from built_clips import build_site
from django.core.cache import cache

from studyserver.results.data.rows import StudyRows
from studyserver.results.pages.verdicts.declared import DeclaredVerdict, declared_verdicts
from studyserver.results.statistics.answer_model.fit import Effort
from studyserver.results.tables.answer_models.fitting import fit_study
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.failures import Parts
from studyserver.study.models import Study, identifiers
from studyserver.study.rehearsal import rehearsal
from studyserver.study.study_templates.catalogue import templates
from studyserver.study.study_templates.composing import compose, default_choice, start

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.long]

SEED = 6
NUMBERS = (24, 12, 12)  # tracks, annotators, trials of each
OTHERS = {"evidence_heard": (36, 16, 24), "how_good": (24, 10, 8)}  # what needs other numbers
SIZES = {"how_much": (1, 3, 9)}  # of the evidence; otherwise one
# How the verdicts of each template's research questions begin, where there is an effect.
FOUND = {
    "evidence_heard": (
        "Listeners hear more dissonance in evidence than in its random control, by at least 0.5 points",
        "The tracks' differences in dissonance are still heard in evidence, more than in its random control",
    ),
    "which_more": ("Yes",),
    "what_about": ("Yes", "Yes"),
    "which_method": ("Yes",),
    "told_apart": ("Yes, by at least .5",),
    "how_good": ("Answers are higher for evidence than for its random control, by at least 10 points",),
    "how_much": ("Yes, by at least 0.5 points",),
    "share_something": ("Yes, by at least .15",),
}
NOT_FOUND = re.compile(
    r"This is not settled|No: if there is an effect|(Whether|How much) .* is not settled"
    r"|Listeners do not hear|Listeners hear as much|Answers are (not|as high)|[Ee]vidence does not keep"
)


def composed(name: str) -> Study:
    """Return a draft from a template."""
    methods = ("lime", "occlusion") if name == "which_method" else ("lime",)
    tracks, _annotators, trials = OTHERS.get(name, NUMBERS)
    build_site(tracks, sizes=SIZES.get(name, (4,)), methods=methods)
    template = templates()[name]
    study = start(template)
    choice = default_choice(template)
    if name == "told_apart":  # the usual pair differs too little to be told apart by few people
        choice = replace(choice, pair=("original", "evidence"))
    compose(study, template, choice)
    study.questions.filter(key="sound_quality").delete()  # which is declared about nothing, and takes time
    study.trials_per_annotator, study.repeats_per_annotator = trials, 0
    study.save()
    return study


def verdicts(study: Study) -> list[DeclaredVerdict]:
    """Return the verdicts as the results page of the rehearsal computes them."""
    fit_study(
        Computed(StudyRows(study, rehearsal=True)),
        effort=Effort(n_chains=2, n_warm_up=150, n_draws=250, attempts=1),
    )
    parts = Parts(Computed(StudyRows(study, rehearsal=True)))
    found = declared_verdicts(parts)
    assert not parts.failed
    return found


def interval_and_truth(figures: str) -> tuple[float, float, float]:
    """Return the last interval but that of a level, and the truth beside it."""
    figures = figures.replace("\N{MINUS SIGN}", "-")
    figures, truth = figures.split("; simulated truth ")
    about = [part for part in figures.split("; ") if not part.startswith("mean of")][-1]
    low, high = about.split("[")[1].rstrip("]").split(",")
    return float(low), float(high), float(truth)


@pytest.mark.parametrize("name", templates())
def test_the_results_of_a_rehearsal_recover_its_truth(name, settings, tmp_path, monkeypatch):
    # One fixed study for each template: of many, one in twenty intervals would miss the truth.
    monkeypatch.setattr(identifiers, "chance", random.Random(SEED))
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    study = composed(name)
    _tracks, annotators, _trials = OTHERS.get(name, NUMBERS)
    for truth, is_found in (("effect", True), ("none", False)):
        rehearsal.simulate(study, annotators, SEED, truth=truth)
        found = verdicts(study)
        assert len(found) == len(FOUND[name])
        for one, beginning in zip(found, FOUND[name], strict=True):
            low, high, value = interval_and_truth(one.figures)
            assert low <= value <= high, (truth, one)
            assert one.sentence.startswith(beginning) if is_found else NOT_FOUND.match(one.sentence), one
            if not is_found:
                guessed = 0.25 if name == "share_something" else 0.5
                assert value == pytest.approx(guessed if one.figures.startswith("share") else 0)
        rehearsal.discard(study)
