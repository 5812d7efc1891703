"""What making a change brings, as values: what every engine's re-costing answers with.

In: nothing. Out: `FixOutcome` of an option, and the `Budget` that keeps large designs affordable.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.review.verdicts import FixOption


@frozen
class FixOutcome:
    """What becomes of a design when changes are made to it."""

    option: FixOption
    saves: Decimal | None
    """USD a month, negative when it costs more; None where no bill shows it."""
    reject: str = ""
    """Not empty: why the changes are not proposed."""
    cost_once: Decimal | None = None
    hours: Decimal | None = None
    effort: int = 1
    effect: str = ""
    """What else it changes, where the bill does not tell."""


class Budget:
    """How many access patterns may still be routed again; it keeps large designs affordable."""

    def __init__(self, patterns: int) -> None:
        self.left = patterns

    def spend(self, patterns: int) -> None:
        """Take off what an evaluation routes."""
        self.left -= patterns

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0
