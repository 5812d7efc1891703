"""Predicates about what indexes hold; what each rule means is in `rules/projections.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tablewright.capacity.limits import READ_UNIT_BYTES
from tablewright.core.quantities import SECONDS_PER_DAY, ZERO, decimals, format_bytes, percent
from tablewright.engines.dynamodb.design import Index, Projection, ProjectionKind, Table
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.key_changes import ChangeProjection
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.review.verdicts import CLEAR, Clear, FixOption, Hit, Verdict

KEYS_ONLY = Projection(kind=ProjectionKind.KEYS_ONLY)


def projecting(needed: Iterable[str]) -> Projection:
    """Return the projection of exactly these attributes beside the keys."""
    names = tuple(sorted(needed))
    return Projection(kind=ProjectionKind.INCLUDE, attributes=names) if names else KEYS_ONLY


def needed_by_readers(f: DynamoFacts, place: TableOrIndex) -> frozenset[str]:
    """Return the attributes beside the keys that the readers of an index want from it."""
    assert place.index is not None
    union = frozenset[str]().union(*(f.projected(place, s) for s in place.table.shapes))
    required = frozenset[str]().union(*(f.wanted(p) for p in f.serves(place)))
    return (union & required) - _key_attributes(place.table, place.index)


def _key_attributes(table: Table, index: Index) -> frozenset[str]:
    names = {
        name
        for shape in table.shapes
        if not shape.guards
        for key in (*table.keys, *index.keys)
        for template in (shape.template(key),)
        if template is not None
        for name in template.attributes
    }
    return frozenset(names)


def _thin(f: DynamoFacts, place: TableOrIndex) -> Clear:
    """Say what an index with less than ALL keeps of the items it points to."""
    items = [
        sizes
        for shape, _ in f.templates(place, place.partition_keys)
        if (sizes := f.shape_facts(place.table.name, shape.name)) is not None
    ]
    count = sum((sizes.count for sizes in items), ZERO)
    if not count or place.index is None or place.index.projection.kind is ProjectionKind.ALL:
        return CLEAR
    whole = sum((sizes.count * sizes.sizes.mean.mean for sizes in items), ZERO) / count
    return Clear(
        f"{place.index.name} keeps {format_bytes(f.mean_size(place.name))} of the "
        f"{format_bytes(whole)} that ALL would copy"
    )


def ddb_prj_001(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Entries hold more than anybody reads there."""
    index = place.index
    assert index is not None
    if index.is_local or not f.serves(place):
        return None
    if index.projection.kind is ProjectionKind.KEYS_ONLY:
        return CLEAR
    needed = needed_by_readers(f, place)
    stored, idle = _bytes(f, place, needed)
    waste = idle / stored if stored else ZERO
    is_dear = _fetching_is_cheaper(f, place)
    if waste < f.k["overproj_waste"] and not is_dear:
        return _thin(f, place)
    unread = f"{percent(waste)} of the bytes in an entry of {place.name} are read by nobody there"
    costly = (
        f"each write keeps {decimals(f.mean_size(place.name))} B up to date in {place.name} for "
        f"{decimals(_reads(f, place) * SECONDS_PER_DAY)} reads a day"
    )
    return Hit(
        evidence=unread if waste >= f.k["overproj_waste"] else costly,
        values={"waste": waste},
        options=lambda: _narrower(place, needed, waste >= f.k["overproj_waste"], is_dear),
    )


def _reads(f: DynamoFacts, place: TableOrIndex) -> Decimal:
    return sum((f.rate(p) for p in f.serves(place)), ZERO)


def _bytes(f: DynamoFacts, place: TableOrIndex, needed: frozenset[str]) -> tuple[Decimal, Decimal]:
    """Return the bytes of an entry, and those that no reader wants."""
    assert place.index is not None
    keys = _key_attributes(place.table, place.index)
    stored = idle = ZERO
    for shape in place.table.shapes:
        entity = f.entity_of(shape)
        if shape.template(place.index.partition_keys[0]) is None:
            continue
        for name in sorted(f.projected(place, shape)):
            attribute = f.attribute_of(entity, name)
            size = f.attribute_bytes(entity, attribute) * attribute.presence if attribute else ZERO
            stored += size
            if name not in needed and name not in keys:
                idle += size
    return stored, idle


def _fetching_is_cheaper(f: DynamoFacts, place: TableOrIndex) -> bool:
    """Whether keys alone and a get for each hit might cost less: re-costing decides."""
    writes = f.price_of_writes(place.table, f.mean_units(place.name, "write"))
    fetched = sum((f.rate(p) * max(Decimal(1), f.returned(p)) for p in f.serves(place)), ZERO)
    blocks = f.mean_size(place.table.name) // READ_UNIT_BYTES + 1
    fetches = f.price_of_reads(place.table, fetched * blocks / 2)
    return writes is not None and fetches is not None and writes - fetches >= 2 * f.k["min_save"]


def _narrower(
    place: TableOrIndex, needed: frozenset[str], is_idle: bool, is_dear: bool
) -> Iterable[FixOption]:
    assert place.index is not None
    options = []
    if is_dear:
        options.append(KEYS_ONLY)
    if is_idle:
        options.append(projecting(needed))
    for projection in dict.fromkeys(options):
        if projection != place.index.projection:
            change = ChangeProjection(
                table=place.table.name, index=place.index.name, projection=projection
            )
            yield FixOption(changes=(change,))


def ddb_prj_002(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Readers of an index have to fetch each item from the table."""
    index = place.index
    assert index is not None
    readers = f.serves(place)
    if not readers:
        return None
    fetching = [p for p in readers for r in (f.route(p),) if r is not None and r.fetches]
    if not fetching:
        return CLEAR
    lacking = _lacking(f, place)
    limits = [slo for p in fetching for slo in (f.slo(p),) if slo is not None]
    return Hit(
        evidence=(
            f"{', '.join(p.name for p in fetching)} fetch each item after reading {place.name}, "
            "which "
            f"lacks {', '.join(sorted(lacking)) or 'what they need'}"
        ),
        values={"too_slow": bool(limits) and 2 * f.k["call_ms"] > min(limits)},
        options=lambda: _wider(place, lacking),
    )


def _lacking(f: DynamoFacts, place: TableOrIndex) -> frozenset[str]:
    union = frozenset[str]().union(*(f.projected(place, s) for s in place.table.shapes))
    total = frozenset[str]().union(
        *(set(s.attributes) | {e.attribute for e in s.embeds} for s in place.table.shapes)
    )
    required = frozenset[str]().union(*(f.wanted(p) for p in f.serves(place)))
    return (required & total) - union


def _wider(place: TableOrIndex, lacking: frozenset[str]) -> Iterable[FixOption]:
    assert place.index is not None
    if not lacking or place.index.is_local:
        return
    old = place.index.projection
    retained = frozenset(old.attributes) if old.kind is ProjectionKind.INCLUDE else frozenset[str]()
    change = ChangeProjection(
        table=place.table.name, index=place.index.name, projection=projecting(retained | lacking)
    )
    yield FixOption(changes=(change,))
