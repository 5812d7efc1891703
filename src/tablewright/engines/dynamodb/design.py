"""The values of a DynamoDB design: tables, item shapes with key templates, indexes, capacity.

Frozen, holding tuples; derived data (routes, bills) is computed elsewhere.
"""

from __future__ import annotations

import enum
import re
from dataclasses import field, replace
from decimal import Decimal
from functools import cache, cached_property

from tablewright.core.diagnostics import Span
from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.design.values import Design, Embed
from tablewright.engines.dynamodb.buckets import LENGTHS, unit_of

_FIELD = re.compile(r"\{([A-Za-z_][\w.# -]*)(?::(\d+|year|month|day|hour))?\}")


@frozen(kw_only=False)
class TemplatePart:
    """A literal text, the value of an attribute, or (with `shards`) a shard number."""

    literal: str = ""
    attribute: str = ""
    shards: int = 0


@frozen(slots=False)
class KeyTemplate:
    """How a key attribute is made: `USER#{userId}`, `board#{shard:4}`, or one attribute.

    `when` limits it to instances where an attribute has one of these values: elsewhere the key
    attribute is absent, so that an index on it is sparse.
    """

    parts: tuple[TemplatePart, ...]
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def parse(cls, text: str, when: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> KeyTemplate:
        """Read a template; `{name}` is an attribute, `{shard:4}` one of four shard numbers.

        `{name:month}` is the month (year, day, hour) of a time, the derived attribute `name.month`.

        Example:
            >>> KeyTemplate.parse("USER#{userId}").parts[1].attribute
            'userId'
        """
        parts: list[TemplatePart] = []
        end = 0
        for match in _FIELD.finditer(text):
            if match.start() > end:
                parts.append(TemplatePart(literal=text[end : match.start()]))
            if match[2] in LENGTHS:
                parts.append(TemplatePart(attribute=f"{match[1]}.{match[2]}"))
            elif match[2]:
                parts.append(TemplatePart(shards=int(match[2])))
            else:
                parts.append(TemplatePart(attribute=match[1]))
            end = match.end()
        if end < len(text):
            parts.append(TemplatePart(literal=text[end:]))
        return cls(parts=tuple(parts), when=when)

    @classmethod
    def of(cls, attribute: str) -> KeyTemplate:
        """Return the template that is just an attribute."""
        return _just(attribute)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The attributes it is made of."""
        return tuple(part.attribute for part in self.parts if part.attribute)

    @cached_property
    def sources(self) -> frozenset[str]:
        """The attributes of an instance from which it follows: `place` of `place.geohash5`."""
        return frozenset(name.partition(".")[0] for name in self.attributes)

    @property
    def bucket(self) -> str:
        """The derived attribute that is a stretch of time, such as `created_at.month`; else ""."""
        return next((name for name in self.attributes if unit_of(name)), "")

    @property
    def shards(self) -> int:
        """Over how many values it spreads on purpose; 1 where it does not."""
        count = 1
        for part in self.parts:
            count *= part.shards or 1
        return count

    def __str__(self) -> str:
        return "".join(
            part.literal
            or (f"{{shard:{part.shards}}}" if part.shards else f"{{{_written(part.attribute)}}}")
            for part in self.parts
        )


def _written(name: str) -> str:
    """Return an attribute as a template has it: `created_at:month`."""
    return name.replace(".", ":") if unit_of(name) else name


@cache
def _just(attribute: str) -> KeyTemplate:
    return KeyTemplate(parts=(TemplatePart(attribute=attribute),))


class ProjectionKind(enum.Enum):
    """What an index entry holds beside the keys."""

    KEYS_ONLY = "keys-only"
    INCLUDE = "include"
    ALL = "all"


@frozen
class Projection:
    """What an index entry holds: the keys, the keys and these attributes, or everything."""

    kind: ProjectionKind
    attributes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind is ProjectionKind.INCLUDE:
            return f"INCLUDE {', '.join(self.attributes)}"
        return self.kind.name


class ModeKind(enum.Enum):
    """How throughput is paid."""

    ON_DEMAND = "on-demand"
    PROVISIONED = "provisioned"
    AUTO_SCALING = "auto-scaling"


@frozen
class CapacityMode:
    """On-demand, fixed provisioned units, or provisioned with auto scaling.

    Of fixed capacity `rcu` and `wcu` are per second, for the table; indexes have the same unless
    they state their own. Of auto scaling they are the minimum. `reserved_years` is 0, 1 or 3.
    Of on-demand `max_rcu` and `max_wcu` are the maximum in request units a second, None for none.
    """

    kind: ModeKind = ModeKind.ON_DEMAND
    rcu: Decimal | None = None
    wcu: Decimal | None = None
    max_rcu: Decimal | None = None
    max_wcu: Decimal | None = None
    target: Decimal = Decimal("0.7")
    reserved_years: int = 0
    warm_reads: Decimal | None = None
    """Units a second it serves at once, where more is wanted than it has by itself."""
    warm_writes: Decimal | None = None

    @property
    def is_warmed(self) -> bool:
        """Whether it states warm throughput."""
        return (self.warm_reads, self.warm_writes) != (None, None)

    def carried_to(self, other: CapacityMode) -> CapacityMode:
        """Return another way to pay that keeps what this one states beside the way.

        That is warm throughput, and the maximum of on-demand, which auto scaling has as its own.
        """
        if self.is_warmed:
            other = replace(other, warm_reads=self.warm_reads, warm_writes=self.warm_writes)
        if self.is_capped and other.kind is not ModeKind.PROVISIONED:
            other = replace(
                other,
                max_rcu=other.max_rcu if self.max_rcu is None else self.max_rcu,
                max_wcu=other.max_wcu if self.max_wcu is None else self.max_wcu,
            )
        return other

    @property
    def is_capped(self) -> bool:
        """Whether it is on-demand with a maximum."""
        return self.kind is ModeKind.ON_DEMAND and (self.max_rcu, self.max_wcu) != (None, None)


@frozen
class StatedUsage:
    """What a bill or a metric says a table or an index takes in a month; None where it does not."""

    reads: Decimal | None = None
    """Read units."""
    writes: Decimal | None = None
    """Write units."""
    stored_bytes: Decimal | None = None


@frozen
class Cache:
    """What stands before a table and answers a stated share of its eventually consistent reads.

    DAX has nodes of one type, ElastiCache Serverless bytes that it holds. Tables that name the same
    cluster share it, and it is charged once.
    """

    hits: Decimal
    """The share of gets and queries that it answers, 0 to 1, as the file states it."""
    node: str = ""
    """Of DAX, such as t3.small; "" of ElastiCache."""
    nodes: int = 0
    stored_bytes: Decimal = Decimal(0)
    """Of ElastiCache: what it holds."""
    cluster: str = ""

    @property
    def is_dax(self) -> bool:
        """Whether it is a DAX cluster."""
        return bool(self.node)

    def __str__(self) -> str:
        what = f"DAX, {self.nodes} x {self.node}" if self.is_dax else "ElastiCache Serverless"
        return f"{what}, {plain(self.hits * 100)} % hits stated"


@frozen(slots=False)
class Index:
    """A secondary index. A GSI may have up to four partition and four sort key attributes."""

    name: str
    partition_keys: tuple[str, ...]
    sort_keys: tuple[str, ...] = ()
    projection: Projection = field(default_factory=lambda: Projection(kind=ProjectionKind.ALL))
    is_local: bool = False
    mode: CapacityMode | None = None
    """Its own provisioned capacity, where it differs from the table's."""
    usage: StatedUsage | None = None
    span: Span | None = field(default=None, compare=False)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """All its key attributes."""
        return (*self.partition_keys, *self.sort_keys)


@frozen
class VectorIndex:
    """A vector index; how vectors are compared belongs to the attribute."""

    name: str
    vector: str
    partition: str = ""
    """The attribute that partitions it; each search must give its value."""
    filters: tuple[str, ...] = ()
    projection: Projection = field(
        default_factory=lambda: Projection(kind=ProjectionKind.KEYS_ONLY)
    )
    span: Span | None = field(default=None, compare=False)

    @property
    def search_attributes(self) -> tuple[str, ...]:
        """What a search may filter by: the partition key first."""
        return (self.partition, *self.filters) if self.partition else self.filters


@frozen(slots=False)
class ItemShape:
    """One kind of item in a table: which attributes of which entity it holds, under which keys.

    An entity may have several shapes: its core, a part split off, a copy, a uniqueness guard.
    """

    name: str
    entity: str
    keys: tuple[tuple[str, KeyTemplate], ...] = ()
    """Templates of key attributes (of table and indexes) that are not plain attributes."""
    attributes: tuple[str, ...] = ()
    """Model attributes it holds as they are."""
    embeds: tuple[Embed, ...] = ()
    compress: tuple[tuple[str, Decimal], ...] = ()
    """Attributes stored as gzip, with bytes after over bytes before."""
    offload: tuple[str, ...] = ()
    """Attributes kept in object storage; the item holds a 64-byte pointer."""
    guards: tuple[str, ...] = ()
    """Not empty: the item exists to make these attributes unique."""
    counters: tuple[str, ...] = ()
    """Not empty: an instance has as many of these items as the key has shards, and what each of
    these numbers is is the sum over them. An increment goes to any one."""
    span: Span | None = field(default=None, compare=False)

    @property
    def copies(self) -> int:
        """How many items an instance has: one, or as many as its counters are spread over."""
        if not self.counters:
            return 1
        return max((template.shards for _, template in self.keys), default=1)

    @cached_property
    def _templates(self) -> dict[str, KeyTemplate]:
        """How each physical attribute that may be a key is made."""
        return {name: KeyTemplate.of(name) for name in self.attributes} | dict(self.keys[::-1])

    def template(self, key: str) -> KeyTemplate | None:
        """Return how a key attribute is made in this shape, None if the shape lacks it."""
        return self._templates.get(key)


@frozen(slots=False)
class Table:
    """A DynamoDB table with its indexes and settings."""

    name: str
    partition_key: str
    sort_key: str | None = None
    shapes: tuple[ItemShape, ...] = ()
    indexes: tuple[Index, ...] = ()
    vector_indexes: tuple[VectorIndex, ...] = ()
    mode: CapacityMode = field(default_factory=CapacityMode)
    infrequent_access: bool = False
    ttl: str | None = None
    pitr_days: int | None = None
    backups_kept: int = 0
    """On-demand backups held at any time, each of the size of the table."""
    exports_per_month: Decimal = Decimal(0)
    restores_per_year: Decimal = Decimal(0)
    stream: str | None = None
    """View type, such as NEW_AND_OLD_IMAGES."""
    stream_readers: int = 1
    deletion_protection: bool | None = None
    replicas: tuple[str, ...] = ()
    """Further regions of a global table, a witness aside."""
    strong_replicas: bool = False
    """Whether strongly consistent reads in any region see the last write (MRSC)."""
    witness: str = ""
    """Of strong replicas the third region, which holds changes and answers nothing; else ""."""
    replica_accounts: tuple[tuple[str, str], ...] = ()
    """Region and account of each replica, where these are in accounts of their own."""
    cache: Cache | None = None
    usage: StatedUsage | None = None
    span: Span | None = field(default=None, compare=False)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Its key attributes."""
        return (
            (self.partition_key,)
            if self.sort_key is None
            else (
                self.partition_key,
                self.sort_key,
            )
        )

    def paid(self, mode: CapacityMode) -> Table:
        """Return the table with its indexes paid another way; what they state beside it is kept."""
        indexes = tuple(
            index
            if index.mode is None
            else replace(
                index,
                mode=index.mode.carried_to(mode)
                if index.mode.is_capped or index.mode.is_warmed
                else None,
            )
            for index in self.indexes
        )
        return replace(self, mode=self.mode.carried_to(mode), indexes=indexes)

    @property
    def structure(self) -> tuple[object, ...]:
        """What routes depend on: keys, items and indexes, and nothing of how it is paid or kept."""
        indexes = tuple(
            (i.name, i.partition_keys, i.sort_keys, i.projection, i.is_local) for i in self.indexes
        )
        stored = (self.name, self.keys, self.shapes, indexes, self.vector_indexes)
        # strong replicas refuse transactions; what a cache answers stands beside a request
        return (*stored, self.strong_replicas, self.cache.hits if self.cache else None)

    def index(self, name: str) -> Index:
        """Return an index by name (KeyError if there is none)."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise KeyError(name)

    def shapes_of(self, entity: str) -> tuple[ItemShape, ...]:
        """Return the shapes that hold an entity."""
        return tuple(shape for shape in self.shapes if shape.entity == entity)


@frozen
class DynamoDesign(Design):
    """A physical design on DynamoDB."""

    tables: tuple[Table, ...] = ()

    def table(self, name: str) -> Table:
        """Return a table by name (KeyError if there is none)."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


def dynamo(design: Design) -> DynamoDesign:
    """Return a design as one on DynamoDB, which is all that this engine is given."""
    assert isinstance(design, DynamoDesign)
    return design
