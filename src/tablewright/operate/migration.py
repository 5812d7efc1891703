"""Move data from one design to another: read, check, write, verify; each step can be resumed.

In: two adapters, a transform, a staging file. Out: records written to the target, and a
verification. Nothing is written to the target before every instance was checked; nothing is dropped
silently: what cannot be moved is counted, with keys, and stops the migration or goes to quarantine.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tablewright.evaluation.doors import Adapter, Record
from tablewright.migrate.transform import Transform, explained
from tablewright.migrate.verification import Verification
from tablewright.operate.comparing import Comparison
from tablewright.operate.reading import Progress, Reader
from tablewright.operate.seed import by_dependence
from tablewright.operate.staging import SOURCE, Staging

WRITTEN_AT_ONCE = 500
"""Instances between two positions."""


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
        return explained(self.kind, self.entity, self.attribute, self.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the dry run showed."""

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
    _reader: Reader = field(init=False)
    _comparison: Comparison = field(init=False)

    def __post_init__(self) -> None:
        """Order the entities so that parents come before their children."""
        self._entities = by_dependence(self.transform.model)
        self._reader = Reader(SOURCE, self.source, self.transform, self.staging, self.progress)
        self._comparison = Comparison(
            self.target, self.transform, self.staging, self._entities, self.progress
        )

    def check(self) -> Check:
        """Read the source and try the whole transform, without writing to the target."""
        records = self._reader.read()
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
        rejected = {
            name: self.staging.count(SOURCE, name, rejected=True) for name in self._entities
        }
        counts = tuple(
            (name, self.staging.count(SOURCE, name) + rejected[name]) for name in self._entities
        )
        self._note(
            f"read source: {records:,} records; "
            f"{sum(group.count for group in problems):,} problems without an answer"
        )
        return Check(
            records_read=records,
            instances=counts,
            rejected=sum(rejected.values()),
            problems=problems,
        )

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
        instances = self.staging.instances(SOURCE, entity, after or 0)
        while chunk := list(islice(instances, WRITTEN_AT_ONCE)):
            written += self.target.bulk_write(
                record for _, _, row in chunk for record in self.records(entity, row)
            )
            done += len(chunk)
            self.staging.keep_position("write", entity, chunk[-1][0], done)
            self._say("write", done, total, entity)
        self.staging.keep_position("write", entity, 0, done, is_finished=True)
        return written

    def records(self, entity: str, row: dict[str, Any]) -> Iterator[Record]:
        """Yield what the target stores for an instance."""
        children = partial(self._reader.children, entity, row)
        yield from self.transform.target.encode(entity, row, children)

    def verify(self) -> Verification:
        """Read the target again and compare both sides, instance by instance."""
        verification = self._comparison.verify()
        self._note(f"verified: {verification.differing:,} differences")
        return verification

    def repair(self) -> int:
        """Write what differed at the last verification again; return how many records."""
        written = self._comparison.repair(self.records)
        self._note(f"repaired: {written:,} records written again")
        return written

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


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def quarantine(staging: Staging, path: Path) -> int:
    """Write what was left out to a file, a JSON document a line, with reasons; return how many."""
    count = 0
    beside = path.with_name(f".{path.name}.part")
    with beside.open("w", encoding="utf-8") as lines:
        for place, identity, reason, body in staging.quarantined():
            line = {"place": place, "identity": identity, "reason": reason, "body": body.decode()}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    if not count:
        beside.unlink()
        return 0
    beside.replace(path)
    path.chmod(0o600)
    return count
