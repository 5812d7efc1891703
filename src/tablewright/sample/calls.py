"""One call of an access pattern with its values: what an engine is asked to do.

In: nothing; these are values. Out: the same. Whoever calls a pattern (a proof, a service) fills in
the instance and the conditions; the functions give what only some designs ask for, when they do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tablewright.core.frozen import frozen

if TYPE_CHECKING:
    from tablewright.model.values import Entity, Pattern
    from tablewright.sample.world import Test

Row = Mapping[str, Any]
"""One instance of an entity: attribute names to plain Python values."""

Children = Callable[[str], Sequence[Row]]
"""Given an entity, the instances of it that belong to the instance at hand."""


def no_children(entity: str) -> Sequence[Row]:
    """Return nothing: an instance without children."""
    return ()


def no_value(entity: str, row: Row, attribute: str) -> Any:
    """Return None: no value is known."""
    return


LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@frozen
class Call:
    """One call of a pattern.

    `row` fills the keys: the instance as the caller knows it; `after` is what a write makes of it.
    """

    pattern: Pattern
    row: Row
    tests: tuple[Test, ...] = ()
    """The conditions of the pattern with their values."""
    bounds: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """For a range on an attribute, its operands."""
    after: Row = field(default_factory=dict)
    must_fail: bool = False
    """The condition of the write has to be made one that does not hold."""
    is_unmet: bool = False
    """No instance was found that meets the condition: any write is refused."""
    expected: Row = field(default_factory=dict)
    """What the caller expects of the stored instance, where the condition speaks of it."""
    amounts: Mapping[str, Any] = field(default_factory=dict)
    """By how much to count up, where the caller says it."""
    now: dt.datetime = LONG_AGO
    """The time of the call, for conditions that look at the clock."""
    must_exist: bool = False
    """A write of an instance that is not there is refused, whatever the pattern's condition."""
    is_stored: bool = False
    """The row is the instance as it is stored: nothing has to be looked up."""
    unchanged: Row = field(default_factory=dict)
    """Attributes that the stored instance has to have still, None for those it must lack."""
    resume: Any = None
    """Where the page before ended, as its `Outcome` says; None for the first page."""
    is_page: bool = False
    """A page of a list is wanted, with the place where the next one begins."""
    parts: tuple[Call, ...] = ()
    """The writes of a transaction."""
    more: tuple[Call, ...] = ()
    """The further instances of a batch."""
    children: Children = no_children
    """Gives the children of the instance."""
    parent: Callable[[], Row] = dict
    """Gives the parent of the instance; empty where it is not known."""
    place: Callable[[], int] = int
    """Gives the place of the instance among its siblings, in the order they were written."""
    seeded: Callable[[str, Row, str], Any] = no_value
    """Gives the sampled value of an attribute that is stored apart from its record."""

    number: int | None = None
    """The instance asked for, updated or deleted."""
    like: int | None = None
    """The seeded instance that a put is as big as."""
    fresh: int | None = None
    """The number under which the values were drawn that a write makes up."""
    changed: frozenset[str] = frozenset()
    """The attributes an update gives another value."""
    is_missed: bool = False
    """Whether a get asks for what is not there."""

    def amount(self, name: str) -> Any:
        """Return by how much an attribute is counted up: a whole number as int."""
        amount = self.amounts.get(name, self.pattern.amount(name))
        return int(amount) if amount == int(amount) else amount

    @property
    def all(self) -> tuple[Call, ...]:
        """The call for each instance: itself and those of the batch."""
        return (self, *self.more)

    def put_inside(self, parts: Sequence[int], parent: Call) -> Children:
        """Return what gives the children that a transaction puts inside the item of a parent.

        Args:
            parts: which of the parts put them; with none the parent has those that it says.
            parent: the call that puts the parent.
        """
        if not parts:
            return parent.children
        puts = [each for part in parts for each in self.parts[part].all]
        return lambda entity: [each.row for each in puts if each.pattern.entity == entity]

    @property
    def instances(self) -> tuple[Call, ...]:
        """The call for each instance, of a transaction those of all its parts."""
        return tuple(each for part in self.parts or (self,) for each in part.all)


def typed(entity: Entity, name: str, text: str) -> Any:
    """Return a fixed value of the model file as the attribute's own type: a whole number as int."""
    attribute = entity.find(name)
    if attribute is None:
        return text
    if attribute.kind.value == "bool":
        return text == "true"
    if attribute.kind.is_number:
        number = Decimal(text)
        return int(number) if number == int(number) else number
    return text
