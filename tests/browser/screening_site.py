"""Add studies with questionnaires, checks and links to the site of the browser tests."""

import json

from django.urls import reverse

from explainer.models import Clip
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question, QuestionnaireItem, QuestionnairePage, Stimulus, Study
from studyserver.study.recruitment import recruiting

YES_NO = {"choices": [{"value": "yes", "label": "yes"}, {"value": "no", "label": "no"}]}


def make_study(slug: str, **fields) -> Study:
    study = Study.objects.create(
        slug=slug,
        title="How does this music sound?",
        consent="You hear music and answer.",
        instructions="Listen, then answer.",
        minimum_track_distance=0,
        **fields,
    )
    Stimulus.objects.create(study=study, clip=Clip.objects.order_by("pk").first())
    scale = {"points": 5, "low": "not at all", "high": "very harsh"}
    Question.objects.create(study=study, key="harsh", text="How harsh does it sound?", options=scale)
    return study


def main() -> None:
    study = make_study(
        "screened", access="panel", headphone_check="huggins", set_level=True, count_tones=False
    )
    page = QuestionnairePage.objects.create(study=study, introduction="A few questions about you.")
    asked = [
        {"key": "plays", "text": "Do you play?", "options": YES_NO},
        {
            "key": "years",
            "text": "For how many years?",
            "kind": "number",
            "options": {"min": 0, "unit": "years"},
            "shown_if_key": "plays",
            "shown_if": "yes",
        },
        {
            "key": "awake",
            "text": "How awake are you?",
            "kind": "slider",
            "options": {"min": 0, "max": 100, "low": "tired", "high": "wide awake"},
        },
        {"key": "likes", "text": "Which?", "kind": "checklist", "options": YES_NO, "required": False},
    ]
    for position, fields in enumerate(asked, start=1):
        QuestionnaireItem.objects.create(page=page, position=position, **fields)
    after = QuestionnairePage.objects.create(study=study, place="after", title="Looking back")
    text = "What did you pay attention to?"
    QuestionnaireItem.objects.create(page=after, key="how", text=text, kind="text")
    back = "https://recruiter.example/complete?cc={code}&who={participant}"
    study.returns.create(outcome="done", code="DONE-1", address=back)
    open_study(study)
    invited = make_study("invited", access="personal")
    open_study(invited)
    (recruit,) = recruiting.invite(invited, ["p1"])
    print(json.dumps({"personal": reverse("study:personal", args=[recruit.token])}))
