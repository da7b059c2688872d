"""Requests for explanations, building them, and resuming interrupted builds.

The database rows hold the state: which explanations are requested and which exist. A result is stored under
a key computed from everything that determines it: first the files, then the manifest that names them, then
the rows. So a build can be killed at any time and requested again by any process with the same call; an
existing result is found by its key instead of being computed again.
"""

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from explainer.files import stored_files
from explainer.imports.excerpts import excerpts_of
from explainer.imports.recipes import stems_of
from explainer.imports.tracks import limits
from explainer.models import Excerpt, Explanation, MusicModel, Recipe, Track, this_worker

from . import jobs, stored_results
from .compute import Pool
from .stored_results import BuildRefused, write

HEARTBEAT_SECONDS = 2
ATTEMPTS = 2  # a killed worker process ends the jobs of the others too, so each job is tried twice
KILLED = (
    "The build process was killed, most likely because the machine ran out of memory. "
    "Use fewer workers, a shorter track or fewer segments, then try again."
)

OnChange = Callable[[Explanation], None]


@dataclass(frozen=True)
class Outcome:
    """The outcome of one build, with the reason if it failed."""

    BUILT = "built"
    REUSED = "reused a stored result"
    THERE = "already built"
    FAILED = "failed"
    ELSEWHERE = "being built by another worker"

    explanation: Explanation
    how: str
    reason: str = ""


def request_explanations(
    parts: Iterable[Track | Excerpt],
    models: Iterable[MusicModel],
    recipes: Iterable[Recipe],
    targets: Sequence[str] = (),
) -> list[Explanation]:
    """Create missing rows for every combination, and return the rows of all.

    Parameters
    ----------
    parts : iterable of Track or Excerpt
        What is explained. A track stands for its chosen excerpts, or for itself if none has been chosen.
    models, recipes
        Every excerpt is explained for every model with every recipe.
    targets : sequence of str
        Targets whose clips are made; empty for all. Each model uses those that it has. Targets that were
        requested before are kept.

    Raises
    ------
    BuildRefused
        If nothing is requested, or a model has none of the targets.
    """
    excerpts, models, recipes = _excerpts(parts), list(models), list(recipes)
    for chosen, what in ((excerpts, "track"), (models, "model"), (recipes, "recipe")):
        if not chosen:
            raise BuildRefused(f"Choose at least one {what}.")
    wanted = {model.pk: _targets_of(model, targets) for model in models}
    with transaction.atomic():
        return [
            _request(excerpt, model, recipe, wanted[model.pk])
            for excerpt in excerpts
            for model in models
            for recipe in recipes
        ]


def _excerpts(parts: Iterable[Track | Excerpt]) -> list[Excerpt]:
    found = []
    for part in parts:
        found += [part] if isinstance(part, Excerpt) else excerpts_of([part])
    return list({row.pk: row for row in found}.values())


def _targets_of(model: MusicModel, targets: Sequence[str]) -> list[str]:
    names = model.target_names()
    chosen = [name for name in names if name in targets]
    if targets and not chosen:
        raise BuildRefused(
            f"{model.name} has none of the targets {', '.join(targets)}; it has {', '.join(names)}."
        )
    return chosen


def _request(excerpt: Excerpt, model: MusicModel, recipe: Recipe, targets: list[str]) -> Explanation:
    row, created = Explanation.objects.get_or_create(
        excerpt=excerpt,
        model=model,
        recipe=recipe,
        defaults={"track": excerpt.track, "requested_targets": targets},
    )
    if created or not row.requested_targets:
        return row
    union = (
        [name for name in model.target_names() if name in {*row.requested_targets, *targets}]
        if targets
        else []
    )
    if union != row.requested_targets:
        write(row, requested_targets=union)
        if not row.is_being_built():  # a running build sees the change when it ends
            write(row, state=Explanation.State.WAITING, progress=0, failure="")
    return row


def build_explanations(
    explanation_ids: Iterable[int],
    *,
    kind: str | None = None,
    workers: int | None = None,
    on_change: OnChange | None = None,
) -> list[Outcome]:
    """Build explanations, in parallel if the settings allow it.

    Jobs run in the executor; files and rows are written by this process.

    Parameters
    ----------
    kind, workers
        See `explainer.builds.compute.executor`; by default those of the settings.
    on_change : callable, optional
        Called with an explanation whenever its progress or state changes.

    Returns
    -------
    list of Outcome
        In the order of the ids.
    """
    ids = list(dict.fromkeys(explanation_ids))
    kind = kind or settings.COMPUTE
    pool_arguments = (kind, workers or settings.COMPUTE_WORKERS, settings.DASK_ADDRESS)
    builder = _Builder(pool_arguments, on_change or (lambda explanation: None))
    builder.build(ids)
    return [builder.outcomes[identity] for identity in ids]


def resume_builds(explanations: models.QuerySet | None = None) -> list[Explanation]:
    """Reset failed and interrupted builds to waiting, and return all waiting ones."""
    rows = (Explanation.objects.all() if explanations is None else explanations).resumable()
    for row in rows:
        if row.state != Explanation.State.WAITING:
            write(row, state=Explanation.State.WAITING, failure="", progress=0, activity="", worker="")
    return rows


def fail_repeatedly_stalled(left_before: Collection[int]) -> set[int]:
    """Mark builds that stalled for the second time as failed; return those that stalled for the first time.

    Parameters
    ----------
    left_before : collection of int
        The return value of the call after the previous death of a worker.
    """
    stalled = [row for row in Explanation.objects.unfinished() if row.is_stalled()]
    for row in stalled:
        if row.pk in left_before:
            _write_failure(row, KILLED)
    return {row.pk for row in stalled if row.pk not in left_before}


def _write_failure(explanation: Explanation, reason: str) -> None:
    write(
        explanation,
        state=Explanation.State.FAILED,
        failure=reason,
        worker="",
        activity="",
        finished_at=timezone.now(),
    )


class _Builder:
    """The coordinator: submits jobs, forwards their progress and stores their results."""

    def __init__(self, pool_arguments: tuple[str, int, str], on_change: OnChange) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self._pool_arguments = pool_arguments
        self._on_change = on_change
        self._waiting: deque[int] = deque()
        self._running: dict[Any, Explanation] = {}
        self._attempts: dict[int, int] = {}
        self._pool: Pool | None = None
        self._heartbeat_at = 0.0

    def build(self, ids: Sequence[int]) -> None:
        self._waiting.extend(ids)
        try:
            while self._waiting or self._running:
                while self._waiting and (self._pool is None or len(self._running) < self._pool.width):
                    self._start(self._waiting.popleft())
                if self._running:
                    self._wait()
            if self._pool:
                self._pool.close()
        except BaseException:
            self._reset_running()
            raise

    def _start(self, identity: int) -> None:
        explanation = _claim(identity)
        if isinstance(explanation, Outcome):
            self._finish(explanation)
            return
        self._on_change(explanation)
        try:
            manifest = stored_results.find(explanation.key)
            if manifest is not None:
                self._record(explanation, manifest, Outcome.REUSED)
                return
            job = _job(explanation)
        except (BuildRefused, OSError) as error:
            self._fail(explanation, _failure_text(error))
            return
        if self._pool is None:
            try:
                self._pool = Pool(*self._pool_arguments)
            except BaseException:
                write(explanation, state=Explanation.State.WAITING, worker="", activity="")
                raise
        self._running[self._pool.submit(jobs.run, job, identity)] = explanation

    def _wait(self) -> None:
        done, _ = wait(self._running, timeout=0.5, return_when=FIRST_COMPLETED)
        self._forward_progress()
        for future in done:
            explanation = self._running.pop(future)
            try:
                result = future.result()
            except BrokenExecutor:
                self._restart_pool([explanation, *self._running.values()])
                return
            except Exception as error:  # e.g. a cluster that lost its worker
                self._fail(explanation, f"The connection to the worker was lost ({error}). Try again.")
                continue
            self._store_result(explanation, result)

    def _store_result(self, explanation: Explanation, result: jobs.Result) -> None:
        if result.failure:
            self._fail(explanation, result.failure)
            return
        try:
            self._record(explanation, stored_results.store(explanation, result), Outcome.BUILT)
        except (BuildRefused, OSError) as error:
            self._fail(explanation, _failure_text(error))

    def _record(self, explanation: Explanation, manifest: Mapping[str, Any], how: str) -> None:
        if stored_results.record(explanation, manifest):
            self._finish(Outcome(explanation, how))
        else:
            self._waiting.append(explanation.pk)

    def _restart_pool(self, explanations: list[Explanation]) -> None:
        """Open a new pool and try again, after a worker process was killed and broke the pool."""
        self._running.clear()
        if self._pool:
            self._pool.close(now=True)
        self._pool = None
        for explanation in reversed(explanations):
            attempts = self._attempts[explanation.pk] = self._attempts.get(explanation.pk, 1) + 1
            if attempts <= ATTEMPTS:
                write(explanation, state=Explanation.State.WAITING, worker="", progress=0, activity="")
                self._waiting.appendleft(explanation.pk)
            else:
                self._fail(explanation, KILLED)

    def _forward_progress(self) -> None:
        news = self._pool.reports() if self._pool else {}
        now = time.monotonic()
        overdue = now - self._heartbeat_at > HEARTBEAT_SECONDS
        for explanation in self._running.values():
            done, what = news.get(explanation.pk, (explanation.progress / 100, explanation.activity))
            explanation.progress, explanation.activity = round(100 * done), what[:200]
            if explanation.pk in news:
                self._on_change(explanation)
            if overdue:
                write(
                    explanation,
                    progress=explanation.progress,
                    activity=explanation.activity,
                    heartbeat_at=timezone.now(),
                )
        if overdue:
            self._heartbeat_at = now

    def _fail(self, explanation: Explanation, reason: str) -> None:
        _write_failure(explanation, reason)
        self._finish(Outcome(explanation, Outcome.FAILED, reason))

    def _finish(self, outcome: Outcome) -> None:
        self.outcomes[outcome.explanation.pk] = outcome
        self._on_change(outcome.explanation)

    def _reset_running(self) -> None:
        """Reset the rows of running jobs to waiting, so that the next call can start them immediately."""
        for explanation in self._running.values():
            write(explanation, state=Explanation.State.WAITING, worker="", progress=0, activity="")
        if self._pool:
            self._pool.close(now=True)


def _claim(identity: int) -> Explanation | Outcome:
    """Mark an explanation as being built and return it, or return why it is not to be built."""
    with transaction.atomic():
        explanation = (
            Explanation.objects.select_for_update(of=("self",))
            .select_related("track", "excerpt", "model", "recipe")
            .get(pk=identity)
        )
        if explanation.is_being_built():
            return Outcome(explanation, Outcome.ELSEWHERE)
        if explanation.state == Explanation.State.DONE and _files_are_there(explanation):
            return Outcome(explanation, Outcome.THERE)
        now = timezone.now()
        write(
            explanation,
            state=Explanation.State.BUILDING,
            key=stored_results.key_of(explanation),
            worker=this_worker(),
            progress=0,
            activity="waiting for a processor",
            failure="",
            started_at=now,
            heartbeat_at=now,
            finished_at=None,
        )
        return explanation


def _files_are_there(explanation: Explanation) -> bool:
    names = [explanation.file.name, *explanation.figures.values()]
    names += explanation.clips.values_list("file", flat=True)
    return stored_files.exist(*names)


def _job(explanation: Explanation) -> jobs.Job:
    track, excerpt, model = explanation.track, explanation.excerpt, explanation.model
    return jobs.Job(
        track_file=f"{track.name}{_suffix(track.file.name)}",
        track=stored_files.read(track.file.name),
        definition=model.definition(),
        checkpoint_file=f"{model.name}{_suffix(model.checkpoint.name)}" if model.checkpoint else "",
        checkpoint=stored_files.read(model.checkpoint.name) if model.checkpoint else b"",
        allowed_code=tuple(settings.MODEL_CODE),
        recipe=explanation.recipe.content().to_dict(),
        targets=explanation.targets(),
        cut=None if excerpt.is_whole else (excerpt.start, excerpt.frames),
        limits=dataclasses.asdict(limits()),
        stems={
            source: (name, stored_files.read(name))
            for source, name in stems_of(explanation.recipe.content()).items()
        },
    )


def _suffix(name: str) -> str:
    return "." + name.rsplit(".", 1)[1] if "." in name else ""


def _failure_text(error: Exception) -> str:
    if isinstance(error, BuildRefused):
        return str(error)
    return f"A file could not be read or written: {error}. Fix the cause, then try again."
