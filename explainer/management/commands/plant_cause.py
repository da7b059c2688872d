"""Plant a known cause in tracks and measure which methods find it."""

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from explainer.core.base.counting import plural
from explainer.files import stored_files
from explainer.management.named_rows import named_rows
from explainer.models import Track


class Command(BaseCommand):
    """Mix a tone into tracks, explain a model that responds only to it, and score every method."""

    help = "Mix a known sound into tracks and print how well each explanation method finds it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare tracks, methods and effort."""
        parser.add_argument("--track", action="append", help="name of a track (default: all)")
        parser.add_argument("--method", action="append", help="name of a method (default: all)")
        parser.add_argument("--calls", type=int, default=256, help="budget of model calls (256)")
        parser.add_argument(
            "--times", type=int, default=3, help="number of tones per track, one at a time (3)"
        )
        parser.add_argument("--seed", type=int, default=0, help="seed of times and pitches (0)")

    def handle(
        self,
        *,
        track: list[str] | None,
        method: list[str] | None,
        calls: int,
        times: int,
        seed: int,
        **options: Any,
    ) -> None:
        """Plant tones, explain, and print one row per method."""
        from explainer.core.audio import read_audio
        from explainer.core.base.recipe import Recipe
        from explainer.core.evaluation.planted import check_methods
        from explainer.core.methods import METHODS
        from explainer.core.representations.kinds import log_filterbank

        unknown = sorted(set(method or ()) - set(METHODS))
        if unknown:
            raise CommandError(
                f"There is no method {', '.join(unknown)}; use one of {', '.join(sorted(METHODS))}."
            )
        tracks = named_rows(Track, track, "track")
        if not tracks:
            raise CommandError("There is no track yet; import tracks with manage.py import_tracks.")
        methods = method or sorted(METHODS)
        representation, recipe = log_filterbank(), Recipe(calls=calls, seed=seed)
        rng = np.random.default_rng(seed)
        found = defaultdict(list)
        for row in tracks:
            with tempfile.TemporaryDirectory(prefix="plant-") as folder:
                file = Path(folder) / Path(row.file.name).name
                file.write_bytes(stored_files.read(row.file.name))
                y, _ = read_audio(file, sample_rate=representation.sample_rate)
            for _ in range(times):
                for finding in check_methods(y, representation, recipe, methods, rng):
                    found[finding.method].append((finding.precision, finding.rank, finding.model_calls))
            self.stdout.write(f"{row.name}: planted {plural(times, 'time')}", self.style.NOTICE)
        self.stdout.write(f"{'method':22} {'precision':>9} {'rank':>6} {'calls':>6}")
        for name in sorted(found, key=lambda name: -np.mean(found[name], axis=0)[1]):
            precision, rank, model_calls = np.mean(found[name], axis=0)
            self.stdout.write(f"{name:22} {precision:9.2f} {rank:6.2f} {model_calls:6.0f}")
