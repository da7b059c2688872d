"""Storage of build results: first the files, then the manifest that names them, then the rows.

A result's key is computed from everything that determines it, so an existing result is found instead of
being computed again. Without its manifest a result counts as missing, so an interrupted build never looks
complete.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from explainer.core import VERSION
from explainer.core.audio import FADE_SECONDS
from explainer.core.base.canonical_json import digest_of
from explainer.files import stored_files
from explainer.files.clip_sounds import note_sounds
from explainer.models import Clip, Excerpt, Explanation

from . import jobs

# Fields of an explanation that are members of the manifest.
_AS_IN_MANIFEST = ("file", "predictions", "fidelity", "figures", "warnings", "model_calls", "seconds")


class BuildRefused(ValueError):
    """Raised for a request or a result that is refused; the message says why and what to do."""


def key_of(explanation: Explanation) -> str:
    """Return the key of a result: the SHA-256 over everything that determines it."""
    return digest_of(
        {
            "track": explanation.track.sha256,
            "model": explanation.model.digest(),
            "recipe": explanation.recipe.digest,
            "targets": explanation.targets(),
            "core": VERSION,
            **_part(explanation.excerpt),
        }
    )


def _part(excerpt: Excerpt) -> dict:
    """Return what is explained of the track; nothing for a whole one, so that its key stays what it was."""
    if excerpt.is_whole:
        return {}
    return {"excerpt": {"start": excerpt.start, "frames": excerpt.frames, "fade_seconds": FADE_SECONDS}}


def _manifest_name(key: str) -> str:
    return f"explanations/{key}.json"


def find(key: str) -> dict | None:
    """Return the manifest of a completely stored result, or None."""
    if not stored_files.exist(_manifest_name(key)):
        return None
    manifest = json.loads(stored_files.read(_manifest_name(key)))
    return manifest if stored_files.exist(*manifest["files"]) else None


def store(explanation: Explanation, result: jobs.Result) -> dict:
    """Store a result's files, then the manifest that marks it as complete; return the manifest."""
    named_by_key = f"explanations/{explanation.key}.npz"
    files = {**result.files, named_by_key: result.explanation}
    for name, content in files.items():
        stored_files.store(name, content)
    manifest = {**result.manifest, "file": named_by_key, "files": sorted(files)}
    stored_files.store(_manifest_name(explanation.key), json.dumps(manifest).encode())
    return manifest


def record(explanation: Explanation, manifest: Mapping[str, Any]) -> bool:
    """Write a stored result into the rows in one transaction; return whether it has all requested targets."""
    with transaction.atomic():
        current = Explanation.objects.select_for_update().get(pk=explanation.pk)
        complete = current.requested_targets == explanation.requested_targets
        _record_clips(explanation, manifest["clips"])
        write(
            explanation,
            state=Explanation.State.DONE if complete else Explanation.State.WAITING,
            progress=100,
            activity="",
            worker="",
            failure="",
            provenance={**manifest["provenance"], **_provenance(explanation)},
            finished_at=timezone.now(),
            **{name: manifest[name] for name in _AS_IN_MANIFEST},
        )
    return complete


def _provenance(explanation: Explanation) -> dict:
    return {
        "track_sha256": explanation.track.sha256,
        **_part(explanation.excerpt),
        "model_sha256": explanation.model.digest(),
        "recipe": explanation.recipe.parameters,
        "recipe_sha256": explanation.recipe.digest,
        "targets": explanation.targets(),
        "core_version": VERSION,
        "key": explanation.key,
    }


def _record_clips(explanation: Explanation, described: Sequence[Mapping[str, Any]]) -> None:
    """Update the rows of clips to the result; refuse if that would change a clip in use."""
    identify = ("condition", "target", "segments_asked", "variant")
    existing = {tuple(getattr(clip, name) for name in identify): clip for clip in explanation.clips.all()}
    method = explanation.recipe.content().method
    clips = []
    for description in described:
        clip = existing.pop(tuple(description[name] for name in identify), None)
        if clip and clip.sha256 != description["sha256"] and clip.is_used():
            raise BuildRefused(
                f"The clip “{clip}” is part of a study and would change. The existing clips were kept; "
                "make a new recipe for the new ones."
            )
        clip = clip or Clip(explanation=explanation)
        for name, value in description.items():
            setattr(clip, name, value)
        clip.track, clip.excerpt = explanation.track, explanation.excerpt
        clip.method = method if clip.target else ""
        clips.append(clip)
    note_sounds(clips)
    for clip in clips:
        clip.save()
    for clip in existing.values():
        if not clip.is_used():
            clip.delete()


def write(explanation: Explanation, **values: Any) -> None:
    """Set fields of an explanation, in memory and in the database."""
    for name, value in values.items():
        setattr(explanation, name, value)
    explanation.save(update_fields=list(values))
