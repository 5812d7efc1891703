"""Follow a source while it lives: its changes, applied to what was copied, in order per key.

In: a migration whose copy is written, the position of the source's changes before it was read. Out:
the target as the source is, and how far behind it is. A change is applied to the staging file
together with the position behind it, in one transaction; what that means for the target is noted
there too and stays noted until it is written. So a run that was killed loses no change, and applies
none twice with another outcome.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.doors import Adapter, ChangeRecord, Codec, Fragment, Record
from tablewright.migrate import canonical
from tablewright.migrate.transform import Instance, Transform, identity_text, key_digest
from tablewright.operate.reading import Reader, containers_of
from tablewright.operate.seed import by_dependence
from tablewright.operate.staging import SOURCE, Staging

CHANGES_AT_ONCE = 200
POSITION = "position of changes"


@frozen
class Followed:
    """What following did."""

    changes: int
    written: int
    removed: int
    lag_seconds: Decimal
    """Age of the last change when it was applied; 0 where none was left."""


@dataclass
class Follower:
    """Applies the changes of one database to another."""

    source: Adapter
    target: Adapter
    transform: Transform
    staging: Staging
    reader: Reader
    records: Callable[[str, dict[str, Any]], Iterable[Record]]
    """Gives what the target stores for an instance."""
    fact: str = POSITION
    """Under which name the position is kept."""
    clock: Callable[[], float] = time.time
    _containers: list[str] = field(init=False)
    _order: dict[str, int] = field(init=False)
    _indexed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Order the entities so that parents come before their children."""
        self._containers = containers_of(self.transform.source)
        names = by_dependence(self.transform.model)
        self._order = {name: number for number, name in enumerate(names)}

    def begin(self) -> None:
        """Note the position of now, unless one is noted.

        Raises:
            UnsupportedError: the source cannot be followed.
        """
        if self.staging.fact(self.fact) is None:
            self.staging.keep_fact(self.fact, self.source.follow_from(self._containers))

    def end(self) -> None:
        """Stop following, and let the source forget what it keeps for this."""
        position = self.staging.fact(self.fact)
        if position is not None:
            self.source.stop_following(position)
            self.staging.forget_fact(self.fact)

    def catch_up(self) -> Followed:
        """Apply every change there is; return how many there were.

        Raises:
            EngineError: a change cannot be moved, or a database went away; the next run goes on.
        """
        counts = [0, *self._flush()]
        lag = ZERO
        while True:
            position = self.staging.fact(self.fact)
            assert position is not None, "following begins with a position"
            batch = list(islice(self.source.changes(self._containers, position), CHANGES_AT_ONCE))
            if not batch:
                break
            with self.staging.transaction():
                for change in batch:
                    self._apply(change)
                self.staging.keep_fact(self.fact, batch[-1].position)
            written, removed = self._flush()
            counts = [counts[0] + len(batch), counts[1] + written, counts[2] + removed]
            moment = batch[-1].seconds
            age = 0.0 if moment is None else max(0.0, self.clock() - moment)
            lag = Decimal(f"{age:.1f}")
        return Followed(changes=counts[0], written=counts[1], removed=counts[2], lag_seconds=lag)

    # ------------------------------------------------------------ a change, in a transaction

    def _apply(self, change: ChangeRecord) -> None:
        before = self._fragments(change, change.before)
        after = self._fragments(change, change.after)
        if change.after is None and any(None in f.identity for f in before if not f.is_copy):
            before = self._by_key(change)
        main = [f for f in (*after, *before) if not f.is_copy and f.identity]
        if not main:
            return
        for entity in dict.fromkeys(fragment.entity for fragment in main):
            old = {f.identity: f for f in before if f.entity == entity and not f.is_copy}
            new = {f.identity: f for f in after if f.entity == entity and not f.is_copy}
            if entity in self.transform.source.embedded:
                continue
            for identity in dict.fromkeys((*old, *new)):
                self._apply_record(entity, identity, old.get(identity), new.get(identity))
                self._apply_embedded(entity, identity, after if identity in new else ())

    def _fragments(
        self, change: ChangeRecord, content: Mapping[str, Any] | None
    ) -> tuple[Fragment, ...]:
        if content is None:
            return ()
        renamed = self.reader.renaming.applied(change.container, content)
        try:
            return tuple(self.transform.source.decode(change.container, renamed))
        except EngineError as problem:
            is_decided = content is not change.after or self.reader.unreadable(
                change.container, content, problem.message
            )
            if not is_decided:
                raise EngineError(
                    f"a change of {change.container} cannot be read: {problem.message}",
                    remedy="answer `unreadable` for it under `migrations:` of the model file",
                ) from problem
            return ()

    def _by_key(self, change: ChangeRecord) -> tuple[Fragment, ...]:
        """Return whose record was deleted, where the source tells the record's key alone.

        Raises:
            EngineError: no instance that was read is stored under it.
        """
        assert change.before is not None
        codec = self.transform.source
        kind = next(each for each in codec.kinds if each.container == change.container)
        self._index(kind.entity)
        record = Record(container=change.container, kind=kind.name, content=change.before)
        identity = self.staging.identity_under(_key_of(codec, record))
        if identity is None:
            raise EngineError(
                f"a record of {change.container} was deleted, and its key does not tell which "
                f"{kind.entity} it was",
                remedy="stop writes, then let `migrate --repair` read the source again",
            )
        values = tuple(canonical.decode(identity))
        return (Fragment(entity=kind.entity, identity=values, attributes={}),)

    def _index(self, entity: str) -> None:
        """Note the keys of the source's records of an entity, the first time they are needed."""
        if entity in self._indexed or self.staging.fact(f"keys of {entity}") is not None:
            self._indexed.add(entity)
            return
        for _, identity, row in self.staging.instances(SOURCE, entity):
            self._note_keys(entity, identity, row)
        self.staging.keep_fact(f"keys of {entity}", "noted")
        self._indexed.add(entity)

    def _note_keys(self, entity: str, identity: str, row: dict[str, Any]) -> None:
        codec = self.transform.source
        records = codec.encode(entity, row, _no_children)
        self.staging.note_keys([(_key_of(codec, r), identity) for r in records])

    def _apply_record(
        self,
        entity: str,
        identity: tuple[Any, ...],
        old: Fragment | None,
        new: Fragment | None,
    ) -> None:
        """Apply a change of one record to the instance that it holds, or holds a part of."""
        text = identity_text(identity)
        row = self.staging.instance(SOURCE, entity, text) or {}
        hidden_values = {n: v for n, v in row.items() if n in self.transform.hidden(entity)}
        if entity in self.reader.single:
            changed = None if new is None else {**hidden_values, **_present(new)}
        else:
            gone = set(_present(old)) - set(_present(new))
            changed = {n: v for n, v in row.items() if n not in gone} | _present(new)
            keys = set(self.transform.model.entity(entity).key)
            if new is None and set(changed) <= keys:
                changed = None
        self._replace(entity, identity, changed)

    def _apply_embedded(
        self, parent: str, identity: tuple[Any, ...], after: Sequence[Fragment]
    ) -> None:
        """Make the children that a record of the source holds what they are now."""
        for entity in sorted(self.transform.source.embedded):
            if self.transform.model.entity(entity).parent != parent:
                continue
            now = {f.identity: f for f in after if f.entity == entity and f.identity}
            key = self.transform.model.entity(entity).key
            for row in self.staging.children(SOURCE, entity, identity_text(identity)):
                before = tuple(row.get(name) for name in key)
                if identity_text(before) not in {identity_text(each) for each in now}:
                    self._replace(entity, before, None)
            for each, fragment in now.items():
                self._replace(entity, each, _present(fragment))

    def _replace(self, entity: str, identity: tuple[Any, ...], row: dict[str, Any] | None) -> None:
        """Put an instance in the place of what is staged, and note what the target lacks."""
        text = identity_text(identity)
        before = self.staging.instance(SOURCE, entity, text)
        if row is not None and before is not None:
            same = canonical.encoded(before) == canonical.encoded(row)
            if same:
                return
        if row is None and before is None:
            return
        for top, top_identity, old in self._tops(entity, text, before, row):
            self.staging.note_pending(top, top_identity, old)
        if before is not None and entity in self.transform.top_entities:
            old_records = self.transform.records(entity, before, _no_children)
            self.staging.release_keys(self.transform.claims(text, old_records))
        if row is None:
            self.staging.remove_instance(SOURCE, entity, text)
            return
        fragment = Fragment(entity=entity, identity=identity, attributes=row)
        instance = self.transform.merged((fragment,))
        self._keep(entity, text, instance)
        if entity in self._indexed or self.staging.fact(f"keys of {entity}") is not None:
            self._note_keys(entity, text, row)

    def _keep(self, entity: str, text: str, instance: Instance) -> None:
        """Keep an instance that came or changed.

        Raises:
            EngineError: it cannot be moved, and nothing was decided for that.
        """
        problems = self.reader.replace(entity, instance)
        if problems:
            raise EngineError(
                f"a change of {entity} {text} cannot be moved: {problems[0].text}",
                remedy="answer it under `migrations:` of the model file (docs/migrate.md), or "
                "correct the source; following goes on there",
            )

    def _tops(
        self, entity: str, text: str, before: dict[str, Any] | None, row: dict[str, Any] | None
    ) -> list[tuple[str, str, dict[str, Any] | None]]:
        """Return the instances whose records hold one: itself, or its parents before and after."""
        if entity in self.transform.top_entities:
            return [(entity, text, before)]
        parent = self.transform.model.entity(entity).parent
        if parent is None or entity not in self.transform.target.embedded:
            return []
        keys = self.transform.model.entity(parent).key
        parents = dict.fromkeys(
            identity_text(tuple(each.get(name) for name in keys))
            for each in (before, row)
            if each is not None
        )
        return [
            (parent, identity, self.staging.instance(SOURCE, parent, identity))
            for identity in parents
        ]

    # ------------------------------------------------------------ the target

    def _flush(self) -> tuple[int, int]:
        """Write what the target lacks and remove what it has too many of; return how many."""
        pending = self.staging.pending()
        if not pending:
            return 0, 0
        pending.sort(key=lambda each: self._order[each[0]])
        codec = self.transform.target
        new: dict[bytes, Record] = {}
        old: dict[bytes, Record] = {}
        for entity, identity, before in pending:
            row = self.staging.moved_instance(SOURCE, entity, identity)
            if row is not None:
                for record in self.records(entity, row):
                    new[_key_of(codec, record)] = record
            if before is not None:
                for record in self.transform.records(entity, before, _no_children):
                    old[_key_of(codec, record)] = record
        stale = [record for key, record in reversed(old.items()) if key not in new]
        removed = self.target.remove(stale) if stale else 0
        written = self.target.bulk_write(new.values()) if new else 0
        with self.staging.transaction():
            self.staging.settle_pending()
        return written, removed


def _key_of(codec: Codec, record: Record) -> bytes:
    return key_digest(record.container, codec.key(record))


def _present(fragment: Fragment | None) -> dict[str, Any]:
    if fragment is None:
        return {}
    return {name: value for name, value in fragment.attributes.items() if value is not None}


def _no_children(entity: str) -> list[dict[str, Any]]:
    return []
