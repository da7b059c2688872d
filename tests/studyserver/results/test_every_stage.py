"""Studies of every presentation at every early stage: all pages, pictures and the export are there."""

import csv
import io
import uuid

import numpy as np
import pytest
from every_page import exported, opened
from filled_study import make_clip, make_explanation, make_track

from explainer.core.base.recipe import Recipe as RecipeParameters
from explainer.models import MusicModel, Recipe
from studyserver.results.export.codebook import TABLES
from studyserver.results.export.data_package import data_file
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import ExclusionRule, Question, Stimulus, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import asked_about, questions_for, record_judgments
from studyserver.study.sessions.joining import join

pytestmark = [pytest.mark.django_db, pytest.mark.long]
CONDITIONS = ("original", "evidence", "random_control")
NAMES = [{"value": name, "label": name.capitalize()} for name in ("dissonance", "rhythm")]
OF_CLIPS = [
    ("scale", {"points": 5}),
    ("slider", {"min": 0, "max": 100}),
    ("presence", {}),
    ("choice", {"choices": NAMES}),
    ("checklist", {"choices": NAMES}),
    ("stretches", {}),
    ("text", {}),
]
PRESENTATIONS = {
    "single": OF_CLIPS,
    "pair": [*OF_CLIPS, ("preference", {"steps": 3})],
    "pair_reference": [("slider", {"min": -3, "max": 3}), ("preference", {"steps": 1})],
    "multiple": [*OF_CLIPS, ("preference", {})],
    "multiple_reference": [("slider", {"min": 0, "max": 100})],
    "abx": [("abx", {})],
    "intruder": [("intruder", {}), ("text", {})],
}
STAGES = ("joined", "opened", "answered", "one trial", "two annotators")


def make_study(presentation, *, tracks=2, rules=False):
    study = Study.objects.create(
        slug=presentation.replace("_", "-"), title="Early", consent="Yes", instructions="Go", seed=1,
        presentation=presentation, minimum_track_distance=0,
        reference_condition="original" if presentation.endswith("reference") else "",
        compared_conditions=list(CONDITIONS[1:] if presentation.endswith("reference") else CONDITIONS),
    )  # fmt: skip
    model = MusicModel.objects.create(name="cues", targets=[{"name": "dissonance", "level": "mid-level"}])
    parameters = RecipeParameters(seed=2)
    recipe = Recipe.objects.create(name="recipe", parameters=parameters.to_dict(), digest=parameters.digest())
    targets = ["dissonance"]
    if presentation == "intruder":
        tracks, targets = 4, ["dissonance", "rhythm"]
    for number in range(tracks):
        explanation = make_explanation(make_track(f"piece-{number}"), model, recipe)
        for condition in CONDITIONS:
            for target in [""] if condition == "original" else targets:
                clip = make_clip(explanation, condition, target)
                Stimulus.objects.create(study=study, clip=clip)
    for position, (kind, options) in enumerate(PRESENTATIONS[presentation], start=1):
        Question.objects.create(
            study=study, position=position, key=kind, text=f"What about {kind}?", kind=kind, options=options,
            level="nominal" if kind in ("choice", "checklist", "text") else "ordinal",
            scope="trial" if kind in ("preference", "abx", "intruder") else "clip",
            target="dissonance" if kind in ("scale", "slider", "presence") else "",
        )  # fmt: skip
    if rules:
        for measure in ExclusionRule.Measure.values:
            ExclusionRule.objects.create(study=study, measure=measure, excludes="below", limit=-9)
    open_study(study)
    return study


def answer_to(question, rng):
    """Return an answer to a question of any kind."""
    return {
        "scale": lambda: int(rng.integers(1, 6)),
        "slider": lambda: float(rng.integers(question.options["min"], question.options["max"] + 1)),
        "presence": lambda: {"presence": str(rng.choice(["none", "some", "unsure"])), "confidence": 3},
        "choice": lambda: str(rng.choice(["dissonance", "rhythm"])),
        "checklist": lambda: ["rhythm"] if rng.random() < 0.5 else [],
        "stretches": lambda: [[0.25, 1.0]] if rng.random() < 0.7 else [],
        "text": lambda: "=words",
        "preference": lambda: {"preferred": str(rng.choice(["A", "B"])), "strength": 1},
        "abx": lambda: str(rng.choice(["A", "B"])),
        "intruder": lambda: str(rng.choice(["A", "B", "C", "D"])),
    }[question.kind]()


def walk(study, rng, stage):
    """Let one annotator come as far as a stage."""
    annotator = join(study)
    if stage == "joined":
        return annotator
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    sequence = 0
    while trial := session.current_trial(annotator):
        if stage == "opened":
            break
        presentations = list(trial.presentations.select_related("stimulus__clip"))
        sent = []
        for question in questions_for(trial):
            for presentation in asked_about(question, presentations):
                sequence += 1
                sent.append({
                    "uuid": str(uuid.uuid4()), "trial": trial.token, "question": question.key,
                    "presentation": presentation and presentation.token, "value": answer_to(question, rng),
                    "sequence": sequence, "age_ms": 1, "response_ms": 900,
                })  # fmt: skip
        receipts = record_judgments(annotator, sent[:1] if stage == "answered" else sent)
        assert {receipt["status"] for receipt in receipts} == {"stored"}, receipts
        if stage == "answered":
            return annotator
        record = {item.token: {"intervals": [[0, 2]], "plays": 1} for item in presentations}
        session.finish_trial(annotator, trial.token, {"presentations": record})
        if stage == "one trial":
            break
    return annotator


def taken(presentation, stage, **fields):
    study = make_study(presentation, **fields)
    rng = np.random.default_rng(4)
    for _ in range(2 if stage == "two annotators" else 1):
        walk(study, rng, stage)
    return study


@pytest.fixture
def browser(admin_client):
    return admin_client


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("presentation", PRESENTATIONS)
def test_everything_is_there_at_every_stage(browser, presentation, stage):
    study = taken(presentation, stage, rules=stage == "opened")
    for address, words in opened(browser, study, pictures=stage in ("answered", "one trial")).items():
        assert "could not be computed" not in words, address
        assert not {"nan", "inf"} & set(words.replace("[", " ").replace(",", " ").split()), address
    files = exported(browser, study)
    for table in TABLES.values():
        (header, *rows) = csv.reader(io.StringIO(files[data_file(study, table.name)]))
        assert header == list(table.columns), table.name
        assert all(len(row) == len(header) for row in rows)
