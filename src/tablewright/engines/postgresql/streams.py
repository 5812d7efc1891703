"""What changed in the tables of a design: logical decoding by a replication slot.

In: a connection, tables. Out: the keys of the rows that changed, in the order of the log, with what
to resume after. Only keys are read from the log: who follows looks the row up as it is now, so that
replaying ends in the same. The plug-in is test_decoding, which comes with every server. Sources:
PostgreSQL 18 manual, "Logical Decoding" and "test_decoding", read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.engines.postgresql.ddl import primary_columns
from tablewright.engines.postgresql.design import PgTable

if TYPE_CHECKING:
    import psycopg

AT_ONCE = 5_000
"""Changes that are looked at before the slot is moved on."""
FREEZE = "or stop writes and migrate without --follow"

_CHANGE = re.compile(
    r"table (?P<table>.+?): (?P<kind>INSERT|UPDATE|DELETE|TRUNCATE): (?P<rest>.*)\Z", re.DOTALL
)
_COLUMN = re.compile(
    r"(?P<name>\"(?:[^\"]|\"\")+\"|[^\s\[\"]+)\[(?P<type>(?:[^\[\]]|\[\])*)\]:"
    r"(?P<value>'(?:[^']|'')*'|[^\s']+)(?: |\Z)",
    re.DOTALL,
)


@frozen
class Touched:
    """A row that changed: its table and the values of its primary key."""

    table: str
    key: dict[str, Any]
    is_new: bool
    position: str


def new_slot(connection: psycopg.Connection[Any], design_name: str) -> str:
    """Make a slot; return the position of now in it.

    Raises:
        UnsupportedError: the server does not decode its log, or this user may not.
    """
    from psycopg import errors

    row = connection.execute("SHOW wal_level").fetchone()
    level = row[0] if row is not None else ""
    if level != "logical":
        raise UnsupportedError(
            f"the server writes its log with wal_level = {level}: changes cannot be decoded",
            remedy="ALTER SYSTEM SET wal_level = logical, restart it (on RDS and Aurora the "
            f"parameter rds.logical_replication), {FREEZE}",
        )
    name = "tablewright_" + re.sub(r"[^a-z0-9_]", "_", design_name.lower())[:40]
    try:
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
            "WHERE slot_name = %s AND NOT active",
            [name],
        )
        connection.execute("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", [name])
    except errors.InsufficientPrivilege as problem:
        raise UnsupportedError(
            "this user may make no replication slot",
            remedy=f"grant it REPLICATION (rds_replication on RDS and Aurora), {FREEZE}",
        ) from problem
    except (errors.ObjectInUse, errors.ConfigurationLimitExceeded, errors.UndefinedFile) as problem:
        raise UnsupportedError(
            f"no replication slot can be made: {problem}",
            remedy=f"raise max_replication_slots or drop an old one, {FREEZE}",
        ) from problem
    return json.dumps({"slot": name, "after": ""})


def touched(
    connection: psycopg.Connection[Any], tables: Sequence[PgTable], after: str
) -> list[Touched]:
    """Return the rows that changed since a position; the slot is moved on to that position first.

    What comes is at most `AT_ONCE` transactions' changes: the caller asks again until it is empty.
    """
    position = json.loads(after)
    slot, last = position["slot"], position["after"]
    if last:
        connection.execute(
            "SELECT pg_replication_slot_advance(%s, %s::pg_lsn) FROM pg_replication_slots "
            "WHERE slot_name = %s AND confirmed_flush_lsn < %s::pg_lsn",
            [slot, last, slot, last],
        )
    rows = connection.execute(
        "SELECT lsn::text, data FROM pg_logical_slot_peek_changes(%s, NULL, %s, "
        "'skip-empty-xacts', '1')",
        [slot, AT_ONCE],
    ).fetchall()
    return list(_parsed(connection, rows, {table.name: table for table in tables}, slot, after))


def _parsed(
    connection: psycopg.Connection[Any],
    rows: Sequence[tuple[str, str]],
    tables: dict[str, PgTable],
    slot: str,
    before: str,
) -> Iterator[Touched]:
    pending: list[tuple[str, dict[str, Any], bool]] = []
    for lsn, data in rows:
        if data.startswith("COMMIT"):
            behind = json.dumps({"slot": slot, "after": lsn})
            for number, (table, key, is_new) in enumerate(pending, 1):
                # a transaction is done with its last change: before that it is read again
                position = behind if number == len(pending) else before
                yield Touched(table=table, key=key, is_new=is_new, position=position)
            before, pending = behind, []
            continue
        match = _CHANGE.match(data)
        if match is None:
            continue
        name = match["table"].rpartition(".")[2].strip('"').replace('""', '"')
        if name not in tables:
            continue
        if match["kind"] == "TRUNCATE":
            raise UnsupportedError(
                f"{name} was truncated: what it held is not in the log",
                remedy="begin again with --abort",
            )
        key_columns = primary_columns(tables[name])
        for part, is_new in _images(match["kind"], match["rest"]):
            values = _columns(part)
            if all(column in values for column in key_columns):
                key = {c: _typed(connection, *values[c]) for c in key_columns}
                pending.append((name, key, is_new))


def _images(kind: str, rest: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a change that have a key: the old one where it changed, the new one."""
    if kind == "UPDATE" and rest.startswith("old-key: "):
        old, _, new = rest.removeprefix("old-key: ").partition(" new-tuple: ")
        yield old, False
        yield new, False
        return
    yield rest, kind == "INSERT"


def _columns(text: str) -> dict[str, tuple[str, str]]:
    """Return type and value text of each column."""
    columns: dict[str, tuple[str, str]] = {}
    for match in _COLUMN.finditer(text):
        name = match["name"]
        if name.startswith('"'):
            name = name[1:-1].replace('""', '"')
        value = match["value"]
        if value.startswith("'"):
            value = value[1:-1].replace("''", "'")
        columns[name] = (match["type"], value)
    return columns


def _typed(connection: psycopg.Connection[Any], type_name: str, text: str) -> Any:
    """Return a value of a text as the server reads it."""
    row = connection.execute(f"SELECT %s::{type_name}", [text]).fetchone()
    return None if row is None else row[0]


def drop_slot(connection: psycopg.Connection[Any], position: str) -> None:
    """Drop the slot of a position, if it is there."""
    connection.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
        "WHERE slot_name = %s AND NOT active",
        [json.loads(position)["slot"]],
    )
