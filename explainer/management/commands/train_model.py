"""Train one of the published two-level networks on the user's copy of the data sets."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from explainer.core.correlations.label_files import LabelError, Labels, read_mid_level, read_soundtracks

if TYPE_CHECKING:
    from torch import nn

    from explainer.demo_models.published_sets import Excerpt


CODE = {"a2e": "A2E", "a2mid2e": "A2Mid2E", "joint": "A2Mid2EJoint"}


class Command(BaseCommand):
    """Read sounds and ratings, train, measure on held-out excerpts, write weights and description."""

    help = (
        "Train A2E, A2Mid2E or its joint variant on your copy (sound and label files) of the Soundtracks and "
        "Mid-level data sets."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the data and how to train."""
        parser.add_argument(
            "variant",
            choices=list(CODE),
            help="emotions directly, through mid-level features, or both together",
        )
        parser.add_argument("--soundtracks", type=Path, help="mean_ratings_set1.csv")
        parser.add_argument("--soundtracks-audio", type=Path, help="folder with 001.mp3 and so on")
        parser.add_argument("--mid-level", type=Path, help="annotations.csv")
        parser.add_argument("--mid-level-audio", type=Path, help="folder with 1.mp3 and so on")
        parser.add_argument("--output", type=Path, required=True, help="folder for weights and description")
        parser.add_argument("--name", help="name of the model (default: that of the variant)")
        parser.add_argument("--epochs", type=int, default=60, help="passes over all excerpts (default: 60)")
        parser.add_argument("--seconds", type=float, default=10.0, help="length of a window (default: 10)")
        parser.add_argument(
            "--test-share", type=float, default=0.2, help="share of test excerpts (default: 0.2)"
        )
        parser.add_argument("--seed", type=int, default=0, help="seed of every random choice")

    def handle(
        self,
        *,
        variant: str,
        output: Path,
        name: str | None,
        epochs: int,
        seconds: float,
        test_share: float,
        seed: int,
        **options: Any,
    ) -> None:
        """Train and report."""
        from explainer.demo_models import network_fitting

        if epochs < 1 or seconds < 1 or not 0 < test_share < 1:
            raise CommandError(
                "Use at least 1 epoch, windows of at least 1 s, and a test share between 0 and 1."
            )
        excerpts = self._read(self._sources(variant, options), seconds, options["verbosity"])
        training, test = network_fitting.split(excerpts, test_share, seed)
        self.stdout.write(f"{len(training)} excerpts to train on, {len(test)} to measure on.")
        with tqdm(total=epochs, desc="Training", unit="pass", disable=options["verbosity"] == 0) as bar:

            def show(loss: float) -> None:
                bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
                bar.update()

            network = network_fitting.fit(
                variant, training, epochs=epochs, seconds=seconds, seed=seed, on_epoch=show
            )
        figures = network_fitting.evaluate(network, test, seconds)
        self._write(network, variant, output, name or variant, figures, seed=seed, epochs=epochs,
                    seconds=seconds, training=len(training), test=len(test))  # fmt: skip
        for target, row in figures.items():
            low, high = row["interval"]
            self.stdout.write(f"{target:18} r = {row['r']:.2f} [{low:.2f}, {high:.2f}]")
        if not figures:
            self.stdout.write("Too few excerpts were held out for a measurement; use more.")
        file = output / "model.json"
        self.stdout.write(self.style.SUCCESS(f"Wrote {file}. Next: manage.py register_model {file}"))

    def _sources(self, variant: str, options: dict[str, Any]) -> list[tuple[Labels, Path]]:
        """Return pairs of ratings and folder, after checking that the variant has all it needs."""
        sources = []
        for data_set, read in (("soundtracks", read_soundtracks), ("mid_level", read_mid_level)):
            labels, audio = options[data_set], options[f"{data_set}_audio"]
            if bool(labels) != bool(audio):
                flag = data_set.replace("_", "-")
                raise CommandError(f"--{flag} and --{flag}-audio must be given together.")
            if labels:
                if not audio.is_dir():
                    raise CommandError(f"{audio} is not a folder; name the folder of the sound files.")
                try:
                    sources.append((read(labels), audio))
                except LabelError as error:
                    raise CommandError(str(error)) from error
        if not options["soundtracks"]:
            raise CommandError("Emotions are learned from the Soundtracks data set: give --soundtracks.")
        if variant != "a2e" and not options["mid_level"]:
            raise CommandError(f"{variant} learns mid-level features too: give --mid-level.")
        return sources if variant != "a2e" else sources[:1]

    def _read(self, sources: list[tuple[Labels, Path]], seconds: float, verbosity: int) -> "list[Excerpt]":
        from explainer.demo_models.published_sets import read_excerpts

        problems = []
        with tqdm(
            total=sum(len(labels.tracks) for labels, _ in sources),
            desc="Reading", unit="file", disable=verbosity == 0,
        ) as bar:  # fmt: skip

            def note(file: Path, problem: str) -> None:
                bar.update()
                if problem:
                    problems.append(problem)

            excerpts = read_excerpts(sources, least_seconds=seconds, on_file=note)
        for problem in problems:
            self.stderr.write(f"Skipped: {problem}")
        rated = sum(len(labels.tracks) for labels, _ in sources)
        if len(excerpts) < 4:
            raise CommandError(
                f"Only {len(excerpts)} of {rated} rated excerpts have a usable sound file; at least 4 are "
                "needed. Files are found by number: 7.mp3 or 007.mp3."
            )
        return excerpts

    def _write(
        self, network: "nn.Module", variant: str, output: Path, name: str, figures: dict[str, Any], **how: Any
    ) -> None:
        from safetensors.torch import save_file

        from explainer.core.representations.kinds import log_filterbank
        from explainer.demo_models.network_fitting import frames_of, targets_of

        output.mkdir(parents=True, exist_ok=True)
        checkpoint = output / f"{variant}.safetensors"
        save_file(network.state_dict(), checkpoint)
        description = {
            "name": name,
            "description": f"{CODE[variant]} trained on people's ratings; outputs are ratings divided by 10.",
            "adapter": "torch",
            "code": f"explainer.demo_models.two_level_networks.{CODE[variant]}",
            "checkpoint": checkpoint.name,
            "output": "value",
            "representation": log_filterbank().to_dict(),
            "targets": [{"name": target, "level": level} for target, level in targets_of(network)],
            "window_frames": frames_of(how["seconds"]),
            "source": "trained by manage.py train_model",
        }
        for file, content in (("model.json", description), ("figures.json", {**how, "test_r": figures})):
            (output / file).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
