"""Data of the correlations page, computed from stored predictions and labels; no HTML, no request."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainer.core.base.canonical_json import digest_of
from explainer.core.base.counting import plural
from explainer.core.correlations import published
from explainer.core.correlations.estimates import (
    NOTHING_LEFT,
    Correlations,
    Estimates,
    Row,
    contradictions,
    correlations,
    fisher,
    long_table,
    prediction_quality,
    rows_of,
    standardised_weights,
)
from explainer.core.correlations.leakage import leakage, leakage_table
from explainer.core.models.units import unit_of
from explainer.files.spreadsheets import csv_text
from explainer.models import Explanation, MusicModel, Track, TrackLabels

from . import predictions, track_leakage
from .heat_maps import PARTIAL, PEARSON, STANDARDISED, Cell, HeatMap, Part, cell, heat_map

# Number of excerpts of the published correlations.
PUBLISHED_EXCERPTS = 360
_PUBLISHED = "published"
_AS_PUBLISHED = "as published"
# Units of the table's numbers, by quantity.
_UNITS = {
    "correlation": PEARSON,
    "correlation_among_mid_level": PEARSON,
    "annotated_with_predicted": PEARSON,
    "partial_correlation": PARTIAL,
    "rest_with_rated_emotion": PARTIAL,
    "variance_inflation": "1 / (1 - R\N{SUPERSCRIPT TWO})",
    "standardised_weight": STANDARDISED,
    "weight_from_ratings": STANDARDISED,
    "share_by_name": track_leakage.SHARE,
    "share_beyond_name": track_leakage.SHARE,
}


@dataclass(frozen=True)
class Page:
    """The whole page."""

    parts: list[Part]
    table: list[tuple[str, Row]]
    matrices: dict[str, dict[str, Any]]
    unit: str = ""  # of the model's outputs

    def key(self) -> str:
        """Return the digest under which the figures of these numbers are stored."""
        return digest_of(self.matrices)


def gather(model: MusicModel, tracks: Sequence[Track]) -> Page:
    """Return the data of the page for a model and a set of tracks."""
    outputs = predictions.known(model, tracks)
    levels = _levels(model)
    parts: list[Part] = []
    table: list[tuple[str, Row]] = []
    labels = _labels(tracks)
    for part, rows in (
        _predicted(model, outputs, levels),
        *_annotated(model, labels, outputs),
        _beyond_names(model, labels, outputs, levels),
        _from_publication(),
    ):
        if part:
            parts.append(part)
            table += [(part.anchor, row) for row in rows]
    matrices = {f"{part.anchor}-{found.key}": _matrix(found) for part in parts for found in part.maps}
    return Page(parts, table, matrices, unit_of(model.output))


def as_csv(page: Page) -> str:
    """Return all numbers of a page as CSV, one per line, unrounded and with units."""
    rows = (
        (
            *(source, row.quantity, row.row, row.column),
            *map(_number, (row.value, row.lower, row.upper)),
            _unit(source, row.quantity, page.unit or "value"),
        )
        for source, row in page.table
    )
    return csv_text(["source", "quantity", "row", "column", "value", "lower", "upper", "unit"], rows)


def _unit(source: str, quantity: str, unit: str) -> str:
    if quantity in _UNITS:
        return _UNITS[quantity]
    if quantity != "learned_weight":
        return ""
    return _AS_PUBLISHED if source == _PUBLISHED else f"{unit} of the emotion per {unit} of the feature"


def _number(value: float) -> float | str:
    return "" if math.isnan(value) else value


def _levels(model: MusicModel) -> tuple[list[str], list[str]]:
    """Return the names of the mid-level features and of the emotions, or of a tagger's tags."""
    by_level: dict[str, list[str]] = {}
    for target in model.targets:
        by_level.setdefault(target.get("level", "tag"), []).append(target["name"])
    return by_level.get("mid-level", []), by_level.get("emotion", []) or by_level.get("tag", [])


def _table(values: Sequence[dict[str, float]], names: Sequence[str]) -> np.ndarray:
    return np.array([[row[name] for name in names] for row in values], dtype=float).reshape(-1, len(names))


def _predicted(
    model: MusicModel, outputs: dict[int, dict[str, float]], levels: tuple[list[str], list[str]]
) -> tuple[Part | None, list]:
    mid_level, emotions = levels
    if len(outputs) < 3:
        return None, []
    answers = list(outputs.values())
    if not mid_level or not emotions:
        return _one_level(answers, mid_level or emotions)
    features, targets = _table(answers, mid_level), _table(answers, emotions)
    found = correlations(features, targets)
    weights = _learned_weights(model, features, targets)
    standardised = None if weights is None else standardised_weights(weights, features, targets)
    maps = _maps_of(found, mid_level, emotions)
    lead = f"Outputs of {model.name} on {plural(answers, 'track')}."
    if weights is not None and standardised is not None:
        against = contradictions(weights, found.pearson)
        remarks = np.where(against, "against the correlation", "")
        maps.insert(
            1,
            heat_map(
                "weights",
                "Learned weights",
                "Weights of the linear second level, in standard deviations of the emotion per standard "
                "deviation of the feature. Framed where the sign contradicts a correlation whose interval "
                "excludes zero.",
                Estimates.alone(standardised),
                mid_level,
                emotions,
                remarks=remarks,
                unit=STANDARDISED,
            ),
        )
        lead += (
            f" {int(against.sum())} of {int((weights != 0).sum())} learned weights contradict the "
            "correlation of their feature and emotion."
        )
    part = Part("predicted", "Predicted", lead, maps, found.remarks, _inflation(found, mid_level))
    return part, long_table(found, mid_level, emotions, weights, standardised)


def _one_level(answers: list[dict[str, float]], names: list[str]) -> tuple[Part, list]:
    values = _table(answers, names)
    among = fisher(_correlated(values), len(values))
    part = Part(
        "predicted",
        "Predicted",
        f"Correlations of the {plural(names, 'output')} over {plural(answers, 'track')}; the model has no "
        "second level.",
        [heat_map("among", "Outputs among themselves", "Pearson's r.", among, names, names)],
    )
    return part, rows_of("correlation", among, names, names)


def _correlated(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.corrcoef(values.T).reshape(values.shape[1], values.shape[1])


def _learned_weights(model: MusicModel, features: np.ndarray, targets: np.ndarray) -> np.ndarray | None:
    """Return the second level's weights: declared, stored in an explanation, or recovered from predictions.

    A second level inside a module is linear too, so with enough tracks least squares recovers its weights
    exactly.
    """
    if model.emotion_weights:
        return np.array(model.emotion_weights, dtype=float)
    for row in Explanation.objects.done().filter(model=model).only("provenance"):
        if row.provenance.get("model_sha256") == model.digest() and "second_level" in row.provenance:
            return np.array(row.provenance["second_level"]["weights"], dtype=float)
    design = np.column_stack([np.ones(len(features)), features])
    solution, _, rank, _ = np.linalg.lstsq(design, targets, rcond=1e-9)
    exact = np.allclose(design @ solution, targets, rtol=1e-3, atol=1e-4)
    if rank < design.shape[1] or len(features) <= rank or not exact:
        return None
    weights = solution[1:]
    return np.where(np.abs(standardised_weights(weights, features, targets)) > NOTHING_LEFT, weights, 0.0)


def _labels(tracks: Sequence[Track]) -> dict[int, dict[str, float]]:
    """Return ratings of tracks, from all data sets together."""
    labels: dict[int, dict[str, float]] = {}
    for row in TrackLabels.objects.filter(track__in=[track.pk for track in tracks]):
        labels.setdefault(row.track_id, {}).update(row.values)
    return labels


def _beyond_names(
    model: MusicModel,
    labels: dict[int, dict[str, float]],
    outputs: dict[int, dict[str, float]],
    levels: tuple[list[str], list[str]],
) -> tuple[Part | None, list]:
    """Return the part on concept leakage, if features were rated."""
    mid_level, emotions = levels
    rated_features = [name for name in mid_level if name in published.MID_LEVEL]
    both = [pk for pk in outputs if set(rated_features) <= set(labels.get(pk, {}))]
    if not rated_features or len(both) < 3:
        return None, []
    features, targets = (_table([outputs[pk] for pk in both], names) for names in levels)
    weights = _learned_weights(model, features, targets)
    if weights is None:
        return None, []
    ratings = np.array([[labels[pk].get(name, np.nan) for name in mid_level] for pk in both])
    with_emotions = all(set(emotions) <= set(labels[pk]) for pk in both)
    rated_emotions = _table([labels[pk] for pk in both], emotions) if with_emotions else None
    found = leakage(features, weights, ratings, rated_emotions)
    return track_leakage.part_of(model.name, found, mid_level, emotions), leakage_table(
        found, mid_level, emotions
    )


def _annotated(
    model: MusicModel, labels: dict[int, dict[str, float]], outputs: dict[int, dict[str, float]]
) -> Iterator[tuple[Part, list]]:
    """Yield a part on ratings of both levels, and a part on ratings and predictions."""
    mid_level, emotions = list(published.MID_LEVEL), list(published.EMOTIONS)
    both = [row for row in labels.values() if {*mid_level, *emotions} <= set(row)]
    if len(both) >= 3:
        found = correlations(_table(both, mid_level), _table(both, emotions))
        yield (
            Part(
                "annotated",
                "Annotated",
                f"Ratings of {plural(both, 'track that has', 'tracks that have')} ratings on both levels.",
                _maps_of(found, mid_level, emotions),
                found.remarks,
                _inflation(found, mid_level),
            ),
            long_table(found, mid_level, emotions),
        )
    shared = [name for name in model.target_names() if name in {*mid_level, *emotions}]
    rows, cells = [], []
    for name in shared:
        pairs = [
            (row[name], outputs[pk][name]) for pk, row in labels.items() if name in row and pk in outputs
        ]
        if len(pairs) >= 3:
            annotated, predicted = np.array(pairs).T
            r = prediction_quality(annotated[:, None], predicted[:, None])
            cells.append((name, [cell(r, 0), Cell(float(len(pairs)), "none")]))
            rows.append(Row("annotated_with_predicted", name, name, r.value[0], r.lower[0], r.upper[0]))
    if cells:
        explained = "Pearson's r of people's ratings and the model's outputs, and the number of tracks."
        quality = HeatMap("quality", "Ratings and predictions", explained, ["r", "tracks"], cells)
        lead = f"How well {model.name} predicts people's ratings."
        yield Part("quality", "Annotated against predicted", lead, [quality]), rows


def _from_publication() -> tuple[Part, list]:
    r = fisher(published.CORRELATIONS, PUBLISHED_EXCERPTS)
    against = contradictions(published.WEIGHTS, r)
    weights = Estimates.alone(published.WEIGHTS)
    names = published.MID_LEVEL, published.EMOTIONS
    maps = [
        heat_map(
            "correlations",
            "Published correlations",
            "Pearson's r of annotated features and emotions.",
            r,
            *names,
        ),
        heat_map(
            "weights",
            "Published weights",
            "Weights of the jointly trained network's second level, not standardised. Framed where the sign "
            "contradicts the correlation.",
            weights,
            *names,
            remarks=np.where(against, "against the correlation", ""),
            unit=_AS_PUBLISHED,
        ),
    ]
    rows = rows_of("correlation", Estimates.alone(published.CORRELATIONS), *names)
    rows += rows_of("learned_weight", weights, *names)
    lead = (
        "Chowdhury, Vall, Haunschmid, Widmer (2019), from people's ratings of film music. "
        f"{int(against.sum())} of {against.size} weights contradict the correlation: the features are "
        "collinear."
    )
    return Part(_PUBLISHED, "Published", lead, maps), rows


def _maps_of(found: Correlations, mid_level: Sequence[str], emotions: Sequence[str]) -> list[HeatMap]:
    return [
        heat_map(
            "correlations", "Features and emotions", "Pearson's r with its 95 % interval.", found.pearson,
            mid_level, emotions,
        ),
        heat_map(
            "partial", "Features and emotions, the other features held constant",
            "Partial correlations: the relation of a feature and an emotion beyond the other features. If "
            "the emotions are an exact combination of the features, these are 1, minus 1, or undefined "
            "because no variance is left.",
            found.partial, mid_level, emotions, unit=PARTIAL,
        ),
        heat_map(
            "among", "Features among themselves",
            "Pearson's r. The stronger these correlations, the less a single weight means.",
            found.among, mid_level, mid_level,
        ),
    ]  # fmt: skip


def _inflation(found: Correlations, names: Sequence[str]) -> list[tuple[str, Cell]]:
    inflation = found.variance_inflation
    if np.isnan(inflation.value).all():
        return []
    return [(name, cell(inflation, index, math.inf)) for index, name in enumerate(names)]


def _matrix(found: HeatMap) -> dict[str, Any]:
    return {
        "title": found.title,
        "unit": found.unit,
        "rows": [name for name, _ in found.rows],
        "columns": list(found.columns),
        # Rounded, so that the web process and the worker compute the same key with any number of threads.
        "values": [
            [None if cell.value is None else round(cell.value, 6) for cell in cells]
            for _, cells in found.rows
        ],
    }
