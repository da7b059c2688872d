"""The explanation that every method returns."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LEVELS = ("mid-level", "emotion", "tag")


@dataclass(frozen=True)
class Target:
    """One output of a music model.

    Attributes
    ----------
    name : str
        As named by the model's authors.
    level : str
        One of `LEVELS`.
    """

    name: str
    level: str = "tag"

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"target {self.name!r} has level {self.level!r}; use one of {', '.join(LEVELS)}")


@dataclass(frozen=True)
class Explanation:
    """Weights of segments for targets.

    Attributes
    ----------
    weights : np.ndarray [shape=(n_targets, n_segments)]
        Change of the target's output (in log-odds if the output is a probability) when the segment is
        present instead of hidden; positive weights are evidence.
    standard_errors : np.ndarray [shape=(n_targets, n_segments)] or None
        None if the method has none.
    intercepts : np.ndarray [shape=(n_targets,)]
    predictions : np.ndarray [shape=(n_targets,)]
        The model's outputs on the whole track.
    model_calls : int
        Number of inputs that the model evaluated for this explanation.
    fidelity : mapping
        Figures of `explainer.core.evaluation.fidelity`, JSON types only.
    provenance : mapping
        Everything else needed to reproduce it, JSON types only.
    """

    targets: Sequence[Target]
    weights: np.ndarray
    intercepts: np.ndarray
    predictions: np.ndarray
    model_calls: int
    standard_errors: np.ndarray | None = None
    fidelity: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_targets = len(self.targets)
        if self.weights.ndim != 2 or self.weights.shape[0] != n_targets:
            raise ValueError(f"weights must have shape ({n_targets}, n_segments), not {self.weights.shape}")
        if self.standard_errors is not None and self.standard_errors.shape != self.weights.shape:
            raise ValueError("standard_errors must have the shape of weights")

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return self.weights.shape[1]

    def target_index(self, name: str) -> int:
        """Return the row of the target called `name`.

        Raises
        ------
        KeyError
            If there is none; the message lists the targets.
        """
        names = [target.name for target in self.targets]
        if name not in names:
            raise KeyError(f"no target {name!r}; use one of {', '.join(names)}")
        return names.index(name)

    def evidence(self, name: str, size: int) -> np.ndarray:
        """Return the indices of the at most `size` segments with the greatest positive weights."""
        return _strongest(self.weights[self.target_index(name)], size)

    def counter_evidence(self, name: str, size: int) -> np.ndarray:
        """Return the indices of the at most `size` segments with the most negative weights."""
        return _strongest(-self.weights[self.target_index(name)], size)

    def to_bytes(self, **arrays: np.ndarray) -> bytes:
        """Return the explanation, with any further arrays, as the bytes of an ``.npz`` file."""
        buffer = io.BytesIO()
        description = {
            "targets": [[target.name, target.level] for target in self.targets],
            "model_calls": self.model_calls,
            "fidelity": dict(self.fidelity),
            "provenance": dict(self.provenance),
        }
        members = {
            "description": np.array(json.dumps(description)),
            "weights": self.weights,
            "intercepts": self.intercepts,
            "predictions": self.predictions,
            **arrays,
        }
        if self.standard_errors is not None:
            members["standard_errors"] = self.standard_errors
        # The stubs of numpy take one of the arrays for the flag `allow_pickle`.
        np.savez_compressed(buffer, **members)  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> tuple["Explanation", dict[str, np.ndarray]]:
        """Read what `to_bytes` wrote: the explanation and the further arrays by name."""
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            members = {name: archive[name] for name in archive.files}
        description = json.loads(str(members.pop("description")))
        explanation = cls(
            targets=[Target(name, level) for name, level in description["targets"]],
            weights=members.pop("weights"),
            intercepts=members.pop("intercepts"),
            predictions=members.pop("predictions"),
            standard_errors=members.pop("standard_errors", None),
            model_calls=description["model_calls"],
            fidelity=description["fidelity"],
            provenance=description["provenance"],
        )
        return explanation, members


def _strongest(weights: np.ndarray, size: int) -> np.ndarray:
    order = np.argsort(-weights, kind="stable")[:size]
    return order[weights[order] > 0]
