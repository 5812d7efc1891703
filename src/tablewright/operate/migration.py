"""Move data from one design to another: read, check, write, verify; each step can be resumed.

In: two adapters, a transform, a staging file. Out: records written to the target, and a
verification. Nothing is written to the target before every instance was checked; nothing is dropped
silently: what cannot be moved is counted, with keys, and stops the migration or goes to quarantine.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.evaluation.doors import Adapter, Codec, Fragment, Record
from tablewright.migrate import canonical
from tablewright.migrate.transform import (
    CHANGED,
    COLLISION,
    EXPLANATIONS,
    LOST,
    NO_PARENT,
    NO_PLACE,
    TOO_LARGE,
    Transform,
    identity_text,
)
from tablewright.migrate.verification import (
    BUCKETS,
    Difference,
    Digests,
    Verification,
    differences,
    suspicious,
)
from tablewright.operate.seed import by_dependence
from tablewright.operate.staging import SOURCE, TARGET, Staging
from tablewright.sample.calls import Row

MERGED_AT_ONCE = 1_000
MOST_DIFFERENCES = 1_000
"""Differences that are listed; all are counted."""

Progress = Callable[[str, int, int | None, str], None]
"""Told the phase, how much is done, of how much (None where that is not known), and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemGroup:
    """One kind of problem of one attribute: how often, and a few of the keys."""

    kind: str
    entity: str
    attribute: str
    detail: str
    count: int
    examples: tuple[str, ...]

    @property
    def text(self) -> str:
        """The problem in words."""
        place = f"{self.entity}.{self.attribute}" if self.attribute else self.entity
        detail = f" ({self.detail})" if self.detail else ""
        return f"{place}: {EXPLANATIONS[self.kind]}{detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the dry run found."""

    records_read: int
    instances: tuple[tuple[str, int], ...]
    rejected: int
    problems: tuple[ProblemGroup, ...]

    @property
    def is_clear(self) -> bool:
        """Whether everything can be moved."""
        return not self.problems


@dataclass
class Migration:
    """One migration at work."""

    source: Adapter
    target: Adapter
    transform: Transform
    staging: Staging
    journal: Path | None = None
    progress: Progress | None = None
    _entities: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Order the entities so that parents come before their children."""
        self._entities = by_dependence(self.transform.model)

    # ------------------------------------------------------------ read

    def read(self, side: str = SOURCE) -> int:
        """Read every record of one side that is not read yet; return how many there are."""
        adapter = self.source if side == SOURCE else self.target
        codec = adapter.codec
        containers = sorted({kind.container for kind in codec.kinds})
        records = 0
        for container in containers:
            after, done, is_finished = self.staging.position(f"read {side}", container)
            if not is_finished:
                done = self._read_container(side, adapter, codec, container, after, done)
            records += done
        for entity in self._entities:
            self._merge(side, entity)
        self._note(f"read {side}: {records:,} records")
        return records

    def _read_container(
        self,
        side: str,
        adapter: Adapter,
        codec: Codec,
        container: str,
        after: Any,
        done: int,
    ) -> int:
        for position, contents in adapter.scan(container, after=after):
            fragments: list[Fragment] = []
            unreadable: list[str] = []
            for content in contents:
                try:
                    fragments.extend(codec.decode(container, content))
                except EngineError as problem:
                    unreadable.append(problem.message)
            done += len(contents)
            self.staging.keep_page(
                side,
                container,
                fragments,
                position,
                done,
                unreadable if side == SOURCE else (),
                is_finished=position is None,
            )
            self._say(f"read {side}", done, None, container)
        return done

    def _merge(self, side: str, entity: str) -> None:
        after, done, is_finished = self.staging.position(f"merge {side}", entity)
        if is_finished:
            return
        groups = self.staging.grouped(side, entity, after or "")
        merged = map(self.transform.merged, groups)
        while True:
            chunk = list(islice(merged, MERGED_AT_ONCE))
            done += len(chunk)
            is_finished = len(chunk) < MERGED_AT_ONCE
            self.staging.keep_instances(side, entity, chunk, done, is_finished=is_finished)
            if is_finished:
                return

    # ------------------------------------------------------------ check

    def check(self) -> Check:
        """Read the source and try the whole transform, without writing to the target."""
        records = self.read(SOURCE)
        if self.staging.fact("checked") is None:
            for entity in self.transform.top_entities:
                self._check_entity(entity)
            self._check_orphans()
            self._check_places()
            self.staging.keep_fact("checked", _now())
        problems = tuple(
            ProblemGroup(
                kind=kind,
                entity=entity,
                attribute=attribute,
                detail=detail,
                count=count,
                examples=tuple(examples),
            )
            for kind, entity, attribute, detail, count, examples in self.staging.problems()
        )
        counts = tuple((name, self.staging.count(SOURCE, name)) for name in self._entities)
        rejected = sum(self.staging.count(SOURCE, n, rejected=True) for n in self._entities)
        self._note(f"checked: {sum(group.count for group in problems):,} problems")
        return Check(records_read=records, instances=counts, rejected=rejected, problems=problems)

    def _check_entity(self, entity: str) -> None:
        total = self.staging.count(SOURCE, entity)
        done = 0
        instances = self.staging.instances(SOURCE, entity, "")
        while chunk := list(islice(instances, MERGED_AT_ONCE)):
            problems: list[dict[str, str]] = []
            self.staging.begin()
            for identity, row in chunk:
                problems.extend(self._problems_of(entity, identity, row))
            self.staging.commit()
            self.staging.keep_problems(problems)
            done += len(chunk)
            self._say("check", done, total, entity)

    def _problems_of(self, entity: str, identity: str, row: Row) -> Iterator[dict[str, str]]:
        """Yield what would go wrong with one instance."""
        children = partial(self._children, SOURCE, entity, row)
        records = tuple(self.transform.target.encode(entity, row, children))
        for record in records:
            refusal = self.transform.target.refusal(record)
            if refusal:
                yield _problem(TOO_LARGE, entity, identity, refusal)
            key = canonical.encode([record.container, *self.transform.target.key(record)])
            claim_key = self.staging.claim_key(key, entity, f"{entity} {identity}")
            if claim_key is not None:
                yield _problem(COLLISION, entity, identity, f"in {record.container}")
        yield from self._lost(entity, identity, row, records)

    def _lost(
        self, entity: str, identity: str, row: Row, records: Sequence[Record]
    ) -> Iterator[dict[str, str]]:
        """Yield the attributes that the target would not give back."""
        target = self.transform.target
        stored: dict[str, Any] = {}
        for record in records:
            try:
                fragments = tuple(target.decode(record.container, record.content))
            except EngineError:  # it lacks what every record of its kind has
                yield _problem(CHANGED, entity, identity, f"unreadable in {record.container}")
                continue
            for fragment in fragments:
                same = fragment.entity == entity and not fragment.is_copy
                if same and identity_text(fragment.identity) == identity:
                    stored.update(fragment.attributes)
        hidden = target.unreadable(entity)
        for name, value in row.items():
            if value is None or name in hidden:
                continue
            if name not in stored:
                yield {**_problem(LOST, entity, identity, ""), "attribute": name}
            elif canonical.encode(stored[name]) != canonical.encode(value):
                yield {**_problem(CHANGED, entity, identity, ""), "attribute": name}

    def _check_orphans(self) -> None:
        """Note the instances that the target stores inside a parent which does not exist."""
        model = self.transform.model
        for entity in sorted(self.transform.target.embedded):
            parent = model.entity(entity).parent
            if parent is None:
                continue
            problems = [
                _problem(NO_PARENT, entity, identity, "")
                for identity in self.staging.orphans(SOURCE, entity, parent)
            ]
            self.staging.keep_problems(problems)

    def _check_places(self) -> None:
        """Note the instances of entities that the target neither stores nor embeds."""
        stored = {*self.transform.top_entities, *self.transform.target.embedded}
        for entity in self._entities:
            if entity in stored:
                continue
            instances = self.staging.instances(SOURCE, entity, "")
            while chunk := list(islice(instances, MERGED_AT_ONCE)):
                self.staging.keep_problems(
                    [_problem(NO_PLACE, entity, identity, "") for identity, _ in chunk]
                )

    def _children(self, side: str, parent: str, row: Row, entity: str) -> list[dict[str, Any]]:
        keys = self.transform.model.entity(parent).key
        identity = identity_text(tuple(row.get(name) for name in keys))
        return self.staging.children(side, entity, identity)

    # ------------------------------------------------------------ write

    def write(self) -> int:
        """Write every instance that is not written yet; return how many records were written.

        Raises:
            EngineError: the target refused or went away; what was acknowledged is kept.
        """
        written = 0
        for entity in self._entities:
            if entity in self.transform.top_entities:
                written += self._write_entity(entity)
        self._note(f"wrote {written:,} records")
        return written

    def _write_entity(self, entity: str) -> int:
        after, done, is_finished = self.staging.position("write", entity)
        if is_finished:
            return 0
        total = self.staging.count(SOURCE, entity)
        written = 0
        instances = self.staging.instances(SOURCE, entity, after or "")
        size = max(1, self.target.chunk)
        while chunk := list(islice(instances, size)):
            written += self.target.bulk_write(self._records(entity, chunk))
            done += len(chunk)
            self.staging.keep_position("write", entity, chunk[-1][0], done)
            self._say("write", done, total, entity)
        self.staging.keep_position("write", entity, "", done, is_finished=True)
        return written

    def _records(
        self, entity: str, chunk: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Iterator[Record]:
        for _, row in chunk:
            children = partial(self._children, SOURCE, entity, row)
            yield from self.transform.target.encode(entity, row, children)

    # ------------------------------------------------------------ verify

    def verify(self) -> Verification:
        """Read the target again and compare both sides, instance by instance."""
        self.staging.forget(TARGET)
        self.read(TARGET)
        source, target = self._digests(SOURCE), self._digests(TARGET)
        result: list[Difference] = []
        places = suspicious(source, target)
        for entity in sorted({name for name, _ in places}):
            buckets = frozenset(number for name, number in places if name == entity)
            result.extend(self._differences(entity, buckets))
        names = [name for name in self._entities if {name} & {*source.counts, *target.counts}]
        verification = Verification(
            counts=tuple((n, source.counts.get(n, 0), target.counts.get(n, 0)) for n in names),
            digests=tuple((n, f"{source.total(n):032x}", f"{target.total(n):032x}") for n in names),
            differences=tuple(result),
        )
        self._note(f"verified: {len(result):,} differences")
        return verification

    def _digests(self, side: str) -> Digests:
        digests = Digests()
        hidden = self._hidden()
        for entity, identity, digest in self.staging.digests(side):
            if not hidden.get(entity):
                digests.add(entity, identity, digest)
        for entity, names in hidden.items():
            if names:
                for identity, row in self.staging.instances(side, entity, ""):
                    digests.add(entity, identity, canonical.digest(entity, _without(row, names)))
        return digests

    def _hidden(self) -> dict[str, frozenset[str]]:
        """Return, by entity, the attributes that one side cannot give back."""
        return {
            name: self.transform.source.unreadable(name) | self.transform.target.unreadable(name)
            for name in self._entities
        }

    def _differences(self, entity: str, buckets: frozenset[int]) -> Iterator[Difference]:
        names = self._hidden()[entity]

        def rows(side: str) -> dict[str, dict[str, object]]:
            return {
                identity: _without(row, names)
                for identity, row in self.staging.instances(side, entity, "")
                if canonical.bucket(identity, BUCKETS) in buckets
            }

        yield from islice(differences(entity, rows(SOURCE), rows(TARGET)), MOST_DIFFERENCES)

    def repair(self, verification: Verification) -> int:
        """Write the missing and different instances again; return how many records."""
        written = 0
        for difference in verification.differences:
            if difference.what == "extra":
                continue
            row = self.staging.instance(SOURCE, difference.entity, difference.identity)
            entity = difference.entity
            if row is None:
                continue
            if entity not in self.transform.top_entities:
                parent = self.transform.model.entity(entity).parent
                assert parent is not None
                keys = self.transform.model.entity(parent).key
                identity = identity_text(tuple(row.get(name) for name in keys))
                row, entity = self.staging.instance(SOURCE, parent, identity), parent
                if row is None:
                    continue
            written += self.target.bulk_write(self._records(entity, [("", row)]))
        self._note(f"repaired: {written:,} records written again")
        return written

    # ------------------------------------------------------------ notes

    def _say(self, phase: str, done: int, total: int | None, place: str) -> None:
        if self.progress is not None:
            self.progress(phase, done, total, place)

    def _note(self, text: str) -> None:
        """Add a line to the journal that a person can read."""
        if self.journal is None:
            return
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        with self.journal.open("a", encoding="utf-8") as journal:
            journal.write(f"{_now()}  {text}\n")


def _problem(kind: str, entity: str, identity: str, detail: str) -> dict[str, str]:
    return {
        "kind": kind,
        "entity": entity,
        "attribute": "",
        "identity": identity,
        "detail": detail,
    }


def _without(row: Mapping[str, Any], names: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in names}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def quarantine(staging: Staging, path: Path, entities: Sequence[str]) -> int:
    """Write the rejected instances to a file, a JSON document a line; return how many."""
    count = 0
    beside = path.with_name(f".{path.name}.part")
    with beside.open("w", encoding="utf-8") as lines:
        for entity in entities:
            for identity, body in staging.rejected(SOURCE, entity):
                lines.write(
                    json.dumps({"entity": entity, "identity": identity, "body": body}) + "\n"
                )
                count += 1
    beside.replace(path)
    path.chmod(0o600)
    return count
