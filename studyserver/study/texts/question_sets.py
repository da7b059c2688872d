"""Ready-made sets of questions, in plain words and in every language of the site.

The meanings of the mid-level features follow the questions of the Mid-level data set; the wording is our own.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from explainer.files.file_names import identifier
from studyserver.study.models import Question, Study

from . import starting_texts
from .ready_made import add_translations, in_language_of
from .target_words import known_name, readable, sentences, targets_of
from .which_more import which_more

_FEATURES = {
    "melodiousness": (
        _("How melodious is it?"),
        _("Would you like to sing along, or catch yourself humming it? Then it is melodious."),
        (_("not singable at all"), _("made for singing along")),
    ),
    "articulation": (
        _("Are the notes short and separate, or long and connected?"),
        _("Short notes with gaps between them are staccato; notes that flow into each other are legato."),
        (_("long and connected"), _("short and separate")),
    ),
    "rhythm_complexity": (
        _("How complicated is the rhythm?"),
        _("Many rhythms at once, or one that is hard to tap after hearing it, make it complicated."),
        (_("very simple"), _("very complicated")),
    ),
    "rhythm_stability": (
        _("How steady is the rhythm?"),
        _("Could you march or clap along without getting lost? Then it is steady."),
        (_("not steady at all"), _("very steady")),
    ),
    "dissonance": (
        _("How harsh do the sounds clash?"),
        _("Notes that rub against each other and rough, noisy sounds make it harsh."),
        (_("not harsh at all"), _("very harsh")),
    ),
    "tonal_stability": (
        _("How clearly does the music have a home note?"),
        _("Does one note feel like home all the way through, or does the music wander from key to key?"),
        (_("it wanders"), _("one clear home")),
    ),
    "minorness": (
        _("Does it sound more like major or more like minor?"),
        _("Imagine chords to go with it: bright ones (major) or dark ones (minor)?"),
        (_("clearly major"), _("clearly minor")),
    ),
    "speed": (
        _("How fast is it?"),
        _("Think of how many notes are played in a second, not only of the beat."),
        (_("very slow"), _("very fast")),
    ),
    "pitch_height": (
        _("How high or low are the notes?"),
        _("Think of the notes that you hear most of the time."),
        (_("very low"), _("very high")),
    ),
}
_EMOTIONS = {
    "valence": (_("How pleasant is the feeling that the music expresses?"), (_("unpleasant"), _("pleasant"))),
    "energy": (_("How much energy does the music express?"), (_("no energy"), _("full of energy"))),
    "tension": (_("How tense is the music?"), (_("relaxed"), _("tense"))),
    "anger": (_("How angry does the music sound?"), (_("not at all"), _("very"))),
    "fear": (_("How frightening does the music sound?"), (_("not at all"), _("very"))),
    "happy": (_("How happy does the music sound?"), (_("not at all"), _("very"))),
    "sad": (_("How sad does the music sound?"), (_("not at all"), _("very"))),
    "tender": (_("How tender does the music sound?"), (_("not at all"), _("very"))),
}
_EXPRESSED = _("What the music expresses, whether or not you feel it yourself.")


def _rating(
    key: str,
    text: Promise,
    help_text: Promise,
    ends: tuple[Promise, Promise],
    *,
    points: int = 7,
    target: str = "",
) -> dict:
    """Return the fields of a rating scale."""
    options = {"points": points, "low": ends[0], "high": ends[1]}
    named = {"key": key, "text": text, "help_text": help_text, "target": target}
    return {**named, "kind": Question.Kind.SCALE, "options": options}


_CUES = [_rating(name, *words, target=name) for name, words in _FEATURES.items()]
_MID_LEVEL = [cue for cue in _CUES if cue["key"] not in {"speed", "pitch_height"}]
_RATED_EMOTIONS = [
    _rating(name, text, _EXPRESSED, ends, target=name) for name, (text, ends) in _EMOTIONS.items()
]
_SOUND_QUALITY = _rating(
    "sound_quality",
    _("How good is the sound itself?"),
    _("Only the recording, not the music: are there gaps, muffled passages or strange noises?"),
    (_("bad"), _("excellent")),
    points=5,
)
_COMMENT = {
    "key": "comment",
    "text": _("Is there anything you want to say about this clip?"),
    "kind": Question.Kind.TEXT,
    "level": Question.Level.NOMINAL,
    "required": False,
}
_PREFERENCE = {
    "key": "preference",
    "text": _("Which do you like better?"),
    "kind": Question.Kind.PREFERENCE,
    "scope": Question.Scope.TRIAL,
    "options": {"steps": 3, "tie": True, "word": "better"},
}
_ABX = {
    "key": "abx",
    "text": _("Is X the clip A or the clip B?"),
    "help_text": _("X is exactly the same as one of them. If you cannot tell, guess."),
    "kind": Question.Kind.ABX,
    "level": Question.Level.NOMINAL,
    "scope": Question.Scope.TRIAL,
}

_INTRUDER = {
    "key": "intruder",
    "text": _("Which one does not belong?"),
    "help_text": _("Three of the sounds have something in common. If you cannot tell, guess."),
    "kind": Question.Kind.INTRUDER,
    "level": Question.Level.NOMINAL,
    "scope": Question.Scope.TRIAL,
}
_SHARED = {
    "key": "shared",
    "text": _("What do the other sounds have in common?"),
    "help_text": _("One or two words. Leave it empty if you cannot say."),
    "kind": Question.Kind.TEXT,
    "level": Question.Level.NOMINAL,
    "scope": Question.Scope.TRIAL,
    "required": False,
}


def _key(prefix: str, target: str) -> str:
    # Letters, digits and underscores, in the length of the column.
    return f"{prefix}_{re.sub('[.:-]', '_', identifier(target, 'target'))}"[:60]


def _of_targets(study: Study, prefix: str, known: Promise, unknown: Promise, **fields: Any) -> list[dict]:
    """Return a question about each target, with its sentence, or with its name if it has no sentence."""
    return [
        {
            "key": _key(prefix, target),
            "text": format_lazy(known, statement=words)
            if words is not None
            else format_lazy(unknown, target=readable(target)),
            "target": target,
            **fields,
        }
        for target, words in sentences(targets_of(study)).items()
    ]


_stretches_of_targets = partial(
    _of_targets,
    prefix="where",
    known=_("Where do you hear this? “{statement}”"),
    unknown=_("Where do you hear this: {target}?"),
    help_text=_("Mark each stretch while you listen: press where it begins and where it ends."),
    kind=Question.Kind.STRETCHES,
    level=Question.Level.RATIO,
    only_own_target=True,
)
_presence_of_targets = partial(
    _of_targets,
    prefix="presence",
    known=_("Can you hear this in the clip? “{statement}”"),
    unknown=_("Can you hear this in the clip: {target}?"),
    help_text=_("If you cannot tell, say so: that is an answer too."),
    kind=Question.Kind.PRESENCE,
    only_own_target=True,
)
_fit_of_targets = partial(
    _of_targets,
    prefix="fit",
    known=_("How well does this fit what you hear? “{statement}”"),
    unknown=_("How well does this word fit what you hear: “{target}”?"),
    kind=Question.Kind.SCALE,
    options={"points": 7, "low": _("not at all"), "high": _("very much")},
)


def _ratings_of_targets(study: Study) -> list[dict]:
    """Return a rating of each target: its ready-made one, or how well its sentence fits."""
    ready = {one["key"].replace("_", " "): one for one in [*_CUES, *_RATED_EMOTIONS]}
    fits = _fit_of_targets(study)
    return [
        {**ready[name], "key": _key("rating", fit["target"]), "target": fit["target"]}
        if (name := known_name(fit["target"])) in ready
        else {**fit, "key": _key("rating", fit["target"])}
        for fit in fits
    ]


def _which_more_of_targets(study: Study) -> list[dict]:
    """Return a question which clip has more of each target; only in trials that compare clips."""
    if not study.presents.compares:
        return []
    asked = _of_targets(
        study,
        "more",
        _("Which clip fits this better? “{statement}”"),
        _("Which clip sounds more like this: {target}?"),
        kind=Question.Kind.PREFERENCE,
        scope=Question.Scope.TRIAL,
        options={"steps": 3, "tie": True, "word": "more"},
        only_own_target=True,
    )
    return [{**fields, "text": which_more(fields["target"]) or fields["text"]} for fields in asked]


def _about(study: Study) -> list[dict]:
    words = sentences(targets_of(study))
    if len(words) < 2:
        return []
    return [
        {
            "key": "about",
            "text": _("What stands out most in this clip?"),
            "help_text": _("Choose the one that you hear most clearly."),
            "kind": Question.Kind.CHOICE,
            "level": Question.Level.NOMINAL,
            "options": {
                "choices": [
                    {"value": target, "label": sentence or readable(target)}
                    for target, sentence in words.items()
                ]
            },
        }
    ]


@dataclass(frozen=True)
class QuestionSet:
    """A set of questions that researchers add with one button."""

    name: str
    title: str
    description: str
    questions: Callable[[Study], list[dict]]  # the fields of each question


QUESTION_SETS = {
    item.name: item
    for item in [
        QuestionSet(
            "mid-level",
            "Seven mid-level features",
            "Melodiousness, articulation, rhythm complexity and stability, dissonance, tonal stability, "
            "minorness: a seven-point rating each.",
            lambda study: _MID_LEVEL,
        ),
        QuestionSet(
            "cues",
            "Nine musical cues",
            "The seven features, speed and pitch height: a seven-point rating each.",
            lambda study: _CUES,
        ),
        QuestionSet(
            "emotions",
            "Eight emotions",
            "Valence, energy, tension, anger, fear, happiness, sadness, tenderness, as the music expresses "
            "them: a seven-point rating each.",
            lambda study: _RATED_EMOTIONS,
        ),
        QuestionSet(
            "ratings",
            "How much of it is there? (one per target)",
            "For each target of the stimuli: a seven-point rating, in the words of the sets above where they "
            "have it.",
            _ratings_of_targets,
        ),
        QuestionSet(
            "presence",
            "Is it there? (one per target)",
            "For each target of the stimuli: clearly, somewhat, not, or cannot tell, with confidence. "
            "Asked only about clips that were made for the target, and about originals.",
            _presence_of_targets,
        ),
        QuestionSet(
            "fit",
            "Does the word fit? (one per target)",
            "For each target of the study's stimuli, such as a tagger's mood words: a seven-point rating.",
            _fit_of_targets,
        ),
        QuestionSet(
            "about",
            "What is it about?",
            "One choice among all targets of the study's stimuli.",
            _about,
        ),
        QuestionSet(
            "quality",
            "Sound quality",
            "A separate question, so that annotators do not confuse “sounds bad” with “is gone”.",
            lambda study: [_SOUND_QUALITY],
        ),
        QuestionSet(
            "more",
            "Which sounds more …? (one per target)",
            "For each target of the stimuli: from “A much more” to “B much more”. Only in trials that "
            "compare "
            "clips.",
            _which_more_of_targets,
        ),
        QuestionSet(
            "preference",
            "Preference",
            "Which is liked better, whatever the target. From “A much better” to “B much better”; for "
            "several clips, the best one. Only in trials that "
            "compare clips.",
            lambda study: [_PREFERENCE] if study.presents.compares else [],
        ),
        QuestionSet(
            "abx",
            "Is X A or B?",
            "Only in ABX trials. Counts right answers.",
            lambda study: [_ABX] if study.presents.has_x else [],
        ),
        QuestionSet(
            "intruder",
            "Which one does not belong?",
            "Only where one clip of a trial is of another target. Counts right answers, and asks for a word "
            "for what the others share.",
            lambda study: [_INTRUDER, _SHARED] if study.presents.has_intruder else [],
        ),
        QuestionSet(
            "stretches",
            "Where is it? (one per target)",
            "For each target of the study's stimuli: annotators mark stretches of time.",
            _stretches_of_targets,
        ),
        QuestionSet("comment", "Free comment", "An optional text field.", lambda study: [_COMMENT]),
    ]
}


def add_questions(study: Study, set_name: str, *, only: Iterable[str] | None = None) -> list[Question]:
    """Add a ready-made set to a study, except questions that it already has; return the new questions.

    Parameters
    ----------
    study
        A study whose questions can still change.
    set_name
        A key of :data:`QUESTION_SETS`.
    only
        Add only questions about these targets.
    """
    present = set(study.questions.values_list("key", flat=True))
    position = max(study.questions.values_list("position", flat=True), default=0)
    wanted = None if only is None else set(only)
    definitions = [
        fields
        for fields in QUESTION_SETS[set_name].questions(study)
        if fields["key"] not in present and (wanted is None or fields.get("target") in wanted)
    ]
    new = [
        Question(study=study, position=number, **in_language_of(study, fields))
        for number, fields in enumerate(definitions, start=position + 1)
    ]
    with transaction.atomic():
        new = Question.objects.bulk_create(new)
        if new:
            add_translations(study, definitions)
            if starting_texts.fit(study):
                study.save(update_fields=["instructions"])
                starting_texts.translate(study)
    return new
