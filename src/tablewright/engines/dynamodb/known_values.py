"""Sizes of the items a write meets, where the pattern tells values of theirs.

In: the sizes of a shape over sampled instances, what a write tells of them. Out: sizes in which
attributes have the value that the write's condition asks for, before it, and the one that it sets,
after it. So the entries of a sparse index are counted that a write adds and removes, and not those
that a random value would. It does not know units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tablewright.engines.dynamodb.design import KeyTemplate
from tablewright.engines.dynamodb.sizing import ShapeSizes
from tablewright.evaluation.known_values import Known, KnownValue
from tablewright.sample.wire import plain_bytes

AT_LARGE = 256
"""Instances among which one with an attribute is looked for where none that is met has it."""


class SizesOfWrite(ShapeSizes):
    """The sizes of a shape over sampled instances that have the values a write tells of."""

    def __init__(self, base: ShapeSizes, before: Known, after: Known) -> None:
        super().__init__(base.model, base.table, base.shape, base.sample, base.n, base.shared)
        self._before: Mapping[str, KnownValue] = dict(before)
        self._after: Mapping[str, KnownValue] = dict(after)

    def _known(self, name: str, after: frozenset[str]) -> KnownValue | None:
        return (self._after if name in after else self._before).get(name)

    def _column_key(self, name: str, after: frozenset[str]) -> tuple[Any, ...]:
        made_of = {part.partition(".")[0] for part in self.made_of(name)}
        known = tuple((part, self._known(part, after)) for part in sorted(made_of))
        told = tuple(pair for pair in known if pair[1] is not None)
        return (*super()._column_key(name, after), *told)

    def _values(self, attribute: str, after: frozenset[str]) -> list[Any]:
        known = self._known(attribute, after)
        drawn = super()._values(attribute, after)
        if known is None:
            return drawn
        return known.settle(
            self.entity,
            self.entity.attribute(attribute),
            drawn,
            lambda: self.sample.at_large.values(self.entity.name, attribute, AT_LARGE),
        )

    def _drawn(self, name: str, after: frozenset[str]) -> list[int | None]:
        known = self._known(name, after)
        if known is None:
            return super()._drawn(name, after)
        if known.operator in ("absent", "exists"):  # sizes do: a text may be long
            return known.settle(
                self.entity,
                self.entity.attribute(name),
                super()._drawn(name, after),
                lambda: self.sample.at_large.sizes(self.entity.name, name, AT_LARGE),
            )
        values = self._values(name, after)
        return [None if value is None else plain_bytes(value) for value in values]

    def _members(self, template: KeyTemplate, after: frozenset[str]) -> list[bool] | None:
        """Which instances have the key attribute at all; None for every one."""
        present = super()._members(template, after)
        return None if present is not None and all(present) else present
