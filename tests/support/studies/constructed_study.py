"""A study whose truth is known: evidence carries the feature track by track, random controls do not.

Annotators walk through the session's own functions, as browsers do.
"""

import numpy as np
from filled_study import event, heard, make_clip, make_explanation, make_track

from explainer.core.base.recipe import Recipe as RecipeParameters
from explainer.models import MusicModel, Recipe
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import ExclusionRule, Question, Stimulus, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join

TARGETS = ("dissonance", "melodiousness")
NAMES = [{"value": name, "label": name.capitalize()} for name in TARGETS]


def construct(slug="constructed", tracks=9):
    """Return a study with known truth, and the truth per clip: a number from 0 to 1."""
    rng = np.random.default_rng(3)
    study = Study.objects.create(
        slug=slug, title="What do you hear?", consent="Yes?", instructions="Listen.", seed=1,
        minimum_track_distance=0, repeats_per_annotator=2, repeat_distance=1,
    )  # fmt: skip
    model = MusicModel.objects.create(
        name=f"model-of-{slug}", targets=[{"name": target, "level": "mid-level"} for target in TARGETS]
    )
    parameters = RecipeParameters(seed=2)
    recipe = Recipe.objects.create(
        name=f"recipe-of-{slug}", parameters=parameters.to_dict(), digest=parameters.digest()
    )
    truth = {}
    for number, level in enumerate(rng.permutation(np.linspace(0.05, 0.95, tracks))):
        track = make_track(f"{slug}-{number}", title=f"Piece {number}")
        explanation = make_explanation(track, model, recipe)
        levels = {"original": level, "evidence": 0.1 + 0.8 * level, "random_control": rng.uniform(0.1, 0.5)}
        for condition, clip_level in levels.items():
            clip = make_clip(explanation, condition, "" if condition == "original" else "dissonance")
            # The model hears what is there, apart from one clip.
            wrong = number == 0 and condition == "evidence"
            clip.prediction_heard = {"dissonance": (1 - clip_level if wrong else clip_level)}
            clip.save()
            truth[Stimulus.objects.create(study=study, clip=clip).pk] = clip_level
        for condition in ("evidence", "random_control"):
            clip = make_clip(explanation, condition, "melodiousness")
            truth[Stimulus.objects.create(study=study, clip=clip).pk] = 0.1
    Question.objects.create(
        study=study, position=1, key="dissonance", text="How harsh does it sound?", kind="slider",
        level="interval", options={"min": 0, "max": 100}, target="dissonance",
    )  # fmt: skip
    Question.objects.create(
        study=study, position=2, key="about", text="What is it about?", kind="choice", level="nominal",
        options={"choices": NAMES},
    )  # fmt: skip
    Question.objects.create(
        study=study, position=3, key="audible", text="Which of these do you hear?", kind="checklist",
        level="nominal", options={"choices": NAMES}, required=False,
    )  # fmt: skip
    ExclusionRule.objects.create(study=study, measure="longest_run", excludes="above", limit=0.5)
    ExclusionRule.objects.create(study=study, measure="correlation_with_others", excludes="below", limit=0.0)
    return study, truth


def listen(study, truth, person, *, straight=None, opposite=False):
    """Let one person take the whole study: truthful, always the same answer, or against the truth.

    What a person answers to a clip does not depend on when it comes: the order is drawn anew in every run.
    """
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {"outcome": "passed"})
    solved = {"score": 5, "of": 6, "passed": True, "attempts": 1}
    annotator.sound_check["headphones"] = {"antiphase": solved, "passed": True}
    annotator.save(update_fields=["sound_check"])
    bias, sequence, numbers = np.random.default_rng([4, person]).normal(0, 4), 0, list(truth)
    while trial := session.current_trial(annotator):
        stimulus = trial.presentations.get().stimulus
        rng = np.random.default_rng([4, person, numbers.index(stimulus.pk), trial.kind == "repeat"])
        level = 100 * truth[stimulus.pk]
        value = np.clip((100 - level if opposite else level) + bias + rng.normal(0, 7), 0, 100)
        named = stimulus.clip.target if stimulus.clip.condition == "evidence" else str(rng.choice(TARGETS))
        heard_too = [] if named == "dissonance" else list(TARGETS)
        ticked = [named] if stimulus.clip.condition == "evidence" else heard_too
        answers = {"dissonance": round(float(value), 2), "about": named, "audible": ticked}
        if straight is not None:
            answers = {"dissonance": straight, "about": "dissonance"}
        events = []
        for question, answer in answers.items():
            sequence += 1
            events.append(event(trial, question, answer, sequence))
        receipts = record_judgments(annotator, events)
        assert {receipt["status"] for receipt in receipts} == {"stored"}, receipts
        session.finish_trial(annotator, trial.token, heard(trial))
    return annotator.pseudonym


def populate(study, truth, truthful=6):
    """Let people take part; return the pseudonyms of the truthful, the straight-lining and the contrary."""
    open_study(study)
    good = [listen(study, truth, person) for person in range(truthful)]
    straight = listen(study, truth, truthful, straight=50)
    return good, straight, listen(study, truth, truthful + 1, opposite=True)
