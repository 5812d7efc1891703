"""How big items and index entries are: a design's shapes laid over the sampled instances.

In: a model, a table's shapes, a Sample. Out: columns of bytes, one figure for each sampled
instance, before and after a write. It does not know operations, units or prices.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from functools import cached_property, partial
from operator import mul
from typing import Any, TypeVar

from tablewright.capacity.items import string_bytes
from tablewright.capacity.limits import CONTAINER_BYTES, ELEMENT_BYTES
from tablewright.core.frozen import frozen
from tablewright.core.memo import Memo
from tablewright.core.quantities import ZERO
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.buckets import LENGTHS, unit_of
from tablewright.engines.dynamodb.design import (
    Index,
    ItemShape,
    KeyTemplate,
    ProjectionKind,
    Table,
)
from tablewright.engines.dynamodb.geohash import GEOHASH, cell_of
from tablewright.evaluation.values import Measure, SizeFacts
from tablewright.model.statistics import percentile
from tablewright.model.values import Entity, Kind, Model
from tablewright.sample.parameters import (
    another,
)
from tablewright.sample.sample import Sample
from tablewright.sample.wire import key_text, plain_bytes

Size = TypeVar("Size", int, int | None)
POINTER_BYTES = 64
"""What stays in the item of an attribute kept in object storage: its key, length, checksum."""


@frozen(kw_only=False)
class SizeColumn:
    """One physical attribute of a shape over the sample: bytes with its name, 0 where absent."""

    sizes: tuple[int, ...]
    present: tuple[bool, ...] | None = None
    """None where every instance has it."""


@frozen(kw_only=False)
class SharedColumns:
    """What shapes of the designs of one model have in common, each worked out once.

    Sums and measures are found by the identity of the columns they are made of: those are large,
    and equal ones are the same object.
    """

    kept: dict[Any, Any] = field(default_factory=dict)
    """Columns, values and sizes of shapes by what they depend on."""
    sums: Memo[list[Any]] = field(default_factory=Memo)
    """Bytes of some columns together."""
    measures: Memo[Measure] = field(default_factory=Memo)
    """What requests consume on items and entries of these sizes."""
    runs: Memo[list[tuple[Decimal, list[int]]]] = field(default_factory=Memo)
    """Bytes of so many entries after one another, as weighted samples."""
    base: SharedColumns | None = None
    """Those of a model with other figures, which has some entities in common with this one."""
    unchanged: frozenset[str] = frozenset()
    """The entities that it has in common."""

    def of(self, shape: ItemShape) -> SharedColumns:
        """Return where the columns of a shape are kept: where they do not differ, by the base."""
        if self.base is not None and self.unchanged.issuperset(entities_in(shape)):
            return self.base.of(shape)
        return self


@frozen(kw_only=False)
class EntryParts:
    """Which model attributes an index entry of a shape is made of."""

    key: frozenset[str]
    """A change of one of these gives the entry another key."""
    inside: frozenset[str]
    """It holds these, or something made of them."""
    gates: frozenset[str]
    """These decide whether the item is in the index at all."""


class ShapeSizes:
    """The columns of one shape of a table over the first `n` instances of its entity."""

    def __init__(
        self,
        model: Model,
        table: Table,
        shape: ItemShape,
        sample: Sample,
        n: int,
        shared: SharedColumns | None = None,
    ) -> None:
        self.model = model
        self.table = table
        self.shape = shape
        self.sample = sample
        self.n = n
        self.entity: Entity = model.entity(shape.entity)
        self._columns: dict[tuple[str, frozenset[str]], SizeColumn | None] = {}
        self._items: dict[frozenset[str], list[int]] = {}
        self._entries: Memo[list[int | None]] = Memo()
        self._projected: Memo[tuple[str, ...]] = Memo()
        self._made_of: dict[str, frozenset[str]] = {}
        self._entry_parts: Memo[EntryParts] = Memo()
        self.shared = SharedColumns() if shared is None else shared

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Every physical attribute an item of the shape may have, key attributes included."""
        keys = dict.fromkeys(self.table.keys)
        for index in self.table.indexes:
            keys.update(dict.fromkeys(index.keys))
        attributes = [key for key in keys if self.shape.template(key) is not None]
        attributes += [name for name in self.shape.attributes if name not in keys]
        attributes += [embed.attribute for embed in self.shape.embeds]
        return tuple(attributes)

    def column(self, name: str, *, after: frozenset[str] = frozenset()) -> SizeColumn | None:
        """Return the column of a physical attribute, None if the shape never has it.

        Args:
            name: the physical attribute.
            after: the model attributes that have the value an update would write.
        """
        key = (name, after)
        if key not in self._columns:
            shared = self._column_key(name, after)
            if shared not in self.shared.kept:
                self.shared.kept[shared] = self._make(name, after)
            self._columns[key] = self.shared.kept[shared]
        return self._columns[key]

    def _column_key(self, name: str, after: frozenset[str]) -> tuple[Any, ...]:
        """Return what a column depends on: designs that differ elsewhere share it."""
        shape = self.shape
        embed = next((e for e in shape.embeds if e.attribute == name), None)
        created = dict(shape.keys).get(name)
        compressed = dict(shape.compress).get(name)
        stored = name in shape.attributes
        offloaded = name in shape.offload
        return (
            "column",
            self.n,
            shape.entity,
            name,
            after,
            embed,
            created,
            stored,
            compressed,
            offloaded,
        )

    def _make(self, name: str, after: frozenset[str]) -> SizeColumn | None:
        for embed in self.shape.embeds:
            if embed.attribute == name:
                return self._embedded(embed)
        template = self.shape.template(name)
        if template is None:
            return None
        if name in self.shape.attributes and not any(key == name for key, _ in self.shape.keys):
            return self._plain(name, after)
        return self._templated(name, template, after)

    def _plain(self, name: str, after: frozenset[str]) -> SizeColumn:
        overhead = string_bytes(name)
        if name in self.shape.offload:
            if self.entity.attribute(name).presence == 1:
                return SizeColumn((overhead + POINTER_BYTES,) * self.n)
            stored = [size is not None for size in self._drawn(name, after)]
            sizes = tuple(overhead + POINTER_BYTES if here else 0 for here in stored)
            return SizeColumn(sizes, tuple(stored))
        drawn = self._drawn(name, after)
        ratio = dict(self.shape.compress).get(name)
        if ratio is not None:
            drawn = self._compressed(name, drawn, ratio)
        if None in drawn:
            return SizeColumn(
                tuple(0 if size is None else size + overhead for size in drawn),
                tuple(size is not None for size in drawn),
            )
        return SizeColumn(tuple(size + overhead for size in drawn if size is not None))

    def _drawn(self, name: str, after: frozenset[str]) -> list[int | None]:
        if name in after:
            if self.entity.attribute(name).kind is Kind.ENUM:  # never the value it had
                values = self._values(name, after)
                return [None if value is None else plain_bytes(value) for value in values]
            return self.sample.resampled_sizes(self.entity.name, name, self.n)
        return self.sample.sizes(self.entity.name, name, self.n)

    def _compressed(self, name: str, drawn: list[int | None], ratio: Decimal) -> list[int | None]:
        if ratio > 0:
            numerator, denominator = ratio.as_integer_ratio()
            return [
                None if size is None else max(1, round(size * numerator / denominator))
                for size in drawn
            ]
        values = self.sample.values(self.entity.name, name, self.n)
        return [None if value is None else len(packed(value)) for value in values]

    def _templated(self, name: str, template: KeyTemplate, after: frozenset[str]) -> SizeColumn:
        overhead = string_bytes(name)
        fixed = overhead
        varying: list[list[int]] = []
        for part in template.parts:
            if part.literal:
                fixed += string_bytes(part.literal)
            elif part.shards:
                fixed += len(str(part.shards - 1))
            else:
                varying.append(self._text_sizes(part.attribute, after))
        sizes = (
            [fixed + sum(row) for row in zip(*varying, strict=True)]
            if varying
            else [fixed] * self.n
        )
        present = self._members(template, after)
        if present is None:
            return SizeColumn(tuple(sizes))
        return SizeColumn(
            tuple(size if here else 0 for size, here in zip(sizes, present, strict=True)),
            tuple(present),
        )

    def _text_sizes(self, attribute: str, after: frozenset[str]) -> list[int]:
        base, _, cell = attribute.partition(".")
        if cell.startswith(GEOHASH):
            return [int(cell[len(GEOHASH) :])] * self.n
        if unit_of(attribute):
            return [LENGTHS[cell]] * self.n
        kind = self.entity.attribute(base).kind
        if kind.is_number or kind is Kind.BOOL:
            values = self._values(base, after)
            return [0 if value is None else len(key_text(value)) for value in values]
        return [size or 0 for size in self._drawn(base, after)]

    def _values(self, attribute: str, after: frozenset[str]) -> list[Any]:
        key = ("values", self.entity.name, attribute, attribute in after, self.n)
        if key not in self.shared.kept:
            self.shared.kept[key] = self._made_values(attribute, after)
        values: list[Any] = self.shared.kept[key]
        return values

    def _made_values(self, attribute: str, after: frozenset[str]) -> list[Any]:
        old = self.sample.values(self.entity.name, attribute, self.n)
        if attribute not in after:
            return old
        new = self.sample.resampled_values(self.entity.name, attribute, self.n)
        declared = self.entity.attribute(attribute)
        return [another(declared, entry, other) for entry, other in zip(old, new, strict=True)]

    def stays(self, index: Index, touched: frozenset[str]) -> list[bool] | None:
        """Return for which instances an index key stays as it is though its attribute changes.

        Only a cell stays: a point may move within it. None where no cell is a part of the key, or
        another part changes with it.
        """
        same: list[bool] | None = None
        for key in index.keys:
            template = self.shape.template(key)
            if template is None or not touched & depends_on(template, key):
                continue
            for name in template.attributes:
                base, _, cell = name.partition(".")
                if base not in touched:
                    continue
                if not cell.startswith(GEOHASH):
                    return None
                length = int(cell[len(GEOHASH) :])
                here = self._same_cells(base, length)
                same = here if same is None else [a and b for a, b in zip(same, here, strict=True)]
        return same

    def _same_cells(self, name: str, length: int) -> list[bool]:
        """Return for which instances a point that moves stays in its cell."""
        key = ("same cells", self.entity.name, name, length, self.n)
        if key not in self.shared.kept:
            pairs = zip(
                self._values(name, frozenset()), self._values(name, frozenset((name,))), strict=True
            )
            self.shared.kept[key] = [cell_of(a, length) == cell_of(b, length) for a, b in pairs]
        same_cells: list[bool] = self.shared.kept[key]
        return same_cells

    def grown(self, column: list[Size], names: Iterable[str]) -> list[Size]:
        """Return sizes after one element was appended to each of these lists."""
        held = (n for n in names if n in self.shape.attributes and n not in self.shape.offload)
        for name in held:
            more = self._appended(name)
            column = self.shared.sums.get((column, more), ("grown",), partial(_added, column, more))
        return column

    def _appended(self, name: str) -> list[int]:
        """Return the bytes by which each item grows when one element is appended to a list."""
        key = ("appended", self.entity.name, name, self.n)
        if key not in self.shared.kept:
            listed = self.sample.resampled_values(self.entity.name, name, self.n)
            first = next((entry[0] for entry in listed if isinstance(entry, list) and entry), None)
            elements = (
                entry[0] if isinstance(entry, list) and entry else first for entry in listed
            )
            self.shared.kept[key] = [
                0 if element is None else plain_bytes(element) + ELEMENT_BYTES
                for element in elements
            ]
        appended: list[int] = self.shared.kept[key]
        return appended

    def _members(self, template: KeyTemplate, after: frozenset[str]) -> list[bool] | None:
        """Which instances have the key attribute at all; None for every one."""
        present: list[bool] | None = None
        for attribute, allowed in template.when:
            here = [key_text(value) in allowed for value in self._values(attribute, after)]
            present = (
                here if present is None else [a and b for a, b in zip(present, here, strict=True)]
            )
        for attribute in template.attributes:
            base = attribute.partition(".")[0]
            if self.entity.attribute(base).presence < 1:
                here = [value is not None for value in self._values(base, after)]
                present = (
                    here
                    if present is None
                    else [a and b for a, b in zip(present, here, strict=True)]
                )
        return present

    def _embedded(self, embed: Embed) -> SizeColumn:
        child = self.model.entity(embed.entity)
        names = [a.name for a in child.attributes if not a.generated]
        groups, children = self.sample.families(embed.entity, self.n)
        total = sum(groups)
        element = element_bytes(children, child, names, total, as_map=embed.as_map)
        overhead = string_bytes(embed.attribute) + CONTAINER_BYTES
        sizes: list[int] = []
        position = 0
        for count in groups:
            sizes.append(overhead + sum(element[position : position + count]))
            position += count
        return SizeColumn(tuple(sizes))

    def new_items(self, children: Mapping[str, int]) -> list[int]:
        """Return the bytes of each item as it is put: with so many children of each kind inside."""
        return self._newborn(self.items(), self.attributes, children)

    def new_entries(self, index: Index, children: Mapping[str, int]) -> list[int | None]:
        """Return the bytes of each index entry as its item is put; see `new_items`."""
        return self._newborn(self.entries(index), self.projected(index), children)

    def _newborn(
        self, column: list[Size], names: Sequence[str], children: Mapping[str, int]
    ) -> list[Size]:
        """Return sizes with so many children in place of those that an instance has on average."""
        for embed in self.shape.embeds:
            if embed.attribute not in names:
                continue
            count = children.get(embed.entity, 0)
            key = ("newborn", self.n, self.shape.entity, embed, count)
            if key not in self.shared.kept:
                self.shared.kept[key] = self._families_of(embed, count)
            families: list[int] = self.shared.kept[key]
            stored = self.column(embed.attribute)
            assert stored is not None
            more = [new - old for new, old in zip(families, stored.sizes, strict=True)]
            column = self.shared.sums.get(
                (column, more), ("newborn",), partial(_added, column, more)
            )
        return column

    def _families_of(self, embed: Embed, count: int) -> list[int]:
        """Return the bytes of an attribute in which so many children are embedded."""
        child = self.model.entity(embed.entity)
        names = [a.name for a in child.attributes if not a.generated]
        total = self.n * count
        elements = element_bytes(self.sample, child, names, total, as_map=embed.as_map)
        overhead = string_bytes(embed.attribute) + CONTAINER_BYTES
        starts = range(0, total, count) if count else [0] * self.n
        return [overhead + sum(elements[start : start + count]) for start in starts]

    def object_bytes(self, name: str) -> list[int]:
        """Return the bytes of an attribute that is kept in object storage, 0 where it is absent."""
        return [size or 0 for size in self.sample.sizes(self.entity.name, name, self.n)]

    def items(self, touched: Iterable[str] = ()) -> list[int]:
        """Return the bytes of each sampled item, with these model attributes rewritten."""
        key = frozenset(touched)
        if key not in self._items:
            self._items[key] = self._summed(self.attributes, key)
        return self._items[key]

    def _summed(self, names: Sequence[str], touched: frozenset[str]) -> list[int]:
        """Return the bytes of some attributes together; designs that agree on them share it."""
        columns = self._columns_of(names, touched)
        return self.shared.sums.get(columns, (self.n,), lambda: self._sum(columns))

    def _columns_of(self, names: Sequence[str], touched: frozenset[str]) -> tuple[SizeColumn, ...]:
        """Return the columns of some physical attributes, with model attributes rewritten."""
        columns = (self.column(name, after=self._touches(name, touched)) for name in names)
        return tuple(column for column in columns if column is not None)

    def _sum(self, columns: Sequence[SizeColumn]) -> list[int]:
        sizes = [column.sizes for column in columns]
        return list(map(sum, zip(*sizes, strict=True))) or [0] * self.n

    def made_of(self, name: str) -> frozenset[str]:
        """Return the model attributes a physical attribute changes with."""
        if name not in self._made_of:
            template = self.shape.template(name)
            made_of = {name} if template is None else depends_on(template, name)
            self._made_of[name] = frozenset(made_of)
        return self._made_of[name]

    def _touches(self, name: str, touched: frozenset[str]) -> frozenset[str]:
        """Return which of the rewritten attributes a physical attribute is made of."""
        if not touched:
            return touched
        return touched & self.made_of(name)

    def entries(self, index: Index, touched: Iterable[str] = ()) -> list[int | None]:
        """Return the bytes of each entry of an index, None where the item is not in it."""
        changed = frozenset(touched)
        return self._entries.get((index,), (changed,), lambda: self._made_entries(index, changed))

    def _made_entries(self, index: Index, changed: frozenset[str]) -> list[int | None]:
        keys = [self.column(key, after=self._touches(key, changed)) for key in index.keys]
        if None in keys:
            return self.absent
        columns = self._columns_of(self.projected(index), changed)
        optional = tuple(key for key in keys if key is not None and key.present is not None)

        def made() -> list[int | None]:
            sizes = self.shared.sums.get(columns, (self.n,), lambda: self._sum(columns))
            present = [key.present or () for key in optional]
            members = [all(here) for here in zip(*present, strict=True)]
            return [size if here else None for size, here in zip(sizes, members, strict=True)]

        if not optional:
            return self.shared.sums.get(columns, (self.n,), lambda: self._sum(columns))
        return self.shared.sums.get((*columns, *optional), (self.n, len(optional)), made)

    @property
    def absent(self) -> list[int | None]:
        """The entries of an index that no item is in."""
        return self.shared.sums.get((), (self.n, "absent"), lambda: [None] * self.n)

    def projected(self, index: Index) -> tuple[str, ...]:
        """Return the physical attributes of the shape an entry of the index holds."""
        return self._projected.get((index,), (), lambda: self._projected_by(index))

    def _projected_by(self, index: Index) -> tuple[str, ...]:
        if index.projection.kind is ProjectionKind.ALL:
            return self.attributes
        names = dict.fromkeys((*index.keys, *self.table.keys))
        if index.projection.kind is ProjectionKind.INCLUDE:
            names.update(dict.fromkeys(index.projection.attributes))
        return tuple(name for name in names if name in self.attributes)

    def entry_parts(self, index: Index) -> EntryParts:
        """Return which model attributes an entry of the index is made of."""
        return self._entry_parts.get((index,), (), lambda: self._parts_of_entry(index))

    def _parts_of_entry(self, index: Index) -> EntryParts:
        key: set[str] = set()
        gates: set[str] = set()
        for name in index.keys:
            template = self.shape.template(name)
            if template is not None:
                key |= template.sources or {name}
                gates.update(attribute for attribute, _ in template.when)
        templated = (n for n in self.projected(index) if self.shape.template(n) is not None)
        inside = frozenset().union(*(self.made_of(name) for name in templated))
        return EntryParts(frozenset(key), inside, frozenset(gates))


def _added(sizes: Sequence[int | None], more: Sequence[int]) -> list[int | None]:
    return [None if size is None else size + added for size, added in zip(sizes, more, strict=True)]


def entities_in(shape: ItemShape) -> tuple[str, ...]:
    """Return the entities of which a shape holds instances."""
    return (shape.entity, *(embed.entity for embed in shape.embeds))


def depends_on(template: KeyTemplate, name: str) -> set[str]:
    """Return the model attributes a physical attribute changes with."""
    names = {attribute.partition(".")[0] for attribute in template.attributes} or {name}
    names.update(attribute for attribute, _ in template.when)
    return names


def element_bytes(
    sample: Sample, child: Entity, names: list[str], total: int, *, as_map: bool
) -> list[int]:
    """Return the bytes each child takes as an element of a list or map in its parent's item."""
    fixed = CONTAINER_BYTES + ELEMENT_BYTES
    columns: list[list[int]] = []
    for name in names:
        overhead = string_bytes(name) + ELEMENT_BYTES
        columns.append(
            [
                0 if size is None else size + overhead
                for size in sample.sizes(child.name, name, total)
            ]
        )
    if as_map:
        columns.append([size or 0 for size in sample.sizes(child.name, child.key[-1], total)])
    return [fixed + sum(row) for row in zip(*columns, strict=True)]


def packed(value: Any) -> bytes:
    """Return a value as the gzip of its JSON text, the form a compressed attribute is stored in."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)
    return gzip.compress(text.encode("utf-8"), compresslevel=6, mtime=0)


def measure(figures: Iterable[int]) -> Measure:
    """Return the mean of whole figures and its standard error, exactly.

    Example:
        >>> measure([1, 3])
        Measure(mean=Decimal('2'), error=Decimal('1'))
    """
    listed = figures if isinstance(figures, list) else list(figures)
    count = len(listed)
    if count == 0:
        return Measure()
    first = listed[0]
    if listed.count(first) == count:
        return Measure(mean=Decimal(first))
    total = sum(listed)
    mean = Decimal(total) / count
    spread = Decimal(sum(map(mul, listed, listed))) / count - mean * mean
    error = (max(spread, ZERO) / max(1, count - 1)).sqrt()
    return Measure(mean=mean, error=error)


def size_facts(sizes: list[int]) -> SizeFacts:
    """Return mean, percentiles and a histogram of sizes in bytes."""
    ordered = sorted(sizes) or [0]
    return SizeFacts(
        mean=measure(sizes),
        p50=percentile(ordered, 50),
        p95=percentile(ordered, 95),
        p99=percentile(ordered, 99),
        largest=ordered[-1],
        histogram=_histogram(ordered) if sizes else (),
    )


def _histogram(ordered: list[int]) -> tuple[tuple[int, int], ...]:
    """Count sizes in bins a quarter of a power of two wide."""
    bins: dict[int, int] = {}
    for size, times in Counter(ordered).items():
        low = 1 << max(0, size.bit_length() - 1)
        step = max(1, low // 4)
        upper = low + ((size - low) // step + 1) * step
        bins[upper] = bins.get(upper, 0) + times
    return tuple(sorted(bins.items()))
