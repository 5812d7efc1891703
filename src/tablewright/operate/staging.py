"""Where a migration keeps what it has read, and how far it has come: one SQLite file.

In: fragments of instances, page by page; positions. Out: whole instances, in order, and their
children. A page and the position behind it are one transaction, so that a run that was killed goes
on exactly there. Memory does not grow with the data.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.evaluation.doors import Fragment
from tablewright.migrate import canonical
from tablewright.migrate.transform import Instance, identity_text
from tablewright.model.values import Model

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS positions (
  phase TEXT, place TEXT, position TEXT, done INTEGER NOT NULL, is_finished INTEGER NOT NULL,
  PRIMARY KEY (phase, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fragments (
  side TEXT, entity TEXT, identity TEXT, is_copy INTEGER, body TEXT
);
CREATE INDEX IF NOT EXISTS fragments_of ON fragments (side, entity, identity);
CREATE TABLE IF NOT EXISTS instances (
  side TEXT, entity TEXT, identity TEXT, parent TEXT, body TEXT, digest BLOB, is_rejected INTEGER,
  PRIMARY KEY (side, entity, identity)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS children_of ON instances (side, entity, parent);
CREATE TABLE IF NOT EXISTS problems (
  kind TEXT, entity TEXT, attribute TEXT, identity TEXT, detail TEXT
);
CREATE TABLE IF NOT EXISTS target_keys (key TEXT PRIMARY KEY, entity TEXT, identity TEXT)
  WITHOUT ROWID;
"""

SOURCE, TARGET = "source", "target"
INSTANCES_AT_ONCE = 2_000


class Staging:
    """The file of one migration."""

    def __init__(self, path: Path, model: Model) -> None:
        """Open or make the file.

        Raises:
            EngineError: it cannot be opened, or another migration is using it.
        """
        self.path, self.model = path, model
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
        except sqlite3.Error as problem:
            raise EngineError(
                f"{path} cannot be used: {problem}",
                remedy="let the other migration finish, or give it another --work-dir",
            ) from problem
        path.chmod(0o600)

    def close(self) -> None:
        """Close the file; what was kept stays."""
        self._db.close()

    # ------------------------------------------------------------ facts and positions

    def fact(self, name: str) -> str | None:
        """Return a fact that was kept, None if there is none."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a fact."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def position(self, phase: str, place: str) -> tuple[Any, int, bool]:
        """Return the position behind what is done, how much that is, and whether it is all."""
        row = self._db.execute(
            "SELECT position, done, is_finished FROM positions WHERE phase = ? AND place = ?",
            (phase, place),
        ).fetchone()
        if row is None:
            return None, 0, False
        return canonical.decode(row[0]), int(row[1]), bool(row[2])

    def keep_position(
        self, phase: str, place: str, position: Any, done: int, *, is_finished: bool = False
    ) -> None:
        """Keep a position."""
        self._db.execute(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?)",
            (phase, place, canonical.encode(position), done, int(is_finished)),
        )

    def phases(self) -> tuple[tuple[str, int, bool], ...]:
        """Return each phase and place, how much of it is done, and whether that is all."""
        rows = self._db.execute(
            "SELECT phase, place, done, is_finished FROM positions ORDER BY phase, place"
        )
        return tuple((f"{phase} {place}", int(done), bool(end)) for phase, place, done, end in rows)

    def forget(self, side: str) -> None:
        """Drop what was read of one side, to read it again."""
        self._db.execute("BEGIN IMMEDIATE")
        for table in ("fragments", "instances"):
            self._db.execute(f"DELETE FROM {table} WHERE side = ?", (side,))
        self._db.execute(
            "DELETE FROM positions WHERE phase IN (?, ?)", (f"read {side}", f"merge {side}")
        )
        self._db.execute("COMMIT")

    # ------------------------------------------------------------ reading

    def keep_page(
        self,
        side: str,
        container: str,
        fragments: Iterable[Fragment],
        position: Any,
        done: int,
        unreadable: Iterable[str] = (),
        *,
        is_finished: bool,
    ) -> None:
        """Keep the fragments of a page together with the position behind it."""
        rows = [
            (
                side,
                fragment.entity,
                identity_text(fragment.identity),
                int(fragment.is_copy),
                canonical.encode(dict(fragment.attributes)),
            )
            for fragment in fragments
            if fragment.identity
        ]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO fragments VALUES (?, ?, ?, ?, ?)", rows)
        self._db.executemany(
            "INSERT INTO problems VALUES ('unreadable', ?, '', '', ?)",
            [(container, detail) for detail in unreadable],
        )
        self.keep_position(f"read {side}", container, position, done, is_finished=is_finished)
        self._db.execute("COMMIT")

    def grouped(self, side: str, entity: str, after: str) -> Iterator[tuple[Fragment, ...]]:
        """Yield the fragments of each instance of an entity, in order of identity.

        What only copies speak of is no instance: a uniqueness guard is stored under a key that is
        none of the entity's.
        """
        cursor = self._db.execute(
            "SELECT identity, is_copy, body FROM fragments WHERE side = ? AND entity = ? "
            "AND identity > ? ORDER BY identity, is_copy",
            (side, entity, after),
        )
        for identity, rows in groupby(cursor, key=itemgetter(0)):
            values = canonical.decode(identity)
            fragments = tuple(
                Fragment(
                    entity=entity,
                    identity=tuple(values),
                    attributes=canonical.decode(body),
                    is_copy=bool(is_copy),
                )
                for _, is_copy, body in rows
            )
            if not all(fragment.is_copy for fragment in fragments):
                yield fragments

    def keep_instances(
        self, side: str, entity: str, instances: Iterable[Instance], done: int, *, is_finished: bool
    ) -> None:
        """Keep whole instances and their problems, together with the position behind them."""
        instances = tuple(instances)
        parent = self.model.entity(entity).parent
        keys = self.model.entity(parent).key if parent is not None else ()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    side,
                    entity,
                    identity_text(each.identity),
                    identity_text(tuple(each.attributes.get(name) for name in keys)),
                    canonical.encode(dict(each.attributes)),
                    canonical.digest(entity, each.attributes).to_bytes(16, "big"),
                    int(each.is_rejected),
                )
                for each in instances
            ],
        )
        if side == SOURCE:
            self._db.executemany(
                "INSERT INTO problems VALUES (?, ?, ?, ?, ?)",
                [
                    (p.kind, p.entity, p.attribute, p.identity, p.detail)
                    for each in instances
                    for p in each.problems
                ],
            )
        last = identity_text(instances[-1].identity) if instances else ""
        self.keep_position(f"merge {side}", entity, last, done, is_finished=is_finished)
        self._db.execute("COMMIT")

    # ------------------------------------------------------------ instances

    def count(self, side: str, entity: str, *, rejected: bool = False) -> int:
        """Return how many instances of an entity are kept."""
        row = self._db.execute(
            "SELECT count(*) FROM instances WHERE side = ? AND entity = ? AND is_rejected = ?",
            (side, entity, int(rejected)),
        ).fetchone()
        return int(row[0])

    def instances(self, side: str, entity: str, after: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield identity and attributes of the instances that are not rejected, in order."""
        while True:
            rows = self._db.execute(
                "SELECT identity, body, is_rejected FROM instances WHERE side = ? AND entity = ? "
                "AND identity > ? ORDER BY identity LIMIT ?",
                (side, entity, after, INSTANCES_AT_ONCE),
            ).fetchall()
            for identity, body, is_rejected in rows:
                after = identity
                if not is_rejected:
                    yield identity, canonical.decode(body)
            if len(rows) < INSTANCES_AT_ONCE:
                return

    def children(self, side: str, entity: str, parent: str) -> list[dict[str, Any]]:
        """Return the instances of an entity that belong to one parent, in order."""
        rows = self._db.execute(
            "SELECT body FROM instances WHERE side = ? AND entity = ? AND parent = ? "
            "AND is_rejected = 0 ORDER BY identity",
            (side, entity, parent),
        )
        return [canonical.decode(body) for (body,) in rows]

    def digests(self, side: str) -> Iterator[tuple[str, str, int]]:
        """Yield entity, identity and digest of every instance that is not rejected."""
        rows = self._db.execute(
            "SELECT entity, identity, digest FROM instances WHERE side = ? AND is_rejected = 0",
            (side,),
        )
        for entity, identity, digest in rows:
            yield entity, identity, int.from_bytes(digest, "big")

    def instance(self, side: str, entity: str, identity: str) -> dict[str, Any] | None:
        """Return the attributes of one instance, None if there is none."""
        row = self._db.execute(
            "SELECT body FROM instances WHERE side = ? AND entity = ? AND identity = ?",
            (side, entity, identity),
        ).fetchone()
        return None if row is None else dict(canonical.decode(row[0]))

    def rejected(self, side: str, entity: str) -> Iterator[tuple[str, str]]:
        """Yield identity and encoded attributes of the rejected instances."""
        rows = self._db.execute(
            "SELECT identity, body FROM instances WHERE side = ? AND entity = ? "
            "AND is_rejected = 1 ORDER BY identity",
            (side, entity),
        )
        yield from rows

    def orphans(self, side: str, entity: str, parent: str) -> list[str]:
        """Return the identities of instances whose parent is not kept."""
        rows = self._db.execute(
            "SELECT c.identity FROM instances c LEFT JOIN instances p ON p.side = c.side "
            "AND p.entity = ? AND p.identity = c.parent WHERE c.side = ? AND c.entity = ? "
            "AND p.identity IS NULL ORDER BY c.identity",
            (parent, side, entity),
        )
        return [identity for (identity,) in rows]

    # ------------------------------------------------------------ problems

    def keep_problems(self, problems: Iterable[Mapping[str, str]]) -> None:
        """Keep problems that the check found."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT INTO problems VALUES (:kind, :entity, :attribute, :identity, :detail)",
            list(problems),
        )
        self._db.execute("COMMIT")

    def problems(self) -> list[tuple[str, str, str, str, int, list[str]]]:
        """Return kind, entity, attribute, detail, count and up to three keys of each problem."""
        groups = self._db.execute(
            "SELECT kind, entity, attribute, detail, count(*) FROM problems "
            "GROUP BY kind, entity, attribute, detail ORDER BY kind, entity, attribute, detail"
        ).fetchall()
        listed: list[tuple[str, str, str, str, int, list[str]]] = []
        for kind, entity, attribute, detail, count in groups:
            keys = self._db.execute(
                "SELECT identity FROM problems WHERE kind = ? AND entity = ? AND attribute = ? "
                "AND detail = ? AND identity <> '' ORDER BY identity LIMIT 3",
                (kind, entity, attribute, detail),
            ).fetchall()
            listed.append((kind, entity, attribute, detail, int(count), [key for (key,) in keys]))
        return listed

    def claim_key(self, key: str, entity: str, identity: str) -> str | None:
        """Note who is stored under a key of the target; return who already is, if another."""
        row = self._db.execute("SELECT identity FROM target_keys WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return None if row[0] == identity else str(row[0])
        self._db.execute("INSERT INTO target_keys VALUES (?, ?, ?)", (key, entity, identity))
        return None

    def begin(self) -> None:
        """Begin a transaction."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """End a transaction."""
        self._db.execute("COMMIT")
