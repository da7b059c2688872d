"""How the form of a study is laid out: which fieldsets are always open, and which are folded."""

from collections.abc import Collection
from typing import Any

from django.contrib.admin.utils import flatten

from ..models import Study

Fieldset = tuple[str | None, dict[str, Any]]

ADDING: tuple[Fieldset, ...] = (
    (
        None,
        {
            "fields": ("title", "slug", "language", "notes"),
            "description": "This creates a draft that nobody can join yet, with suggested consent and "
            "instructions. Add clips, questions and everything else on its page.",
        },
    ),
)
_FIRST: tuple[Fieldset, ...] = (
    (None, {"fields": ("title", "slug", "notes")}),
    (
        "What annotators read",
        {
            "fields": ("language", "consent", "instructions", "thanks", "contact"),
            "description": "Plain text; an empty line begins a new paragraph. Do not mention conditions, "
            "models or hypotheses before the end.",
        },
    ),
    (
        "How much, and in which order",
        {
            "fields": (
                "presentation",
                ("annotators_wanted", "trials_per_annotator"),
                "allocation",
                ("repeats_per_annotator", "repeat_distance"),
                ("practice_trials", "practice_feedback"),
                "attention_trials",
            ),
            "description": "Each annotator gets the stimuli (or sets of clips) that the fewest people have "
            "heard, in a random order that keeps clips of one track apart and never puts a masked clip right "
            "after its original.",
        },
    ),
)
_COMPARING: Fieldset = (
    "Trials that compare clips",
    {
        "fields": ("set_rule", "compared_conditions", ("reference_condition", "anchor_condition")),
        "description": "For every presentation but “one clip”. The clips of a trial come in random "
        "order; save, and see above which sets this gives.",
    },
)
_ORDER: Fieldset = (
    "Blocks, rests, distances, conditions between annotators",
    {
        "fields": (
            "minimum_track_distance",
            "blocks",
            ("rest_every", "rest_seconds"),
            "rest_text",
            "condition_design",
            "seed",
        )
    },
)
_LISTENING: Fieldset = (
    "Listening: what must be heard, and what the player allows",
    {
        "fields": (
            "minimum_listening_share",
            "switching",
            "rate_while_playing",
            "allow_seek",
            "allow_loop",
            "allow_loop_region",
            "lock_volume",
            "show_waveform",
        )
    },
)
_SCREENING: Fieldset = (
    "Sound checks: level, tones, headphones",
    {
        "fields": (
            "set_level",
            "count_tones",
            ("headphone_check", "headphone_attempts"),
            "headphone_exclusion",
        ),
        "description": "Before the trials, in this order. Scores are recorded; results depend on the "
        "computer, too, so think twice before ending the study for people who fail.",
    },
)
_PEOPLE: Fieldset = (
    "Who may join, and what they get at the end",
    {
        "fields": (
            "access",
            ("participant_parameter", "panel_study_parameter", "session_parameter"),
            "completion_code",
            ("resume_days", "minutes_to_finish"),
            "attention_limit",
        ),
        "description": "What identifies a person is kept apart from the answers and never exported. The "
        "three parameters are for recruiters such as Prolific, whose names they have by default.",
    },
)


def fieldsets(study: Study | None) -> list[Fieldset]:
    """Return the parts of the form; parts that the study does not need yet are folded."""
    if study is None:
        return list(ADDING)
    first = [_without(part, "allocation") for part in _FIRST] if study.presents.compares else _FIRST
    return [
        *first,
        _COMPARING if study.presents.compares else _folded(_COMPARING),
        *(_folded(part) for part in (_ORDER, _LISTENING, _SCREENING, _PEOPLE)),
    ]


def unfolded_where_wrong(parts: list[Fieldset], wrong: Collection[str]) -> list[Fieldset]:
    """Return the parts of the form, none of those folded that have a wrong field.

    Django does this, too, but misses fields that share a row with others.
    """
    return [
        (title, {**options, "classes": ()})
        if set(flatten(options["fields"])) & set(wrong)
        else (title, options)
        for title, options in parts
    ]


def _without(part: Fieldset, field: str) -> Fieldset:
    """Return a part without a field that the presentation does not use."""
    title, options = part
    return title, {**options, "fields": tuple(name for name in options["fields"] if name != field)}


def _folded(part: Fieldset) -> Fieldset:
    title, options = part
    return title, {**options, "classes": ("collapse",)}
