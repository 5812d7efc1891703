"""Compare both sides of a migration, and write again what differs.

In: a staging file with the source's instances, the target's adapter. Out: a verification. The
target is read again; whole instances are added up as they come and never kept. Only where the sums
of a bucket differ are its instances read once more, and kept, to name the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tablewright.evaluation.doors import Adapter, Codec, Fragment, Record
from tablewright.migrate import canonical
from tablewright.migrate.transform import Transform, identity_text
from tablewright.migrate.verification import (
    BUCKETS,
    Difference,
    Digests,
    Verification,
    differences,
    suspicious,
    verified,
)
from tablewright.operate.reading import (
    Progress,
    Reader,
    containers_of,
    digests_of_pages,
    single_records,
)
from tablewright.operate.staging import SOURCE, TARGET, Staging

MOST_DIFFERENCES = 1_000
"""Differences that are listed; all are counted."""
WRITTEN_AT_ONCE = 500


@dataclass
class SideComparison:
    """Both sides of a migration, to be compared."""

    target: Adapter
    transform: Transform
    staging: Staging
    entities: tuple[str, ...]
    progress: Progress | None = None
    reader: Reader = field(init=False)
    """Of the target."""
    places: frozenset[tuple[str, int]] = frozenset()
    """Buckets that differed at the last verification."""

    def __post_init__(self) -> None:
        self.reader = Reader(TARGET, self.target, self.transform, self.staging, self.progress)

    def verify(self) -> Verification:
        """Read the target again and compare both sides, instance by instance."""
        source, target = self.source(), self._target()
        places = self.places = suspicious(source, target)
        listed: list[Difference] = []
        differing = 0
        if places:
            self._keep_suspicious(places)
            for difference in self.differences(places):
                differing += 1
                if len(listed) < MOST_DIFFERENCES:
                    listed.append(difference)
        return verified(self.entities, source, target, listed, differing)

    def _is_compared(self, entity: str) -> bool:
        """Whether the target stores an entity: what it was decided to leave behind is not."""
        embedded = self.transform.target.embedded
        return entity in embedded or entity in self.transform.top_entities

    def source(self) -> Digests:
        """Add up the source, as it is kept."""
        digests = Digests()
        for entity, bucket, digest in self.staging.digests(SOURCE):
            if self._is_compared(entity):
                digests.add(entity, bucket, digest)
        return digests

    def _target(self) -> Digests:
        """Add up the target; only what is scattered over records is kept, to be put together."""
        self.staging.forget(TARGET)
        digests = Digests()
        single = single_records(self.transform.target)
        for container in containers_of(self.transform.target):
            done = 0
            for count, whole, parts in digests_of_pages(
                self.target, self.transform, single, container
            ):
                done += count
                for entity, identity, digest in whole:
                    digests.add(entity, canonical.bucket(identity, BUCKETS), digest)
                if parts:
                    with self.staging.transaction():
                        self.staging.add_fragments(TARGET, parts)
                if self.progress is not None:
                    self.progress("read target", done, None, container)
        self.add_merged(digests)
        return digests

    def add_merged(self, digests: Digests) -> None:
        """Put together what the target scatters over several records, and count it in."""
        self.reader.merge_all()
        for entity, bucket, digest in self.staging.digests(TARGET):
            digests.add(entity, bucket, digest)

    def _keep_suspicious(self, places: frozenset[tuple[str, int]]) -> None:
        """Read the target once more, and keep the whole instances of buckets that differ."""
        codec = self.transform.target
        for container in suspicious_containers(codec, places):
            for _, contents in self.target.scan(container):
                decoded = self.reader.decoded(container, contents)
                fragments = suspicious_fragments(codec, decoded, places)
                with self.staging.transaction():
                    self.reader.keep(fragments)

    def differences(self, places: frozenset[tuple[str, int]]) -> Iterator[Difference]:
        """Yield the instances of buckets that differ, both sides of which are kept."""
        for entity, bucket in sorted(places):
            rows = [self._rows(side, entity, bucket) for side in (SOURCE, TARGET)]
            yield from differences(entity, rows[0], rows[1])

    def _rows(self, side: str, entity: str, bucket: int) -> dict[str, dict[str, object]]:
        hidden = self.transform.hidden(entity)
        return {
            identity: {n: v for n, v in row.items() if n not in hidden}
            for identity, row in self.staging.instances_in(side, entity, bucket)
        }

    def repair(self, records: Callable[[str, dict[str, Any]], Iterable[Record]]) -> int:
        """Write what was missing or different at the last `verify` again; return how many records.

        Args:
            records: gives what the target stores for an instance of an entity.
        """
        concerned: dict[tuple[str, str], None] = {}
        for difference in self.differences(self.places):
            if difference.what != "extra":
                concerned.setdefault(self._top(difference), None)
        written = 0
        remaining = iter(concerned)
        while chunk := list(islice(remaining, WRITTEN_AT_ONCE)):
            rows = [(entity, self.staging.instance(SOURCE, entity, i)) for entity, i in chunk]
            written += self.target.bulk_write(
                record for entity, row in rows if row is not None for record in records(entity, row)
            )
        return written

    def _top(self, difference: Difference) -> tuple[str, str]:
        """Return the instance whose records hold one that differs: itself, or its parent."""
        entity = difference.entity
        if entity in self.transform.top_entities:
            return entity, difference.identity
        parent = self.transform.model.entity(entity).parent
        row = self.staging.instance(SOURCE, entity, difference.identity) or {}
        assert parent is not None
        keys = self.transform.model.entity(parent).key
        return parent, identity_text(tuple(row.get(name) for name in keys))


def suspicious_containers(codec: Codec, places: frozenset[tuple[str, int]]) -> list[str]:
    """Return where whole instances of buckets that differ may be stored."""
    single = single_records(codec) & {name for name, _ in places}
    if single & codec.embedded:
        return containers_of(codec)
    return sorted({kind.container for kind in codec.kinds if kind.entity in single})


def suspicious_fragments(
    codec: Codec, fragments: Iterable[Fragment], places: frozenset[tuple[str, int]]
) -> list[Fragment]:
    """Return the whole instances that are in buckets that differ."""
    single = single_records(codec)
    return [
        fragment
        for fragment in fragments
        if fragment.entity in single
        and fragment.identity
        and (fragment.entity, canonical.bucket(identity_text(fragment.identity), BUCKETS)) in places
    ]
