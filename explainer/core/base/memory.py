"""How much memory a model takes, and how much there is."""

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
    """What a stretch of code took.

    Attributes
    ----------
    taken : int or None
        Bytes beyond those in use before; None where the system does not tell.
    """

    taken: int | None = None


@contextlib.contextmanager
def peak_memory(device: str = "cpu") -> Iterator[Peak]:
    """Measure the most memory that is in use at any time within the block.

    Parameters
    ----------
    device : str
        ``"cpu"``, or a GPU as PyTorch calls it.
    """
    peak = Peak()
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        yield peak
        peak.taken = torch.cuda.max_memory_allocated(device) - before
        return
    with contextlib.suppress(OSError, AttributeError):  # freed memory that is kept would hide what is needed
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        _PEAK_RESET.write_text("5")
    known = _in_use("VmRSS")
    yield peak
    highest = _in_use("VmHWM")
    peak.taken = None if known is None or highest is None else max(highest - known, 0)


@contextlib.contextmanager
def memory_shared_by(jobs: int) -> Iterator[None]:
    """Let `available_memory` give one of so many jobs its share, within the block.

    What the others have taken by then is gone from what is free and is divided once more: shares are on
    the small side, and never add up to more than there is.

    Parameters
    ----------
    jobs : int
        That may take memory on this machine at the same time, at least 1.
    """
    token = _sharing.set(max(jobs, 1))
    try:
        yield
    finally:
        _sharing.reset(token)


def available_memory(device: str = "cpu") -> int | None:
    """Return the bytes that this job can still take, None where the system does not tell."""
    jobs = _sharing.get()
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0]) // jobs
    shared = [free // jobs for free in (_free_in_machine(), _free_in_container()) if free is not None]
    own = [free for free in [_free_for_process()] if free is not None]
    return min(shared + own, default=None)


def free_in_words(free: int) -> str:
    """Say how much is free, and for whom where several jobs share it."""
    jobs = _sharing.get()
    amount = f"{free / GIGABYTE:.1f} GB"
    if jobs == 1:
        return f"{amount} are free"
    return f"{amount} are free for each of {jobs} jobs at once (fewer workers would leave more)"


def keep_freed_memory() -> None:
    """Let the C library keep what a model's layers free, instead of asking the system anew each time.

    By default every large array is mapped and zeroed afresh; on a convolutional network that took more
    processor time than its arithmetic. Other C libraries than glibc go on as they are.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_LARGEST_KEPT, 1 << 30)
        library.mallopt(_TOP_KEPT, 1 << 30)


def is_lack_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory did not suffice, which libraries say each in its own way."""
    words = ("can't allocate memory", "cannot allocate memory", "out of memory", "failed to allocate")
    return isinstance(error, MemoryError) or any(text in str(error).lower() for text in words)


def _in_use(field: str) -> int | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), None)


def _free_in_machine() -> int | None:
    try:
        lines = _MACHINE.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def _free_in_container() -> int | None:
    try:
        limit = (_CONTAINER / "memory.max").read_text().strip()
        used = int((_CONTAINER / "memory.current").read_text())
        statistics = dict(line.split() for line in (_CONTAINER / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    if not limit.isdigit():
        return None
    given_back_on_demand = int(
        statistics.get("inactive_file", 0)
    )  # files read lately, kept while there is room
    return max(int(limit) - used + given_back_on_demand, 0)


def _free_for_process() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = _in_use("VmSize")
    return None if limit == resource.RLIM_INFINITY or used is None else max(limit - used, 0)
