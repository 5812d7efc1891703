"""Did everything arrive? Digests of both sides, bucket by bucket, and then the keys that differ.

In: digests of instances by entity and bucket, on either side. Out: which buckets differ, and of
those the instances that are missing, extra or different. Pure: who reads them is `operate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tablewright.core.frozen import frozen
from tablewright.migrate import canonical

BUCKETS = 1024
"""A difference is first narrowed down to one bucket of an entity's instances."""


@dataclass
class Digests:
    """The digest of every bucket of every entity on one side, added up as instances come."""

    buckets: dict[tuple[str, int], int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, entity: str, bucket: int, digest: int) -> None:
        """Count an instance in."""
        place = (entity, bucket)
        self.buckets[place] = (self.buckets.get(place, 0) + digest) % canonical.MODULUS
        self.counts[entity] = self.counts.get(entity, 0) + 1

    def merge(self, more: Digests) -> None:
        """Count in what was added up elsewhere, of other instances."""
        for place, digest in more.buckets.items():
            self.buckets[place] = (self.buckets.get(place, 0) + digest) % canonical.MODULUS
        for entity, count in more.counts.items():
            self.counts[entity] = self.counts.get(entity, 0) + count

    def total(self, entity: str) -> int:
        """Return the digest of all instances of an entity."""
        return canonical.total(value for (name, _), value in self.buckets.items() if name == entity)


@frozen
class Difference:
    """One instance that is not the same on both sides."""

    entity: str
    identity: str
    what: str
    """missing, extra or different."""
    attributes: tuple[str, ...] = ()
    """Names of those that differ."""


@frozen
class Verification:
    """What comparing both sides showed."""

    counts: tuple[tuple[str, int, int], ...]
    """Entity, instances of the source, instances of the target."""
    digests: tuple[tuple[str, str, str], ...]
    """Entity, digest of the source, digest of the target, as hexadecimal numbers."""
    differences: tuple[Difference, ...] = ()
    """The first ones."""
    differing: int = 0
    """How many instances differ."""

    @property
    def is_clean(self) -> bool:
        """Whether both sides hold the same."""
        return not self.differing and all(a == b for _, a, b in self.counts)


def verified(
    entities: Sequence[str],
    source: Digests,
    target: Digests,
    listed: Sequence[Difference],
    differing: int,
) -> Verification:
    """Return what the digests of both sides and the differences between them say.

    Args:
        entities: in the order in which they are shown; those that neither side has are left out.
        source: of the source.
        target: of the target.
        listed: the first differences.
        differing: how many there are.
    """
    names = [name for name in entities if {name} & {*source.counts, *target.counts}]
    return Verification(
        counts=tuple((n, source.counts.get(n, 0), target.counts.get(n, 0)) for n in names),
        digests=tuple((n, f"{source.total(n):032x}", f"{target.total(n):032x}") for n in names),
        differences=tuple(listed),
        differing=differing,
    )


def suspicious(source: Digests, target: Digests) -> frozenset[tuple[str, int]]:
    """Return the buckets whose digests differ."""
    return frozenset(
        place
        for place in {*source.buckets, *target.buckets}
        if source.buckets.get(place, 0) != target.buckets.get(place, 0)
    )


def differences(
    entity: str,
    source: Mapping[str, Mapping[str, object]],
    target: Mapping[str, Mapping[str, object]],
) -> Iterable[Difference]:
    """Yield the instances of an entity that differ, by identity, in order."""
    for identity in sorted({*source, *target}):
        if identity not in target:
            yield Difference(entity=entity, identity=identity, what="missing")
        elif identity not in source:
            yield Difference(entity=entity, identity=identity, what="extra")
        else:
            a, b = source[identity], target[identity]
            names = tuple(
                name
                for name in sorted({*a, *b})
                if canonical.encode(a.get(name)) != canonical.encode(b.get(name))
            )
            if names:
                yield Difference(
                    entity=entity, identity=identity, what="different", attributes=names
                )
