"""Adaptive designs go; what each one declared is kept in its study's notes, in words."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def note_designs(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write every stored design into the notes of its study, after what they hold."""
    designs = apps.get_model("study", "AdaptiveDesign").objects.select_related("study", "question")
    for design in designs.order_by("pk"):
        study = design.study
        study.notes = "\n\n".join(part for part in (study.notes, _in_words(design)) if part)
        study.save(update_fields=["notes"])


def _in_words(design) -> str:
    figure = "the mean of every stimulus"
    if design.first:
        figure = f"the difference {design.first} less {design.second}"
    closes = "The study did not close automatically."
    if design.precision is not None:
        closes = f"The study was to close when its 95 % interval was {design.precision:g} wide"
        closes += f", which was reached on {design.reached_at:%Y-%m-%d}." if design.reached_at else "."
    return (
        "Adaptive allocation, until this software no longer had it: after "
        f"{design.minimum_judgments} judgments of each stimulus, trials were chosen in blocks of "
        f"{design.block_size}, where a judgment narrowed {figure} in question “{design.question.key}” most. "
        f"{closes} Trials that annotators are given since then are allocated evenly."
    )


class Migration(migrations.Migration):

    dependencies = [("study", "0008_allocation")]

    operations = [
        migrations.RunPython(note_designs, migrations.RunPython.noop),
        migrations.DeleteModel("AdaptiveDesign"),
    ]
