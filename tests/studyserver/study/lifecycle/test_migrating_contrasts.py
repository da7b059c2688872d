"""Databases of the version before: primary contrasts become research questions about a difference."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE, AFTER = ("study", "0006_machine_translation"), ("study", "0007_research_questions")


def migrated_to(name):
    executor = MigrationExecutor(connection)
    executor.migrate([name])
    return MigrationExecutor(connection).loader.project_state([name]).apps


@pytest.fixture
def before(transactional_db):
    """Return the models of the version before, in a database of that version; the newest follows."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrated_to(BEFORE)
    MigrationExecutor(connection).migrate(newest)


def test_stored_contrasts_are_kept_as_differences(before):
    study = before.get_model("study", "Study").objects.create(slug="old", title="Old")
    question = before.get_model("study", "Question").objects.create(study=study, key="harsh", text="Harsh?")
    contrasts = before.get_model("study", "PrimaryContrast").objects
    contrasts.create(study=study, question=question, first="evidence", second="original", second_method="x")
    contrasts.create(study=study, first="complement", first_method="lime", second="random_control")
    stored = migrated_to(AFTER).get_model("study", "ResearchQuestion").objects
    names = ("estimand", "position", "question__key", "first", "first_method", "second", "second_method")
    assert list(stored.order_by("pk").values_list(*names)) == [
        ("difference", 0, "harsh", "evidence", "", "original", "x"),
        ("difference", 0, None, "complement", "lime", "random_control", ""),
    ]
    kept = stored.first()
    assert (kept.music_model, kept.smallest_effect, kept.confidence) == (None, None, 0.95)
    assert kept.study.slug == "old"
