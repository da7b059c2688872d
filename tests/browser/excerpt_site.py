"""Add a track of 40 s to a site, drawn, and with what a model says of it over time.

Runs in a process of its own with the site's settings, Django being set up. Prints primary keys as JSON.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from explainer.builds.overviews import draw_overview
from explainer.core.excerpts.curve import Curve
from explainer.core.excerpts.rule import ExcerptRule
from explainer.files.curves import store_curve
from explainer.imports.excerpts import add_excerpt
from explainer.imports.tracks import import_tracks
from explainer.models import ExcerptChoice, MusicModel

RATE, SECONDS = 16_000, 40


def main() -> None:
    time = np.arange(SECONDS * RATE) / RATE
    rng = np.random.default_rng(1)
    y = 0.2 * np.sin(2 * np.pi * (220 + 220 * (time // 5 % 3)) * time) * (0.3 + 0.7 * (time % 0.5 < 0.25))
    y += 0.1 * np.sin(2 * np.pi * 3000 * time) * (time > 20) + 0.003 * rng.standard_normal(len(time))
    with tempfile.TemporaryDirectory() as folder:
        soundfile.write(Path(folder) / "long_song.flac", y, RATE)
        [done] = import_tracks([Path(folder) / "long_song.flac"], decode_here=True)
    draw_overview(done.track)
    model = MusicModel.objects.create(name="tense-model", targets=[{"name": "tense", "level": "emotion"}])
    starts = np.arange(0, 33.01, 0.5)
    curve = Curve(
        starts=starts, seconds=7.0, outputs={"tense": 0.3 + 0.2 * np.sin(starts / 4) + 0.01 * starts},
        sounding=np.where(starts < 2, 0.2, 1.0), output="value", starts_on="anywhere",
    )  # fmt: skip
    rule = ExcerptRule(number=2, seconds=7, where="most", starts_on="anywhere")
    choice = ExcerptChoice.objects.create(
        track=done.track, model=model, model_sha256=model.digest(), target="tense", rule=rule.to_dict(),
        batch="0", state="done", progress=100, curve=store_curve(curve),
        chosen=[{"start": 5.0, "seconds": 7.0, "output": 0.54, "sought": None},
                {"start": 31.0, "seconds": 7.0, "output": 0.81, "sought": None}],
    )  # fmt: skip
    for one in choice.chosen:
        add_excerpt(done.track, one["start"], 7.0, "rule", choice=choice, output=one["output"])
    print(json.dumps({"track": done.track.pk, "choice": choice.pk}))
