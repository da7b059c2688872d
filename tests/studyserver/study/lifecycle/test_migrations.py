"""Databases of earlier versions: what is stored in them is kept by the migrations."""

import datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone


def migrated_to(name):
    executor = MigrationExecutor(connection)
    executor.migrate([("study", name)])
    return MigrationExecutor(connection).loader.project_state([("study", name)]).apps


@pytest.fixture
def stored_by(transactional_db):
    """Return the function for the models of a version, in a database of that version; the newest follows."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrated_to
    MigrationExecutor(connection).migrate(newest)


def test_stored_contrasts_are_kept_as_differences(stored_by):
    before = stored_by("0006_machine_translation")
    study = before.get_model("study", "Study").objects.create(slug="old", title="Old")
    question = before.get_model("study", "Question").objects.create(study=study, key="harsh", text="Harsh?")
    contrasts = before.get_model("study", "PrimaryContrast").objects
    contrasts.create(study=study, question=question, first="evidence", second="original", second_method="x")
    contrasts.create(study=study, first="complement", first_method="lime", second="random_control")
    stored = stored_by("0007_research_questions").get_model("study", "ResearchQuestion").objects
    names = ("estimand", "position", "question__key", "first", "first_method", "second", "second_method")
    assert list(stored.order_by("pk").values_list(*names)) == [
        ("difference", 0, "harsh", "evidence", "", "original", "x"),
        ("difference", 0, None, "complement", "lime", "random_control", ""),
    ]
    kept = stored.first()
    assert (kept.music_model, kept.smallest_effect, kept.confidence) == (None, None, 0.95)
    assert kept.study.slug == "old"


def test_stored_studies_allocate_as_before_and_keep_their_adaptive_designs_in_words(stored_by):
    before = stored_by("0007_research_questions")
    make = before.get_model("study", "Study").objects.create
    ask = before.get_model("study", "Question").objects
    design = before.get_model("study", "AdaptiveDesign").objects.create
    make(slug="even", notes="Mine.")
    for slug, notes, fields in (
        ("means", "", {"minimum_judgments": 7, "block_size": 4}),
        (
            "difference",
            "Of the pilot.",
            {
                "first": "evidence",
                "second": "random_control",
                "precision": 0.4,
                "reached_at": datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC),
            },
        ),
    ):
        study = make(slug=slug, notes=notes)
        design(study=study, question=ask.create(study=study, key="harsh", text="Harsh?"), **fields)
    person = before.get_model("study", "Annotator").objects.create(
        study=study, pseudonym="p", expires_at=timezone.now()
    )
    before.get_model("study", "Trial").objects.create(annotator=person, position=1, adaptive=True)
    after = stored_by("0009_without_adaptive_designs")
    studies = {row.slug: row for row in after.get_model("study", "Study").objects.all()}
    assert {row.allocation for row in studies.values()} == {"many_tracks"}
    assert studies["even"].notes == "Mine."
    assert "after 7 judgments of each stimulus, trials were chosen in blocks of 4" in studies["means"].notes
    assert "the mean of every stimulus in question “harsh”" in studies["means"].notes
    assert "did not close automatically" in studies["means"].notes
    notes = studies["difference"].notes
    assert notes.startswith("Of the pilot.\n\nAdaptive allocation")
    assert "the difference evidence less random_control" in notes
    assert "0.4 wide, which was reached on 2026-11-02." in notes
    assert after.get_model("study", "Trial").objects.get().adaptive  # how it was chosen stays with the trial
    with pytest.raises(LookupError):
        after.get_model("study", "AdaptiveDesign")
