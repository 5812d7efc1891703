"""`probe`: ask a service whether it is well, keep the answer, tell its uptime against the target.

In: a session, an address, a log. Out: a ProbeView. The log grows by a line for each probe; without
an address it is only read.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from tablewright.core.frozen import frozen
from tablewright.operate.doctor.ping import ping
from tablewright.operate.doctor.uptime import Probe, Uptime, append, budget_minutes, read, uptime
from tablewright.session import Session


@frozen
class ProbeView:
    """The uptime of a service, as far as it was asked."""

    app: str
    address: str
    log: str
    latest: str
    """What was wrong at the last probe; "" where nothing was."""
    uptime: Uptime
    percent: Decimal | None
    """None where the log covers no time."""
    target: Decimal | None
    """Per cent that the model asks for; None where it asks for none."""
    budget_minutes: Decimal | None
    """Minutes of a month that the target allows."""

    @property
    def is_met(self) -> bool:
        """Whether the log does not show less than the target."""
        return self.percent is None or self.target is None or self.percent >= self.target


def probe(
    session: Session,
    *,
    log: Path,
    address: str = "",
    times: int = 1,
    seconds: float = 60,
    wait: Callable[[float], None] = time.sleep,
) -> ProbeView:
    """Ask an address so many times, and tell what the log shows.

    Args:
        session: the model file, whose target of availability counts.
        log: the file of probes.
        address: "" to read the log alone.
        times: how often it is asked.
        seconds: between two questions.
        wait: waits so many seconds.

    Raises:
        DataError: the log is none.
    """
    known = read(log)
    for number in range(times if address else 0):
        if number:
            wait(seconds)
        at = datetime.datetime.now(datetime.UTC)
        append(log, Probe(at=at, problem=ping(address)))
    known = read(log) if address else known
    shown = uptime(known)
    target = session.model.targets.availability
    return ProbeView(
        app=session.model.app,
        address=address,
        log=str(log),
        latest=known[-1].problem if known else "",
        uptime=shown,
        percent=shown.percent,
        target=target,
        budget_minutes=None if target is None else budget_minutes(target),
    )
