"""Instances as a migration keeps them, and the tables of its staging file.

In: whole instances. Out: their texts, digests and buckets, as rows of SQLite.
"""

from __future__ import annotations

from typing import Any

from tablewright.core.frozen import frozen
from tablewright.migrate import canonical
from tablewright.migrate.transform import Instance, identity_text
from tablewright.migrate.verification import BUCKETS

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS positions (
  phase TEXT, place TEXT, position TEXT, done INTEGER NOT NULL, is_finished INTEGER NOT NULL,
  PRIMARY KEY (phase, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fragments (
  side TEXT, entity TEXT, identity TEXT, is_copy INTEGER, body BLOB
);
CREATE INDEX IF NOT EXISTS fragments_of ON fragments (side, entity, identity);
CREATE TABLE IF NOT EXISTS instances (
  number INTEGER PRIMARY KEY, side TEXT, entity TEXT, identity TEXT, parent TEXT, bucket INTEGER,
  body BLOB, digest BLOB, is_rejected INTEGER
);
CREATE UNIQUE INDEX IF NOT EXISTS instances_of ON instances (side, entity, identity);
CREATE INDEX IF NOT EXISTS children_of ON instances (side, entity, parent)
  WHERE parent IS NOT NULL;
CREATE TABLE IF NOT EXISTS problems (
  kind TEXT, entity TEXT, attribute TEXT, identity TEXT, detail TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS problem_of
  ON problems (entity, identity, kind, attribute, detail) WHERE identity <> '';
CREATE TABLE IF NOT EXISTS target_keys (key BLOB PRIMARY KEY, identity TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source_keys (key BLOB PRIMARY KEY, identity TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending (
  entity TEXT, identity TEXT, old BLOB, PRIMARY KEY (entity, identity)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
  place TEXT, identity TEXT, reason TEXT, body BLOB, UNIQUE (place, identity, reason)
);
"""

TABLES = (
    "facts",
    "positions",
    "fragments",
    "instances",
    "problems",
    "target_keys",
    "pending",
    "source_keys",
    "quarantine",
)

INSERTED = (
    "INSERT INTO instances (side, entity, identity, parent, bucket, body, digest, is_rejected) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (side, entity, identity) DO "
)
REPLACED = (
    "UPDATE SET parent = excluded.parent, body = excluded.body, digest = excluded.digest, "
    "is_rejected = excluded.is_rejected"
)


@frozen(kw_only=False)
class Staged:
    """An instance as it is kept: its texts and its digest."""

    identity: str
    parent: str | None
    body: bytes
    digest: int
    is_rejected: bool = False

    def row(self, side: str, entity: str) -> tuple[Any, ...]:
        """Return the columns."""
        return (
            side,
            entity,
            self.identity,
            self.parent,
            canonical.bucket(self.identity, BUCKETS),
            self.body,
            self.digest.to_bytes(16, "big"),
            int(self.is_rejected),
        )


def staged(
    entity: str,
    instance: Instance,
    parent_key: tuple[str, ...],
    hidden: frozenset[str],
) -> Staged:
    """Return an instance as it is kept.

    Args:
        entity: whose it is.
        instance: the instance.
        parent_key: the attributes that are its parent's key; none where it has no parent.
        hidden: attributes that its digest leaves out.
    """
    attributes = instance.attributes
    body = canonical.encoded(attributes)
    compared = body
    if not hidden.isdisjoint(attributes):
        compared = canonical.encoded({n: v for n, v in attributes.items() if n not in hidden})
    parent = identity_text(tuple(attributes.get(n) for n in parent_key)) if parent_key else None
    return Staged(
        identity_text(instance.identity),
        parent,
        body,
        canonical.digest_of(entity, compared),
        instance.is_rejected,
    )
