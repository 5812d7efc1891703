"""One share of a migration: some families of instances, in a staging file of their own.

In: what readers of the source's splits say of the instances of the share. Out: the same steps as of
a migration in one process, by the same code: check, write, compare, repair. A family is an instance
that the target stores by itself, with all that it stores inside; it lies in one share as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.design.migrations import COLLISION, REFUSED, MigrationRate
from tablewright.evaluation.doors import Adapter, Fragment
from tablewright.migrate import canonical
from tablewright.migrate.transform import EXPLANATIONS, MoveProblem, Transform
from tablewright.migrate.verification import Difference, Digests
from tablewright.operate.comparing import MOST_DIFFERENCES
from tablewright.operate.migration import DryRun, Migration, ProblemGroup
from tablewright.operate.reading import single_records
from tablewright.operate.shares.store import ShareStore
from tablewright.operate.staging import TARGET, Staging

KEPT_AT_ONCE = 1_000
MOST_EXAMPLES = 3
STAGED = "whole"
"""A fact of the staging file: all of the share was read and checked."""
READ = "read source"

FRAGMENT, UNREADABLE, RECORDS, SUMS = range(4)
"""What a row says: a part of an instance, a record that cannot be read, how many records were read
of a container, digests of whole instances."""

Sides = tuple[Adapter, Adapter, Transform]


class Opener(Protocol):
    """Opens source and target, wherever it is called; sent to other machines."""

    def __call__(self) -> Sides:
        """Return both databases, which stay open until they are forgotten."""
        ...

    def forget(self) -> None:
        """Let the next call open them again: a connection may be broken."""
        ...


class Families:
    """Says in which share an instance lies: in its parent's where the target stores it inside."""

    def __init__(self, transform: Transform, shares: int) -> None:
        """Prepare for a transform.

        Raises:
            UnsupportedError: the target stores an entity inside of what it stores inside another.
        """
        model, inside = transform.model, transform.target.embedded
        self.shares = shares
        self._parents: dict[str, tuple[str, tuple[str, ...]]] = {}
        for entity in model.entities:
            if entity.name in inside and entity.parent is not None:
                if entity.parent in inside:
                    raise UnsupportedError(
                        f"the target stores {entity.name} inside {entity.parent}, and that inside "
                        "another: such a family is not divided into shares",
                        remedy="move it in one process: leave --engine spark out",
                    )
                self._parents[entity.name] = (entity.parent, model.entity(entity.parent).key)
        self.gathered = frozenset(self._parents) - single_records(transform.source)
        """Entities of which one record alone may not say whose they are."""

    def share_of(self, entity: str, identity: Sequence[Any], attributes: Mapping[str, Any]) -> int:
        """Return the number of the share.

        Args:
            entity: of the instance.
            identity: of the instance.
            attributes: those that are known: its parent's key is among them.
        """
        family = [entity, *identity]
        if entity in self._parents:
            parent, key = self._parents[entity]
            values = [attributes.get(name) for name in key]
            if None not in values:
                family = [parent, *values]
        return canonical.bucket(canonical.encoded(family), self.shares)

    def share_of_fragment(self, fragment: Fragment) -> int:
        """Return the number of the share by what one record says."""
        return self.share_of(fragment.entity, fragment.identity, fragment.attributes)


def row_of(fragment: Fragment) -> tuple[Any, ...]:
    """Return a fragment as a row that is sent to the machine of its share."""
    return (FRAGMENT, fragment.entity, fragment.identity, fragment.attributes, fragment.is_copy)


def fragment_of(row: Sequence[Any]) -> Fragment:
    """Return the fragment of a row that `row_of` made."""
    _, entity, identity, attributes, is_copy = row
    return Fragment(entity=entity, identity=identity, attributes=attributes, is_copy=is_copy)


@frozen
class ShareReport:
    """What the dry run showed of one share."""

    records: int
    instances: tuple[tuple[str, int], ...]
    rejected: int
    problems: tuple[ProblemGroup, ...]


@dataclass
class Share:
    """One share at work."""

    number: int
    work: Migration

    @property
    def staging(self) -> Staging:
        """Its file."""
        return self.work.staging

    @property
    def is_staged(self) -> bool:
        """Whether all of it was read and checked."""
        return self.staging.fact(STAGED) is not None

    def stage(self, rows: Iterable[Sequence[Any]], *, again: bool = False) -> None:
        """Keep what the source says of the share, and check it; what was kept before is dropped.

        Args:
            rows: in the order of the source.
            again: the source is read once more; what the target refused stays left out.
        """
        self.staging.forget_fact(STAGED)
        if again:
            self.staging.forget_source()
        else:
            self.staging.start_over()
        records: dict[str, int] = {}
        reader = self.work.reader
        for chunk in _chunks(rows):
            with self.staging.transaction():
                reader.keep(fragment_of(row) for row in chunk if row[0] == FRAGMENT)
                for row in chunk:
                    if row[0] == UNREADABLE:
                        reader.keep_unreadable(row[1], [(row[2], row[3])])
                    elif row[0] == RECORDS:
                        records[row[1]] = records.get(row[1], 0) + row[2]
        reader.settle()
        with self.staging.transaction():
            for container, count in records.items():
                self.staging.keep_position(READ, container, None, count, is_finished=True)
            if again:
                self.staging.leave_out_again(EXPLANATIONS[REFUSED])
            self.staging.keep_fact(STAGED, "yes")

    def claims(self) -> Iterator[tuple[bytes, str]]:
        """Yield under which keys of the target the instances of the share are stored."""
        yield from self.staging.claimed()

    def collide(self, owners: Iterable[str]) -> None:
        """Note that instances would be stored under keys that those of other shares have.

        Args:
            owners: as the claims name them.
        """
        kinds = {kind.name: kind.entity for kind in self.work.transform.target.kinds}
        with self.staging.transaction():
            for owner in owners:
                kind, _, identity = owner.partition(" ")
                self.work.reader.note_problem(
                    MoveProblem(
                        kind=COLLISION,
                        entity=kinds[kind],
                        identity=identity,
                        detail=f"as {kind}",
                    )
                )

    def report(self) -> ShareReport:
        """Return what was read of the share, and what is in the way."""
        phases = self.staging.phases()
        records = sum(done for phase, done, _ in phases if phase.startswith(READ))
        checked = self.work.report(records)
        return ShareReport(
            records=records,
            instances=checked.instances,
            rejected=checked.rejected,
            problems=checked.problems,
        )

    def compare(self, rows: Iterable[Sequence[Any]]) -> tuple[Digests, Digests]:
        """Return the digests of both sides of the share.

        Args:
            rows: what the target says: sums of whole instances, and parts of others.
        """
        self.staging.forget(TARGET)
        comparison, target = self.work.comparison, Digests()
        for chunk in _chunks(rows):
            parts = [fragment_of(row) for row in chunk if row[0] == FRAGMENT]
            with self.staging.transaction():
                self.staging.add_fragments(TARGET, parts)
            for row in chunk:
                if row[0] == SUMS:
                    target.merge(row[1])
        comparison.add_merged(target)
        return comparison.source(), target

    def differences(
        self, rows: Iterable[Sequence[Any]], places: frozenset[tuple[str, int]]
    ) -> tuple[int, list[Difference]]:
        """Return how many instances of the share differ, and the first of them.

        Args:
            rows: the whole instances of the target in buckets that differ.
            places: these buckets.
        """
        for chunk in _chunks(rows):
            with self.staging.transaction():
                self.work.comparison.reader.keep(fragment_of(row) for row in chunk)
        self.work.comparison.places = places
        listed: list[Difference] = []
        differing = 0
        for difference in self.work.comparison.differences(places):
            differing += 1
            if len(listed) < MOST_DIFFERENCES:
                listed.append(difference)
        return differing, listed


def _chunks(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, KEPT_AT_ONCE)):
        yield chunk


@contextmanager
def opened_share(
    number: int, store: ShareStore, open_sides: Opener, rate: MigrationRate | None = None
) -> Iterator[Share]:
    """Give a share to work on; its file is kept afterwards.

    Args:
        number: of the share.
        store: where it is kept.
        open_sides: opens both databases; they stay open for the next share.
        rate: that of this share alone.
    """
    source, target, transform = open_sides()
    with store.opened(share_file(number)) as path:
        staging = Staging(Path(path))
        try:
            yield Share(number, Migration(source, target, transform, staging, rate=rate))
        finally:
            staging.close()


def share_file(number: int) -> str:
    """Return the name of the staging file of a share."""
    return f"share-{number:05}.db"


def whole_report(reports: Sequence[ShareReport], entities: Sequence[str]) -> DryRun:
    """Return what the reports of all shares say together, as one process would report it."""
    counts = dict.fromkeys(entities, 0)
    groups: dict[tuple[str, str, str, str], list[ProblemGroup]] = {}
    for report in reports:
        for name, count in report.instances:
            counts[name] += count
        for group in report.problems:
            key = (group.kind, group.entity, group.attribute, group.detail)
            groups.setdefault(key, []).append(group)
    problems = tuple(
        ProblemGroup(
            kind=kind,
            entity=entity,
            attribute=attribute,
            detail=detail,
            count=sum(group.count for group in same),
            examples=tuple(sorted(e for group in same for e in group.examples)[:MOST_EXAMPLES]),
        )
        for (kind, entity, attribute, detail), same in sorted(groups.items())
    )
    return DryRun(
        records_read=sum(report.records for report in reports),
        instances=tuple(counts.items()),
        rejected=sum(report.rejected for report in reports),
        problems=problems,
    )
