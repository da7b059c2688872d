"""Sliders without a step moved in whole steps; where people have met them, they go on to."""

from django.db import migrations


def keep_whole_steps(apps, schema_editor):
    """Write down the step of 1 that sliders had in studies that were ever opened; drafts get the new default."""
    Question = apps.get_model("study", "Question")
    QuestionnaireItem = apps.get_model("study", "QuestionnaireItem")
    questions = Question.objects.filter(kind="slider").exclude(study__state="draft")
    items = QuestionnaireItem.objects.filter(kind="slider").exclude(page__study__state="draft")
    for row in [*questions, *items]:
        if isinstance(row.options, dict) and row.options.get("step") is None:
            row.options["step"] = 1
            row.save(update_fields=["options"])


class Migration(migrations.Migration):

    dependencies = [
        ("study", "0003_help_on_examples"),
    ]

    operations = [migrations.RunPython(keep_whole_steps, migrations.RunPython.noop)]
