"""Check whether a study has right answers although its texts say that there are none."""

from studyserver.study.models import Study
from studyserver.study.questions.kind import Answers

from .translations import texts_of

# Usual wordings in the languages of the site, in lower case with single spaces.
_DENIALS = (
    "no right or wrong",
    "no wrong or right",
    "no right answer",
    "no wrong answer",
    "no correct",
    "keine richtigen oder falschen",
    "keine falschen oder richtigen",
    "kein richtig oder falsch",
    "keine richtigen antworten",
    "keine falschen antworten",
    "no hay respuestas correctas",
    "no hay respuestas incorrectas",
    "no hay respuestas buenas",
    "no hay respuestas malas",
    "ni correctas ni incorrectas",
)


def has_right_answers(study: Study) -> bool:
    """Return whether answers can be right or wrong.

    That is so in ABX, where a clip does not belong, and in choices among the targets of the clips.
    """
    if study.presents.has_x or study.presents.has_intruder:
        return True
    if study.pk is None:
        return False
    targets = set(study.stimuli.exclude(clip__target="").values_list("clip__target", flat=True))
    return any(
        question.answer_kind.answers in (Answers.MATCHES, Answers.ODD_ONE_OUT)
        or (
            question.answer_kind.has_options
            and not targets.isdisjoint(question.answer_kind.declared(question.options))
        )
        for question in study.questions.all()
    )


def denies_right_answers(text: str) -> bool:
    """Return whether a text says, in a language of the site, that no answer is right or wrong."""
    plain = " ".join(text.lower().split())
    return any(denial in plain for denial in _DENIALS)


def right_answers_advice(study: Study) -> list[str]:
    """Return a warning about texts that wrongly say that no answer is right or wrong, if there are any."""
    if not has_right_answers(study):
        return []
    translations = {row.language: row.texts for row in study.translations.all()}
    places = []
    for item in texts_of(study):
        found = [study.language] if denies_right_answers(item.text) else []
        found += [
            code for code, texts in translations.items() if denies_right_answers(texts.get(item.text, ""))
        ]
        places += [f"{item.place} ({', '.join(sorted(set(found)))})"] if found else []
    if not places:
        return []
    return [
        "These texts say that there are no right or wrong answers, but this study counts right answers: "
        f"{'; '.join(places)}. Remove the sentence."
    ]
