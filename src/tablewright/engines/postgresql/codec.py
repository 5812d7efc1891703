"""Instances of entities as the rows of a PostgreSQL design, and back.

In: a model, a design; an instance, or a row by column. Out: rows, or what a row says of an
instance. Pure: how values travel to the server and back is the module `values`' business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.engines.postgresql.ddl import primary_columns
from tablewright.engines.postgresql.design import PgTable, PostgresDesign
from tablewright.engines.postgresql.vectors import single_precision
from tablewright.evaluation.doors import Fragment, Record, RecordKind
from tablewright.model.values import Model
from tablewright.sample.calls import Children, Row

_LENGTH = re.compile(r"(?:varchar|char|character varying|character)\s*\((\d+)\)")


class PgCodec:
    """How one design stores the instances of one model."""

    embedded: frozenset[str] = frozenset()
    expiry: frozenset[str] = frozenset()

    native_form = ""
    has_doubles = False

    def __init__(self, model: Model, design: PostgresDesign) -> None:
        self.model, self.design = model, design
        self.needs_parents = any(table.foreign_keys for table in design.tables)
        self._tables = {table.name: table for table in design.tables}
        self.kinds = tuple(
            RecordKind(container=table.name, name=table.name, entity=table.entity)
            for table in design.tables
        )

    def unreadable(self, entity: str) -> frozenset[str]:
        """Return the attributes that no column keeps."""
        attributes = {
            column.attribute
            for table in self.design.tables
            if table.entity == entity
            for column in table.columns
        }
        return frozenset(self.model.entity(entity).names) - attributes

    def encode(
        self, entity: str, row: Row, children: Children, kind: RecordKind | None = None
    ) -> Iterator[Record]:
        """Yield the row of each table that keeps an instance."""
        for table in self.design.tables:
            if table.entity == entity and (kind is None or kind.container == table.name):
                yield Record(container=table.name, kind=table.name, content=columns_of(table, row))

    def decode(self, container: str, content: Mapping[str, Any]) -> Iterator[Fragment]:
        """Yield the instance that a row shows.

        Raises:
            EngineError: the row has none of the table's columns.
        """
        table = self._tables.get(container)
        columns = {} if table is None else {column.name: column for column in table.columns}
        if table is None or not set(content) <= set(columns):
            shown = ", ".join(sorted(content))
            raise EngineError(f"a row of {container} is of no kind the design knows: {shown}")
        attributes = {
            columns[name].attribute: value
            for name, value in content.items()
            if columns[name].attribute and value is not None
        }
        key = self.model.entity(table.entity).key
        yield Fragment(
            entity=table.entity,
            identity=tuple(attributes.get(name) for name in key),
            attributes=attributes,
        )

    def to_plain(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row as it is: its values are plain."""
        return dict(content)

    def content_bytes(self, content: Mapping[str, Any]) -> None:
        """Return None: a row has no limit that matters, long values are stored apart."""
        return

    def key_text(self, container: str, content: Mapping[str, Any]) -> str:
        """Return the values of the primary key, joined."""
        names = primary_columns(self._tables[container])
        return "/".join(str(content.get(name, "")) for name in names)

    def from_plain(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Return plain values as a row."""
        return dict(plain)

    def key(self, record: Record) -> tuple[Any, ...]:
        """Return the values of the primary key of a row."""
        columns = primary_columns(self._tables[record.container])
        return tuple(record.content[name] for name in columns)

    def refusal(self, record: Record) -> str:
        """Return why PostgreSQL would refuse a row; "" if it would not, as far as can be said."""
        table = self._tables[record.container]
        for column in table.columns:
            value = record.content.get(column.name)
            is_required = column.not_null or column.name in primary_columns(table)
            if value is None and is_required and column.attribute and not column.default:
                return f"it has no value for {column.name}, which must not be null"
            limit = _LENGTH.fullmatch(column.sql)
            if limit and isinstance(value, str) and len(value) > int(limit[1]):
                return f"{column.name} has {len(value)} characters, {column.sql} allows {limit[1]}"
            if isinstance(value, str) and "\0" in value:
                return f"{column.name} has a zero character, which a text cannot hold"
        return ""

    def differences(
        self, expected: Sequence[Record], stored: Sequence[Mapping[str, Any] | None]
    ) -> tuple[str, ...]:
        """Return the columns in which stored rows differ from what was written."""
        names: dict[str, None] = {}
        for record, row in zip(expected, stored, strict=True):
            content = {} if row is None else row
            types = {column.name: column.type for column in self._tables[record.container].columns}
            for name, value in record.content.items():
                if not _is_same(types.get(name, ""), value, content.get(name)):
                    names[name] = None
        return tuple(names)


def _is_same(column_type: str, written: Any, stored: Any) -> bool:
    """Whether a column holds what was written: a vector is kept as 32-bit floats.

    Example:
        >>> from decimal import Decimal
        >>> _is_same("vector", [Decimal("0.014155304")], [Decimal("0.0141553043")])
        True
        >>> _is_same("vector", [Decimal("0.014155304")], [Decimal("0.0141554")])
        False
    """
    if column_type != "vector" or written is None or stored is None:
        return bool(written == stored)
    return single_precision(written) == single_precision(stored)


def columns_of(table: PgTable, row: Row) -> dict[str, Any]:
    """Return the values of a table's columns for an instance; None where it has none."""
    return {column.name: row.get(column.attribute) for column in table.columns if column.attribute}
