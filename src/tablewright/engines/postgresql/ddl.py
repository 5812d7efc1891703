"""The SQL that creates a PostgreSQL design: tables, checks, foreign keys, indexes, partitions.

In: a PostgresDesign. Out: statements, each complete, in the order they can be run in. Pure. Names
are quoted, so that the attributes' own spelling stays.
"""

from __future__ import annotations

from tablewright.engines.postgresql.design import (
    Column,
    ForeignKey,
    PgIndex,
    PgTable,
    PostgresDesign,
)

TEXTS = ("text", "varchar", "char")


def ddl(design: PostgresDesign) -> tuple[str, ...]:
    """Return the statements that create a design in an empty schema.

    Foreign keys come after all tables, so that their order does not matter.
    """
    statements = list(extensions(design))
    for table in design.tables:
        statements += create_sql(table)
    for table in design.tables:
        statements += [reference_sql(table, key) for key in table.foreign_keys]
    for table in design.tables:
        statements += [index_sql(table, index) for index in table.indexes]
    return tuple(statements)


def extensions(design: PostgresDesign) -> tuple[str, ...]:
    """Return the statements that make the extensions available that a design uses."""
    has_places = any(
        index.using == "gist"
        and any(table.column(name).type == "point" for name, _ in index.columns)
        for table in design.tables
        for index in table.indexes
    )
    names: tuple[str, ...] = ()
    if has_places:
        names = ("cube", "earthdistance")  # distances on the sphere; a part of PostgreSQL itself
    if any(column.type == "vector" for table in design.tables for column in table.columns):
        names += ("vector",)  # pgvector, which a server must have
    return tuple(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in names)


def script(design: PostgresDesign) -> str:
    """Return the statements as one text, each ended by a semicolon."""
    return "".join(f"{statement};\n\n" for statement in ddl(design))


def quoted(name: str) -> str:
    """Return a name in double quotes.

    Example:
        >>> quoted("userId"), quoted('a"b')
        ('"userId"', '"a""b"')
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in single quotes.

    Example:
        >>> literal("it's")
        "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(quoted(name) for name in columns)


def primary_columns(table: PgTable) -> tuple[str, ...]:
    """Return the columns of the primary key; that of a partitioned table holds its time as well."""
    if table.partition_by and table.partition_by not in table.primary_key:
        return (*table.primary_key, table.partition_by)
    return table.primary_key


def create_sql(table: PgTable) -> list[str]:
    """Return the statements that create a table, with the partition of what fits no other."""
    lines = [column_sql(column) for column in table.columns]
    if table.primary_key:
        lines.append(f"PRIMARY KEY ({_names(primary_columns(table))})")
    text = f"CREATE TABLE {quoted(table.name)} (\n  " + ",\n  ".join(lines) + "\n)"
    if table.partition_by:
        text += f" PARTITION BY RANGE ({quoted(table.partition_by)})"
        rest = quoted(f"{table.name}_rest")
        return [text, f"CREATE TABLE {rest} PARTITION OF {quoted(table.name)} DEFAULT"]
    if table.fillfactor != 100:
        text += f" WITH (fillfactor = {table.fillfactor})"
    return [text]


def column_sql(column: Column) -> str:
    """Return a column as CREATE TABLE has it."""
    parts = [quoted(column.name), column.sql]
    if column.not_null:
        parts.append("NOT NULL")
    if column.default:
        parts.append(f"DEFAULT {column.default}")
    if column.generated:
        parts.append(f"GENERATED {column.generated}")
    if column.check:
        parts.append(f"CHECK {column.check}")
    return " ".join(parts)


def reference_name(table: PgTable, key: ForeignKey) -> str:
    """Return the name of a foreign key."""
    return f"{table.name}_{'_'.join(key.columns)}_fkey"[:63]


def reference_sql(table: PgTable, key: ForeignKey) -> str:
    """Return the statement that adds a foreign key."""
    name = reference_name(table, key)
    return (
        f"ALTER TABLE {quoted(table.name)} ADD CONSTRAINT {quoted(name)} "
        f"FOREIGN KEY ({_names(key.columns)}) "
        f"REFERENCES {quoted(key.table)} ({_names(key.to)})"
    )


_OPERATORS = {"cosine": "cosine", "euclidean": "l2", "dot_product": "ip"}


def index_sql(table: PgTable, index: PgIndex) -> str:
    """Return the statement that creates an index."""
    unique = "UNIQUE " if index.unique else ""
    using = f" USING {index.using}" if index.using != "btree" else ""
    columns = [_key(table, index, name, down) for name, down in index.columns]
    names = [name for name, _ in index.columns]
    if index.unique and table.partition_by and table.partition_by not in names:
        columns.append(quoted(table.partition_by))
    text = (
        f"CREATE {unique}INDEX {quoted(index.name)} ON {quoted(table.name)}{using} "
        f"({', '.join(columns)})"
    )
    if index.include:
        text += f" INCLUDE ({_names(index.include)})"
    if index.where:
        text += " WHERE " + " AND ".join(
            f"{quoted(name)} IN ({', '.join(map(literal, values))})" for name, values in index.where
        )
    return text


def _key(table: PgTable, index: PgIndex, name: str, down: bool) -> str:
    if index.using == "hnsw":
        column = table.column(name)
        key = quoted(name)
        kind = "vector"
        if index.halfvec:
            kind, half = "halfvec", column.sql.replace("vector", "halfvec")
            key = f"(({key})::{half})"
        return f"{key} {kind}_{_OPERATORS[index.metric]}_ops"
    if index.using == "gin" and table.column(name).type != "jsonb":
        return f"to_tsvector('simple', {quoted(name)})"
    if index.using == "gin":
        return f"{quoted(name)} jsonb_path_ops"
    key = quoted(name)
    if index.using == "gist" and table.column(name).type == "point":
        return f"ll_to_earth({key}[1], {key}[0])"
    if table.column(name).type in TEXTS and index.using == "btree":
        key = f"lower({key})" if index.ignore_case else key
        key += " text_pattern_ops" if index.prefixes else ""
    return key + (" DESC" if down else "")
