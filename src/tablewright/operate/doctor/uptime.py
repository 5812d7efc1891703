"""A log of probes of a service, and the uptime that it shows.

In: probes, one a line of a file as JSON: when, whether the service said that it is well, what was
wrong. Out: uptime over what the log covers. A probe stands for the time until the next one, at most
twice the usual time between two: what lies beyond was not seen, and is neither up nor down.
"""

from __future__ import annotations

import datetime
import json
import statistics
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import HOURS_PER_MONTH, ZERO

PERCENT = Decimal(100)


@frozen
class Probe:
    """One question whether a service is well."""

    at: datetime.datetime
    problem: str = ""
    """What was wrong with the answer; "" where nothing was."""


@frozen
class Uptime:
    """What a log of probes shows."""

    probes: int
    failed: int
    covered_minutes: Decimal
    down_minutes: Decimal

    @property
    def percent(self) -> Decimal | None:
        """The share of the time that was seen and up; None where nothing was seen."""
        if not self.covered_minutes:
            return None
        return PERCENT - self.down_minutes / self.covered_minutes * PERCENT


def budget_minutes(percent: Decimal) -> Decimal:
    """Return for how many minutes of a month a service may be down.

    Example:
        >>> budget_minutes(Decimal("99.9"))
        Decimal('43.8')
    """
    return HOURS_PER_MONTH * 60 * (PERCENT - percent) / PERCENT


def append(path: Path, probe: Probe) -> None:
    """Add a probe to a log."""
    line = {"at": probe.at.isoformat(timespec="seconds"), "problem": probe.problem}
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def read(path: Path) -> tuple[Probe, ...]:
    """Return the probes of a log in order of time; none where there is no file.

    Raises:
        DataError: a line is no probe.
    """
    if not path.exists():
        return ()
    probes = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            content = json.loads(line)
            at = datetime.datetime.fromisoformat(content["at"])
            probes.append(Probe(at=at, problem=str(content["problem"])))
        except (ValueError, KeyError, TypeError) as problem:
            raise DataError(
                f"{path}:{number} is no probe: {problem}",
                remedy='a line is {"at": TIME, "problem": TEXT}, as `tablewright probe` writes it',
            ) from problem
    return tuple(sorted(probes, key=lambda probe: probe.at))


def uptime(probes: Sequence[Probe]) -> Uptime:
    """Return the uptime that probes show, in order of time."""
    gaps = [(after.at - before.at).total_seconds() for before, after in pairwise(probes)]
    usual = statistics.median(gaps) if gaps else 0.0
    stands = [min(gap, 2 * usual) for gap in gaps] + ([usual] if probes else [])
    seconds = [Decimal(round(each)) for each in stands]
    down = [span for span, probe in zip(seconds, probes, strict=True) if probe.problem]
    return Uptime(
        probes=len(probes),
        failed=sum(bool(probe.problem) for probe in probes),
        covered_minutes=sum(seconds, ZERO) / 60,
        down_minutes=sum(down, ZERO) / 60,
    )
