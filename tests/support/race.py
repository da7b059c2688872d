"""Many annotators at once, each in a thread of its own; run in several processes by the tests.

Usage: ``python race.py STUDY_IDS NUMBER SEED``. Each annotator takes the first study to its end, and joins
the others, from which some leave. Prints one line of JSON: the answers entered in the first study
(trial id -> value), how many left each of the others, who of them had everything deleted, and the
errors met.
"""

import gc
import json
import os
import random
import sys
import threading

from paths import ROOT

# What one process of the server does at the same time, as configured for a small machine.
requests = threading.Semaphore(2)


def request(function, *arguments):
    """Call a function as one request to the server: in its turn, with its own connection."""
    from django.db import connection

    with requests:
        try:
            return function(*arguments)
        finally:
            connection.close()


def take_part(study_id: int, seed: int, entered: dict, errors: list) -> None:
    """Walk through the study as an impatient person with a bad network would."""
    from example_studies import heard, make_event, ready

    from studyserver.study.models import Study
    from studyserver.study.sessions import session
    from studyserver.study.sessions.answers import record_judgments

    rng = random.Random(seed)

    def send(annotator, event):
        try:
            [receipt] = request(record_judgments, annotator, [event])
            if receipt["status"] == "refused":
                errors.append(receipt["reason"])
        except Exception as error:
            errors.append(repr(error))

    try:
        annotator = request(lambda: ready(Study.objects.get(pk=study_id)))
        sequence = 0
        while trial := request(session.current_trial, annotator):
            for _ in range(rng.randint(1, 2)):
                sequence += 1
                event = make_event(trial, value=rng.randint(1, 5), sequence=sequence)
                # The same event twice at the same moment, as after a reload in mid-request.
                twin = threading.Thread(target=send, args=(annotator, event))
                twin.start()
                send(annotator, event)
                twin.join()
                entered[trial.pk] = event["value"]
            request(lambda trial=trial: session.finish_trial(annotator, trial.token, heard(trial)))
        if not request(session.completion, annotator):
            errors.append("no completion code")
    except Exception as error:
        errors.append(repr(error))


def join_and_perhaps_leave(
    study_id: int, rng: random.Random, left: dict, deleted: list, errors: list
) -> None:
    """Get trials of a study; every fourth annotator's place is free again at once, in one way or another."""
    from example_studies import ready

    from studyserver.study.models import Annotator, Study
    from studyserver.study.recruitment import recruiting
    from studyserver.study.sessions import session
    from studyserver.study.sessions.withdrawal import delete_answers

    def returned(annotator):
        assert recruiting.free_places(annotator.study, [annotator.pseudonym]).freed

    ways = [
        lambda annotator: session.withdraw(annotator, keep_answers=False),
        lambda annotator: session.screen_out(annotator, Annotator.EndedBecause.ATTENTION),
        delete_answers,
        returned,
    ]
    try:
        annotator = request(lambda: ready(Study.objects.get(pk=study_id)))
        if request(session.current_trial, annotator) is None:
            errors.append("no trial")
        if rng.random() < 0.25:
            way, pseudonym = rng.choice(ways), annotator.pseudonym
            request(way, annotator)
            if way is delete_answers:
                deleted.append(pseudonym)
            left[study_id] = left.get(study_id, 0) + 1
    except Exception as error:
        errors.append(repr(error))


def main() -> None:
    """Run the annotators of one process."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyserver.settings")
    import django

    django.setup()
    gc.freeze()  # what was imported lives as long as the process
    gc.set_threshold(50_000, 20, 50)
    study_id, *others = map(int, sys.argv[1].split(","))
    number, seed = map(int, sys.argv[2:])
    entered: dict = {}
    left: dict = {}
    deleted: list = []
    errors: list = []

    def come(seed: int) -> None:
        rng = random.Random(seed)
        for other in rng.sample(others, len(others)):
            join_and_perhaps_leave(other, rng, left, deleted, errors)
        take_part(study_id, seed, entered, errors)

    threads = [threading.Thread(target=come, args=(seed + index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"entered": entered, "left": left, "deleted": deleted, "errors": errors}))


if __name__ == "__main__":
    main()
