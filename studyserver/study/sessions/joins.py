"""Limit of joins per network address, and detection of bursts.

Only a keyed digest of an address is stored, and only while it counts.
"""

import datetime
import ipaddress
import math
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from studyserver.study.models import RecentJoin, Study

SEEN_BACK = datetime.timedelta(days=7)  # earlier bursts are ignored
FEWEST = 10  # a burst has at least this many joins
TIMES_USUAL = 5  # and more than this many times the usual number


class JoiningRefused(Exception):
    """The study cannot be joined now; the message says why."""


class TooManyJoins(JoiningRefused):
    """The limit of joins from one address is reached.

    Attributes
    ----------
    seconds : int
        Time until the next join is possible.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        minutes = math.ceil(seconds / 60)
        words = ngettext(
            "Many people have begun from your network within a short time. Please try again in %(count)d "
            "minute.",
            "Many people have begun from your network within a short time. Please try again in %(count)d "
            "minutes.",
            minutes,
        )
        super().__init__(words % {"count": minutes})


def window() -> datetime.timedelta:
    """Return the length of the time window in which joins are counted."""
    return datetime.timedelta(minutes=settings.JOINS_MINUTES)


def admit(study: Study, address: str) -> None:
    """Count a join, in the transaction of the join.

    Parameters
    ----------
    study
        Locked by the caller, so that simultaneous joins are counted one after the other.
    address
        As :func:`client_address` returns it; an empty (unknown) address is not limited.

    Raises
    ------
    TooManyJoins
        If the limit of the address is reached.
    """
    forget_old()
    if not address or settings.JOINS_PER_ADDRESS <= 0:
        return
    now = timezone.now()
    earlier = RecentJoin.objects.filter(address=_digest(address), at__gt=now - window()).order_by("-at")
    if len(counted := list(earlier[: settings.JOINS_PER_ADDRESS])) >= settings.JOINS_PER_ADDRESS:
        wait = counted[-1].at + window() - now
        raise TooManyJoins(max(1, math.ceil(wait.total_seconds())))
    RecentJoin.objects.create(study=study, address=_digest(address), at=now)


def forget_old() -> None:
    """Delete joins that no longer count."""
    RecentJoin.objects.filter(at__lte=timezone.now() - window()).delete()


def _digest(address: str) -> str:
    """Return a keyed digest of an address; for IPv6, of its /64 network, which is one household."""
    network = ipaddress.ip_address(address.partition("%")[0])
    if network.version == 6:
        network = ipaddress.ip_network((network, 64), strict=False).network_address
    return salted_hmac("studyserver.study.sessions.joins", str(network), algorithm="sha256").hexdigest()


# Bursts -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Burst:
    """The time window with the most joins, and the usual number of joins in a window."""

    begins: datetime.datetime
    joins: int
    consented: int
    usual: float


def burst(study: Study) -> Burst | None:
    """Return the greatest burst of the last days, or None if there is none."""
    now = timezone.now()
    people = study.annotators.people().filter(joined_at__gt=now - SEEN_BACK)
    times = list(people.order_by("joined_at").values_list("joined_at", "consented_at"))
    length, start, most, begin = window(), 0, 0, 0
    # A sliding window over the sorted times: `start` is the first join within `length` before `time`.
    for end, (time, _consented) in enumerate(times):
        while times[start][0] <= time - length:
            start += 1
        if end - start + 1 > most:
            most, begin = end - start + 1, start
    if most < FEWEST:
        return None
    since = max(now - SEEN_BACK, study.opened_at or times[0][0])
    other_windows = max(1.0, (now - since) / length - 1)
    usual = (len(times) - most) / other_windows
    if most <= TIMES_USUAL * usual:
        return None
    inside = times[begin : begin + most]
    consented = sum(consent is not None for _time, consent in inside)
    return Burst(inside[0][0], most, consented, usual)


def pace(study: Study) -> str:
    """Return a sentence for researchers about recent joins; empty without recent joins."""
    forget_old()
    found = burst(study)
    minutes = settings.JOINS_MINUTES
    if found is not None:
        began = f"{timezone.localtime(found.begins):%-d %B %Y %H:%M}"
        return (
            f"Burst of joins: {found.joins} people began within {minutes} minutes, starting at {began}; "
            f"{found.usual:.1f} are usual. {found.consented} of them have consented. Check whether this was "
            f"a class or a script.{_from_one_address(study)}"
        )
    recent = study.annotators.people().filter(joined_at__gt=timezone.now() - window()).count()
    return f"{recent} began within the last {minutes} minutes." if recent else ""


def _from_one_address(study: Study) -> str:
    addresses = list(study.recent_joins.values_list("address", flat=True))
    most = max(map(addresses.count, set(addresses)), default=0)
    if most < FEWEST:
        return ""
    return f" In the last {settings.JOINS_MINUTES} minutes {most} came from one address."
