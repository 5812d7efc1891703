"""The predicate about the version a design states; the rule is in `reliability.yaml`.

In: facts. Out: a Hit, Clear, or None where no version is stated.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal

from tablewright.core.quantities import ZERO, format_usd
from tablewright.engines.servers.changes import SetVersion
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.versions import CALENDARS, Calendar, known_versions
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Missing, Verdict


def srv_rel_003(f: ServerFacts) -> Verdict:
    """The stated version is past the end of its support, or near it."""
    support, chosen = f.evaluation.support, f.evaluation.chosen
    if support is None:
        return None
    vendor = chosen.offer.vendor if chosen is not None else ""
    calendar = support.calendar(vendor)
    if calendar is None:
        return Missing(f"until when {vendor or 'the vendor'} supports version {support.version}")
    days_left = _days_left(calendar, support.day)
    if days_left > f.k["version_days"]:
        return CLEAR
    charged = sum(
        (line.amount for line in chosen.lines if ".extended-support." in line.price_key)
        if chosen is not None
        else (),
        ZERO,
    )
    whose = f"at {vendor}" if vendor in CALENDARS else "by its makers"
    evidence = f"version {support.version} {whose}, on {support.day}: {calendar.told(support.day)}"
    if charged:
        evidence += f"; {format_usd(charged)} USD a month of this bill are for it"
    return Hit(
        evidence=evidence,
        values={"past": days_left < 0},
        options=lambda: _upgrades(f, support.version),
    )


def _days_left(calendar: Calendar, day: str) -> Decimal:
    """Return the days to the last one of standard support; below zero after it."""
    year, month, *rest = (int(part) for part in calendar.ends.split("-"))
    after_month = datetime.date(year + month // 12, month % 12 + 1, 1)
    last = datetime.date(year, month, rest[0]) if rest else after_month - datetime.timedelta(days=1)
    return Decimal((last - datetime.date.fromisoformat(day)).days)


def _upgrades(f: ServerFacts, version: str) -> Iterable[FixOption]:
    """Offer the newest version whose dates are known."""
    newest = known_versions(f.design.engine)[-1]
    if newest != version:
        yield FixOption(changes=(SetVersion(version=newest),))
