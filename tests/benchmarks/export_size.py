"""Time and memory of exporting many judgments: table by table, by the command, and from the site's address.

    python tests/benchmarks/export_size.py [JUDGMENTS]

Builds a study with so many judgments (1 000 000 by default) in a database of its own, and a hundredth of it
beside. Prints, each in a process of its own, what `manage.py export_study` and the address that scripts fetch
from (through gunicorn, with a key) need: seconds, seconds to the first byte, peak memory; then for each table
seconds, rows per second and peak memory so far, which shows whether memory grows with their number.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRIALS = 40  # per annotator
AT_ONCE = 20  # annotators stored together


def main() -> None:
    """Run with a hundredth first, then with all."""
    judgments = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATA_FOLDER": folder,
            "DJANGO_SETTINGS_MODULE": "studyserver.settings",
            "LOG_LEVEL": "WARNING",
        }
        sys.path[:0] = [
            str(ROOT),
            str(ROOT / "tests" / "support"),
            str(ROOT / "tests" / "support" / "studies"),
        ]
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        for number in (judgments // 100, judgments):
            print(f"{number} judgments", flush=True)
            study = build(number)
            measure_command(study.slug, Path(folder))
            measure_address(study.slug)
            measure_tables(study)


def peak() -> float:
    """Return the greatest memory that this process used so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def build(judgments: int):
    """Return a study with so many judgments, written straight into the database."""
    from filled_study import make_study

    from studyserver.study.models import Annotator

    study = make_study(f"large-{judgments}", tracks=20)
    questions = list(study.questions.filter(kind__in=["scale", "slider"]))
    stimuli = list(study.stimuli.all())
    people = judgments // (TRIALS * len(questions))
    for start in range(0, people, AT_ONCE):
        several = [new_annotator(study) for _ in range(start, min(people, start + AT_ONCE))]
        take_part(Annotator.objects.bulk_create(several), questions, stimuli)
    return study


def new_annotator(study):
    """Return an annotator of the study who has finished; not stored."""
    from django.utils import timezone

    from studyserver.study.models import Annotator

    now = timezone.now()
    return Annotator(study=study, state="finished", expires_at=now, finished_at=now)


def take_part(people, questions, stimuli) -> None:
    """Store finished trials of these annotators, with an answer to each question."""
    import uuid

    from django.utils import timezone

    from studyserver.study.models import Judgment, Presentation, Trial

    now = timezone.now()
    trials = Trial.objects.bulk_create(
        Trial(annotator=person, position=position + 1, presented_at=now, finished_at=now)
        for person in people
        for position in range(TRIALS)
    )
    Presentation.objects.bulk_create(
        Presentation(trial=trial, stimulus=stimuli[(number * 7) % len(stimuli)])
        for number, trial in enumerate(trials)
    )
    Judgment.objects.bulk_create(
        Judgment(
            trial=trial, question=question, uuid=uuid.uuid4(), sequence=number, value=1 + trial.pk % 5,
            number=1 + trial.pk % 5, stored_at=now, answered_at=now, response_ms=1234,
        )
        for trial in trials
        for number, question in enumerate(questions)
    )  # fmt: skip


def measure_tables(study) -> None:
    """Write every table to nowhere and print what it took."""
    from studyserver.results.export.archive import StudyExport

    for path, content in StudyExport(study).files():
        began, size, lines = time.perf_counter(), 0, -1
        for chunk in content:
            size += len(chunk)
            lines += chunk.count(b"\n")
        seconds = time.perf_counter() - began
        if path.startswith("data/"):
            name = path.split("table-")[1].removesuffix("_data.csv")
            rate = lines / seconds
            print(f"  {name:15} {lines:9} rows {size / 1e6:8.1f} MB {seconds:7.1f} s", end="")
            print(f" {rate:9.0f} rows/s {peak():7.0f} MB peak", flush=True)


def measure_command(slug: str, folder: Path) -> None:
    """Write the zip by the command, in a process of its own."""
    target = folder / f"{slug}.zip"
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "export_study", slug, "--output", str(target), "--verbosity", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    assert status == 0, f"export_study ended with {status}"
    report("export_study", time.perf_counter() - began, target.stat().st_size, used.ru_maxrss / 1024)
    print(f"    of which {used.ru_utime + used.ru_stime:.1f} s of processor time")


def measure_address(slug: str) -> None:
    """Fetch the zip as a script does, from a web server of its own."""
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    from sites import free_port, start_site

    port = free_port()
    server = start_site(port, {**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        address = f"http://127.0.0.1:{port}/admin/results/study/{slug}/export/"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {new_key()}"})
        urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/").read()  # so that Django is there
        began, size = time.perf_counter(), 0
        with urllib.request.urlopen(request, timeout=600) as answer:
            first = answer.read(1)
            to_first_byte, last, longest = time.perf_counter() - began, time.perf_counter(), 0.0
            while first and (chunk := answer.read1(1 << 16)):
                longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
                size += len(chunk)
        report("address", time.perf_counter() - began, size + 1, worker_peak(server.pid))
        print(f"    first byte after {to_first_byte:.2f} s, longest silence {longest:.1f} s", flush=True)
    finally:
        server.terminate()
        server.wait(timeout=60)


def new_key() -> str:
    """Return a key of a new researcher."""
    from django.contrib.auth import get_user_model

    from studyserver.results.models import AccessToken

    number = get_user_model().objects.count()
    user = get_user_model().objects.create_superuser(f"researcher-{number}")
    secret, digest = AccessToken.new_secret()
    AccessToken.objects.create(user=user, name="benchmark", digest=digest)
    return secret


def worker_peak(server: int) -> float:
    """Return the greatest memory that a web server's worker used, in MB (Linux)."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    peaks = [Path(f"/proc/{child}/status").read_text().split("VmHWM:")[1].split()[0] for child in children]
    return max(int(found) for found in peaks) / 1024


def report(what: str, seconds: float, size: int, memory: float) -> None:
    """Print one line of figures."""
    print(f"  {what:15} {size / 1e6:8.1f} MB {seconds:7.1f} s {memory:7.0f} MB peak", flush=True)


if __name__ == "__main__":
    main()
