"""What a review says: findings, with the change that fixes each and what it saves.

Values only; how they come about is in the predicates, how they are weighed in `grade`.
"""

from __future__ import annotations

import enum
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE


class Level(enum.IntEnum):
    """How bad a finding is."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


@frozen
class Fix:
    """The change that fixes a finding, re-costed: what it is, what it saves, what it costs once."""

    kind: str
    text: str
    design_name: str = ""
    saves_per_month: Decimal | None = None
    """None where the saving could not be computed."""
    cost_once: Decimal | None = None
    hours: Decimal | None = None
    effort: int = 1
    """1 a setting, 2 an index or projection, 5 a table rebuild, 13 another engine."""
    effect: str = ""
    """What else it changes: on servers the offer that stays or not, and what is relieved."""
    rejected: tuple[str, ...] = ()
    """Why the first choices of fix were not taken."""


@frozen
class Finding:
    """One rule that fires on one subject of one design."""

    rule: str
    title: str
    category: str
    level: Level
    subject: str
    """What it is about: a table, "table/index", a pattern, an entity, or "design"."""
    evidence: str
    """The predicate with its numbers filled in."""
    why: str = ""
    fix: Fix | None = None
    exposure: Decimal = ONE
    confidence: Decimal = ONE
    consequences: tuple[str, ...] = ()
    """Rule ids of findings on the same subject that follow from this one."""
    accepted: str = ""
    """Reason why the team accepts it; then it is outside the score."""
    sources: tuple[str, ...] = ()
