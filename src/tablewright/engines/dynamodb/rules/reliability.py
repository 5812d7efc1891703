"""Predicates about recovery and agreement; what each rule means is in `rules/reliability.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tablewright.capacity.units import Consistency
from tablewright.core.quantities import SECONDS_PER_DAY, ZERO, decimals, format_bytes
from tablewright.design import changes as model_changes
from tablewright.engines.dynamodb.design import Table
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.setting_changes import SetOption
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.model.values import Entity, Pattern, Verb
from tablewright.review.model_predicates import (
    Copy,
    alters,
    changes_per_second,
    copied_from_parent,
    lost_updates,
    unchecked_limit,
)
from tablewright.review.verdicts import CLEAR, Clear, FixOption, Hit, Missing, Verdict

_LONGEST_RECOVERY_DAYS = 35
_COUNTED = frozenset({"counter", "stock", "balance", "quota"})


def _is_durable(f: DynamoFacts, table: Table) -> bool:
    return any(f.entity_of(shape).durable for shape in table.shapes)


def ddb_rel_001(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """No way back in time."""
    table = place.table
    if not table.shapes:
        return None
    if table.pitr_days or table.backups_kept:
        kept = (
            f"any moment of the last {table.pitr_days} days can be restored"
            if table.pitr_days
            else f"{table.backups_kept} backups are kept"
        )
        return Clear(f"{table.name}: {kept}")
    change = SetOption(table=table.name, option="pitr_days", value=_LONGEST_RECOVERY_DAYS)
    stored = f.stored_bytes(table.name)
    return Hit(
        evidence=(
            f"{table.name} keeps {format_bytes(stored)} and has neither point-in-time recovery "
            "nor backups"
        ),
        values={"rebuildable": not _is_durable(f, table)},
        options=lambda: [FixOption(changes=(change,))],
    )


def ddb_rel_002(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """One wrong deployment deletes the table."""
    table = place.table
    if not table.shapes or not _is_durable(f, table):
        return None
    if table.deletion_protection is None:
        return Missing("whether tables are protected from deletion (`deletion_protection`)")
    if table.deletion_protection:
        return CLEAR
    change = SetOption(table=table.name, option="deletion_protection", value=True)
    return Hit(
        evidence=f"deletion protection of {table.name} is off",
        options=lambda: [FixOption(changes=(change,))],
    )


def ddb_rel_005(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """What was just written is read from where it has not arrived."""
    route = f.route(pattern)
    if not pattern.group or pattern.verb.is_write or route is None or not route.is_served:
        return None
    group = f.groups[pattern.group]
    writes = [
        p
        for p in group
        for part in (p.parts or (p,))
        if p.verb.is_write and part.entity == pattern.entity
    ]
    if not writes:
        return None
    place = f.place(route.target)
    if place is None:
        return None
    if pattern.consistency is not Consistency.EVENTUAL and not place.is_gsi:
        return CLEAR
    if pattern.staleness_ms is None:
        return Missing("how stale the answer may be (`staleness_ms`)")
    if pattern.staleness_ms >= 1000:
        return CLEAR
    decides = any(p.condition_on or p.parts for p in group if p.verb.is_write)
    change = model_changes.ChangeConsistency(pattern=pattern.name, consistency=Consistency.STRONG)
    through = f"the index {place.name}" if place.index is not None else "an eventual read"
    return Hit(
        evidence=(
            f"{pattern.name} follows {writes[0].name} in {pattern.group} and reads through "
            f"{through}, "
            f"with {decimals(pattern.staleness_ms)} ms of staleness allowed"
        ),
        values={"decides": decides},
        options=lambda: [] if place.is_gsi else [FixOption(changes=(change,))],
    )


def any_rel_001(f: DynamoFacts, entity: Entity) -> Verdict:
    """The same fact in two places, and nothing that keeps them alike."""
    copies = [*_stored_twice(f, entity), *copied_from_parent(f, entity)]
    if not copies:
        return CLEAR if f.homes(entity.name) else None
    for where, source, names in copies:
        rate = changes_per_second(f, source, names)
        if rate <= 0:
            continue
        if _is_kept_alike(f, source, entity):
            continue
        writers = sorted({a.root.name for a in f.actions_on(source.name) if alters(a.part, names)})
        return Hit(
            evidence=(
                f"{where}; {', '.join(writers)} changes it "
                f"{decimals(rate * SECONDS_PER_DAY)} times a day "
                f"and neither a transaction nor a stream carries that over"
            ),
            values={"settled": False},
        )
    return CLEAR


def _stored_twice(f: DynamoFacts, entity: Entity) -> Iterable[Copy]:
    own_key = [(t, s) for t, s in f.homes(entity.name) if not s.guards]
    for table, shape, attribute in f.embedded.get(entity.name, []):
        if own_key:
            yield (
                f"{entity.name} is kept in {own_key[0][0].name} and again as {attribute} of "
                f"{shape.name} "
                f"in {table.name}",
                entity,
                frozenset(entity.names),
            )
    for position, (table, shape) in enumerate(own_key):
        for other_table, other in own_key[position + 1 :]:
            shared = (set(shape.attributes) & set(other.attributes)) - set(entity.key)
            keys = {*table.keys, *other_table.keys}
            shared -= {n for n in shared if n in keys}
            if shared:
                yield (
                    f"{', '.join(sorted(shared))} of {entity.name} is kept in {shape.name} and in "
                    f"{other.name}",
                    entity,
                    frozenset(shared),
                )


def _is_kept_alike(f: DynamoFacts, source: Entity, copy: Entity) -> bool:
    """Whether a stream of the source's table, or one transaction over both, carries changes."""
    if any(t.stream for t, s in f.homes(source.name) if not s.guards):
        return True
    return any(
        {source.name, copy.name} <= {part.entity for part in p.parts} and source.name != copy.name
        for p in f.model.patterns
    )


def ddb_rel_004(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Two regions may write an item at once, and what a write relies on holds in one of them."""
    table = place.table
    if not table.replicas:
        return None
    if table.strong_replicas:  # a write meets the latest version, or fails and is repeated
        return CLEAR
    held = {shape.entity for shape in table.shapes}
    relying: list[str] = []
    is_money = False
    for action in f.actions:
        part = action.part
        if part.entity not in held or not part.verb.is_write:
            continue
        if part.increments or part.condition or action.root.verb is Verb.TRANSACT:
            relying.append(action.root.name)
            entity = f.model.entity(part.entity)
            roles = {entity.attribute(n).role for n in part.touched if entity.has(n)}
            is_money |= bool(roles & _COUNTED)
    is_money |= any(shape.guards for shape in table.shapes)
    if not relying:
        return CLEAR
    names = ", ".join(dict.fromkeys(relying))
    return Hit(
        evidence=f"{table.name} is written in {len(table.replicas) + 1} regions; {names} rely on "
        "counts, conditions or transactions, which hold inside one region only",
        values={"counted": is_money},
    )


def any_rel_002(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """Read, changed in memory, written back over what somebody else wrote."""
    return lost_updates(f, pattern)


def any_rel_003(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A limit that the application checks and the database does not."""
    return unchecked_limit(f, pattern)


def ddb_rel_006(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """More than a page can hold, and nobody asks for the next."""
    if pattern.verb not in (Verb.LIST, Verb.AGGREGATE):
        return None
    route = f.route(pattern)
    if route is None or not route.is_served or route.operation == "scan":
        return None  # a scan is judged by what it reads
    if pattern.limit is not None:
        return CLEAR
    place = f.place(route.target)
    if place is None:
        return None
    size = f.mean_size(place.name)
    typical, maximum = f.matched(pattern), _most(f, pattern)
    read = max(typical, maximum) * size
    entity = f.model.entity(pattern.entity)
    bounded = entity.count.bounded or entity.retention_days is not None
    has_range = any(w.operator != "eq" for w in pattern.where)
    if read <= f.k["page_bytes"] and (bounded or has_range):
        return CLEAR
    if pattern.complete:
        return CLEAR  # the model says that the caller drains every page
    page = max(1, int(Decimal(100_000) / size)) if size else 100
    change = model_changes.AddPageLimit(pattern=pattern.name, limit=min(page, 100))
    return Hit(
        evidence=(
            f"{pattern.name} may match {decimals(max(typical, maximum))} entries of {place.name}, "
            f"{format_bytes(read)}; one answer holds 1 MB, and no limit is stated"
        ),
        values={"read": read},
        options=lambda: [FixOption(changes=(change,))],
    )


def _most(f: DynamoFacts, pattern: Pattern) -> Decimal:
    """Return the matches of a bad case: children of the parent with the most of them."""
    entity = f.model.entity(pattern.entity)
    spread = entity.count.spread
    if spread is None or entity.parent is None:
        return ZERO
    bad = spread.p99 if spread.p99 is not None else spread.high
    return bad or ZERO


def ddb_rel_003(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """More processes read a stream than its shards serve."""
    table = place.table
    if table.stream is None:
        return None
    maximum = f.k["stream_readers"] - (1 if table.replicas else 0)
    if table.stream_readers <= maximum:
        return CLEAR
    replication = ", beside replication" if table.replicas else ""
    return Hit(
        evidence=(
            f"{table.stream_readers} processes read the stream of {table.name}{replication}; a "
            f"shard serves {decimals(f.k['stream_readers'])} at a time"
        ),
    )
