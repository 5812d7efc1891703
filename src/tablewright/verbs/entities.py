"""The entities of a model as a diagram shows them, and a few sampled records of each kind.

In: a session. Out: EntityViews, and SampleRows of a design.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.evaluation.doors import Codec, Record, RecordKind
from tablewright.model.values import Attribute, Entity, Model
from tablewright.sample.calls import no_children
from tablewright.sample.sample import Sample, sample_of
from tablewright.session import Session

USERS = 20
"""Users of the population that sample rows are taken from."""
MOST_ROWS = 3
LONGEST_CELL = 28


@frozen
class AttributeView:
    """An attribute of an entity: its name, type, and whether it is part of the key."""

    name: str
    type: str
    is_key: bool


@frozen
class EntityView:
    """An entity, its parent, and the entities it refers to."""

    name: str
    attributes: tuple[AttributeView, ...]
    parent: str
    """The entity it belongs to; "" for one that stands alone."""
    count: str
    """How many there are, such as "40 per Account"."""
    refers_to: tuple[str, ...]


@frozen
class SampleRows:
    """A few sampled records of one kind, as they are stored."""

    container: str
    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@frozen
class DesignSamples:
    """A few records of each kind of one design."""

    design: str
    kinds: tuple[SampleRows, ...]


def entity_views(model: Model) -> tuple[EntityView, ...]:
    """Return the entities of a model."""
    return tuple(_entity(entity) for entity in model.entities)


def _entity(entity: Entity) -> EntityView:
    return EntityView(
        name=entity.name,
        attributes=tuple(_attribute(a, entity) for a in entity.attributes),
        parent=entity.parent or "",
        count=_count(entity),
        refers_to=tuple(dict.fromkeys(a.to for a in entity.attributes if a.to)),
    )


def _attribute(attribute: Attribute, entity: Entity) -> AttributeView:
    return AttributeView(
        name=attribute.name, type=attribute.kind.value, is_key=attribute.name in entity.key
    )


def _count(entity: Entity) -> str:
    per = {"parent": entity.parent or "parent", "user": "user"}.get(entity.count.per, "")
    number = f"{entity.count.mean.normalize():f}"
    return f"{number} per {per}" if per else number


def design_samples(session: Session, design: Design) -> DesignSamples:
    """Return a few records of each kind in a design, as `seed` would write them.

    Children that are embedded are left out. A design that cannot be filled has no samples.
    """
    try:
        codec = session.engine_of(design).connector.codec(session.model, design)
    except UnsupportedError:
        return DesignSamples(design=design.name, kinds=())
    sample = sample_of(session.model)
    kinds = (_rows_of(codec, sample, kind) for kind in codec.kinds)
    return DesignSamples(design=design.name, kinds=tuple(k for k in kinds if k is not None))


def _rows_of(codec: Codec, sample: Sample, kind: RecordKind) -> SampleRows | None:
    records: list[Record] = []
    for record in _records(codec, sample, kind):
        records.append(record)
        if len(records) == MOST_ROWS:
            break
    if not records:
        return None
    columns = tuple(dict.fromkeys(name for record in records for name in record.content))
    return SampleRows(
        container=kind.container,
        kind=kind.name,
        columns=columns,
        rows=tuple(tuple(_cell(record.content.get(c)) for c in columns) for record in records),
    )


def _records(codec: Codec, sample: Sample, kind: RecordKind) -> Iterator[Record]:
    count = min(sample.count(kind.entity, USERS), MOST_ROWS)
    for row in sample.rows(kind.entity, 0, count, USERS):
        yield from codec.encode(kind.entity, row, no_children, kind)


def _cell(value: Any) -> str:
    """Return a stored value as a short text: DynamoDB's type tags are left out."""
    if isinstance(value, Mapping) and len(value) == 1:
        (tag, inner) = next(iter(value.items()))
        if tag in ("S", "N", "BOOL"):
            value = inner
        elif tag in ("M", "L", "SS", "NS", "B"):
            value = "{…}" if tag == "M" else "[…]" if tag in ("L", "SS", "NS") else "(binary)"
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def entity_lines(entities: tuple[EntityView, ...]) -> tuple[str, ...]:
    """Return each entity in a line: its parent and count, key, and how many attributes it has."""
    return tuple(
        f"{entity.name}"
        + (f" of {entity.parent} ({entity.count})" if entity.parent else f" ({entity.count})")
        + f": key {' + '.join(a.name for a in entity.attributes if a.is_key)}, "
        + f"{len(entity.attributes)} attributes"
        + (f", refers to {', '.join(entity.refers_to)}" if entity.refers_to else "")
        for entity in entities
    )
