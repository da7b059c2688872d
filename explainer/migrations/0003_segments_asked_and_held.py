from django.db import migrations, models


def tell_apart(apps, schema_editor):
    """Keep what was asked for, and read what clips hold from their provenance; empty where that is not known."""
    Clip = apps.get_model('explainer', 'Clip')
    built = Clip.objects.filter(explanation__isnull=False)
    built.update(segments_asked=models.F('kept_segments'))
    numbers = built.exclude(target='').order_by('pk')
    evidence = {}
    for clip in numbers.filter(condition__in=('evidence', 'boosted')).iterator():
        evidence[clip.explanation_id, clip.target, clip.segments_asked] = number_in(clip)
    changed = []
    for clip in numbers.iterator():
        if clip.condition in ('complement', 'random_control', 'boosted', 'evidence'):
            clip.kept_segments = evidence.get((clip.explanation_id, clip.target, clip.segments_asked))
        else:
            clip.kept_segments = number_in(clip)
        if clip.kept_segments is None and clip.segments_asked == 0:
            clip.kept_segments = 0  # where nothing was asked for, nothing is unknown
        changed.append(clip)
    Clip.objects.bulk_update(changed, ['kept_segments'], batch_size=500)


def number_in(clip):
    """Return how many segments a clip's provenance names."""
    segments = clip.provenance.get('segments') if isinstance(clip.provenance, dict) else None
    return len(segments) if isinstance(segments, list) else None


def as_asked(apps, schema_editor):
    """Say again what was asked for."""
    Clip = apps.get_model('explainer', 'Clip')
    Clip.objects.filter(segments_asked__isnull=False).update(kept_segments=models.F('segments_asked'))
    Clip.objects.filter(kept_segments=None).update(kept_segments=0)


class Migration(migrations.Migration):

    dependencies = [
        ('explainer', '0002_size_and_sound_of_clips'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='clip',
            name='clip_once_per_explanation',
        ),
        migrations.AddField(
            model_name='clip',
            name='segments_asked',
            field=models.PositiveSmallIntegerField(blank=True, help_text='How many segments of evidence the recipe asked for; 0 where it does not apply, empty for uploaded clips.', null=True),
        ),
        migrations.AlterField(
            model_name='clip',
            name='kept_segments',
            field=models.PositiveSmallIntegerField(blank=True, default=0, help_text='Number of segments of evidence that the clip holds, lacks (complement), boosts or is matched with (random control); 0 where it does not apply, empty where it is not known.', null=True),
        ),
        migrations.AddConstraint(
            model_name='clip',
            constraint=models.UniqueConstraint(fields=('explanation', 'condition', 'target', 'segments_asked', 'variant'), name='clip_once_per_explanation'),
        ),
        migrations.RunPython(tell_apart, as_asked),
    ]
