"""Primary contrasts become research questions; those that are stored ask for a difference, as before."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

_CONDITIONS = [
    ("original", "original"),
    ("resynthesis", "resynthesis (unmasked, through the same route)"),
    ("evidence", "evidence"),
    ("complement", "complement (evidence removed)"),
    ("counter_evidence", "counter-evidence"),
    ("random_control", "random control (same area and energy)"),
    ("boosted", "evidence boosted instead of isolated"),
    ("uploaded", "uploaded"),
]
_ESTIMANDS = [
    ("difference", "difference of two conditions"),
    ("retention", "retention: what is kept of the original"),
    ("preference", "share of preference"),
    ("identification", "identification of the target"),
    ("detection", "detection (d′)"),
    ("dose", "dose: more segments, higher answers"),
]


class Migration(migrations.Migration):

    dependencies = [
        ("explainer", "0003_segments_asked_and_held"),
        ("study", "0006_machine_translation"),
    ]

    operations = [
        migrations.AddField(
            "study", "template", models.CharField(blank=True, default="", editable=False, max_length=40)
        ),
        migrations.RenameModel("PrimaryContrast", "ResearchQuestion"),
        migrations.AlterModelOptions("researchquestion", {"ordering": ["study", "position", "id"]}),
        migrations.AddField("researchquestion", "position", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField(
            "researchquestion",
            "estimand",
            models.CharField(choices=_ESTIMANDS, default="difference", max_length=20),
        ),
        migrations.AddField(
            "researchquestion",
            "music_model",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="explainer.musicmodel",
            ),
        ),
        migrations.AddField("researchquestion", "smallest_effect", models.FloatField(blank=True, null=True)),
        migrations.AddField(
            "researchquestion",
            "confidence",
            models.FloatField(
                default=0.95,
                validators=[
                    django.core.validators.MinValueValidator(0.5),
                    django.core.validators.MaxValueValidator(0.999),
                ],
            ),
        ),
        migrations.AlterField(
            "researchquestion",
            "second",
            models.CharField(blank=True, choices=_CONDITIONS, default="random_control", max_length=30),
        ),
        migrations.AlterField(
            "researchquestion",
            "study",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="research_questions",
                to="study.study",
            ),
        ),
        migrations.AlterField(
            "researchquestion",
            "question",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="research_questions",
                to="study.question",
            ),
        ),
    ]
