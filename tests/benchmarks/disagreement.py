"""In how many studies two pages disagree on what was found.

    python tests/benchmarks/disagreement.py [--studies 36] [--processes 2] [--show]

Simulated studies of three conditions, 16 annotators x 12 trials, 16 tracks, with effects around the border of
significance (true difference of evidence and control .4 of five points). Their designs take turns: without
research questions, with one, with two (intervals of 97.5 %), with a second question on a slider, with a rule
that excludes somebody, with two methods. Each study is in a database, its models are fitted once, and pages
and tables are read as readers get them: overview, retention and contrasts, report, progress, and four tables
of the export.

Every two statements about the same mean, difference or retention are compared: the numbers as printed, and
whether they exclude “no effect”. Printed is the share of studies in which any two places disagree, and what
was compared. With --show each disagreement is printed.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / "support" / name) for name in ("", "studies", "panels"))]

import numpy as np  # noqa: E402
from stated.comparing import Comparison, comparisons  # noqa: E402
from stated.reading import Asked, statements_of  # noqa: E402

CONDITIONS = ("original", "evidence", "random_control")
MEANS = np.array([3.5, 3.1, 2.7])
RETENTION = np.array([1.0, 0.5, 0.2])
N_TRACKS, N_ANNOTATORS, TRACKS_EACH = 16, 16, 4
SCALE = Asked("dissonance", "How harsh does it sound?", "dissonance", 3.0)
SLIDER = Asked("loud", "How loud is it?", "", 50.0)


@dataclass(frozen=True)
class Design:
    """What differs between the simulated studies.

    Attributes
    ----------
    declared : tuple of str
        Quantities that research questions ask for.
    n_questions : int
        1, or 2 with a slider.
    methods : tuple of str
    has_rules : bool
        Whether an exclusion rule is declared, and somebody breaks it.
    """

    declared: tuple[str, ...] = ()
    n_questions: int = 1
    methods: tuple[str, ...] = ("lime",)
    has_rules: bool = False


DESIGNS = (
    Design(),
    Design(("difference",)),
    Design(("difference", "retention")),
    Design(("difference", "retention"), n_questions=2),
    Design(("retention",), has_rules=True),
    Design(methods=("lime", "occlusion")),
)


def study_of(seed: int):
    """Return a study with answers, written straight into the database."""
    from filled_study import make_clip, make_explanation, make_track

    from explainer.core.base.recipe import Recipe as RecipeParameters
    from explainer.models import MusicModel, Recipe
    from studyserver.study.models import ExclusionRule, Question, ResearchQuestion, Stimulus, Study

    design, slug = DESIGNS[seed % len(DESIGNS)], f"border-{seed}"
    study = Study.objects.create(slug=slug, title="Border", consent="Yes?", instructions="Listen.", seed=1)
    model = MusicModel.objects.create(name=slug, targets=[{"name": SCALE.target, "level": "mid-level"}])
    parameters = RecipeParameters(seed=seed)
    recipe = Recipe.objects.create(name=slug, parameters=parameters.to_dict(), digest=parameters.digest())
    stimuli = {}
    for track in range(N_TRACKS):
        explanation = make_explanation(make_track(f"{slug}-{track}"), model, recipe)
        for place, condition in enumerate(CONDITIONS):
            for number, method in enumerate(design.methods if place else design.methods[:1]):
                clip = make_clip(explanation, condition, SCALE.target if place else "", variant=number)
                clip.method, clip.variant = method, 0
                clip.save()
                stimuli[track, place, method] = Stimulus.objects.create(study=study, clip=clip)
    Question.objects.create(
        study=study, position=1, key=SCALE.key, text=SCALE.text, kind="scale", level="ordinal",
        options={"points": 5, "low": "not at all", "high": "very"}, target=SCALE.target,
    )  # fmt: skip
    if design.n_questions == 2:
        Question.objects.create(
            study=study, position=2, key=SLIDER.key, text=SLIDER.text, kind="slider", level="interval",
            options={"min": 0, "max": 100},
        )  # fmt: skip
    for position, estimand in enumerate(design.declared):
        smallest = 0.5 if estimand == "difference" else 0.3
        ResearchQuestion.objects.create(
            study=study, position=position, estimand=estimand, smallest_effect=smallest
        )
    if design.has_rules:
        ExclusionRule.objects.create(study=study, measure="longest_run", excludes="above", limit=0.9)
    _answer(study, design, stimuli, np.random.default_rng(seed))
    return study


def _answer(study, design: Design, stimuli: dict, rng: np.random.Generator) -> None:
    """Store the answers of all annotators, each to all conditions of some tracks."""
    import uuid

    from django.utils import timezone

    from studyserver.study.models import Annotator, Judgment, Presentation, Trial

    now, people = timezone.now(), np.arange(N_ANNOTATORS)
    correlation = np.outer(RETENTION, RETENTION)
    np.fill_diagonal(correlation, 1)
    tracks = rng.normal(size=(N_TRACKS, 3)) @ np.linalg.cholesky(correlation).T * 0.7
    habits = rng.normal(size=N_ANNOTATORS) * 0.4
    questions = list(study.questions.order_by("position"))
    annotators = Annotator.objects.bulk_create(
        Annotator(study=study, state="finished", expires_at=now, finished_at=now) for _ in people
    )
    for person, annotator in zip(people, annotators, strict=True):
        chosen = [(person * TRACKS_EACH + step) % N_TRACKS for step in range(TRACKS_EACH)]
        places = [(track, place) for track in chosen for place in range(3)]
        places = [places[number] for number in rng.permutation(len(places))]
        heard = [
            MEANS[place] + tracks[track, place] + habits[person] + rng.normal() * 0.8
            for track, place in places
        ]
        if design.has_rules and person == 0:
            heard = [3.0] * len(places)
        trials = Trial.objects.bulk_create(
            Trial(annotator=annotator, position=number + 1, presented_at=now, finished_at=now)
            for number in range(len(places))
        )
        used = [design.methods[rng.integers(len(design.methods)) if place else 0] for _track, place in places]
        Presentation.objects.bulk_create(
            Presentation(trial=trial, stimulus=stimuli[(*where, method)])
            for trial, where, method in zip(trials, places, used, strict=True)
        )
        judgments = []
        for trial, value in zip(trials, heard, strict=True):
            slid = round(float(np.clip(25 * (value - 1) + rng.normal() * 5, 0, 100)), 1)
            given = {"scale": int(np.clip(round(value), 1, 5)), "slider": slid}
            judgments += [
                Judgment(
                    trial=trial, question=question, uuid=uuid.UUID(bytes=rng.bytes(16)), sequence=number,
                    value=given[question.kind], number=given[question.kind],
                    stored_at=now, answered_at=now, response_ms=1234,
                )
                for number, question in enumerate(questions)
            ]  # fmt: skip
        Judgment.objects.bulk_create(judgments)


def one_study(seed: int) -> list[Comparison]:
    """Simulate a study, fit its models and compare all places."""
    from django.test import Client
    from stated.opening import opened

    from studyserver.results.data.rows import StudyRows
    from studyserver.results.statistics.answer_model.fit import Effort
    from studyserver.results.tables.answer_models.fitting import fit_study
    from studyserver.results.tables.computed import Computed

    study = study_of(seed)
    fit_study(Computed(StudyRows(study)), effort=Effort(n_chains=2, n_warm_up=200, n_draws=400, attempts=1))
    client = Client(HTTP_HOST="localhost")
    client.force_login(_researcher())
    return list(comparisons(statements_of(*opened(study, client), [SCALE, SLIDER])))


def _researcher():
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    return users.filter(username="r").first() or users.create_superuser("r")


def _start(folder: str) -> None:
    """Give a process a database of its own."""
    own = Path(tempfile.mkdtemp(dir=folder))
    os.environ |= {
        "DATA_FOLDER": str(own),
        "DJANGO_SETTINGS_MODULE": "studyserver.settings",
        "LOG_LEVEL": "ERROR",
    }
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def report(found: list[list[Comparison]], *, show: bool) -> None:
    """Print in how many studies places disagree, by pairs of places, and what was compared."""
    n = len(found)
    everything = [one for study in found for one in study]
    for name in ("differs", "numbers_differ", "sides_differ", "sides_differ_by_confidence"):
        studies = sum(any(getattr(one, name) for one in study) for study in found)
        cases = sum(getattr(one, name) for one in everything)
        print(f"{name.replace('_', ' ')}: {studies} of {n} studies ({studies / n:.0%}), {cases} comparisons")
    unread = sum(any(one.hides_side for one in study) for study in found)
    print(f"an end is printed as 0 where words say that the interval excludes it: {unread} of {n} studies")
    figures = sum(one.n_figures for one in everything)
    print(f"compared: {len(everything)} pairs of statements, {figures} figures")
    pairs: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for study in found:
        for place in {_places(one) for one in study}:
            own = [one for one in study if _places(one) == place]
            pairs[place] += Counter(
                comparisons=len(own),
                figures=sum(one.n_figures for one in own),
                disagree=any(one.differs for one in own),
                other=any(one.sides_differ_by_confidence for one in own),
            )
    print("pair of places: comparisons, figures, studies that disagree, and that differ by stated confidence")
    for place, counts in sorted(pairs.items()):
        names = ("comparisons", "figures", "disagree", "other")
        print(f"  {' | '.join(place)}: {', '.join(str(counts[name]) for name in names)}")
    if show:
        for number, study in enumerate(found):
            for one in study:
                if one.differs or one.sides_differ_by_confidence or one.hides_side:
                    print(f"{number}: {one.one}\n    {one.other}")


def _places(one: Comparison) -> tuple[str, str]:
    first, second = sorted((one.one.place, one.other.place))
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--studies", type=int, default=36)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--show", action="store_true", help="print each disagreement")
    options = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        workers = ProcessPoolExecutor(
            options.processes, mp_context=get_context("spawn"), initializer=_start, initargs=(folder,)
        )
        with workers as pool:
            found = list(pool.map(one_study, range(options.studies)))
    report(found, show=options.show)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
