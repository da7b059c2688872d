import contextvars
import os
import signal
import time
from pathlib import Path

import pytest
import soundfile
from small_world import SAMPLE_RATE, tones

from explainer.builds import jobs
from explainer.builds.compute import ComputeError, Pool, executor
from explainer.core.base.memory import available_memory

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    """A Dask cluster of one worker, which does one job at a time."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


def tell_and_answer(job, progress):
    progress(0.5, f"working on {job}")
    return job * 2, os.getpid(), os.environ.get("OMP_NUM_THREADS")


def wait_for_reports(pool):
    give_up = time.monotonic() + 300
    while time.monotonic() < give_up:
        news = pool.reports()
        if news:
            return news
        time.sleep(0.01)
    raise AssertionError("no report came")


@pytest.mark.parametrize(("kind", "elsewhere"), [("in-process", False), ("processes", True)])
def test_jobs_answer_and_report(kind, elsewhere):
    pool = Pool(kind, 1)
    answer, process, threads = pool.submit(tell_and_answer, 21, "label").result(timeout=60)
    assert answer == 42
    assert (process != os.getpid()) == elsewhere
    assert wait_for_reports(pool) == {"label": (0.5, "working on 21")}
    if elsewhere:
        assert threads == "1"
    pool.close()


def test_an_unknown_kind_is_refused_in_words():
    with pytest.raises(ComputeError, match="in-process, processes, dask"):
        executor("magic")


def test_dask_that_is_missing_or_unreachable_says_what_to_do():
    with pytest.raises(ComputeError, match=r"pip install distributed|DASK_ADDRESS"):
        executor("dask", address="")


def test_a_dask_cluster_gives_the_same_answers(cluster):
    pool = Pool("dask", address=cluster.scheduler_address)
    assert pool.width == 1
    assert pool.submit(tell_and_answer, 21, "label").result(timeout=60)[0] == 42
    pool.close()


def outcome(result):
    """Return what must not depend on where a job was done; how long it took may."""
    assert not result.failure
    manifest = {name: value for name, value in result.manifest.items() if name != "seconds"}
    return manifest, result.files, result.explanation


def test_a_job_gives_the_same_bytes_wherever_it_is_done(cluster, tmp_path):
    soundfile.write(tmp_path / "tones.wav", tones(), SAMPLE_RATE)
    job = jobs.Job(
        track_file="tones.wav",
        track=(tmp_path / "tones.wav").read_bytes(),
        definition={
            "name": "brightness",
            "adapter": "callable",
            "code": "small_world.bright_and_loud",
            "representation": {"kind": "log_filterbank"},
            "targets": [{"name": "bright"}, {"name": "loud"}],
        },
        checkpoint_file="",
        checkpoint=b"",
        allowed_code=("small_world.",),
        recipe={"calls": 64, "evidence_sizes": [2]},
        targets=["bright"],
    )
    here = outcome(jobs.run(job))
    pool = Pool("dask", address=cluster.scheduler_address)
    assert outcome(pool.submit(jobs.run, job, "label").result(timeout=300)) == here
    pool.close()


def end_once(flag, progress):
    """End the process of the first who comes here."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def test_a_killed_worker_of_a_cluster_costs_the_job_in_hand_and_no_more(cluster, tmp_path):
    pool = Pool("dask", address=cluster.scheduler_address)
    before = pool.submit(tell_and_answer, 1, "before").result(timeout=60)
    killed = pool.submit(end_once, str(tmp_path / "flag"), "killed")
    after = pool.submit(tell_and_answer, 2, "after")
    assert killed.result(timeout=120) == "done"  # the cluster itself begins the job again
    assert (before[0], after.result(timeout=60)[0]) == (2, 4)
    pool.close()


def tell_free_memory(job, progress):
    """Return what is free for this job, and what were free if it did not share, at the same moment."""
    return available_memory(), contextvars.Context().run(available_memory)


@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_workers_of_one_machine_share_its_memory(kind):
    if kind == "processes":
        pool, workers = Pool(kind, 4), 4
        shared, alone = pool.submit(tell_free_memory, None, "label").result(timeout=60)
        pool.close()
    else:
        distributed = pytest.importorskip("distributed")
        with distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster:
            pool, workers = Pool(kind, address=cluster.scheduler_address), 4
            shared, alone = pool.submit(tell_free_memory, None, "label").result(timeout=60)
            pool.close()
    assert shared == pytest.approx(alone / workers, rel=0.05)


def test_in_this_process_all_memory_is_there():
    pool = Pool("in-process")
    free, alone = pool.submit(tell_free_memory, None, "label").result(timeout=60)
    assert free == pytest.approx(alone, rel=0.05)
    pool.close()
