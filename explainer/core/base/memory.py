"""Measurement of used and free memory."""

import contextlib
import ctypes
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

_STATUS, _PEAK_RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_MACHINE = Path("/proc/meminfo")
_CONTAINER = Path("/sys/fs/cgroup")
GIGABYTE = 1e9
# glibc's numbers for M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
_LARGEST_KEPT, _TOP_KEPT = -3, -1
_sharing: ContextVar[int] = ContextVar("sharing", default=1)


@dataclass
class Peak:
    """Peak memory of a block of code.

    Attributes
    ----------
    taken : int or None
        Bytes beyond those in use before; None if the system does not report them.
    """

    taken: int | None = None


@contextlib.contextmanager
def peak_memory(device: str = "cpu") -> Iterator[Peak]:
    """Measure the peak memory within the block.

    Parameters
    ----------
    device : str
        ``"cpu"``, or a GPU as named by PyTorch.
    """
    peak = Peak()
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        yield peak
        peak.taken = torch.cuda.max_memory_allocated(device) - before
        return
    # Freed memory that the C library keeps would be reused without raising the peak.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        _PEAK_RESET.write_text("5")
    known = _bytes_in(_STATUS, "VmRSS")
    yield peak
    highest = _bytes_in(_STATUS, "VmHWM")
    peak.taken = None if known is None or highest is None else max(highest - known, 0)


@contextlib.contextmanager
def memory_shared_by(jobs: int) -> Iterator[None]:
    """Divide the result of `available_memory` by a number of jobs, within the block.

    Memory that other jobs have already taken is no longer free, and the rest is divided again. So shares
    are conservative and never add up to more than the free memory.

    Parameters
    ----------
    jobs : int
        Number of jobs that may take memory on this machine at the same time, at least 1.
    """
    token = _sharing.set(max(jobs, 1))
    try:
        yield
    finally:
        _sharing.reset(token)


def available_memory(device: str = "cpu") -> int | None:
    """Return the bytes that this job can still allocate; None if the system does not report them."""
    jobs = _sharing.get()
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0]) // jobs
    on_machine = (_bytes_in(_MACHINE, "MemAvailable"), _free_in_container())
    shared = [free // jobs for free in on_machine if free is not None]
    own = [free for free in [_free_for_process()] if free is not None]
    return min(shared + own, default=None)


def describe_free_memory(free: int) -> str:
    """Return a text that states the free memory, per job if several jobs share it."""
    jobs = _sharing.get()
    amount = f"{free / GIGABYTE:.1f} GB"
    if jobs == 1:
        return f"{amount} are free"
    return f"{amount} are free for each of {jobs} parallel jobs (fewer workers leave more for each)"


def keep_freed_memory() -> None:
    """Let glibc keep freed memory for reuse instead of returning it to the system.

    By default every large array is mapped and zeroed anew; on a convolutional network that took more
    CPU time than its arithmetic. Other C libraries are not changed.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_LARGEST_KEPT, 1 << 30)
        library.mallopt(_TOP_KEPT, 1 << 30)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory ran out; each library words that differently."""
    words = ("can't allocate memory", "cannot allocate memory", "out of memory", "failed to allocate")
    return isinstance(error, MemoryError) or any(text in str(error).lower() for text in words)


def _bytes_in(file: Path, field: str) -> int | None:
    """Return a field of a file of the kernel that states kilobytes; None if it cannot be read."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), None)


def _free_in_container() -> int | None:
    try:
        limit = (_CONTAINER / "memory.max").read_text().strip()
        used = int((_CONTAINER / "memory.current").read_text())
        statistics = dict(line.split() for line in (_CONTAINER / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    if not limit.isdigit():
        return None
    reclaimable = int(statistics.get("inactive_file", 0))  # files read lately, kept while there is room
    return max(int(limit) - used + reclaimable, 0)


def _free_for_process() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = _bytes_in(_STATUS, "VmSize")
    return None if limit == resource.RLIM_INFINITY or used is None else max(limit - used, 0)
