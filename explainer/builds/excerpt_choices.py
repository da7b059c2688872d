"""Choice of excerpts by rule: requested for several tracks together, made by a background worker.

The rows hold the state. A choice that was interrupted is made again by the same call, from the curves that
are stored already, and a part of a track is one excerpt however often it is chosen.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from explainer.core.base.memory import is_out_of_memory
from explainer.core.excerpts.choosing import choose, levels_for
from explainer.core.excerpts.curve import Curve, curve_of, require_target
from explainer.core.excerpts.rule import ExcerptError, ExcerptRule
from explainer.files.curves import curve_of as stored_curve
from explainer.files.curves import store_curve
from explainer.imports.excerpts import add_excerpt
from explainer.imports.loading import loaded, sound_of
from explainer.models import Excerpt, ExcerptChoice, MusicModel, Track

from .jobs import one_thread

if TYPE_CHECKING:
    from explainer.core.models.adapters import MusicModel as CoreModel

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5

OnChange = Callable[[ExcerptChoice], None]
State = ExcerptChoice.State


def request_choices(
    tracks: Iterable[Track], model: MusicModel, target: str, rule: ExcerptRule
) -> list[ExcerptChoice]:
    """Create the rows of a choice for several tracks, and return them.

    Raises
    ------
    ExcerptError
        If there is no track, or the model does not have the target.
    """
    tracks = list(tracks)
    if not tracks:
        raise ExcerptError("Choose at least one track.")
    if target not in model.target_names():
        known = ", ".join(model.target_names())
        raise ExcerptError(f"{model.name} has no target {target}; it has {known}.")
    batch = uuid.uuid4().hex
    rows = [
        ExcerptChoice(track=track, model=model, target=target, rule=rule.to_dict(), batch=batch)
        for track in tracks
    ]
    return ExcerptChoice.objects.bulk_create(rows)


def make_choices(batch: str, on_change: OnChange = lambda choice: None) -> list[ExcerptChoice]:
    """Make the choices of a batch that are not made yet, and return all of its rows.

    Choices that another worker is making are left to it. First the model is evaluated on every track; where
    outputs are to be spread evenly, they are spread over the range of all tracks together. A track that
    cannot be used does not stop the others.
    """
    rows = list(ExcerptChoice.objects.filter(batch=batch).select_related("track", "model").order_by("pk"))
    open_rows = [row for row in rows if row.state != State.DONE and not row.is_being_made()]
    if open_rows:
        _Batch(open_rows, on_change).make()
    return rows


def resumable(choices: QuerySet) -> list[str]:
    """Return the batches with choices that failed, wait or were interrupted."""
    idle = [row for row in choices.exclude(state=State.DONE) if not row.is_being_made()]
    return list(dict.fromkeys(row.batch for row in idle))


def discard(batch: str) -> tuple[int, int]:
    """Delete the choices of a batch with their excerpts, except those of which something was made.

    Returns
    -------
    deleted, kept : int
        Numbers of excerpts. A choice with excerpts in use stays with them.
    """
    with transaction.atomic():
        chosen = Excerpt.objects.filter(choice__batch=batch)
        unused = chosen.filter(explanations=None, clips=None)
        deleted = unused.count()
        unused.delete()
        kept = chosen.count()
        ExcerptChoice.objects.filter(batch=batch, excerpts=None).delete()
    return deleted, kept


class _Batch:
    """The choices of several tracks by one rule."""

    def __init__(self, rows: Sequence[ExcerptChoice], on_change: OnChange) -> None:
        self.rows, self.on_change = rows, on_change
        self.rule = ExcerptRule.from_dict(rows[0].rule)
        self.model, self.target = rows[0].model, rows[0].target
        self.digest = self.model.digest()
        self.curves: dict[int, Curve] = {}
        self.beaten = time.monotonic()

    def make(self) -> None:
        for row in self.rows:
            self._write(row, state=State.RUNNING, progress=0, failure="", finished_at=None)
        missing = [row for row in self.rows if not self._found(row)]
        if missing:
            self._evaluate(missing)
        levels = self._levels()
        for row in self.rows:
            if row.pk in self.curves:
                self._attempt(row, lambda row: self._choose(row, levels.get(row.pk)))

    def _found(self, row: ExcerptChoice) -> bool:
        """Take over the curve of an earlier choice that evaluated the same excerpts."""
        same = ExcerptChoice.objects.filter(track=row.track_id, model=self.model, model_sha256=self.digest)
        for other in same.exclude(curve="").order_by("-pk"):
            known = ExcerptRule.from_dict(other.rule)
            if (known.seconds, known.starts_on) != (self.rule.seconds, self.rule.starts_on):
                continue
            curve = stored_curve(other)
            if curve is not None:
                self.curves[row.pk] = curve
                self._write(row, model_sha256=self.digest, curve=other.curve, progress=90)
                return True
        return False

    def _evaluate(self, rows: Sequence[ExcerptChoice]) -> None:
        try:
            with one_thread(), loaded(self.model) as core:
                for row in rows:
                    self._attempt(row, lambda row: self._curve(row, core))
        except ValueError as error:  # the model cannot be loaded
            for row in rows:
                self._fail(row, str(error))

    def _curve(self, row: ExcerptChoice, core: "CoreModel") -> None:
        name = row.track.name
        self.rule.require_room(row.track.seconds, name)
        y = sound_of(row.track, core.representation.sample_rate)

        def report(done: float) -> None:
            percent = round(90 * done)
            if percent != row.progress:
                self._write(row, progress=percent)
            self._beat()

        curve = curve_of(core, y, self.rule, name=name, progress=report)
        require_target(curve, self.target)
        self._write(row, model_sha256=self.digest, curve=store_curve(curve))
        self.curves[row.pk] = curve

    def _beat(self) -> None:
        """Let no row of the batch look abandoned while another one is evaluated."""
        if time.monotonic() - self.beaten > HEARTBEAT_SECONDS:
            self.beaten = time.monotonic()
            running = ExcerptChoice.objects.filter(batch=self.rows[0].batch, state=State.RUNNING)
            running.update(reported_at=timezone.now())

    def _levels(self) -> dict[int, list[float]]:
        """Return the values to come close to, for each choice that has a curve with usable places."""
        values = {pk: curve.values(self.target)[curve.usable()] for pk, curve in self.curves.items()}
        values = {pk: row for pk, row in values.items() if len(row)}
        if self.rule.where != "spread" or not self.rule.number or not values:
            return {}
        return dict(zip(values, levels_for(list(values.values()), self.rule.number), strict=True))

    def _choose(self, row: ExcerptChoice, levels: list[float] | None) -> None:
        chosen = choose(self.curves[row.pk], self.target, self.rule, levels=levels, name=row.track.name)
        with transaction.atomic():
            for one in chosen:
                add_excerpt(
                    row.track, one.start, self.rule.seconds, Excerpt.ChosenBy.RULE,
                    choice=row, output=one.output, sought=one.level,
                )  # fmt: skip
            described = [
                {"start": one.start, "seconds": self.rule.seconds, "output": one.output, "sought": one.level}
                for one in chosen
            ]
            self._write(row, state=State.DONE, progress=100, chosen=described, finished_at=timezone.now())

    def _attempt(self, row: ExcerptChoice, step: Callable[[ExcerptChoice], None]) -> None:
        try:
            step(row)
        except ValueError as error:  # messages of the core name the remedy
            self._fail(row, str(error))
        except Exception as error:
            if is_out_of_memory(error):
                self._fail(row, "The model ran out of memory. Use shorter excerpts or more memory.")
                return
            logger.exception("A choice of excerpts failed")
            cause = f"{type(error).__name__}: {error}"
            self._fail(row, f"Unexpected error ({cause}). Details are in the worker's log.")

    def _fail(self, row: ExcerptChoice, reason: str) -> None:
        sentence = f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith('.') else '.'}"
        self._write(row, state=State.FAILED, failure=sentence, finished_at=timezone.now())

    def _write(self, row: ExcerptChoice, **values: Any) -> None:
        values["reported_at"] = timezone.now()
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
        self.on_change(row)
