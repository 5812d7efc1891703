"""What binding an expression to its names and values yields: the values the engine works with.

In: nothing. Out: classes. An item is wire form (`{"a": {"N": "1"}}`) with canonical number text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

from tablewright.capacity.items import value_bytes
from tablewright.core.frozen import frozen

WireValue: TypeAlias = Mapping[str, Any]
Item: TypeAlias = Mapping[str, WireValue]
AttributePath: TypeAlias = tuple[str | int, ...]
"""A resolved path: attribute names and list positions, no placeholders."""

NOTHING: frozenset[str] = frozenset()


Values: TypeAlias = Mapping[str, WireValue]
Test: TypeAlias = Callable[[Item, Values], bool]
Read: TypeAlias = Callable[[Item, Values], WireValue | None]
"""Reads an operand; None if the item has nothing there."""


@frozen(kw_only=False)
class ConditionForm:
    """A condition compiled for its names and the types of its values."""

    test: Test
    paths: tuple[AttributePath, ...]
    recheck: tuple[Callable[[Values], None], ...]
    """What must be asked again of each new set of values, and not only of their types."""
    used_names: frozenset[str]
    used_values: frozenset[str]


@frozen(kw_only=False)
class UpdateForm:
    """An update compiled for its names and the types of its values."""

    sets: tuple[tuple[AttributePath, Read], ...]
    adds: tuple[tuple[AttributePath, str], ...]
    deletes: tuple[tuple[AttributePath, str], ...]
    removes: tuple[AttributePath, ...]
    paths: tuple[AttributePath, ...]
    nested: tuple[AttributePath, ...]
    """Those of `paths` that lead into an attribute."""
    touched: frozenset[str]
    used_names: frozenset[str]
    used_values: frozenset[str]
    plain_sets: tuple[tuple[str, str], ...]
    """Attributes that are set to a value as it is, with its placeholder."""
    fixed_bytes: int
    """What the statement counts without its values."""
    counted_values: tuple[str, ...]
    """The placeholders whose values the statement writes, each as often as it does."""


_Form = TypeVar("_Form", ConditionForm, UpdateForm)


class _Bound(Generic[_Form]):
    """A compiled form with the values of one request."""

    __slots__ = ("form", "values")

    form: _Form
    values: Values

    def __init__(self, form: _Form, values: Values) -> None:
        self.form = form
        self.values = values

    @property
    def used_names(self) -> frozenset[str]:
        """The placeholders for names it uses."""
        return self.form.used_names

    @property
    def used_values(self) -> frozenset[str]:
        """The placeholders for values it uses."""
        return self.form.used_values


class BoundCondition(_Bound[ConditionForm]):
    """A condition or filter, bound. `evaluate` answers it for an item."""

    __slots__ = ()

    @property
    def paths(self) -> tuple[AttributePath, ...]:
        """Every path it mentions, in order: a filter may not mention key attributes, for one."""
        return self.form.paths


class BoundUpdate(_Bound[UpdateForm]):
    """An update, bound. `apply_update` carries it out on a copy of an item."""

    __slots__ = ()

    @property
    def paths(self) -> tuple[AttributePath, ...]:
        """The paths it writes, in the order of the clauses SET, REMOVE, ADD, DELETE."""
        return self.form.paths

    @property
    def touched(self) -> frozenset[str]:
        """The top-level names of `paths`: none of them may be part of the table's key."""
        return self.form.touched

    @property
    def only_removes(self) -> bool:
        """Whether it only takes away, so that it leaves an item that is missing missing."""
        form = self.form
        return not form.sets and not form.adds and bool(form.removes or form.deletes)

    def plain_values(self) -> dict[str, WireValue]:
        """Return the attributes that are set to a value of the request, whatever the item is."""
        return {name: self.values[value] for name, value in self.form.plain_sets}

    def statement_bytes(self) -> int:
        """Return how large the statement counts, whatever the item is."""
        values = self.values
        return self.form.fixed_bytes + sum(
            value_bytes(values[name]) for name in self.form.counted_values
        )


@frozen(kw_only=False)
class UpdateResult:
    """The item after an update, and what the update wrote."""

    item: dict[str, Any]
    touched: frozenset[str]
    paths: tuple[AttributePath, ...]
    """For UPDATED_OLD and UPDATED_NEW: `project(result.paths, old or new item)`."""


@frozen(kw_only=False)
class BoundProjection:
    """A projection, bound. `project` takes it or bare paths."""

    paths: tuple[AttributePath, ...]
    names: tuple[str, ...] | None
    """The attribute names if no path is nested, else None."""
    used_names: frozenset[str] = NOTHING
    used_values: frozenset[str] = NOTHING
    labels: tuple[str, ...] | None = None
    """What each path's value is called in the result, if that is flat (PartiQL), else None."""

    @property
    def top_level(self) -> tuple[str, ...]:
        """The top-level attributes it needs, once each."""
        return tuple(dict.fromkeys(str(path[0]) for path in self.paths))


@frozen(kw_only=False)
class KeyCondition:
    """Which keys a query reads: equality on the whole partition key, then part of the sort key."""

    partition: tuple[WireValue, ...]
    """One value for each partition key attribute, in the order of the schema."""
    sort_equals: tuple[WireValue, ...] = ()
    """Equality on the leading sort key attributes (`sk = :v` with one sort key is this)."""
    operator: str | None = None
    """A range on the next sort key attribute: `< <= > >= BETWEEN begins_with`; None: no range."""
    operands: tuple[WireValue, ...] = ()
    """The operands of `operator`: two for BETWEEN, else one."""
    used_names: frozenset[str] = NOTHING
    used_values: frozenset[str] = NOTHING
