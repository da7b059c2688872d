"""Where jobs run: in this process, in processes on this computer, or on a Dask cluster."""

import multiprocessing
import os
import queue
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from explainer.core.base.memory import memory_shared_by

KINDS = ("in-process", "processes", "dask")

# In a worker process: where `Pool` listens for progress.
_reports: Any = None


class ComputeError(RuntimeError):
    """Raised if the executor cannot be used; the message names the remedy."""


class Interrupted(BaseException):
    """Raised inside a job when its coordinator has exited."""


def executor(kind: str, workers: int = 1, address: str = "", reports: Any = None) -> Executor:
    """Return an executor of the given kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    workers : int
        Number of processes, for ``"processes"``.
    address : str
        Address of the scheduler, for ``"dask"``.
    reports : queue, optional
        Queue for the progress of worker processes.

    Raises
    ------
    ComputeError
        If the kind is unknown, or Dask is not installed or does not answer.
    """
    if kind == "in-process":
        return ThreadPoolExecutor(max_workers=1)
    if kind == "processes":
        return ProcessPoolExecutor(
            max_workers=max(1, workers),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_prepare_worker,
            initargs=(reports,),
        )
    if kind == "dask":
        return DaskExecutor(address)
    raise ComputeError(f"COMPUTE {kind!r} is unknown; use one of {', '.join(KINDS)}.")


class DaskExecutor(Executor):
    """A Dask cluster; its machines need this project installed, but neither a database nor a shared disk."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise ComputeError("Dask is not installed; run: pip install distributed") from error
        if not address:
            raise ComputeError(
                "The address of the Dask scheduler is missing; set DASK_ADDRESS, e.g. tcp://host:8786."
            )
        try:
            self._client = Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise ComputeError(
                f"No Dask scheduler answers at {address}; start one or correct DASK_ADDRESS."
            ) from error
        self._executor = self._client.get_executor(pure=False)

    @property
    def width(self) -> int:
        """How many jobs the cluster runs in parallel."""
        return max(1, sum(self._client.nthreads().values()))

    @property
    def sharing(self) -> int:
        """The greatest number of jobs that share the memory of one machine."""
        on_machine: Counter[str] = Counter()
        for worker in self._client.scheduler_info(n_workers=-1)["workers"].values():
            on_machine[worker["host"]] += worker["nthreads"]
        return max(on_machine.values(), default=1)

    def submit(self, function: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """See `concurrent.futures.Executor.submit`."""
        return self._executor.submit(function, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `concurrent.futures.Executor.shutdown`."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


class Pool:
    """An executor whose jobs report their progress.

    Jobs are ``function(job, progress)`` with ``progress(done, what)``. Jobs on a Dask cluster report
    nothing until they are done.

    Parameters
    ----------
    kind, workers, address
        See `executor`.
    """

    def __init__(self, kind: str, workers: int = 1, address: str = "") -> None:
        self._kind = kind
        self._interrupted = threading.Event()
        if kind == "processes":
            self._reports: Any = multiprocessing.get_context("spawn").Queue()
        else:
            self._reports = queue.SimpleQueue()
        self._executor = executor(kind, workers, address, self._reports)
        here = max(1, workers) if kind == "processes" else 1
        self.width = getattr(self._executor, "width", here)
        self._sharing = getattr(self._executor, "sharing", here)

    def submit(self, function: Callable, job: Any, label: Any) -> Future:
        """Submit a job; its reports carry the `label`."""
        if self._kind == "in-process":
            return self._executor.submit(function, job, self._progress_here(label))
        return self._executor.submit(_run_elsewhere, function, job, label, self._sharing)

    def reports(self) -> dict[Any, tuple[float, str]]:
        """Return the latest report per label: the share done (0 to 1) and the current step."""
        news: dict[Any, tuple[float, str]] = {}
        while True:
            try:
                label, done, what = (
                    self._reports.get_nowait() if self._kind != "processes" else self._reports.get(timeout=0)
                )
            except queue.Empty:
                return news
            news[label] = (done, what)

    def close(self, *, now: bool = False) -> None:
        """Shut down the workers; with `now`, without waiting for running jobs."""
        if now:
            self._interrupted.set()
            for process in list((getattr(self._executor, "_processes", None) or {}).values()):
                process.terminate()
        self._executor.shutdown(wait=True, cancel_futures=now)

    def _progress_here(self, label: Any) -> Callable[[float, str], None]:
        def progress(done: float, what: str) -> None:
            if self._interrupted.is_set():
                raise Interrupted
            self._reports.put((label, done, what))

        return progress


def _prepare_worker(reports: Any) -> None:
    global _reports
    # Before numpy and torch are loaded: processes that share the cores take one thread each.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = "1"
    _reports = reports
    if reports is not None:
        reports.cancel_join_thread()


def _run_elsewhere(function: Callable, job: Any, label: Any, sharing: int) -> Any:
    def progress(done: float, what: str) -> None:
        if _reports is not None:
            _reports.put((label, done, what))

    with memory_shared_by(sharing):
        return function(job, progress)
