"""Fits as bytes, to be kept."""

import io
import json
from dataclasses import fields
from hashlib import sha256
from typing import Any

import numpy as np

from .answers import Answers, Family
from .draws import Draws
from .fit import VERSION, Fit

_ARRAYS = ("values", "level", "track", "rater", "excerpt", "points")


def content_key(answers: Answers) -> str:
    """Return a text that is the same for the same answers and version of the model, in hexadecimal."""
    digest = sha256(json.dumps([VERSION, _described(answers)], sort_keys=True).encode())
    for name in _ARRAYS:
        digest.update(np.ascontiguousarray(getattr(answers, name)).tobytes())
    for values in answers.covariates.values():
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def to_bytes(fit: Fit) -> bytes:
    """Return a fit with its answers; draws are kept to seven digits, and raters without their names."""
    answers = fit.answers
    described = {
        **_described(answers),
        "tracks": answers.tracks,
        "n_raters": len(answers.raters),
        "largest_r_hat": fit.largest_r_hat,
        "smallest_size": fit.smallest_size,
    }
    arrays = {f"answers_{name}": getattr(answers, name) for name in _ARRAYS}
    arrays |= {f"covariate_{name}": values for name, values in answers.covariates.items()}
    draws = {f"draws_{one.name}": getattr(fit.draws, one.name) for one in fields(Draws)}
    arrays |= {name: values.astype(np.float32) for name, values in draws.items()}
    text = np.frombuffer(json.dumps(described).encode(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, described=text, **arrays)
    return file.getvalue()


def from_bytes(content: bytes) -> Fit:
    """Return the fit that `to_bytes` wrote; what raters are called is not known any more."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        described: dict[str, Any] = json.loads(file["described"].tobytes())
        arrays = {name: file[f"answers_{name}"] for name in _ARRAYS}
        draws = Draws(**{one.name: file[f"draws_{one.name}"].astype(float) for one in fields(Draws)})
        covariates = {name: file[f"covariate_{name}"] for name in described["covariates"]}
    answers = Answers(
        **arrays,
        levels=described["levels"],
        tracks=described["tracks"],
        raters=list(range(described["n_raters"])),
        n_excerpts=described["n_excerpts"],
        family=Family[described["family"]],
        ends=(described["ends"][0], described["ends"][1]),
        covariates=covariates,
    )
    return Fit(answers, draws, described["largest_r_hat"], described["smallest_size"])


def _described(answers: Answers) -> dict[str, Any]:
    return {
        "levels": [str(level) for level in answers.levels],
        "n_excerpts": answers.n_excerpts,
        "family": answers.family.name,
        "ends": [float(end) for end in answers.ends],
        "covariates": list(answers.covariates),
    }
