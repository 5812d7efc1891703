"""Move data from one design to another: read, check, write, verify; each step can be resumed.

In: two adapters, a transform, a staging file. Out: records written to the target, and a
verification. Nothing is written to the target before every instance was checked; nothing is dropped
silently: what cannot be moved is counted, with keys, and stops the migration or goes to quarantine.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.design.migrations import REFUSED, MigrationRate
from tablewright.evaluation.doors import Adapter, Record, RecordRefusedError
from tablewright.migrate import canonical
from tablewright.migrate.transform import EXPLANATIONS, Transform, explained
from tablewright.migrate.verification import Verification
from tablewright.operate.comparing import SideComparison
from tablewright.operate.following import Follower
from tablewright.operate.pace import PacedWork, source_pace, target_pace
from tablewright.operate.reading import Progress, Reader, containers_of
from tablewright.operate.seed import by_dependence
from tablewright.operate.staging import SOURCE, Staging

WRITTEN_UNITS = "write units of the copy"
WRITTEN_AT_ONCE = 500
"""Instances between two positions."""


@frozen
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


@frozen
class DryRun:
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
    rate: MigrationRate | None = None
    entities: tuple[str, ...] = field(init=False)
    """Parents before their children."""
    reader: Reader = field(init=False)
    comparison: SideComparison = field(init=False)
    _writing: PacedWork = field(init=False)
    _noted_units: Decimal = field(init=False)

    def __post_init__(self) -> None:
        """Order the entities so that parents come before their children."""
        self.entities = by_dependence(self.transform.model)
        containers = containers_of(self.transform.source)
        pace = source_pace(self.rate, self.source, containers)
        self.reader = Reader(SOURCE, self.source, self.transform, self.staging, self.progress, pace)
        self._noted_units = self._written_units()
        self._writing = PacedWork(self.target, target_pace(self.rate), "write")
        self.comparison = SideComparison(
            self.target, self.transform, self.staging, self.entities, self.progress
        )

    def check(self) -> DryRun:
        """Read the source and try the whole transform, without writing to the target."""
        return self.report(self.reader.read())

    def report(self, records: int) -> DryRun:
        """Return what reading so many records of the source showed, and note it."""
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
        rejected = {name: self.staging.count(SOURCE, name, rejected=True) for name in self.entities}
        counts = tuple(
            (name, self.staging.count(SOURCE, name) + rejected[name]) for name in self.entities
        )
        self.note(
            f"read source: {records:,} records; "
            f"{sum(group.count for group in problems):,} problems without an answer"
        )
        return DryRun(
            records_read=records,
            instances=counts,
            rejected=sum(rejected.values()),
            problems=problems,
        )

    def read_again(self) -> None:
        """Forget what was read of the source; what the target refused stays in quarantine."""
        self.staging.forget_source()
        self.reader.read()
        self.staging.leave_out_again(EXPLANATIONS[REFUSED])
        self.note("read the source again")

    def write(self, only: str = "") -> int:
        """Write every instance that is not written yet; return how many records were written.

        Args:
            only: the entity whose instances are written; all of them unless given.

        Raises:
            EngineError: the target refused or went away; what was acknowledged is kept.
        """
        written = 0
        for entity in (only,) if only else self.entities:
            if entity in self.transform.top_entities:
                written += self._write_entity(entity)
        self._note_units()
        self.note(f"wrote {written:,} records")
        return written

    def _note_units(self) -> None:
        """Add up the write units of all runs; nothing where none are charged."""
        units = self._written_units()
        if units > self._noted_units:
            before = Decimal(self.staging.fact(WRITTEN_UNITS) or 0)
            self.staging.keep_fact(WRITTEN_UNITS, str(before + units - self._noted_units))
            self._noted_units = units

    def _written_units(self) -> Decimal:
        """Return the write units that the target took since it was opened."""
        return sum(
            (each.units for each in self.target.consumed() if each.dimension == "write"),
            Decimal(0),
        )

    def _write_entity(self, entity: str) -> int:
        after, done, is_finished = self.staging.position("write", entity)
        if is_finished:
            return 0
        total = self.staging.count(SOURCE, entity)
        written = 0
        instances = self.staging.instances(SOURCE, entity, after or 0)
        while chunk := list(islice(instances, WRITTEN_AT_ONCE)):
            self._writing.begin()
            count = self._write_chunk(entity, [(identity, row) for _, identity, row in chunk])
            self._writing.end(count)
            written += count
            done += len(chunk)
            with self.staging.transaction():
                self.staging.keep_position("write", entity, chunk[-1][0], done)
            self._say("write", done, total, entity)
        with self.staging.transaction():
            self.staging.keep_position("write", entity, 0, done, is_finished=True)
        return written

    def _write_chunk(self, entity: str, chunk: Sequence[tuple[str, dict[str, Any]]]) -> int:
        """Write instances together; where one is refused, each by itself."""
        try:
            return self.target.bulk_write(
                record for _, row in chunk for record in self.records(entity, row)
            )
        except RecordRefusedError:
            return sum(self._write_single(entity, identity, row) for identity, row in chunk)

    def _write_single(self, entity: str, identity: str, row: dict[str, Any]) -> int:
        """Write one instance; a refused one goes to quarantine if that was decided.

        Raises:
            RecordRefusedError: it is refused, and nothing was decided.
        """
        try:
            return self.target.bulk_write(self.records(entity, row))
        except RecordRefusedError as refused:
            answer = self.transform.answer(REFUSED, entity)
            if answer is None:
                raise RecordRefusedError(
                    f"the target refuses {entity} {identity}: {refused.message}",
                    remedy=f"answer `{entity}: {{refused: quarantine}}` under `migrations:` of "
                    "the model file, or correct the source and begin again with --abort",
                ) from refused
            reason = explained(REFUSED, entity, "", refused.message)
            with self.staging.transaction():
                self.staging.reject(entity, identity, reason, canonical.encoded(row))
                self.staging.mark_rejected(entity, identity)
            return 0

    def records(self, entity: str, row: dict[str, Any]) -> Iterator[Record]:
        """Yield what the target stores for an instance."""
        children = partial(self.reader.children, entity, row)
        yield from self.transform.target.encode(entity, row, children)

    def follower(self) -> Follower:
        """Return what follows the source and keeps the target as it is."""
        return Follower(
            self.source, self.target, self.transform, self.staging, self.reader, self.records
        )

    def verify(self) -> Verification:
        """Read the target again and compare both sides, instance by instance."""
        verification = self.comparison.verify()
        self.note(f"verified: {verification.differing:,} differences")
        return verification

    def repair(self) -> int:
        """Write what differed at the last verification again; return how many records."""
        written = self.comparison.repair(self.records)
        self.note(f"repaired: {written:,} records written again")
        return written

    def _say(self, phase: str, done: int, total: int | None, place: str) -> None:
        if self.progress is not None:
            self.progress(phase, done, total, place)

    def note(self, text: str) -> None:
        """Add a line to the journal that a person can read."""
        if self.journal is None:
            return
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        with self.journal.open("a", encoding="utf-8") as journal:
            journal.write(f"{_now()}  {text}\n")


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def quarantine(rows: Iterable[tuple[str, str, str, bytes]], path: Path) -> int:
    """Write what was left out to a file, a JSON document a line, with reasons; return how many.

    Args:
        rows: place, identity, reason and content of each.
        path: the file; it is readable by its owner only, and not made for nothing.
    """
    count = 0
    beside = path.with_name(f".{path.name}.part")
    with beside.open("w", encoding="utf-8") as lines:
        for place, identity, reason, body in rows:
            line = {"place": place, "identity": identity, "reason": reason, "body": body.decode()}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    if not count:
        beside.unlink()
        return 0
    beside.replace(path)
    path.chmod(0o600)
    return count
