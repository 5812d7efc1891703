"""What a call of the store can end with, other than its answer.

StoreError
├── InvalidArguments     the call does not fit the pattern; `problems` says where
├── NotFound             the instance that a write speaks of is not there
├── ConditionFailed      the condition of a write did not hold: nothing was written
├── Conflict             others kept changing the same instance; nothing was written
├── NotServed            this design cannot answer the pattern
└── Unavailable          the database did not answer, or kept throttling
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tablewright.core.errors import TablewrightError
from tablewright.core.frozen import frozen


class StoreError(TablewrightError):
    """A call of the store failed.

    Attributes:
        pattern: the access pattern that was called.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, pattern: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.pattern = pattern


@frozen(kw_only=False)
class Problem:
    """What is wrong with one argument."""

    place: str
    """Such as `tokens` or `items[2].status`."""
    message: str


class InvalidArguments(StoreError):
    """The arguments of a call do not fit its pattern."""

    def __init__(self, problems: Sequence[Problem], *, pattern: str) -> None:
        listed = "; ".join(f"{problem.place}: {problem.message}" for problem in problems)
        super().__init__(f"{pattern}: {listed}", pattern=pattern)
        self.problems = tuple(problems)


class NotFound(StoreError):
    """The instance that a write speaks of is not there."""


class ConditionFailed(StoreError):
    """The condition of a write did not hold, or what must be new was there already."""


class Conflict(StoreError):
    """The instance kept being changed by others; nothing was written."""


class NotServed(StoreError):
    """The design cannot answer the pattern."""


class Unavailable(StoreError):
    """The database did not answer, or kept throttling."""
