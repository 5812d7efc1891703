"""The steps of a route on DynamoDB, as data: what is sent, with which keys, in which order.

A step names key templates, not values; `requests` turns it into the parameters of one request for
given values, for `explain` to print and for `prove` to run.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.capacity.units import Consistency
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.access import SortBound
from tablewright.engines.dynamodb.design import KeyTemplate
from tablewright.model.values import Condition

KeyParts = tuple[tuple[str, KeyTemplate], ...]


@frozen
class ReadStep:
    """GetItem, BatchGetItem, TransactGetItems, Query or Scan."""

    operation: str
    table: str
    shape: str
    entity: str
    index: str | None = None
    keys: KeyParts = ()
    """The full key of a get; the partition key of a query."""
    sort: tuple[SortBound, ...] = ()
    forward: bool = True
    limit: int | None = None
    filters: tuple[Condition, ...] = ()
    select: tuple[str, ...] | None = None
    """Attributes asked for by a projection expression; None for all."""
    consistency: Consistency = Consistency.EVENTUAL
    all_pages: bool = False
    shards: int = 1
    """Queries of as many keys, or items of as many shards of a counter."""
    cells: int = 1
    bucket: str = ""
    """A stretch of time in the partition key: a query is sent for each, until enough has come."""
    age_days: Decimal = ZERO
    """Of a bucket: how old the oldest items are."""
    from_previous: bool = False
    """The keys come from what the step before returned."""
    embed: Embed | None = None
    """The instances wanted are elements of this attribute of the items read."""
    kinds: tuple[ReadStep, ...] = ()
    """Where one query brings several kinds of items: how those of each are told and read."""


@frozen
class WriteStep:
    """PutItem, UpdateItem, DeleteItem or ConditionCheck, alone or as a part of a transaction."""

    operation: str
    table: str
    shape: str
    entity: str
    keys: KeyParts = ()
    sets: tuple[str, ...] = ()
    increments: tuple[str, ...] = ()
    appends: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    condition: str = ""
    condition_on: tuple[str, ...] = ()
    embed: Embed | None = None
    child: str = ""
    """What is done to the embedded child: put, update, delete or check."""
    old_value: bool = False
    """The key is made of the value the attribute had before (a guard that is given up)."""
    from_previous: bool = False
    batch: int = 1
    shards: int = 1
    """Over how many items a counter is spread."""
    shard: int | None = None
    """Of those, the one written; None for any."""
    part: int = 0
    """Of a transaction, which of the pattern's parts it carries out."""
    inside: tuple[int, ...] = ()
    """Of a put in a transaction, the parts whose instances are put inside its item."""


@frozen
class TransactionStep:
    """TransactWriteItems over its parts."""

    parts: tuple[WriteStep, ...]


@frozen
class ObjectStep:
    """GetObject, PutObject or DeleteObject: an attribute of an item, kept in object storage."""

    operation: str
    table: str
    shape: str
    entity: str
    attribute: str


Step = ReadStep | WriteStep | TransactionStep | ObjectStep
