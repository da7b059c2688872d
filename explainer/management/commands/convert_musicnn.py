"""Convert the published weights of musicnn to safetensors."""

import hashlib
import json
import zipfile
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

PACKAGE = "musicnn 0.1.0"
PAPER = (
    "J. Pons and X. Serra: musicnn: pre-trained convolutional neural networks for music audio tagging "
    "(arXiv:1909.06654)"
)
TRAINED_ON = {
    "MSD": "the Million Song Dataset with Last.fm tags",
    "MTT": "MagnaTagATune",
}


class Command(BaseCommand):
    """`manage.py convert_musicnn WHEEL_OR_FOLDER --output FOLDER`."""

    help = (
        "Convert the weights of musicnn (MSD and MTT) from the wheel of the Python package musicnn 0.1.0 "
        "(pip download --no-deps musicnn==0.1.0) to safetensors, with licence, origin and model descriptions."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("source", type=Path, help="the wheel, or a folder into which it was unpacked")
        parser.add_argument(
            "--output",
            type=Path,
            default=settings.FIXTURES_FOLDER / "models" / "musicnn",
            help="folder for the converted weights (default: fixtures/models/musicnn)",
        )

    def handle(self, *args, source, output, **options):
        """Read everything first, then write."""
        from safetensors.torch import save

        from explainer.demo_models.musicnn import state_from_tensorflow
        from explainer.demo_models.tensorflow_checkpoint import CheckpointError, read_checkpoint

        if source.suffix == ".whl":
            if not zipfile.is_zipfile(source):
                raise CommandError(
                    f"{source} is not a wheel; fetch it with: pip download --no-deps musicnn==0.1.0"
                )
            folder = zipfile.Path(source)
        else:
            folder = source
        try:
            licence = (folder / "musicnn-0.1.0.dist-info" / "LICENSE.md").read_text(encoding="utf-8")
            weights = {
                f"{dataset.lower()}.safetensors": save(
                    state_from_tensorflow(read_checkpoint(folder / "musicnn" / f"{dataset}_musicnn"))
                )
                for dataset in TRAINED_ON
            }
        except (OSError, KeyError, CheckpointError) as error:
            raise CommandError(
                f"{source} does not hold the package {PACKAGE}: {error}. "
                "Fetch the wheel with: pip download --no-deps musicnn==0.1.0"
            ) from error
        output.mkdir(parents=True, exist_ok=True)
        for name, content in weights.items():
            (output / name).write_bytes(content)
            self.stdout.write(f"{output / name}: {len(content) / 1e6:.2f} MB")
        (output / "LICENCE.txt").write_text(licence, encoding="utf-8")
        _write_json(output / "origin.json", _origin(source, weights))
        for dataset in TRAINED_ON:
            name = "model.json" if dataset == "MSD" else f"model_{dataset.lower()}.json"
            _write_json(output / name, _description(dataset))


def _origin(source, weights):
    origin = {
        "package": PACKAGE,
        "licence": "ISC",
        "paper": PAPER,
        "converted_by": "manage.py convert_musicnn",
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in weights.items()},
    }
    if source.is_file():
        origin["wheel"] = source.name
        origin["wheel_sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    return origin


def _description(dataset):
    """Return the model in the form that `explainer.core.models.loading.load_model` reads."""
    from explainer.core.representations.kinds import mel
    from explainer.demo_models import musicnn

    tags = getattr(musicnn, f"{dataset}_TAGS")
    return {
        "name": f"musicnn-{dataset}",
        "description": (
            f"Published music tagger, trained on {TRAINED_ON[dataset]}: a black box for mood, genre and "
            "instrument tags. It hears tempo, articulation and register, and "
            "hardly any difference between major and minor."
        ),
        "adapter": "torch",
        "code": "explainer.demo_models.musicnn.Musicnn",
        "checkpoint": f"{dataset.lower()}.safetensors",
        "output": "logit",
        "representation": mel().to_dict(),
        "targets": [{"name": tag, "level": "tag"} for tag in tags],
        "licence": "ISC; Music Technology Group, Universitat Pompeu Fabra, 2019",
        "source": f"Python package {PACKAGE}; {PAPER}",
    }


def _write_json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
