"""Studies say which clips an annotator gets; stored studies spread them over tracks, as before."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("study", "0007_research_questions")]

    operations = [
        migrations.AddField(
            "study",
            "allocation",
            models.CharField(
                choices=[
                    ("many_tracks", "clips of as many tracks as possible"),
                    ("whole_tracks", "all clips of a track to the same annotator"),
                ],
                default="many_tracks",
                max_length=20,
            ),
        ),
    ]
