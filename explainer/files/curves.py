"""Curves of a model's outputs over the excerpts of tracks, stored by content."""

import hashlib
import json

from explainer.core.excerpts.curve import Curve
from explainer.models import ExcerptChoice

from . import stored_files


def store_curve(curve: Curve) -> str:
    """Store a curve and return the name of its file."""
    content = json.dumps(curve.to_dict()).encode()
    return stored_files.store(f"curves/{hashlib.sha256(content).hexdigest()}.json", content)


def curve_of(choice: ExcerptChoice) -> Curve | None:
    """Return the curve of a choice; None if there is none yet."""
    if not choice.curve or not stored_files.exist(choice.curve):
        return None
    return Curve.from_dict(json.loads(stored_files.read(choice.curve)))
