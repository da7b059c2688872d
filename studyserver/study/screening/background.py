"""A ready-made questionnaire about musical training, hearing and devices, worded for this project.

It is added in the study's language, with translations into all other languages of the site.
"""

from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from studyserver.study.texts.ready_made import add_translations, in_language_of

from ..models import QuestionnaireItem, QuestionnairePage, Study
from .questionnaire import Place, last_position

Kind = QuestionnaireItem.Kind


def _choices(*pairs: tuple[str, Any]) -> dict:
    return {"choices": [{"value": value, "label": label} for value, label in pairs]}


def _choice(key: str, text: Promise, *pairs: tuple[str, Any], **further: str) -> dict[str, Any]:
    """Return the fields of a choice among options, each with its value and its label."""
    return {"key": key, "text": text, "kind": Kind.CHOICE, "options": _choices(*pairs), **further}


_YES_NO_UNSURE = (("yes", _("yes")), ("no", _("no")), ("unsure", _("I do not know")))

PAGES: list[dict[str, Any]] = [
    {
        "title": _("You and music"),
        "introduction": _("A few questions about you help to understand what different people hear."),
        "items": [
            {
                "key": "lessons_years",
                "text": _("For how many years have you had lessons on an instrument or in singing?"),
                "help_text": _("All instruments together; 0 if you never had any."),
                "kind": Kind.NUMBER,
                "options": {"min": 0, "max": 80},
            },
            _choice(
                "makes_music",
                _("Do you make music yourself at present?"),
                ("never", _("no")),
                ("sometimes", _("now and then")),
                ("weekly", _("every week")),
                ("daily", _("almost every day")),
                ("profession", _("it is my profession or what I study")),
            ),
            {
                "key": "instruments",
                "text": _("What do you play, or do you sing?"),
                "kind": Kind.TEXT,
                "required": False,
                "shown_if_key": "makes_music",
                "shown_if": "sometimes, weekly, daily, profession",
            },
            _choice(
                "reads_music",
                _("Can you read music?"),
                ("no", _("no")),
                ("little", _("a little")),
                ("fluently", _("fluently")),
            ),
            _choice(
                "absolute_pitch",
                _("Can you name a single tone without comparing it with another one?"),
                *_YES_NO_UNSURE,
            ),
            _choice(
                "listening",
                _("How long do you listen to music on an ordinary day, without doing much else?"),
                ("none", _("not at all")),
                ("under_half_hour", _("less than half an hour")),
                ("under_2_hours", _("half an hour to two hours")),
                ("over_2_hours", _("more than two hours")),
            ),
        ],
    },
    {
        "title": _("Your hearing"),
        "introduction": "",
        "items": [
            _choice(
                "hearing_normal",
                _("As far as you know, do you hear well with both ears?"),
                *_YES_NO_UNSURE,
            ),
            {
                "key": "hearing_details",
                "text": _("What applies to you?"),
                "kind": Kind.CHECKLIST,
                "required": False,
                "options": _choices(
                    ("one_ear", _("I hear worse with one ear than with the other")),
                    ("high_tones", _("high tones are hard to hear")),
                    ("ringing", _("there is often a ringing in my ears")),
                    ("hearing_aid", _("I use a hearing aid or an implant")),
                    ("other", _("something else")),
                ),
                "shown_if_key": "hearing_normal",
                "shown_if": "no, unsure",
            },
        ],
    },
    {
        "title": _("What you listen with"),
        "introduction": "",
        "items": [
            _choice(
                "device",
                _("What do you listen with now?"),
                ("headphones", _("headphones on or around the ears")),
                ("in_ear", _("headphones in the ears")),
                ("loudspeakers", _("separate loudspeakers")),
                ("built_in", _("the loudspeaker of the phone or computer")),
            ),
            _choice(
                "wireless",
                _("Are your headphones connected without a cable?"),
                *_YES_NO_UNSURE,
                shown_if_key="device",
                shown_if="headphones, in_ear",
            ),
            _choice(
                "surroundings",
                _("How quiet is it around you?"),
                ("quiet", _("quiet")),
                ("some_noise", _("some noise")),
                ("noisy", _("noisy")),
            ),
        ],
    },
]


def add_background(study: Study) -> list[QuestionnaireItem]:
    """Add the background questionnaire before the trials, without the questions that a study has already.

    Parameters
    ----------
    study
        Not locked.

    Returns
    -------
    list of QuestionnaireItem
        The new questions.
    """
    present = set(QuestionnaireItem.objects.filter(page__study=study).values_list("key", flat=True))
    added = []
    with transaction.atomic():
        for definition in PAGES:
            items = [fields for fields in definition["items"] if fields["key"] not in present]
            if items:
                added += _add_page(study, definition, items)
        if added:
            add_translations(study, PAGES)
    return added


def _add_page(study: Study, definition: dict, items: list[dict]) -> list[QuestionnaireItem]:
    page = QuestionnairePage.objects.create(
        study=study,
        place=Place.BEFORE,
        position=last_position(study, Place.BEFORE) + 1,
        title=in_language_of(study, definition["title"]),
        introduction=in_language_of(study, definition["introduction"]),
    )
    return [
        QuestionnaireItem.objects.create(page=page, position=position, **in_language_of(study, fields))
        for position, fields in enumerate(items, start=1)
    ]
