"""A study with at least one row of every part, and other values for its fields."""

from django.db import models
from example_studies import make_clip, make_study, make_track

from explainer.models import MusicModel
from studyserver.study.models import (
    Question,
    QuestionExample,
    QuestionnaireItem,
    QuestionnairePage,
    Study,
)


def make_whole_study() -> Study:
    """Return a draft that has at least one row of every part."""
    study = make_study(n_tracks=1)
    question = study.questions.get()
    Question.objects.create(study=study, key="other", text="And else?", kind=Question.Kind.TEXT)
    QuestionExample.objects.create(
        question=question, clip=make_clip(make_track("example"), "evidence", "harsh"), label="harsh"
    )
    page = QuestionnairePage.objects.create(study=study, title="About you")
    item = QuestionnaireItem.objects.create(page=page, key="age", text="How old are you?", kind="number")
    QuestionnaireItem.objects.create(page=page, key="name", text="What is your name?", kind="number")
    study.quotas.create(name="old", item=item, rule=">= 60", limit=5)
    study.translations.create(language="de", texts={"What do you hear?": "Was hören Sie?"})
    study.exclusion_rules.create(measure="longest_run", limit=0.9)
    models = [MusicModel.objects.create(name=name) for name in ("one-model", "other-model")]
    study.research_questions.create(question=question, music_model=models[0])
    return study


def other_value(field: models.Field, row: models.Model):
    """Return a value that the field of this row does not have."""
    value = getattr(row, field.attname)
    if field.is_relation:
        others = field.related_model.objects.exclude(pk=value)
        return others.first().pk
    if field.choices:
        return next(str(name) for name, _label in field.flatchoices if name and name != value)
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.IntegerField | models.FloatField):
        return (value or 0) + 1
    if isinstance(field, models.JSONField):
        return [*value, "original"] if isinstance(value, list) else {**value, "points": 7, "low": "new"}
    return f"{value}x"
