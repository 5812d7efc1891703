"""What a PostgreSQL design holds: rows of the sampled instances, their bytes and pages.

In: a model, a design, a Sample, a number of users. Out: homes for the router, facts, and the bytes
of tables and indexes as a load followed by CREATE INDEX makes them. How much room dead rows and
half-filled leaves take later is a constant with a range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.capacity.rows import (
    PAGE_BYTES,
    RowField,
    StoredRow,
    btree_pages,
    field_of,
    heap_pages,
    index_tuple_bytes,
    row_of,
    toast_pages,
)
from tablewright.core.frozen import frozen
from tablewright.core.quantities import DAYS_PER_MONTH, ONE, ZERO
from tablewright.engines.postgresql.ddl import primary_columns
from tablewright.engines.postgresql.design import Column, PgIndex, PgTable, PostgresDesign
from tablewright.engines.postgresql.vectors import hnsw_bytes_per_row
from tablewright.engines.servers.constants import Figures
from tablewright.engines.servers.homes import Home, Ordered
from tablewright.engines.servers.sizing import (
    Layout,
    days_of,
    facts_of,
    instances_to_draw,
    lies_by_time,
)
from tablewright.evaluation.values import ResourceFacts
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Condition, Model
from tablewright.sample.sample import Sample

GIST_ENTRY_BYTES = 44
"""A place in a GiST index: header 8, a point of cube (head 8, three axes of 8), item pointer 4."""
GIST_FILL = Decimal("0.53")
"""How full its pages are: 0.49 to 0.55 measured on PostgreSQL 18.6 with 3,000 to 150,000 places, in
towns and anywhere, 2026-11-30."""
GIN_ENTRY_BYTES = 10
"""Of a posting in a GIN index, and its share of the key: an assumption."""
GIN_KEYS = Decimal(8)
"""Keys of one document or text in a GIN index: an assumption."""


@frozen
class TableBytes:
    """Predicted bytes of a table with so many rows, straight after it was loaded."""

    rows: int
    heap: int
    toast: int
    indexes: tuple[tuple[str, int], ...]


_Held = tuple[str, tuple[tuple[str, str, str], ...]]
"""An entity, and of each column its name, its attribute and its type."""


def _held(table: PgTable) -> _Held:
    return table.entity, tuple((c.name, c.attribute, c.type) for c in table.columns)


class PgLayout:
    """Rows of a design over the first `n` instances of each entity, fewer of huge ones."""

    def __init__(
        self,
        model: Model,
        design: PostgresDesign,
        sample: Sample,
        n: int,
        ratios: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        self.model, self.design, self.sample, self.n = model, design, sample, n
        self.ratios = ratios or {}
        """Measured compression by table and column; the constant holds for the others."""
        self._values: dict[_Held, list[dict[str, Any]]] = {}
        self._fields: dict[_Held, list[list[RowField]]] = {}
        self._rows: dict[tuple[_Held, float], list[StoredRow]] = {}
        self._entries: dict[tuple[_Held, tuple[str, ...]], list[int]] = {}

    def adopt(self, kin: PgLayout) -> None:
        """Take over what was drawn and measured for another design of the same entities."""
        self._values, self._fields, self._rows = kin._values, kin._fields, kin._rows
        self._entries = kin._entries

    def values(self, table: PgTable) -> list[dict[str, Any]]:
        """Return sampled rows, by column."""
        stored = _held(table)
        if stored not in self._values:
            n = instances_to_draw(self.sample, self.model.entity(table.entity), self.n)
            self._values[stored] = [
                {
                    column.name: row.get(column.attribute) if column.attribute else None
                    for column in table.columns
                }
                for row in self.sample.rows(table.entity, 0, n)
            ]
        return self._values[stored]

    def fields(self, table: PgTable) -> list[list[RowField]]:
        """Return what each column of each sampled row takes."""
        stored = _held(table)
        if stored not in self._fields:
            self._fields[stored] = [
                [
                    replace(
                        field_of(row[column.name], column.type),
                        ratio=self.ratios.get((table.name, column.name)),
                    )
                    for column in table.columns
                ]
                for row in self.values(table)
            ]
        return self._fields[stored]

    def rows(self, table: PgTable, ratio: float) -> list[StoredRow]:
        """Return the sampled rows as they are stored."""
        key = (_held(table), ratio)
        if key not in self._rows:
            self._rows[key] = [row_of(fields, ratio) for fields in self.fields(table)]
        return self._rows[key]

    def loaded(self, table: PgTable, count: int, ratio: float) -> TableBytes:
        """Return the bytes of a table loaded with the first instances and then indexed."""
        rows = self.rows(table, ratio)
        scale = Decimal(count) / max(1, len(rows))
        heap = _scaled(heap_pages(rows, table.fillfactor), scale)
        outside, chunks = toast_pages(rows)
        toast = _scaled(outside, scale) + (btree_pages(chunks * scale, 16) if chunks else 1)
        indexes = tuple(
            (index.name, self.index_pages(table, index, Decimal(count)) * PAGE_BYTES)
            for index in all_indexes(table)
        )
        return TableBytes(
            rows=count, heap=heap * PAGE_BYTES, toast=toast * PAGE_BYTES, indexes=indexes
        )

    def index_pages(
        self, table: PgTable, index: PgIndex, count: Decimal, fillfactor: int = 90
    ) -> int:
        """Return the pages of an index over so many rows."""
        entries = count * self.share(table, index)
        if index.using == "gist":
            return max(1, int(entries * GIST_ENTRY_BYTES / GIST_FILL / PAGE_BYTES) + 1)
        if index.using == "hnsw":
            per_row = hnsw_bytes_per_row(self._dimensions(table, index), is_half=index.halfvec)
            return max(1, int(entries * per_row / PAGE_BYTES) + 1)
        if index.using == "gin":
            return max(2, int(entries * GIN_KEYS * GIN_ENTRY_BYTES / PAGE_BYTES) + 2)
        column = self.entry_column(table, index)
        mean = sum(column) / max(1, len(column))
        unique = index.unique or "numeric" in self._types(table, index)
        duplicates = 1.0 if unique else self.duplicates(table, index, entries)
        return btree_pages(entries, mean, duplicates, fillfactor)

    def _dimensions(self, table: PgTable, index: PgIndex) -> int:
        attribute = table.column(index.columns[0][0]).attribute
        return self.model.entity(table.entity).attribute(attribute).dimensions or 0

    def _types(self, table: PgTable, index: PgIndex) -> list[str]:
        return [table.column(name).type for name, _ in index.columns]

    def duplicates(self, table: PgTable, index: PgIndex, entries: Decimal) -> float:
        """Return how many rows have the same key, a mean."""
        if index.include:
            return 1.0  # entries with columns beside the key are never shared
        entity = self.model.entity(table.entity)
        selectivity = Selectivity(self.model, max(self.model.scales))
        keys = ONE
        for name, _ in index.columns:
            attribute = table.column(name).attribute
            if attribute:
                keys *= selectivity.distinct(entity, attribute)
        return float(max(ONE, entries / keys))

    def entry_column(self, table: PgTable, index: PgIndex) -> list[int]:
        """Return the bytes of each sampled index entry."""
        names = (*(name for name, _ in index.columns), *index.include)
        key = (_held(table), names)
        if key not in self._entries:
            self._entries[key] = self._entry_bytes(table, names)
        return self._entries[key]

    def _entry_bytes(self, table: PgTable, names: Sequence[str]) -> list[int]:
        places = [position for position, column in enumerate(table.columns) if column.name in names]
        order = {table.columns[place].name: place for place in places}
        return [
            index_tuple_bytes([fields[order[name]] for name in names])
            for fields in self.fields(table)
        ]

    def share(self, table: PgTable, index: PgIndex) -> Decimal:
        """Return the share of the rows that a partial index holds."""
        entity = self.model.entity(table.entity)
        selectivity = Selectivity(self.model, max(self.model.scales))
        share = ONE
        for name, values in index.where:
            attribute = table.column(name).attribute
            share *= sum(
                (
                    selectivity.share(entity, Condition(attribute=attribute, value=value))
                    for value in values
                ),
                ZERO,
            )
        return share

    # ------------------------------------------------------------ at a scale

    def lay_out(self, users: int, given: Figures) -> Layout:
        """Return homes and facts at one scale."""
        homes: list[Home] = []
        facts: list[ResourceFacts] = []
        disk = ZERO
        for table in self.design.tables:
            home, result, claimed = self._home(table, users, given)
            homes.append(home)
            facts += result
            disk += claimed
        return Layout(homes=tuple(homes), resources=tuple(facts), disk_bytes=disk)

    def _home(
        self, table: PgTable, users: int, given: Figures
    ) -> tuple[Home, list[ResourceFacts], Decimal]:
        count = self.model.instances(table.entity, users)
        rows = self.rows(table, float(given["compression"]))
        per_row = [row.on_page + sum(row.external) for row in rows]
        mean = Decimal(sum(per_row)) / max(1, len(per_row))
        pages = Decimal(heap_pages(rows, table.fillfactor) + toast_pages(rows)[0])
        stored = count * pages / max(1, len(rows)) * PAGE_BYTES / given["heap_fill"]
        outside = stored * toast_pages(rows)[0] / pages if pages else ZERO
        facts = [facts_of(table.name, "table", table.entity, count, per_row)]
        indexes = []
        claimed = stored
        for index in all_indexes(table):
            ordered = self._index(table, index, count, given)
            indexes.append(ordered)
            claimed += ordered.stored_bytes
            column = self.entry_column(table, index)
            name = f"{table.name}/{index.name}"
            facts.append(facts_of(name, "index", table.entity, ordered.entries, column))
        home = Home(
            name=table.name,
            entity=table.entity,
            rows=count,
            row_bytes=mean,
            stored_bytes=stored,
            page_bytes=PAGE_BYTES,
            outside_bytes=outside,
            indexes=tuple(indexes),
            attribute_bytes=self._attribute_bytes(table),
            days=days_of(self.model, table.entity),
            partition=table.column(table.partition_by).attribute if table.partition_by else "",
            partitions=self._months(table) if table.partition_by else ONE,
        )
        return home, facts, claimed

    def _months(self, table: PgTable) -> Decimal:
        """Return how many partitions a table has: one for each month that is kept."""
        days = days_of(self.model, table.entity) or self.model.horizon_days
        return max(ONE, (days / DAYS_PER_MONTH).to_integral_value(rounding="ROUND_CEILING"))

    def _attribute_bytes(self, table: PgTable) -> dict[str, Decimal]:
        rows = self.fields(table)
        attribute_bytes: dict[str, Decimal] = {}
        for position, column in enumerate(table.columns):
            if column.attribute:
                claimed = sum((row[position].content or 0) + 1 for row in rows)
                attribute_bytes[column.attribute] = Decimal(claimed) / max(1, len(rows))
        return attribute_bytes

    def _index(self, table: PgTable, index: PgIndex, count: Decimal, given: Figures) -> Ordered:
        entries = count * self.share(table, index)
        column = self.entry_column(table, index)
        pages = Decimal(self.index_pages(table, index, count))
        grown = Decimal("0.9") / given["index_fill"] if pages > 1 else ONE
        names = {column.name: column.attribute or column.name for column in table.columns}
        places = [name for name, _ in index.columns if table.column(name).type == "point"]
        kinds = {
            "gist": "geo" if places else "text",
            "gin": "json",
            "hash": "hash",
            "hnsw": "vector",
        }
        kind = kinds.get(index.using, "btree")
        if index.using == "gin" and "jsonb" not in self._types(table, index):
            kind = "text"
        return Ordered(
            name=index.name,
            keys=tuple((names[name], down) for name, down in index.columns),
            kind=kind,
            unique=index.unique,
            partial=tuple((names[name], values) for name, values in index.where),
            includes=tuple(names[name] for name in index.include),
            geo=names[places[0]] if places and index.using == "gist" else "",
            entries=entries,
            entry_bytes=hnsw_bytes_per_row(self._dimensions(table, index), is_half=index.halfvec)
            if index.using == "hnsw"
            else Decimal(sum(column)) / max(1, len(column)),
            stored_bytes=pages * PAGE_BYTES * grown,
            is_primary=index.name == primary(table).name,
            ignores_case=index.ignore_case,
            prefixes=index.prefixes or index.using != "btree",
            by_time=bool(table.partition_by)  # each month has an index of its own
            or lies_by_time(
                self.model.entity(table.entity), [names[name] for name, _ in index.columns]
            ),
        )


def _scaled(pages: int, scale: Decimal) -> int:
    return int((pages * scale).to_integral_value(rounding="ROUND_CEILING"))


def primary(table: PgTable) -> PgIndex:
    """Return the index of the primary key."""
    columns = tuple((name, False) for name in primary_columns(table))
    return PgIndex(name=f"{table.name}_pkey", columns=columns, unique=True)


def all_indexes(table: PgTable) -> tuple[PgIndex, ...]:
    """Return the indexes of a table, that of the primary key first where it has one."""
    return (primary(table), *table.indexes) if table.primary_key else table.indexes


def column_bytes(column: Column, value: Any) -> int:
    """Return the bytes of a value in a column, its header included and alignment not."""
    field = field_of(value, column.type)
    if field.content is None:
        return 0
    return field.content + (0 if not field.is_variable else 1 if field.is_short else 4)


__all__ = ["PgLayout", "TableBytes", "column_bytes", "primary"]
