"""How many segments clips hold: told apart in old rows, and said on the pages."""

import importlib

import pytest
from django.apps import apps
from django.urls import reverse

from explainer.models import Clip
from explainer.pages.explanation_page import name_of

MIGRATION = importlib.import_module("explainer.migrations.0003_segments_asked_and_held")
DESCRIBED = {"sha256": "0", "sample_rate": 22050, "seconds": 2.0, "target": "bright"}


@pytest.fixture
def as_before(built):
    """Rows as the version before left them: what was asked for is called kept, and nothing else is stored."""
    Clip.objects.update(segments_asked=None)
    Clip.objects.filter(target="bright").delete()

    def clip(condition, asked, segments=None, **fields):
        provenance = {} if segments is None else {"segments": list(range(segments))}
        described = {**DESCRIBED, "explanation": built, "provenance": provenance, **fields}
        return Clip.objects.create(
            track=built.track, condition=condition, kept_segments=asked, **described
        ).pk

    return clip


def numbers(pk):
    return Clip.objects.values_list("segments_asked", "kept_segments").get(pk=pk)


def test_old_rows_are_told_apart_by_their_provenance(as_before):
    clips = {
        as_before("evidence", 6, 3): (6, 3),
        as_before("complement", 6, 21): (6, 3),
        as_before("random_control", 6, 4): (6, 3),
        as_before("boosted", 6, 3): (6, 3),
        as_before("counter_evidence", 6, 5): (6, 5),
        as_before("evidence", 8, None): (8, None),
        as_before("complement", 9, 20): (9, None),
        as_before("original", 0, target="", variant=1): (0, 0),
        as_before("evidence", 5, explanation=None): (None, 5),
    }
    MIGRATION.tell_apart(apps, None)
    assert {pk: numbers(pk) for pk in clips} == clips
    MIGRATION.as_asked(apps, None)
    assert {numbers(pk)[1] for pk in clips} == {6, 8, 9, 0, 5}


@pytest.mark.parametrize(
    ("asked", "held", "words"),
    [
        (4, 4, "evidence, 4 segments"),
        (4, 1, "evidence, 1 segment (4 requested)"),
        (None, 3, "evidence, 3 segments"),
        (4, None, "evidence, 4 requested"),
        (0, 0, "evidence"),
    ],
)
def test_a_clip_is_named_by_what_it_holds(asked, held, words):
    assert name_of(Clip(condition="evidence", segments_asked=asked, kept_segments=held)) == words


def test_the_page_says_what_clips_hold_and_what_was_asked_for(built, admin_client):
    Clip.objects.filter(condition__in=["evidence", "random_control"]).update(
        segments_asked=4, kept_segments=1
    )
    page = admin_client.get(reverse("explainer:explanation", args=[built.pk])).content.decode()
    assert "Evidence, 1 segment (4 requested)" in page
    control = Clip.objects.filter(condition="random_control").first()
    own = len(control.provenance["segments"])
    assert f"It has {own} segments to match the evidence&#x27;s area." in page
