"""Attributes of an entity kept apart in items of their own.

In: a workload and a table key. Out: the most promising ways to split. Groups come from what is read
and what is written together; rough estimates leave out what cannot be good.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from tablewright.capacity.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.planning.choices import TableKey
from tablewright.engines.dynamodb.planning.queries import EntityWorkload, expiry_of
from tablewright.model.attribute_reader import stated_bytes
from tablewright.model.values import Pattern, Verb

MOST_SPLITS = 5
WORTH_SPLITTING_BYTES = 1024
"""Below this a write takes one unit whatever is split off."""
POINTER_BYTES = Decimal(64)


def splits(
    work: EntityWorkload, key: TableKey, outside: tuple[str, ...] = ()
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return the ways to keep attributes apart: not at all, then the most promising ones.

    Of what lies in object storage only a pointer counts.

    Groups come from what is read and what is written together. The figures that rank them are
    estimates from stated sizes, used only to leave out what cannot be good.
    """
    entity = work.entity
    sizes = {
        a.name: ((POINTER_BYTES if a.name in outside else stated_bytes(a)) + len(a.name))
        * a.presence
        for a in entity.attributes
    }
    if sum(sizes.values(), ZERO) <= WORTH_SPLITTING_BYTES:
        return ((),)
    keys = {*entity.key, *key.attributes, expiry_of(entity)}
    movable = [n for n in entity.names if n not in keys]
    groups = _groups(work, movable, sizes)
    ranked: dict[tuple[tuple[str, ...], ...], Decimal] = {}
    options: list[tuple[tuple[str, ...], ...]] = [()]
    options += [(group,) for group in groups]
    options += [
        (entry, other)
        for entry, other in combinations(groups, 2)
        if not set(entry) & set(other) and len(entry) + len(other) < len(movable)
    ]
    for option in options:
        if _keeps_conditions(work, option, keys):
            ranked[option] = _estimate(work, option, keys, sizes)
    limit = ranked.get((), ZERO)
    best = sorted((o for o in ranked if o and ranked[o] < limit), key=lambda o: (ranked[o], o))
    return ((), *best[:MOST_SPLITS])


def _groups(
    work: EntityWorkload, movable: Sequence[str], sizes: dict[str, Decimal]
) -> list[tuple[str, ...]]:
    sets: dict[frozenset[str], None] = {}
    for name in movable:
        if sizes[name] >= WORTH_SPLITTING_BYTES // 2:
            sets[frozenset((name,))] = None
    for part in work.writes:
        if part.verb is Verb.UPDATE:
            sets[frozenset(part.touched) & frozenset(movable)] = None
    for ask in work.asks:
        read = (ask.wanted | ask.conditions) & frozenset(movable)
        sets[read] = None
        sets[frozenset(movable) - read] = None
    heavy = frozenset(n for n in movable if sizes[n] >= WORTH_SPLITTING_BYTES // 2)
    for part in work.writes:
        if part.verb is Verb.UPDATE:
            sets[heavy - frozenset(part.touched)] = None
    conditions = frozenset().union(*(ask.conditions for ask in work.asks)) if work.asks else set()
    result = []
    for group in sets:
        if not group or len(group) == len(movable):
            continue
        # The part that is looked up stays the core; what goes with it is kept apart.
        chosen = group
        if len(group & conditions) > len(conditions & (frozenset(movable) - group)):
            chosen = frozenset(movable) - group
        result.append(tuple(n for n in movable if n in chosen))
    return list(dict.fromkeys(result))


def _keeps_conditions(
    work: EntityWorkload, sides: tuple[tuple[str, ...], ...], keys: set[str]
) -> bool:
    """Whether every conditional or counting write finds all it needs in one item."""
    for part in work.writes:
        needed = set(part.condition_on) - keys
        counts = set(part.increments) | set(part.appends)
        if part.verb is Verb.UPDATE and (needed or counts):
            needed |= set(part.touched) - keys
        if not needed:
            continue
        homes = {_home(name, sides) for name in needed}
        if len(homes) > 1:
            return False
        if part.verb is not Verb.UPDATE and homes != {-1}:
            return False
    return True


def _home(name: str, sides: tuple[tuple[str, ...], ...]) -> int:
    return next((position for position, side in enumerate(sides) if name in side), -1)


def _estimate(
    work: EntityWorkload,
    sides: tuple[tuple[str, ...], ...],
    keys: set[str],
    sizes: dict[str, Decimal],
) -> Decimal:
    """Return a rough cost of reads and writes a day, in read units (a write unit is five)."""
    stored = [set(side) for side in sides]
    core = {n for n in sizes if not any(n in side for side in stored)}
    overhead = sum((sizes[n] for n in keys if n in sizes), ZERO)
    groups = [core, *stored]
    weight = [sum((sizes[n] for n in group if n not in keys), ZERO) + overhead for group in groups]
    total = ZERO
    for ask in work.asks:
        needed = (ask.wanted | ask.conditions) - keys
        hit = [w for group, w in zip(groups, weight, strict=True) if group & needed] or weight[:1]
        total += ask.rate_per_day * sum(-(-int(w) // READ_UNIT_BYTES) for w in hit) / 2
    for part in work.writes:
        rate = _rate(work, part)
        touched = set(part.touched)
        for group, w in zip(groups, weight, strict=True):
            if part.verb is not Verb.UPDATE or group & touched:
                total += rate * 5 * -(-int(w) // WRITE_UNIT_BYTES)
    return total


def _rate(work: EntityWorkload, part: Pattern) -> Decimal:
    """Return how often a day a write (or the transaction it is part of) happens."""
    model = work.model
    scale = max(model.scales)
    for pattern in model.patterns:
        if pattern is part or part in pattern.parts:
            return model.calls_per_day(pattern, scale)
    return ZERO
