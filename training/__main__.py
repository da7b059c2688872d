"""Train one of the demo's two-level cue models and write its card: `python -m training --output FOLDER`."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from tqdm import tqdm

from explainer.core.base.memory import keep_freed_memory
from explainer.core.representations.kinds import log_filterbank
from explainer.demo_models.attention_model import AttentionCueModel
from explainer.demo_models.cue_levels import CUES
from explainer.demo_models.cue_model import CueModel

from . import attention_fitting, corpus, cue_fitting, emotions, midi_to_sound, model_card

ROOT = Path(__file__).resolve().parents[1]
MODEL_FOLDER = ROOT / "fixtures" / "models" / "cue_model"
ATTENTION_FOLDER = ROOT / "fixtures" / "models" / "attention_cue_model"
VARIANTS_FOLDER = ROOT / "fixtures" / "music" / "variants"
# Far beyond any training batch: unseen pieces stay unseen however much is trained on.
FIRST_UNSEEN_BATCH = 30_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, fit, measure, write."""
    parser = _parser()
    given = parser.parse_args(arguments)
    form = _Attention if given.attention else _Committee
    pieces, output = given.pieces or form.pieces, given.output or form.folder
    epochs, batch = given.epochs or form.epochs, corpus.PIECES_PER_BATCH
    if pieces < 2 * batch or given.unseen < batch:
        parser.error(f"train on at least {2 * batch} pieces and measure on at least {batch}")
    # One thread: the same weights on any number of cores, and no waiting for each other on busy ones.
    torch.set_num_threads(1)
    keep_freed_memory()
    try:
        midi_to_sound.check_renderer(given.soundfont)
        second_level = emotions.second_level(MODEL_FOLDER / "eerola2013")
        training_music = _music("to train on", 0, pieces, given)
        unseen_music = _music("unseen", FIRST_UNSEEN_BATCH, given.unseen, given)
    except midi_to_sound.RenderingError as error:
        sys.exit(str(error))
    began = time.monotonic()
    with (
        _bar(len(training_music.cues), "describing", "piece") as describing,
        _bar(epochs * form.passes, "training", "pass") as training,
    ):
        model = form.fit(
            training_music,
            second_level,
            given.seed,
            epochs,
            describing=describing.update,
            training=training.update,
        )
    minutes = (time.monotonic() - began) / 60
    output.mkdir(parents=True, exist_ok=True)
    weights = output / f"{form.folder.name}.safetensors"
    save_file(model.state_dict(), weights)
    figures = _figures(model, weights, unseen_music, second_level)
    figures["training"] |= {
        "pieces": len(training_music.cues),
        "epochs": epochs,
        "seed": given.seed,
        "minutes": minutes,
    }
    if given.attention:
        figures["attention"] = _attention_figures(model, unseen_music)
    _write(form, output, figures, weights)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m training",
        description="Compose and render music with known cues, train the demo's two-level model on it, "
        "measure it on unseen pieces, and write weights, figures and model card. Needs fluidsynth and the "
        "soundfont FluidR3_GM.",
    )
    parser.add_argument(
        "--attention", action="store_true", help="train the variant with attention pooling instead"
    )
    parser.add_argument("--output", type=Path, help="folder for the result (default: where it ships)")
    parser.add_argument("--pieces", type=int, help="how many to train on (default: 7900)")
    parser.add_argument("--unseen", type=int, default=300, help="how many to measure on (default: 300)")
    parser.add_argument(
        "--epochs", type=int, help="passes over all pieces (default: 24, with --attention 16)"
    )
    parser.add_argument("--seed", type=int, default=0, help="fixes the training's random choices")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes that render")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(os.environ.get("DATA_FOLDER", ROOT / "data")) / "training",
        help="folder for rendered music; a run that was stopped continues from there",
    )
    parser.add_argument(
        "--soundfont", type=Path, default=midi_to_sound.SOUNDFONT, help="General MIDI soundfont (.sf2)"
    )
    return parser


def _music(what: str, first_batch: int, pieces: int, given: argparse.Namespace) -> corpus.Corpus:
    n_batches = pieces // corpus.PIECES_PER_BATCH
    with _bar(n_batches * corpus.PIECES_PER_BATCH, f"music {what}", "piece") as bar:
        return corpus.make_corpus(
            first_batch,
            n_batches,
            given.cache,
            soundfont=given.soundfont,
            workers=given.workers,
            progress=bar.update,
        )


def _figures(model, weights, unseen_music, second_level):
    """Return what is measured of a model once it is trained."""
    began = time.monotonic()
    on_unseen = model_card.evaluate(model, unseen_music, second_level)
    milliseconds = 1000 * (time.monotonic() - began) / len(unseen_music.cues)
    spread = {cue: row["spread"] for cue, row in on_unseen["cues"].items()}
    return {
        "training": {
            "megabytes": weights.stat().st_size / 1e6,
            "milliseconds_per_piece": milliseconds,
        },
        "version": _fluidsynth_version(),
        "unseen": on_unseen,
        "variants": model_card.evaluate_variants(model, VARIANTS_FOLDER, spread),
        "second_level": {
            "weights": second_level.weights.tolist(),
            "bias": second_level.bias.tolist(),
            "explained": second_level.explained,
        },
    }


def _write(form, output, figures, weights):
    _write_json(output / "figures.json", figures)
    _write_json(output / "model.json", {**_description(weights.name), **form.described})
    (output / "MODEL_CARD.md").write_text(model_card.model_card(figures, form.card), encoding="utf-8")
    unseen = figures["unseen"]
    for cue, row in unseen["cues"].items():
        print(f"{cue:18} r = {row['r']:.2f} on {unseen['pieces']} unseen pieces")
    print(f"Wrote {weights} and {output / 'MODEL_CARD.md'}")


def _bar(total, what, unit):
    return tqdm(total=total, desc=what, unit=unit)


class _Committee:
    """The demo's first model: the whole piece described, read by a committee."""

    folder = MODEL_FOLDER
    card = "model_card_template.md"
    pieces, epochs, passes = 7900, 24, 12  # three members with four readers each
    described = {}

    @staticmethod
    def fit(music, second_level, seed, epochs, **progress):
        """Return the model, fitted."""
        model = CueModel()
        schedule = cue_fitting.DEFAULT_SCHEDULE._replace(epochs=epochs)
        cue_fitting.fit(model, music, second_level, seed, schedule=schedule, **progress)
        return model


class _Attention:
    """The demo's second model: parts of the piece described, read, and pooled by attention."""

    folder = ATTENTION_FOLDER
    card = "attention_model_card_template.md"
    pieces, epochs, passes = 7900, 16, 4  # four readers of groups of cues
    described = {
        "name": "attention-cue-model",
        "description": (
            "The cue model's variant that says where it listened: nine cues read from parts of the "
            "spectrogram and pooled by attention, the same second level; see its card."
        ),
        "code": "explainer.demo_models.attention_model.AttentionCueModel",
        "source": (
            "trained by python -m training --attention; second level from Eerola, Friberg and Bresin "
            "2013, doi:10.3389/fpsyg.2013.00487"
        ),
    }

    @staticmethod
    def fit(music, second_level, seed, epochs, **progress):
        """Return the model, fitted."""
        model = AttentionCueModel()
        schedule = attention_fitting.DEFAULT_SCHEDULE._replace(epochs=epochs)
        attention_fitting.fit(model, music, second_level, seed, schedule=schedule, **progress)
        return model


def _attention_figures(model, music):
    """Return over how many parts the attention is spread, for each cue, and how many there are."""
    spread, parts = attention_fitting.effective_parts(model, music.features)
    return {
        "parts": parts,
        "focus": attention_fitting.FOCUS,
        "effective": dict(zip(CUES, spread.tolist(), strict=True)),
    }


def _description(checkpoint):
    """Return the model in the form that `explainer.core.models.loading.load_model` reads."""
    return {
        "name": "cue-model",
        "description": (
            "Two levels: nine musical cues from sound, eight emotions from the cues. Trained on synthetic "
            "music whose cues were set; the second level is fixed from listening experiments; see its card."
        ),
        "adapter": "torch",
        "code": "explainer.demo_models.cue_model.CueModel",
        "checkpoint": checkpoint,
        "output": "value",
        "representation": log_filterbank().to_dict(),
        "targets": [
            *({"name": cue, "level": "mid-level"} for cue in CUES),
            *({"name": emotion, "level": "emotion"} for emotion in emotions.EMOTIONS),
        ],
        "licence": "CC0-1.0",
        "source": (
            "trained by python -m training; second level from Eerola, Friberg and Bresin 2013, "
            "doi:10.3389/fpsyg.2013.00487"
        ),
    }


def _fluidsynth_version():
    answer = subprocess.run(
        ["fluidsynth", "--version"], capture_output=True, text=True, check=False, timeout=20
    )
    return next((line for line in answer.stdout.splitlines() if "version" in line), "version unknown")


def _write_json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
