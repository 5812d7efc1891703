"""Import PostgreSQL as it is, by its catalogue and statistics.

In: `postgresql://…`. Out: tables, keys, indexes, widths, null shares and distinct counts of
`pg_stats`, row counts of `pg_class`, and rates of `pg_stat_statements` where the extension is on.
Only the catalogue is read, no row of a table; of the values in `pg_stats` those of columns with few
different ones, of which words that are codes are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.quantities import SECONDS_PER_DAY
from tablewright.sources.facts import (
    POSTGRESQL,
    Declared,
    IndexFacts,
    ObservedAccess,
    SourceFacts,
    SourceTable,
)
from tablewright.sources.inference.attributes import FEWEST_FOR_ENUM
from tablewright.sources.inference.forms import is_code
from tablewright.sources.inference.personal import may_show_values
from tablewright.sources.source import ReadOptions, Source, needs
from tablewright.sources.sql import column_type, major_version
from tablewright.sources.statements import access_of

TITLE = "PostgreSQL by its catalogue"
MOST_TABLES = 10_000
MOST_STATEMENTS = 500

LONGEST_SHORT = 127
"""Bytes of a value of varying length, header included, whose header is one byte."""
LEAST_SECONDS = Decimal(60)
"""Calls of a shorter time are counted as those of a minute."""
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       s.null_frac, s.avg_width, s.n_distinct, GREATEST(c.reltuples, 0)::bigint,
       pg_total_relation_size(c.oid),
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = a.atttypid
             ORDER BY e.enumsortorder),
       a.attlen = -1,
       CASE WHEN s.n_distinct BETWEEN 1 AND 40 AND t.typcategory IN ('B', 'E', 'S')
            THEN s.most_common_vals::text::text[] END,
       s.most_common_freqs::float8[]
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
     AND s.attname = a.attname
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = %s
ORDER BY c.relname, a.attnum
"""
_INDEXES = """
SELECT c.relname, i.relname, x.indisprimary, x.indisunique, m.amname, x.indnkeyatts,
       ARRAY(SELECT pg_get_indexdef(x.indexrelid, k, true) FROM generate_series(1, x.indnatts) k),
       x.indoption::int2[], pg_get_expr(x.indpred, x.indrelid)
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_am m ON m.oid = i.relam
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND NOT c.relispartition
ORDER BY c.relname, i.relname
"""
_CONDITIONS = """
SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid), NULL
FROM pg_attrdef d
JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated = ''
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s
UNION ALL
SELECT c.relname, a.attname, NULL, pg_get_constraintdef(k.oid)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'c' AND array_length(k.conkey, 1) = 1 AND n.nspname = %s
ORDER BY 1, 2, 4
"""
_FOREIGN = """
SELECT c.relname, f.relname,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, o)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY o),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, o)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY o)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_class f ON f.oid = k.confrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND n.nspname = %s
ORDER BY c.relname, k.conname
"""
_STATEMENTS = """
SELECT s.query, s.calls, s.rows,
       EXTRACT(EPOCH FROM now() - (SELECT stats_reset FROM pg_stat_statements_info))
FROM pg_stat_statements s
WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY s.calls DESC
LIMIT %s
"""


def recognises(source: Source) -> bool:
    """Whether a source is the address of a PostgreSQL server."""
    return source.scheme in ("postgresql", "postgres")


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the tables of a database.

    Raises:
        EngineError: the client is not installed, or the server cannot be reached.
    """
    try:
        import psycopg
    except ImportError as missing:
        raise needs("psycopg", "import") from missing
    try:
        with psycopg.connect(source.text, connect_timeout=10) as connection:
            connection.read_only = True
            return _Catalogue(connection, source.shown, options).facts()
    except psycopg.Error as problem:
        # The message of a failed connection may quote the address: only its first line, cleaned.
        raise EngineError(
            f"{source.shown} cannot be read: {_clean(str(problem))}",
            remedy="check host, database and user; the user needs to read the catalogue only",
        ) from None


def _content_bytes(width: int, *, is_varying: bool) -> Decimal:
    """Return the bytes of a value without the header that `avg_width` counts.

    Source: https://www.postgresql.org/docs/18/storage-toast.html (one byte up to 126, else four).

    Example:
        >>> _content_bytes(21, is_varying=True), _content_bytes(8, is_varying=False)
        (Decimal('20'), Decimal('8'))
    """
    if not is_varying:
        return Decimal(width)
    return Decimal(max(0, width - (1 if width <= LONGEST_SHORT else 4)))


def _shares(
    column: str, values: list[str] | None, frequencies: list[float] | None, rows: Decimal
) -> tuple[tuple[str, Decimal], ...]:
    """Return how frequent each of few codes is; nothing where a value may be no code."""
    if not values or not frequencies or len(values) != len(frequencies):
        return ()
    words = {"t": "true", "f": "false"} if set(values) <= {"t", "f"} else {}
    codes = [words.get(value, value) for value in values]
    seen = sum(frequencies)
    is_few = rows >= FEWEST_FOR_ENUM and len(codes) <= rows / 4
    if not is_few or not seen or not may_show_values(column):
        return ()
    if not words and not all(is_code(code) for code in codes):
        return ()
    return tuple(
        (code, Decimal(str(frequency)) / Decimal(str(seen)))
        for code, frequency in zip(codes, frequencies, strict=True)
    )


def _clean(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else "no reason given"
    return re.sub(r"password=\S+|:[^:@/\s]+@", "…", first)


class _Catalogue:
    """Reads the catalogue of one schema."""

    def __init__(self, connection: Any, shown: str, options: ReadOptions) -> None:
        self.connection = connection
        self.shown = shown
        self.options = options
        self.notes: list[str] = []

    def facts(self) -> SourceFacts:
        """Return the tables and how often they are asked."""
        schema = "public"
        stores = self._stores(schema)
        if not stores:
            raise UsageError(
                f"{self.shown} has no tables in the schema `{schema}`",
                remedy="name the database that has them",
            )
        stores = self._with_conditions(self._with_keys(stores, schema), schema)
        accesses = self._accesses(stores)
        count = len(stores)
        noun = "table" if count == 1 else "tables"
        return SourceFacts(
            stores=tuple(stores.values()),
            accesses=tuple(accesses),
            notes=tuple(self.notes),
            sources=(f"{count} {noun} of {self.shown}",),
            version=major_version(str(self.connection.info.server_version // 10_000)),
        )

    def _rows(self, query: str, *arguments: Any) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, arguments)
            rows: list[Any] = cursor.fetchall()
            return rows

    def _stores(self, schema: str) -> dict[str, SourceTable]:
        stores: dict[str, SourceTable] = {}
        for (
            table, column, kind, not_null, nulls, width, distinct, rows, size, labels, is_varying,
            common, frequencies,
        ) in self._rows(_COLUMNS, schema):  # fmt: skip
            if self.options.tables and table not in self.options.tables:
                continue
            if table not in stores and len(stores) >= MOST_TABLES:
                continue
            store = stores.get(table) or SourceTable(
                name=table,
                engine=POSTGRESQL,
                items=Decimal(rows) if rows else None,
                stored_bytes=Decimal(size),
                place=self.shown,
            )
            text, declared = column_type(kind)
            total = Decimal(rows or 0)
            many = None
            if distinct is not None and distinct:
                figure = Decimal(str(distinct))
                many = figure if figure > 0 else -figure * total
            field = Declared(
                name=column,
                type=declared,
                element=text.removesuffix("[]") if text.endswith("[]") else "",
                nullable=not not_null,
                values=tuple(labels or ()),
                column=f"{text} NOT NULL" if not_null else text,
                mean_bytes=None if width is None else _content_bytes(width, is_varying=is_varying),
                null_share=None if nulls is None else Decimal(str(nulls)),
                distinct=many,
                shares=_shares(column, common, frequencies, total),
            )
            stores[table] = replace(store, declared=(*store.declared, field))
        if stores and all(f.mean_bytes is None for s in stores.values() for f in s.declared):
            self.notes.append(
                f"{self.shown}: there are no statistics; run ANALYZE, then sizes are known"
            )
        return stores

    def _with_keys(self, stores: dict[str, SourceTable], schema: str) -> dict[str, SourceTable]:
        for table, name, primary, unique, method, count, keys, flags, predicate in self._rows(
            _INDEXES, schema
        ):
            store = stores.get(table)
            if store is None:
                continue
            names = [k.strip('"') for k in keys]
            columns = {f.name for f in store.declared}
            if primary:
                stores[table] = replace(store, keys=tuple(names[:count]))
                continue
            lowered = [re.fullmatch(r'lower\("?(\w+)"?(::text)?\)', k) for k in names[:count]]
            is_lower = any(lowered)
            plain = [m[1] if m else n for m, n in zip(lowered, names[:count], strict=True)]
            if not set(plain) <= columns:
                self.notes.append(
                    f"{self.shown}: the index `{name}` of {table} is of an expression and was "
                    "left out"
                )
                continue
            where = _predicate(predicate)
            if predicate and not where:
                self.notes.append(
                    f"{self.shown}: the condition of the index `{name}` of {table} was left out"
                )
            index = IndexFacts(
                name=name,
                keys=tuple(plain),
                descending=tuple(n for n, f in zip(plain, flags, strict=False) if int(f) & 1),
                included=tuple(n for n in names[count:] if n in columns),
                unique=bool(unique),
                using=method,
                where=where,
                ignore_case=is_lower,
            )
            stores[table] = replace(store, indexes=(*store.indexes, index))
        for table, target, columns_from, columns_to in self._rows(_FOREIGN, schema):
            store = stores.get(table)
            if store is None or target not in stores:
                continue
            foreign = (*store.foreign_keys, (tuple(columns_from), target))
            store = replace(store, foreign_keys=foreign)
            if len(columns_from) == 1:
                store = replace(
                    store,
                    declared=tuple(
                        replace(
                            f,
                            references=target,
                            column=f"{f.column} REFERENCES {target}({columns_to[0]})",
                        )
                        if f.name == columns_from[0]
                        else f
                        for f in store.declared
                    ),
                )
            stores[table] = store
        return stores

    def _with_conditions(
        self, stores: dict[str, SourceTable], schema: str
    ) -> dict[str, SourceTable]:
        """Add defaults that are constants or the time, and checks that list values."""
        for table, column, default, check in self._rows(_CONDITIONS, schema, schema):
            if table in stores:
                stores[table] = replace(
                    stores[table],
                    declared=tuple(
                        _conditioned(f, default, check) if f.name == column else f
                        for f in stores[table].declared
                    ),
                )
        return stores

    def _accesses(self, stores: dict[str, SourceTable]) -> list[ObservedAccess]:
        import psycopg

        try:
            rows = self._rows(_STATEMENTS, MOST_STATEMENTS)
        except psycopg.Error:
            self.connection.rollback()
            self.notes.append(
                f"{self.shown}: pg_stat_statements is not on or may not be read; all rates are "
                "assumed"
            )
            return []
        return accesses_of(
            (
                (query, Decimal(calls), Decimal(str(seconds or 0)))
                for query, calls, _, seconds in rows
            ),
            stores,
            self.shown,
        )


def accesses_of(
    rows: Iterable[tuple[str, Decimal, Decimal]], stores: dict[str, SourceTable], shown: str
) -> list[ObservedAccess]:
    """Return accesses of statements: their text, calls, and the seconds these were counted in."""
    accesses = []
    for query, calls, seconds in rows:
        access = access_of(query, stores)
        if access is not None:
            days = max(seconds, LEAST_SECONDS) / SECONDS_PER_DAY
            accesses.append(replace(access, per_day=calls / days, place=shown))
    return accesses


_CONSTANT = re.compile(r"true|false|-?\d+(\.\d+)?|now\(\)|CURRENT_TIMESTAMP", re.IGNORECASE)
_LISTED = re.compile(r"= ANY \(+ARRAY\[(.*?)\]")


def _conditioned(column: Declared, default: str | None, check: str | None) -> Declared:
    """Return a column with its default, or with the values that a check allows."""
    if default is not None:
        plain = re.sub(r"::[\w ]+$", "", default)
        if not _CONSTANT.fullmatch(plain):
            return column
        return replace(column, column=f"{column.column} DEFAULT {plain}")
    listed = _LISTED.search(check or "")
    values = tuple(
        v.replace("''", "'") for v in re.findall(r"'((?:[^']|'')*)'", listed[1] if listed else "")
    )
    if not values:
        return column
    inside = ", ".join("'" + v.replace("'", "''") + "'" for v in values)
    text = f"{column.column} CHECK ({column.name} IN ({inside}))"
    return replace(column, values=column.values or values, column=text)


def _predicate(text: str | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the condition of a partial index where it is that columns have certain values."""
    if not text:
        return ()
    conditions = []
    for part in re.split(r"\bAND\b", text):
        match = re.search(r"\(?\(?\"?(\w+)\"?\)?(?:::\w+)? = (.+?)\)*$", part.strip())
        values = re.findall(r"'((?:[^']|'')*)'", match[2]) if match else []
        if match is None or not values:
            return ()
        conditions.append((match[1], tuple(v.replace("''", "'") for v in values)))
    return tuple(conditions)
