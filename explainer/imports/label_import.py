"""Import of ratings from published data sets for existing tracks."""

from dataclasses import dataclass

from django.db import transaction

from explainer.core.correlations.label_files import Labels, without_zeros
from explainer.models import Track, TrackLabels


@dataclass(frozen=True)
class LabelImport:
    """The outcome of importing a label file.

    Attributes
    ----------
    without_track : list of str
        Identifiers in the file for which there is no track.
    """

    labelled: list[Track]
    without_track: list[str]


@transaction.atomic
def import_labels(labels: Labels, prefix: str = "") -> LabelImport:
    """Store ratings of tracks; importing again replaces them.

    Parameters
    ----------
    prefix : str
        Text before the number in the tracks' names: with ``soundtracks-``, the ratings of number 7 belong
        to the track ``soundtracks-7`` or ``soundtracks-007``.
    """
    here = {
        without_zeros(track.name.removeprefix(prefix)): track
        for track in Track.objects.filter(name__startswith=prefix).only("name")
    }
    labelled, missing = [], []
    for identifier, values in zip(labels.tracks, labels.values, strict=True):
        track = here.get(without_zeros(identifier))
        if track is None:
            missing.append(identifier)
            continue
        TrackLabels.objects.update_or_create(
            track=track,
            data_set=labels.data_set,
            defaults={"values": dict(zip(labels.targets, values.tolist(), strict=True))},
        )
        labelled.append(track)
    return LabelImport(labelled, missing)
