"""Some instances of a sample, in any order and as often as wanted, as if they were its first ones.

In: a sample, and for each entity the numbers of the instances meant. Out: columns as a sample gives
them, so that what is worked out over a sample can be worked out over exactly these. Blocks are made
when asked for; few are kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from tablewright.capacity.limits import CONTAINER_BYTES, ELEMENT_BYTES
from tablewright.core.frozen import frozen
from tablewright.sample.groups import BLOCK
from tablewright.sample.sample import Sample
from tablewright.sample.wire import plain_bytes

KEPT_BLOCKS = 2048
KEPT_VALUE_BLOCKS = 64


class Blocks:
    """Columns of a sample at one scale, in blocks, the latest kept."""

    def __init__(self, sample: Sample, users: int) -> None:
        self.sample = sample
        self.users = users
        self._sizes: OrderedDict[tuple[str, str, bool, int], list[int | None]] = OrderedDict()
        self._values: OrderedDict[tuple[str, str, bool, int], list[Any]] = OrderedDict()

    def sizes(
        self, entity: str, name: str, numbers: Sequence[int], *, redrawn: bool = False
    ) -> list[int | None]:
        """Return the bytes of an attribute of these instances; of its next value if redrawn."""

        def make(start: int, stop: int) -> list[int | None]:
            return self.sample.size_columns(
                entity, (name,), start, stop, self.users, redrawn=redrawn
            )[0]

        return _pick(self._sizes, KEPT_BLOCKS, (entity, name, redrawn), numbers, make)

    def values(
        self, entity: str, name: str, numbers: Sequence[int], *, redrawn: bool = False
    ) -> list[Any]:
        """Return an attribute of these instances; its next value if redrawn."""

        def make(start: int, stop: int) -> list[Any]:
            if redrawn:
                return self.sample.redrawn(entity, name, start, stop, self.users)
            return self.sample.columns(entity, (name,), start, stop, self.users)[0]

        return _pick(self._values, KEPT_VALUE_BLOCKS, (entity, name, redrawn), numbers, make)


def _pick(
    held: OrderedDict[Any, list[Any]],
    most: int,
    key: tuple[str, str, bool],
    numbers: Sequence[int],
    make: Any,
) -> list[Any]:
    required: dict[int, list[Any]] = {}
    for block in {number // BLOCK for number in numbers}:
        result = held.get((*key, block))
        if result is None:
            result = held[(*key, block)] = make(block * BLOCK, (block + 1) * BLOCK)
        else:
            held.move_to_end((*key, block))
        required[block] = result
    while len(held) > most:
        held.popitem(last=False)
    return [required[number // BLOCK][number % BLOCK] for number in numbers]


@frozen(kw_only=False)
class Drawn:
    """Instances of one entity: whose values the attributes have, before and after a write."""

    numbers: tuple[int, ...]
    own: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Attributes whose values are those of other instances: the key of a new one, say."""
    after: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Attributes that are given the value of another instance, not their own next one."""
    longer: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Lists to which so many elements were appended, each the first of the list drawn next."""
    written: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)
    """Bytes of values that were set since, 0 of one taken away; None where it is as drawn."""
    values: Mapping[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)
    """Values that were set since, each in a tuple of its own; an empty one where it is as drawn."""


class Chosen(Sample):
    """A sample that consists of chosen instances; entities that are not chosen are as they were."""

    def __init__(
        self,
        blocks: Blocks,
        drawn: Mapping[str, Drawn],
        families: Mapping[str, tuple[Sequence[int], Drawn]] | None = None,
    ) -> None:
        """Make a sample of the instances drawn.

        Args:
            blocks: of the sample they come from.
            drawn: the instances of each entity.
            families: of an entity, how many children each drawn parent has, and all of these.
        """
        super().__init__(blocks.sample.model, seed=blocks.sample.seed, until=blocks.sample.until)
        self.blocks = blocks
        self.drawn = drawn
        self._families = families or {}

    @property
    def at_large(self) -> Sample:
        """The sample that the chosen instances come from."""
        return self.blocks.sample

    def sizes(self, entity: str, attribute: str, n: int) -> list[int | None]:
        """Return the value's bytes on DynamoDB in the first `n` chosen instances."""
        drawn = self.drawn.get(entity)
        if drawn is None:
            return self.blocks.sample.sizes(entity, attribute, n)
        sizes = self.blocks.sizes(entity, attribute, drawn.own.get(attribute, drawn.numbers)[:n])
        if attribute in drawn.written:
            since = drawn.written[attribute][:n]
            pairs = zip(sizes, since, strict=True)
            sizes = [size if new is None else new or None for size, new in pairs]
        if attribute not in drawn.longer:
            return sizes
        times = drawn.longer[attribute][:n]
        elements = self._elements(entity, attribute, drawn.numbers[:n])
        return [
            size if not count else (size or CONTAINER_BYTES) + count * element
            for size, count, element in zip(sizes, times, elements, strict=True)
        ]

    def _elements(self, entity: str, attribute: str, numbers: Sequence[int]) -> list[int]:
        """Return the bytes of an element that is appended to a list of each instance."""
        drawn = self.blocks.values(entity, attribute, numbers, redrawn=True)
        sizes = [plain_bytes(entry[0]) + ELEMENT_BYTES if entry else 0 for entry in drawn]
        first = next((size for size in sizes if size), 0)
        return [size or first for size in sizes]

    def resampled_sizes(self, entity: str, attribute: str, n: int) -> list[int | None]:
        """Return the bytes of the value an update writes to each of the first `n` chosen."""
        drawn = self.drawn.get(entity)
        if drawn is None:
            return self.blocks.sample.resampled_sizes(entity, attribute, n)
        if attribute in drawn.after:
            return self.blocks.sizes(entity, attribute, drawn.after[attribute][:n])
        return self.blocks.sizes(entity, attribute, drawn.numbers[:n], redrawn=True)

    def values(self, entity: str, attribute: str, n: int, users: int | None = None) -> list[Any]:
        """Return an attribute of the first `n` chosen instances."""
        drawn = self.drawn.get(entity)
        if drawn is None:
            return self.blocks.sample.values(entity, attribute, n, users)
        own = drawn.own.get(attribute, drawn.numbers)[:n]
        values = self.blocks.values(entity, attribute, own)
        if attribute not in drawn.values:
            return values
        since = drawn.values[attribute][:n]
        return [new[0] if new else old for old, new in zip(values, since, strict=True)]

    def resampled_values(
        self, entity: str, attribute: str, n: int, users: int | None = None
    ) -> list[Any]:
        """Return the values an update writes to the first `n` chosen instances."""
        drawn = self.drawn.get(entity)
        if drawn is None:
            return self.blocks.sample.resampled_values(entity, attribute, n, users)
        if attribute in drawn.after:
            return self.blocks.values(entity, attribute, drawn.after[attribute][:n])
        return self.blocks.values(entity, attribute, drawn.numbers[:n], redrawn=True)

    def group_sizes(self, entity: str, n_parents: int, users: int | None = None) -> list[int]:
        """Return how many children each of the first parents has: one where they were chosen."""
        if entity in self.drawn:
            return [1] * n_parents
        return self.families(entity, n_parents)[0]

    def families(self, entity: str, n_parents: int) -> tuple[list[int], Sample]:
        """Return how many children each of the first parents has, and these as a sample."""
        if entity not in self._families:
            return self.blocks.sample.families(entity, n_parents)
        counts, children = self._families[entity]
        return list(counts[:n_parents]), Chosen(self.blocks, {entity: children})
