"""What one request consumes: collected while it runs, reported in its reply and to the bill.

In: units of reads and writes, by table and index. Out: the `ConsumedCapacity` members of replies,
and one `Metered` record for each table. The arithmetic is `capacity.units`'s; this only adds up.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from tablewright.core.frozen import frozen

_ZERO = Decimal(0)

REPLICATED_WRITE = "ReplicatedWrite"
"""How the bill names the writes that arrive from another region."""


class ConsumedCapacity(NamedTuple):
    """What one request consumed on a table (`index_name` is None) or on one of its indexes."""

    index_name: str | None
    reads: Decimal
    writes: Decimal


class VectorArm(NamedTuple):
    """What one request was charged on one vector index, in bytes."""

    index_name: str
    write_bytes: int
    search_bytes: int


class BulkArm(NamedTuple):
    """What a bulk put wrote to a table (`index_name` is None) or one of its indexes, in bytes.

    How many units they are, and what a byte costs, is not known.
    """

    index_name: str | None
    put_bytes: int
    vector_bytes: int


@frozen
class Metered:
    """What one request consumed on one table and its indexes."""

    operation: str
    label: str | None
    table: str
    arms: tuple[ConsumedCapacity, ...]
    vectors: tuple[VectorArm, ...] = ()
    bulk: tuple[BulkArm, ...] = ()

    @property
    def reads(self) -> Decimal:
        """Read units, the indexes' included."""
        return sum((arm.reads for arm in self.arms), _ZERO)

    @property
    def writes(self) -> Decimal:
        """Write units, the indexes' included."""
        return sum((arm.writes for arm in self.arms), _ZERO)


class TableMeter:
    """Adds up one request's units on one table."""

    __slots__ = ("arms", "bulk", "bulk_vectors", "local", "vectors")

    def __init__(self) -> None:
        self.arms: dict[str | None, list[Decimal]] = {}
        self.local: set[str] = set()
        self.vectors: dict[str, list[int]] = {}
        """Bytes written and searched by vector index."""
        self.bulk: dict[str | None, int] = {}
        """Bytes of bulk puts by index; None: the table."""
        self.bulk_vectors: dict[str, int] = {}
        """Vector bytes of bulk puts by vector index."""

    def add(
        self,
        index: str | None = None,
        *,
        reads: Decimal = _ZERO,
        writes: Decimal = _ZERO,
        is_local: bool = False,
    ) -> None:
        """Count units on the table, or on an index."""
        arm = self.arms.get(index)
        if arm is None:
            self.arms[index] = [reads, writes]
            if is_local and index is not None:
                self.local.add(index)
        else:
            arm[0] += reads
            arm[1] += writes

    def add_vector_write(self, index: str, size: int) -> None:
        """Count bytes written to a vector index."""
        self.vectors.setdefault(index, [0, 0])[0] += size

    def add_vector_search(self, index: str, size: int) -> None:
        """Count bytes searched in a vector index."""
        self.vectors.setdefault(index, [0, 0])[1] += size

    @property
    def total(self) -> Decimal:
        """All units, reads and writes, table and indexes."""
        return sum((reads + writes for reads, writes in self.arms.values()), _ZERO)


class Meter:
    """Adds up what one request consumes. One for each request."""

    __slots__ = ("body", "label", "operation", "tables")

    def __init__(self, operation: str, label: str | None = None, body: bytes = b"") -> None:
        self.operation = operation
        self.label = label
        self.body = body
        self.tables: dict[str, TableMeter] = {}

    def table(self, name: str) -> TableMeter:
        """Return the counter of one table."""
        table = self.tables.get(name)
        if table is None:
            table = self.tables[name] = TableMeter()
        return table

    def records(self) -> Iterable[Metered]:
        """Return one record for each table the request consumed units on."""
        for name, table in self.tables.items():
            yield Metered(
                operation=self.operation,
                label=self.label,
                table=name,
                arms=tuple(ConsumedCapacity(index, *units) for index, units in table.arms.items()),
                vectors=tuple(VectorArm(index, *sizes) for index, sizes in table.vectors.items()),
                bulk=(
                    *(BulkArm(index, size, 0) for index, size in table.bulk.items()),
                    *(BulkArm(index, 0, size) for index, size in table.bulk_vectors.items()),
                ),
            )

    def consumed(
        self, detail: str | None, name: str, *, split: str | None = None
    ) -> dict[str, Any] | None:
        """Return the ConsumedCapacity member for one table.

        Args:
            detail: the ReturnConsumedCapacity parameter: INDEXES, TOTAL or NONE.
            name: the table, as the reply names it.
            split: "Read" or "Write" to repeat the figure as ReadCapacityUnits or
                WriteCapacityUnits, as transactions do.
        """
        if detail not in ("TOTAL", "INDEXES") or name not in self.tables:
            return None
        table = self.tables[name]
        out = {"TableName": name, **_units(table.total, split)}
        if detail == "INDEXES":
            out["Table"] = _units(sum(table.arms.get(None, ()), _ZERO), split)
            for member, is_local in _INDEX_MEMBERS:
                indexes = {
                    index: _units(reads + writes, split)
                    for index, (reads, writes) in sorted(
                        (index, units) for index, units in table.arms.items() if index is not None
                    )
                    if (index in table.local) == is_local
                }
                if indexes:
                    out[member] = indexes
            if table.vectors:
                out["VectorIndexes"] = {
                    index: {"VectorWriteRequestBytes": float(written)}
                    for index, (written, _) in sorted(table.vectors.items())
                }
        return out

    def all_consumed(
        self, detail: str | None, *, split: str | None = None
    ) -> list[dict[str, Any]] | None:
        """Return the ConsumedCapacity list of a batch or transaction, an element a table."""
        if detail not in ("TOTAL", "INDEXES"):
            return None
        members = (self.consumed(detail, name, split=split) for name in self.tables)
        return [member for member in members if member is not None]


_INDEX_MEMBERS = (("LocalSecondaryIndexes", True), ("GlobalSecondaryIndexes", False))


def _units(units: Decimal, split: str | None) -> dict[str, Any]:
    # Units are multiples of one half, which a float holds exactly.
    out = {"CapacityUnits": float(units)}
    if split is not None:
        out[f"{split}CapacityUnits"] = float(units)
    return out
