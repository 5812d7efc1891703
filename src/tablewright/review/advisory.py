"""What changes with the number of users, as values: triggers, headroom, drivers of the bill.

In: nothing. Out: `Advisory`. How it is computed is the engine's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tablewright.review.findings import Level


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A resource and dimension that drives the bill at one stop."""

    name: str
    usd_per_month: Decimal
    share: Decimal
    sentence: str = ""
    """What an error in it would do, for a driver above 30 per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A trigger seen from one stop: `when` is now, soon, later or beyond."""

    trigger: Trigger
    when: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
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
    sentence: str
    """What to do at this scale, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """What changes with the number of users."""

    stops: tuple[Stop, ...]
    triggers: tuple[Trigger, ...]
    """By users, then rule."""
