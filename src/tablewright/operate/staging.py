"""Where a migration keeps what it has read, and how far it has come: one SQLite file.

In: instances and fragments of instances, page by page; positions. Out: whole instances in the order
in which they came, and their children. A page and the position behind it are one transaction, so
that a run that was killed goes on exactly there. Memory does not grow with the data.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.evaluation.doors import Fragment
from tablewright.migrate import canonical
from tablewright.migrate.transform import MoveProblem, identity_text
from tablewright.operate.staged_rows import INSERTED, REPLACED, SCHEMA, TABLES, Staged

SOURCE, TARGET = "source", "target"
INSTANCES_AT_ONCE = 1_000
CACHE_KB = 32_768


class Staging:
    """The file of one migration."""

    def __init__(self, path: Path) -> None:
        """Open or make the file.

        Raises:
            EngineError: it cannot be opened, or another migration is using it.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
        except sqlite3.Error as problem:
            raise EngineError(
                f"{path} cannot be used: {problem}",
                remedy="let the other migration finish, or choose another --work-dir",
            ) from problem
        path.chmod(0o600)

    def close(self) -> None:
        """Close the file; what was kept stays."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything that is done inside, or nothing of it.

        Raises:
            EngineError: the disk is full, or the file cannot be written.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as problem:
            self._undo()
            raise EngineError(
                f"{self.path} cannot be written: {problem}",
                remedy="make room on the disk, then repeat: it goes on where it stopped",
            ) from problem
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    # ------------------------------------------------------------ facts and positions

    def fact(self, name: str) -> str | None:
        """Return a fact that was kept, None if there is none."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a fact."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def forget_fact(self, name: str) -> None:
        """Drop a fact."""
        self._db.execute("DELETE FROM facts WHERE name = ?", (name,))

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

    def has_begun(self, phase: str) -> bool:
        """Whether anything was done in a phase."""
        row = self._db.execute("SELECT 1 FROM positions WHERE phase = ? LIMIT 1", (phase,))
        return row.fetchone() is not None

    def start_over(self) -> None:
        """Drop everything that was read or noted, but since when changes are followed."""
        with self.transaction():
            for table in TABLES:
                exception = (
                    " WHERE name NOT LIKE 'position of changes%'" if table == "facts" else ""
                )
                self._db.execute(f"DELETE FROM {table}{exception}")

    def forget_source(self) -> None:
        """Drop what was read of the source and what followed from it, to read it again."""
        self.forget(SOURCE)
        with self.transaction():
            for table in ("problems", "target_keys", "pending", "source_keys"):
                self._db.execute(f"DELETE FROM {table}")
            self._db.execute("DELETE FROM positions WHERE phase = 'check'")
            self._db.execute("DELETE FROM facts WHERE name LIKE 'keys of %'")

    def leave_out_again(self, reason: str) -> None:
        """Leave out what was put into quarantine for a reason before the source was read again."""
        self._db.execute(
            "UPDATE instances SET is_rejected = 1 WHERE side = ? AND EXISTS (SELECT 1 "
            "FROM quarantine q WHERE q.place = instances.entity "
            "AND q.identity = instances.identity AND instr(q.reason, ?) > 0)",
            (SOURCE, reason),
        )

    def forget(self, side: str) -> None:
        """Drop what was read of one side, to read it again."""
        with self.transaction():
            for table in ("fragments", "instances"):
                self._db.execute(f"DELETE FROM {table} WHERE side = ?", (side,))
            self._db.execute(
                "DELETE FROM positions WHERE phase IN (?, ?)", (f"read {side}", f"merge {side}")
            )

    # ------------------------------------------------------------ writing, inside a transaction

    def add_fragments(self, side: str, fragments: Iterable[Fragment]) -> None:
        """Keep parts of instances until all their records have been read."""
        self._db.executemany(
            "INSERT INTO fragments VALUES (?, ?, ?, ?, ?)",
            [
                (
                    side,
                    fragment.entity,
                    identity_text(fragment.identity),
                    int(fragment.is_copy),
                    canonical.encoded(dict(fragment.attributes)),
                )
                for fragment in fragments
                if fragment.identity
            ],
        )

    def add_instances(
        self, side: str, entity: str, instances: Sequence[Staged], *, replaces: bool = False
    ) -> tuple[Staged, ...]:
        """Keep whole instances; return those whose identity was kept before, which are not.

        Args:
            side: source or target.
            entity: whose instances.
            instances: what is kept.
            replaces: put them in the place of those of the same identity.
        """
        rows = [each.row(side, entity) for each in instances]
        last = self._db.execute("SELECT max(number) FROM instances").fetchone()[0] or 0
        row_count = self._db.executemany(
            INSERTED + (REPLACED if replaces else "NOTHING"), rows
        ).rowcount
        if replaces or row_count == len(rows):
            return ()
        return tuple(self._repeated(side, entity, instances, last))

    def _repeated(
        self, side: str, entity: str, instances: Sequence[Staged], last: int
    ) -> Iterator[Staged]:
        """Yield the instances that were kept before, or that come twice among these."""
        seen: set[str] = set()
        for each in instances:
            (number,) = self._db.execute(
                "SELECT number FROM instances WHERE side = ? AND entity = ? AND identity = ?",
                (side, entity, each.identity),
            ).fetchone()
            if number <= last or each.identity in seen:
                yield each
            seen.add(each.identity)

    def remove_instance(self, side: str, entity: str, identity: str) -> None:
        """Drop an instance."""
        self._db.execute(
            "DELETE FROM instances WHERE side = ? AND entity = ? AND identity = ?",
            (side, entity, identity),
        )

    def add_problems(self, problems: Iterable[MoveProblem]) -> None:
        """Keep problems; the same one of the same instance counts once."""
        self._db.executemany(
            "INSERT OR IGNORE INTO problems VALUES (?, ?, ?, ?, ?)",
            [(p.kind, p.entity, p.attribute, p.identity, p.detail) for p in problems],
        )

    def forget_problems(self, entity: str, identity: str) -> None:
        """Drop the problems of an instance that is to be checked again."""
        self._db.execute(
            "DELETE FROM problems WHERE entity = ? AND identity = ?", (entity, identity)
        )

    def reject(self, place: str, identity: str, reason: str, body: bytes) -> None:
        """Put something in quarantine: what it is, why, and all it holds."""
        self._db.execute(
            "INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?)", (place, identity, reason, body)
        )

    def mark_rejected(self, entity: str, identity: str) -> None:
        """Leave an instance of the source out from now on."""
        self._db.execute(
            "UPDATE instances SET is_rejected = 1 WHERE side = ? AND entity = ? AND identity = ?",
            (SOURCE, entity, identity),
        )

    def claim_keys(self, claims: Sequence[tuple[bytes, str]]) -> list[tuple[bytes, str, str]]:
        """Note who is stored under keys of the target.

        Returns:
            Of each key that another instance has: the key, who wants it, and who has it.
        """
        inserted = self._db.executemany("INSERT OR IGNORE INTO target_keys VALUES (?, ?)", claims)
        if inserted.rowcount == len(claims):
            return []
        collisions: list[tuple[bytes, str, str]] = []
        for key, identity in claims:
            (owner,) = self._db.execute(
                "SELECT identity FROM target_keys WHERE key = ?", (key,)
            ).fetchone()
            if owner != identity:
                collisions.append((key, identity, str(owner)))
        return collisions

    def claimed(self) -> Iterator[tuple[bytes, str]]:
        """Yield the keys of the target that are noted, and who is stored under each."""
        yield from self._db.execute("SELECT key, identity FROM target_keys")

    def release_keys(self, claims: Sequence[tuple[bytes, str]]) -> None:
        """Let others be stored under keys that an instance had."""
        self._db.executemany("DELETE FROM target_keys WHERE key = ? AND identity = ?", claims)

    def note_keys(self, keys: Sequence[tuple[bytes, str]]) -> None:
        """Note which instance is stored under keys of the source."""
        self._db.executemany("INSERT OR REPLACE INTO source_keys VALUES (?, ?)", keys)

    def identity_under(self, key: bytes) -> str | None:
        """Return the instance that is stored under a key of the source, None if none is noted."""
        row = self._db.execute("SELECT identity FROM source_keys WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    # ------------------------------------------------------------ what the target lacks

    def note_pending(self, entity: str, identity: str, old: dict[str, Any] | None) -> None:
        """Note that an instance changed; what it was when the target was last written stays."""
        body = None if old is None else canonical.encoded(old)
        self._db.execute("INSERT OR IGNORE INTO pending VALUES (?, ?, ?)", (entity, identity, body))

    def pending(self) -> list[tuple[str, str, dict[str, Any] | None]]:
        """Return the instances that changed, and what each was when the target was last written."""
        rows = self._db.execute("SELECT entity, identity, old FROM pending").fetchall()
        return [
            (entity, identity, None if old is None else canonical.decode(old))
            for entity, identity, old in rows
        ]

    def settle_pending(self) -> None:
        """Forget what changed: the target has it."""
        self._db.execute("DELETE FROM pending")

    # ------------------------------------------------------------ reading

    def grouped(
        self, side: str, entity: str, after: str
    ) -> Iterator[tuple[str, tuple[Fragment, ...]]]:
        """Yield the identity and the fragments of each instance of an entity, in order.

        What is kept as an instance already counts as a fragment of it. What only copies speak of
        is no instance: a uniqueness guard is stored under a key that is none of the entity's.
        """
        cursor = self._db.execute(
            "SELECT identity, is_copy, body FROM fragments WHERE side = ? AND entity = ? "
            "AND identity > ? ORDER BY identity, is_copy, rowid",
            (side, entity, after),
        )
        for identity, rows in groupby(cursor, key=itemgetter(0)):
            bodies = [(body, bool(is_copy)) for _, is_copy, body in rows]
            kept = self._db.execute(
                "SELECT body FROM instances WHERE side = ? AND entity = ? AND identity = ?",
                (side, entity, identity),
            ).fetchone()
            if kept is not None:
                bodies.insert(0, (kept[0], False))
            values = tuple(canonical.decode(identity))
            if all(is_copy for _, is_copy in bodies):
                continue
            yield (
                identity,
                tuple(
                    Fragment(
                        entity=entity,
                        identity=values,
                        attributes=canonical.decode(body),
                        is_copy=is_copy,
                    )
                    for body, is_copy in bodies
                ),
            )

    def count(self, side: str, entity: str, *, rejected: bool = False) -> int:
        """Return how many instances of an entity are kept."""
        row = self._db.execute(
            "SELECT count(*) FROM instances WHERE side = ? AND entity = ? AND is_rejected = ?",
            (side, entity, int(rejected)),
        ).fetchone()
        return int(row[0])

    def instances(
        self, side: str, entity: str, after: int = 0
    ) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Yield number, identity and attributes of the instances that are not rejected."""
        while True:
            rows = self._db.execute(
                "SELECT number, identity, body FROM instances NOT INDEXED WHERE number > ? "
                "AND side = ? AND entity = ? AND is_rejected = 0 ORDER BY number LIMIT ?",
                (after, side, entity, INSTANCES_AT_ONCE),
            ).fetchall()
            for number, identity, body in rows:
                yield number, identity, canonical.decode(body)
            if len(rows) < INSTANCES_AT_ONCE:
                return
            after = rows[-1][0]

    def instances_in(self, side: str, entity: str, bucket: int) -> list[tuple[str, dict[str, Any]]]:
        """Return identity and attributes of the instances of one bucket."""
        self._db.execute(
            "CREATE INDEX IF NOT EXISTS buckets_of ON instances (side, entity, bucket)"
        )
        rows = self._db.execute(
            "SELECT identity, body FROM instances WHERE side = ? AND entity = ? "
            "AND bucket = ? AND is_rejected = 0",
            (side, entity, bucket),
        )
        return [(identity, canonical.decode(body)) for identity, body in rows]

    def children(self, side: str, entity: str, parent: str) -> list[dict[str, Any]]:
        """Return the instances of an entity that belong to one parent, in order."""
        rows = self._db.execute(
            "SELECT body FROM instances WHERE side = ? AND entity = ? AND parent = ? "
            "AND is_rejected = 0 ORDER BY identity",
            (side, entity, parent),
        )
        return [canonical.decode(body) for (body,) in rows]

    def digests(self, side: str) -> Iterator[tuple[str, int, int]]:
        """Yield entity, bucket and digest of every instance that is not rejected."""
        rows = self._db.execute(
            "SELECT entity, bucket, digest FROM instances WHERE side = ? AND is_rejected = 0",
            (side,),
        )
        for entity, bucket, digest in rows:
            yield entity, bucket, int.from_bytes(digest, "big")

    def instance(self, side: str, entity: str, identity: str) -> dict[str, Any] | None:
        """Return the attributes of one instance, None if there is none."""
        row = self._db.execute(
            "SELECT body FROM instances WHERE side = ? AND entity = ? AND identity = ?",
            (side, entity, identity),
        ).fetchone()
        return None if row is None else dict(canonical.decode(row[0]))

    def moved_instance(self, side: str, entity: str, identity: str) -> dict[str, Any] | None:
        """Return the attributes of an instance that is moved, None if it is not."""
        row = self._db.execute(
            "SELECT body FROM instances WHERE side = ? AND entity = ? AND identity = ? "
            "AND is_rejected = 0",
            (side, entity, identity),
        ).fetchone()
        return None if row is None else dict(canonical.decode(row[0]))

    def orphans(self, side: str, entity: str, parent: str) -> list[str]:
        """Return the identities of instances whose parent is not kept."""
        rows = self._db.execute(
            "SELECT c.identity FROM instances c LEFT JOIN instances p ON p.side = c.side "
            "AND p.entity = ? AND p.identity = c.parent AND p.is_rejected = 0 "
            "WHERE c.side = ? AND c.entity = ? AND c.is_rejected = 0 "
            "AND p.identity IS NULL ORDER BY c.identity",
            (parent, side, entity),
        )
        return [identity for (identity,) in rows]

    def problems_of(self, entity: str, identity: str) -> tuple[MoveProblem, ...]:
        """Return the problems of one instance."""
        rows = self._db.execute(
            "SELECT kind, attribute, detail FROM problems WHERE entity = ? AND identity = ?",
            (entity, identity),
        )
        return tuple(
            MoveProblem(
                kind=kind, entity=entity, attribute=attribute, identity=identity, detail=detail
            )
            for kind, attribute, detail in rows
        )

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

    def quarantined(self) -> Iterator[tuple[str, str, str, bytes]]:
        """Yield place, identity, reason and content of what is in quarantine."""
        yield from self._db.execute(
            "SELECT place, identity, reason, body FROM quarantine ORDER BY place, identity, reason"
        )
