"""What changes with the number of users, as values: triggers, headroom, drivers of the bill.

In: nothing. Out: `Advisory`. How it is computed is the engine's business; what is said of each
number of users is put together here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO, format_usd, percent
from tablewright.review.findings import Level

SUFFICIENT = "sufficient"
TOO_EXPENSIVE = "works, costs more than needed"
CHANGE_DUE = "change due"


@frozen
class Trigger:
    """A rule that becomes true, or worse, at a number of users."""

    rule: str
    title: str
    subject: str
    level: Level
    users: int
    """The smallest number of users at which it holds."""
    evidence: str
    """The predicate with its numbers at that scale."""
    fix: str = ""
    kind: str = ""
    """The fix kind of the fix."""
    effort: int = 1
    if_halved: int | None = None
    if_doubled: int | None = None
    """The users when every assumed figure is halved, and doubled; None: it never comes."""


@frozen
class Headroom:
    """How far a limit is at one stop."""

    limit: str
    subject: str
    used: Decimal
    most: Decimal
    users: int | None
    """The number of users at which it is used up; None: never."""
    months: Decimal | None = None
    """Until then, at the declared growth; None where there is none."""

    @property
    def times(self) -> Decimal | None:
        """Limit over usage; None where nothing is used."""
        return self.most / self.used if self.used else None


@frozen
class BusiestKey:
    """What the busiest partition key of a table or index takes at the peak of one stop.

    A figure is None where the spread of the keys is not known.
    """

    resource: str
    read_share: Decimal | None
    """Of the reads of the table or index."""
    write_share: Decimal | None
    reads: Decimal | None
    """Read units a second."""
    writes: Decimal | None
    is_default_skew: bool
    """Whether a share rests on the skew that is taken where the model states none."""


@frozen
class Driver:
    """A resource and dimension that drives the bill at one stop."""

    name: str
    usd_per_month: Decimal
    share: Decimal
    sentence: str = ""
    """What an error in it would do, for a driver above 30 per cent."""


@frozen
class Due:
    """A trigger seen from one stop: `when` is now, soon, later or beyond."""

    trigger: Trigger
    when: str
    is_new: bool


@frozen
class Stop:
    """What holds at one number of users."""

    users: int
    usd_per_month: Decimal
    usd_per_user: Decimal
    usd_marginal: Decimal
    """What one more user adds a month."""
    drivers: tuple[Driver, ...]
    due: tuple[Due, ...]
    headroom: tuple[Headroom, ...]
    """The three tightest."""
    busiest: tuple[BusiestKey, ...]
    """Of every table and index, in the order of the design."""
    due_now: str
    """The worst that became due since the stop before, as a sentence; empty where nothing did."""
    outlook: str
    """What comes next, such as "the next limit is …"."""
    verdict: str = ""
    """`SUFFICIENT`, `TOO_EXPENSIVE` or `CHANGE_DUE`."""
    sentence: str = ""
    """What to do at this scale."""


@frozen
class Advisory:
    """What changes with the number of users."""

    stops: tuple[Stop, ...]
    triggers: tuple[Trigger, ...]
    """By users, then rule."""


def judged(
    advisory: Advisory,
    usd_with_fixes: Mapping[int, Decimal],
    missed: Mapping[int, Decimal],
    k: Mapping[str, Decimal],
) -> Advisory:
    """Return an advisory whose stops say whether the design is sufficient there.

    Args:
        advisory: stops without a verdict.
        usd_with_fixes: the bill after the whole improvement path, by users; empty without a path.
        missed: the monthly budgets of the model that are missed, by users.
        k: the thresholds of the rules: `min_save` and `big_save_share` say what is worth a word.
    """
    stops = []
    for stop in advisory.stops:
        saves = stop.usd_per_month - usd_with_fixes.get(stop.users, stop.usd_per_month)
        if saves < k["min_save"] or saves < k["big_save_share"] * stop.usd_per_month:
            saves = ZERO
        stops.append(_with_verdict(stop, saves, missed.get(stop.users)))
    return replace(advisory, stops=tuple(stops))


def _with_verdict(stop: Stop, saves: Decimal, missed: Decimal | None) -> Stop:
    parts: list[str] = []
    if missed is not None:
        parts.append(f"The budget of {format_usd(missed)} USD is missed.")
    if saves:
        share = percent(saves / stop.usd_per_month)
        parts.append(f"The improvement path saves {format_usd(saves)} USD a month ({share}).")
    if stop.due_now:
        verdict, rest = CHANGE_DUE, stop.due_now
    elif parts:
        verdict, rest = TOO_EXPENSIVE, f"{stop.outlook[:1].upper()}{stop.outlook[1:]}."
    else:
        verdict, rest = SUFFICIENT, f"No change needed at this scale; {stop.outlook}."
    return replace(stop, verdict=verdict, sentence=" ".join((*parts, rest)))
