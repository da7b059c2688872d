"""What a trained cue model can and cannot do: measured figures, and the model card made of them."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from explainer.core.audio import read_audio
from explainer.core.correlations.leakage import leakage
from explainer.core.representations.kinds import log_filterbank
from explainer.demo_models.cue_levels import CUES

from .corpus import SECONDS, Corpus
from .emotions import EMOTIONS, SecondLevel

_FOLDER = Path(__file__).parent
_AT_ONCE = 25
_UP = {"up": 1, "down": -1}


def predict(model: nn.Module, features: np.ndarray) -> np.ndarray:
    """Return cues and emotions [shape=(n, 17)]."""
    with torch.inference_mode():
        batches = [
            model(torch.from_numpy(features[start : start + _AT_ONCE].astype(np.float32))).numpy()
            for start in range(0, len(features), _AT_ONCE)
        ]
    return np.concatenate(batches)


def evaluate(model: nn.Module, unseen: Corpus, second_level: SecondLevel) -> dict[str, Any]:
    """Compare predictions on unseen pieces with the cues they were given.

    Returns
    -------
    dict
        ``cues``: for each cue Pearson's r with its 95 % interval (Fisher's z), the root mean
        square error, and the spread of the predictions. ``emotions``: r with what the second level
        makes of the given cues. ``beyond_name``: for each emotion the share of its prediction's
        variance that passes through each cue beyond what the given cue explains, see
        `explainer.core.correlations.leakage`.
    """
    predicted = predict(model, unseen.features)
    wanted_emotions = unseen.cues @ second_level.weights + second_level.bias
    n = len(unseen.cues)
    cues = {}
    for i, cue in enumerate(CUES):
        r = float(np.corrcoef(predicted[:, i], unseen.cues[:, i])[0, 1])
        low, high = np.tanh(np.arctanh(r) + np.array([-1.96, 1.96]) / np.sqrt(n - 3))
        cues[cue] = {
            "r": r,
            "interval": [float(low), float(high)],
            "error": float(np.sqrt(np.mean((predicted[:, i] - unseen.cues[:, i]) ** 2))),
            "spread": float(predicted[:, i].std()),
        }
    emotions = {
        emotion: float(np.corrcoef(predicted[:, len(CUES) + i], wanted_emotions[:, i])[0, 1])
        for i, emotion in enumerate(EMOTIONS)
    }
    passed = leakage(predicted[:, : len(CUES)], second_level.weights, unseen.cues).beyond_name.value
    beyond_name = {
        emotion: dict(zip(CUES, passed[:, i].tolist(), strict=True)) for i, emotion in enumerate(EMOTIONS)
    }
    return {"pieces": n, "seconds": SECONDS, "cues": cues, "emotions": emotions, "beyond_name": beyond_name}


def evaluate_variants(model: nn.Module, folder: Path, spread: dict[str, float]) -> list[dict[str, Any]]:
    """Ask whether a cue moves when it alone is changed in one phrase.

    Parameters
    ----------
    model : nn.Module
    folder : Path
        Holds ``base.flac``, its variants, and a ``manifest.csv`` that says what was changed.
    spread : dict
        Standard deviation of each cue's predictions over unseen pieces, the unit of the answer.

    Returns
    -------
    list of dict
        For each variant the changed cue, the direction, that cue's movement, and which cue moved
        most.
    """
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        variants = [row for row in csv.DictReader(file) if row["changed_cue"]]
    base = _cues_of(model, folder / "base.flac")
    units = np.array([spread[cue] for cue in CUES])
    rows = []
    for variant in variants:
        movement = (_cues_of(model, folder / variant["file"]) - base) / units
        intended = float(movement[CUES.index(variant["changed_cue"])])
        rows.append(
            {
                "variant": Path(variant["file"]).stem,
                "cue": variant["changed_cue"],
                "direction": variant["direction"],
                "movement": intended,
                "as_intended": bool(intended * _UP[variant["direction"]] > 0),
                "moved_most": CUES[int(np.argmax(np.abs(movement)))],
            }
        )
    return rows


def _cues_of(model: nn.Module, file: Path) -> np.ndarray:
    representation = log_filterbank()
    y, _ = read_audio(file, sample_rate=representation.sample_rate)
    return predict(model, representation.features(y)[None])[0, : len(CUES)]


def model_card(figures: dict[str, Any], template: str = "model_card_template.md") -> str:
    """Return the model card, in Markdown, of measured figures, by one of this folder's templates."""
    unseen, training = figures["unseen"], figures["training"]
    cue_rows = [
        f"| {cue.replace('_', ' ')} | {row['r']:.2f} | {row['interval'][0]:.2f} to {row['interval'][1]:.2f} "
        f"| {row['error']:.2f} |"
        for cue, row in unseen["cues"].items()
    ]
    emotion_rows = [
        f"| {emotion} | {r:.2f} | {_percent(sum(beyond.values()))} | {_largest(beyond)} |"
        for (emotion, r), beyond in zip(
            unseen["emotions"].items(), unseen["beyond_name"].values(), strict=True
        )
    ]
    variant_rows = [
        f"| {row['variant'].replace('_', ' ')} | {row['cue'].replace('_', ' ')} {row['direction']} "
        f"| {row['movement']:+.1f} | {'yes' if row['as_intended'] else '**no**'} "
        f"| {row['moved_most'].replace('_', ' ')} |"
        for row in figures["variants"]
    ]
    weight_rows = [
        f"| {cue.replace('_', ' ')} | " + " | ".join(f"{weight:.2f}" for weight in weights) + " |"
        for cue, weights in zip(CUES, figures["second_level"]["weights"], strict=True)
    ]
    explained = ", ".join(f"{name} {r2:.2f}" for name, r2 in figures["second_level"]["explained"].items())
    failed = [row["variant"].replace("_", " ") for row in figures["variants"] if not row["as_intended"]]
    attention = figures.get("attention", {"parts": 0, "focus": 0, "effective": {}})
    return (
        (_FOLDER / template)
        .read_text(encoding="utf-8")
        .format(
            parts=attention["parts"],
            focus=f"{attention['focus']:g}",
            attention_rows="\n".join(
                f"| {cue.replace('_', ' ')} | {effective:.1f} |"
                for cue, effective in attention["effective"].items()
            ),
            pieces=f"{training['pieces']:,}".replace(",", " "),
            seconds=f"{unseen['seconds']:.0f}",
            version=figures["version"],
            unseen=unseen["pieces"],
            cue_rows="\n".join(cue_rows),
            emotion_rows="\n".join(emotion_rows),
            variant_rows="\n".join(variant_rows),
            failed=f"It fails on: {', '.join(failed)}."
            if failed
            else "It moves the right way on all of them.",
            emotion_names=" | ".join(EMOTIONS),
            emotion_rule="|".join(["---"] * (len(EMOTIONS) + 1)),
            weight_rows="\n".join(weight_rows),
            bias=" | ".join(f"{value:.2f}" for value in figures["second_level"]["bias"]),
            explained=explained,
            size=f"{training['megabytes']:.1f}",
            minutes=f"{training['minutes']:.0f}",
            milliseconds=f"{training['milliseconds_per_piece']:.0f}",
        )
    )


def _largest(shares: dict[str, float]) -> str:
    cue = max(shares, key=lambda name: shares[name])
    return f"{cue.replace('_', ' ')} ({_percent(shares[cue])})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
