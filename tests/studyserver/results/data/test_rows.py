import json
from collections import defaultdict

import pandas as pd
import pytest
from study_tables import (
    annotators_table,
    comments_table,
    judgments_table,
    questions_table,
    stimuli_table,
    table,
    trials_table,
)

from studyserver.results.export.codebook import COMPUTED_TABLES, TABLES, VARIABLES
from studyserver.results.tables.labels import CONDITIONS
from studyserver.study.models import Annotator, Judgment, Question, Stimulus, Trial

FROM_DATABASE = [name for name in TABLES if name not in (*COMPUTED_TABLES, "codebook")]


def current_judgments(study, *, rehearsal=False):
    """The last event of every answer, found the slow way."""
    last = defaultdict(lambda: None)
    for event in Judgment.objects.filter(trial__annotator__study=study).select_related(
        "trial__annotator", "question"
    ):
        annotator = event.trial.annotator
        if annotator.rehearsal is not rehearsal or annotator.answers_discarded:
            continue
        key = (event.trial_id, event.question_id, event.presentation_id)
        if last[key] is None or (event.sequence, event.pk) > (last[key].sequence, last[key].pk):
            last[key] = event
    return {str(event.uuid): event for event in last.values()}


def test_one_row_per_judgment_that_counts(study):
    frame = judgments_table(study)
    expected = current_judgments(study)
    assert Judgment.objects.count() > len(expected)
    assert sorted(frame["judgment"]) == sorted(expected)
    for row in frame.to_dict("records"):
        event = expected[row["judgment"]]
        stimulus = event.trial.presentations.get().stimulus
        assert row["annotator"] == event.trial.annotator.pseudonym
        assert row["question"] == event.question.key
        assert row["level"] == event.question.level
        assert row["stimulus"] == stimulus.pk
        assert row["condition"] == stimulus.clip.condition
        assert row["track"] == stimulus.clip.track.name
        assert row["trial_position"] == event.trial.position
        assert row["stored_at"] == event.stored_at
        if event.number is None:
            assert pd.isna(row["number"])
        else:
            assert row["number"] == event.number


def test_changed_answers_are_counted_as_changes(study):
    frame = judgments_table(study)
    assert set(frame["changes"]) == {0, 1}
    changed = frame[frame["changes"] == 1]
    assert set(changed["question"]) == {"dissonance"}
    assert set(changed["trial_position"]) == {1}


def test_discarded_answers_and_rehearsals_stay_out(study):
    pseudonyms = set(judgments_table(study)["annotator"])
    discarded = Annotator.objects.get(answers_discarded=True)
    rehearsed = Annotator.objects.get(rehearsal=True)
    assert discarded.trials.filter(judgments__isnull=False).exists()
    assert not pseudonyms & {discarded.pseudonym, rehearsed.pseudonym}
    for name in FROM_DATABASE:
        if "annotator" in TABLES[name].columns:
            assert discarded.pseudonym not in set(table(study, name)["annotator"]), name
    assert set(judgments_table(study, rehearsal=True)["annotator"]) == {rehearsed.pseudonym}
    assert set(annotators_table(study, rehearsal=True)["annotator"]) == {rehearsed.pseudonym}


@pytest.mark.parametrize("name", FROM_DATABASE)
def test_columns_and_types_are_the_codebooks_even_without_rows(name, empty_study):
    empty_study.stimuli.all().delete()
    empty_study.questions.all().delete()
    frame = table(empty_study, name)
    assert list(frame.columns) == list(TABLES[name].columns)
    assert frame.empty
    kinds = {"number": "float64", "integer": "Int64", "boolean": "boolean"}
    for column in frame.columns:
        kind = VARIABLES[column].type
        assert str(frame[column].dtype) == kinds.get(kind, str(frame[column].dtype))


@pytest.mark.parametrize("name", FROM_DATABASE)
def test_keys_tell_rows_apart_and_rows_name_no_unknown_column(name, study):
    from studyserver.results.data.rows import StudyRows

    rows = list(StudyRows(study).rows(name))
    # The study compares and declares nothing, asks nothing about people and has no excerpts by rule: these
    # tables have tests of their own.
    if name in ("comparisons", "stretches", "questionnaire", "excerpt_curves", "research_questions"):
        return
    assert rows
    extra = set().union(*rows) - set(TABLES[name].columns)
    assert not extra or name == "trials"  # trials takes the stimulus columns it lists
    keys = [tuple(row.get(column) for column in TABLES[name].key) for row in rows]
    assert len(set(keys)) == len(keys)


def test_order_is_that_of_joining_and_presentation(study):
    frame = judgments_table(study)
    order = {name: index for index, name in enumerate(annotators_table(study)["annotator"])}
    place = list(zip(frame["annotator"].map(order), frame["trial_position"], strict=True))
    assert place == sorted(place)
    pd.testing.assert_frame_equal(frame, judgments_table(study))


def test_values_by_kind(study):
    frame = judgments_table(study).set_index("judgment")
    for uuid, event in current_judgments(study).items():
        value, row = event.value, frame.loc[uuid]
        match event.question.kind:
            case "scale" | "slider":
                assert float(row["value"]) == row["number"] == value
            case "presence":
                assert row["value"] == value["presence"]
                assert row["confidence"] == value["confidence"]
                assert row["number"] == {"clear": 2, "some": 1, "none": 0}[value["presence"]]
            case "choice":
                assert row["value"] == value
            case "checklist":
                assert json.loads(row["value"]) == value
            case "text":
                assert pd.isna(row["value"])


def test_comments_hold_all_free_text_and_nothing_else_does(study):
    comments = comments_table(study)
    typed = {
        uuid: event.value for uuid, event in current_judgments(study).items() if event.question.kind == "text"
    }
    assert dict(zip(comments["judgment"], comments["comment"], strict=True)) == typed
    assert any("\n" in text for text in typed.values())
    for name in set(FROM_DATABASE) - {"comments"}:
        frame = table(study, name)
        assert not any(frame[column].isin(["zwei\nZeilen", "Ünïcödé ♫"]).any() for column in frame), name


def test_checklist_has_a_row_for_each_option(study):
    frame = table(study, "checklist")
    for uuid, event in current_judgments(study).items():
        if event.question.kind == "checklist":
            rows = frame[frame["judgment"] == uuid]
            assert list(rows["option"]) == ["dissonance", "melodiousness", "rhythm"]
            assert list(rows.loc[rows["ticked"], "option"]) == event.value


def test_trials_say_what_was_heard_but_not_where_from(study):
    frame = trials_table(study)
    assert set(frame["trial_kind"]) == {"main", "repeat"}
    finished = frame[frame["trial_finished"]]
    assert (finished["heard_share"] == 1).all()
    assert (finished["plays"] == 2).all() and (finished["seeks"] == 1).all()
    assert (finished["focus_losses"] == 1).all() and (finished["output_sample_rate"] == 48000).all()
    assert finished["listening_record"].str.contains('"A":{').all()
    assert frame.loc[~frame["trial_finished"], "heard_share"].isna().all()
    secret = {
        token
        for trial in Trial.objects.all()
        for token in (trial.token, *trial.presentations.values_list("token", flat=True))
    }
    secret |= set(Annotator.objects.values_list("token", flat=True))
    for name in FROM_DATABASE:
        text = table(study, name).to_csv()
        assert not any(token in text for token in secret), name
    repeats = frame[frame["trial_kind"] == "repeat"]
    assert set(repeats["repeat_of"]) <= set(frame["trial"])


def test_items_carry_the_provenance_of_the_explanation(study):
    frame = stimuli_table(study)
    assert len(frame) == study.stimuli.count()
    for row in frame.to_dict("records"):
        clip = Stimulus.objects.get(pk=row["stimulus"]).clip
        assert row["clip_sha256"] == clip.sha256
        assert row["recipe_digest"] == clip.explanation.recipe.digest
        assert row["explanation"] == clip.explanation.key
        assert (row["segmentation"], row["route"], row["seed"]) == ("grid", "gain", 11)
        assert row["area_share"] == 1 / 6 and row["energy_share"] == 0.1 + 0.2
        if clip.target:
            assert row["prediction_track"] == clip.explanation.predictions[clip.target]
            assert row["prediction_heard"] == 0.5 and row["prediction_masked"] == 1 / 3
        else:
            assert pd.isna(row["target"]) and pd.isna(row["prediction_heard"])
    predictions = table(study, "predictions")
    assert set(predictions["model_output"]) == {"value"}
    assert len(predictions) == 2 * len(frame)


def test_an_uploaded_clip_without_explanation_is_an_item_too(empty_study):
    clip = empty_study.stimuli.first().clip
    clip.pk, clip.explanation, clip.condition, clip.method = None, None, "uploaded", "=other system"
    clip.prediction_heard = clip.prediction_masked = {}
    clip.save()
    stimulus = Stimulus.objects.create(study=empty_study, clip=clip)
    row = stimuli_table(empty_study).set_index("stimulus").loc[stimulus.pk]
    assert row["method"] == "=other system"
    assert pd.isna(row["model"]) and pd.isna(row["recipe_digest"]) and pd.isna(row["prediction_track"])


def test_annotators_and_questions(study):
    annotators = annotators_table(study).set_index("annotator")
    judgments = judgments_table(study)
    assert len(annotators) == 8
    assert dict(annotators["state"].value_counts()) == {"finished": 6, "active": 1, "withdrawn": 1}
    counts = judgments["annotator"].value_counts()
    assert all(annotators.loc[name, "n_judgments"] == counts.get(name, 0) for name in annotators.index)
    assert list(questions_table(study)["question"]) == [
        "dissonance",
        "harsh.slider",
        "present",
        "about",
        "audible",
        "remarks",
    ]


def test_closed_lists_of_values_are_those_of_the_models():
    from explainer.models import Clip

    def levels(name):
        return {value for value, _meaning in VARIABLES[name].levels}

    assert levels("condition") == set(CONDITIONS) == set(Clip.Condition.values)
    assert levels("trial_kind") == set(Trial.Kind.values)
    assert levels("question_kind") == set(Question.Kind.values)
    assert levels("level") == {*Question.Level.values, "sets"}
    assert levels("question_scope") == set(Question.Scope.values)
    assert levels("stimulus_role") == set(Stimulus.Role.values)
    assert levels("state") == set(Annotator.State.values)


def test_a_judgment_given_meanwhile_is_in_no_table(study):
    from studyserver.results.data.rows import StudyRows

    rows = StudyRows(study)
    before = [row["judgment"] for row in rows.judgments()]
    last = Judgment.objects.latest("pk")
    last.pk, last.uuid, last.sequence = None, "00000000-0000-4000-8000-000000000001", last.sequence + 1
    last.save(force_insert=True)
    assert [row["judgment"] for row in rows.judgments()] == before
