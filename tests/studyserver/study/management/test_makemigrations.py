"""Migrations are made for what a database stores, not for words of forms."""

import pytest
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from studyserver.study.management.commands.makemigrations import StoredChanges

BEFORE = {"max_length": 20, "help_text": "A name.", "choices": [("a", "A")]}


def state_with(**arguments) -> ProjectState:
    fields = [("id", models.AutoField(primary_key=True)), ("name", models.CharField(**arguments))]
    state = ProjectState()
    state.add_model(ModelState("study", "Thing", fields))
    return state


@pytest.mark.parametrize(
    ("change", "is_stored"),
    [
        ({"help_text": "The name."}, False),
        ({"verbose_name": "full name"}, False),
        ({"choices": [("a", "A"), ("b", "B")]}, False),
        ({"max_length": 30}, True),
        ({"null": True}, True),
        ({"default": "nobody"}, True),
        ({"max_length": 30, "help_text": "The name."}, True),
    ],
)
def test_only_what_is_stored_makes_a_migration(change, is_stored):
    found = StoredChanges(state_with(**BEFORE), state_with(**BEFORE | change))._detect_changes()
    assert bool(found) is is_stored
