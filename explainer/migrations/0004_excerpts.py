import django.db.models.deletion
from django.db import migrations, models


def add_whole_tracks(apps, schema_editor):
    """Give every track the excerpt that is the whole of it, and let its explanations and clips belong to that."""
    Track, Excerpt, Explanation, Clip = (
        apps.get_model('explainer', name) for name in ('Track', 'Excerpt', 'Explanation', 'Clip')
    )
    for track in Track.objects.order_by('pk').iterator():
        whole = Excerpt.objects.create(
            track=track, start=0, frames=round(track.seconds * track.sample_rate), chosen_by='whole'
        )
        Explanation.objects.filter(track=track).update(excerpt=whole)
        Clip.objects.filter(track=track).update(excerpt=whole)
    if schema_editor and schema_editor.connection.vendor == 'postgresql':
        # Otherwise the checks of the new foreign keys wait for the end and the tables cannot be altered.
        schema_editor.execute('SET CONSTRAINTS ALL IMMEDIATE')


class Migration(migrations.Migration):

    dependencies = [
        ('explainer', '0003_segments_asked_and_held'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExcerptChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model_sha256', models.CharField(blank=True, help_text='SHA-256 over weights and definition.', max_length=64)),
                ('target', models.CharField(max_length=100)),
                ('rule', models.JSONField(help_text='JSON form of explainer.core.excerpts.rule.ExcerptRule.')),
                ('batch', models.CharField(db_index=True, help_text='The same for tracks whose excerpts are chosen together.', max_length=32)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('failed', 'failed')], default='waiting', max_length=10)),
                ('progress', models.PositiveSmallIntegerField(default=0, help_text='percent')),
                ('reported_at', models.DateTimeField(help_text='Last sign of life of the worker.', null=True)),
                ('failure', models.TextField(blank=True, help_text='What went wrong and what to do.')),
                ('curve', models.CharField(blank=True, help_text='Stored file: explainer.core.excerpts.curve.Curve as JSON.', max_length=200)),
                ('chosen', models.JSONField(default=list, help_text='Start and length in s, output and sought value of each chosen excerpt.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='excerpt_choices', to='explainer.musicmodel')),
                ('track', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='excerpt_choices', to='explainer.track')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Excerpt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.PositiveBigIntegerField(help_text="First frame, at the track's sample rate.")),
                ('frames', models.PositiveBigIntegerField(help_text='Number of frames.')),
                ('chosen_by', models.CharField(choices=[('whole', 'the whole track'), ('hand', 'by hand'), ('manifest', 'by manifest'), ('rule', 'by rule')], max_length=10)),
                ('output', models.FloatField(blank=True, help_text="The model's output for the rule's target on the excerpt.", null=True)),
                ('sought', models.FloatField(blank=True, help_text='The value to which the rule looked for the closest output.', null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('choice', models.ForeignKey(blank=True, help_text='The rule that chose it.', null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='excerpts', to='explainer.excerptchoice')),
                ('track', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='excerpts', to='explainer.track')),
            ],
            options={
                'ordering': ['track__name', 'start', 'frames'],
            },
        ),
        migrations.AddConstraint(
            model_name='excerpt',
            constraint=models.UniqueConstraint(fields=('track', 'start', 'frames'), name='excerpt_once'),
        ),
        migrations.RemoveConstraint(
            model_name='clip',
            name='uploaded_clip_once',
        ),
        migrations.RemoveConstraint(
            model_name='explanation',
            name='explanation_once',
        ),
        migrations.AddField(
            model_name='clip',
            name='excerpt',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clips', to='explainer.excerpt'),
        ),
        migrations.AddField(
            model_name='explanation',
            name='excerpt',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='explanations', to='explainer.excerpt'),
        ),
        migrations.RunPython(add_whole_tracks, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='clip',
            name='excerpt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clips', to='explainer.excerpt'),
        ),
        migrations.AlterField(
            model_name='explanation',
            name='excerpt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='explanations', to='explainer.excerpt'),
        ),
        migrations.AlterModelOptions(
            name='clip',
            options={'ordering': ['track__name', 'excerpt__start', 'target', 'condition', 'kept_segments', 'variant']},
        ),
        migrations.AlterModelOptions(
            name='explanation',
            options={'ordering': ['track__name', 'excerpt__start', 'excerpt__frames', 'model__name', 'recipe__name']},
        ),
        migrations.AddConstraint(
            model_name='clip',
            constraint=models.UniqueConstraint(condition=models.Q(('explanation__isnull', True)), fields=('excerpt', 'method', 'condition', 'target', 'kept_segments', 'variant'), name='uploaded_clip_once'),
        ),
        migrations.AddConstraint(
            model_name='explanation',
            constraint=models.UniqueConstraint(fields=('excerpt', 'model', 'recipe'), name='explanation_once'),
        ),
    ]
