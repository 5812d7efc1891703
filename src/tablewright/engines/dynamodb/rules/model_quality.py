"""Predicates about what the model leaves open; see `rules/model_quality.yaml`."""

from __future__ import annotations

from tablewright.core.quantities import ZERO, percent
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.model.values import Entity, Kind, Verb
from tablewright.review.verdicts import CLEAR, Hit, Verdict

_OPEN = (Kind.MAP, Kind.LIST, Kind.SET, Kind.BINARY)


def any_mdl_001(f: DynamoFacts, entity: Entity) -> Verdict:
    """A number is missing that rules ask for."""
    missing = [
        f"size of {a.name}"
        for a in entity.attributes
        if a.kind in _OPEN and a.bytes is None and a.elements is None and not a.fields
    ]
    missing += [
        f"number of values of {name}"
        for table, shape in f.homes(entity.name)
        for key in (*table.keys, *(k for index in table.indexes for k in index.keys))
        for template in (shape.template(key),)
        if template is not None
        for name in template.attributes
        if f.attribute_of(entity, name) is not None and f.distinct_values(entity, name) is None
    ]
    grows = entity.count.inflow_per_day is not None or not entity.count.bounded
    if grows and entity.retention_days is None:
        missing.append("how long it is kept")
    missing = list(dict.fromkeys(missing))
    if not missing:
        return CLEAR
    return Hit(evidence=f"of {entity.name} the model does not say: {', '.join(missing)}")


def any_mdl_002(f: DynamoFacts, entity: Entity) -> Verdict:
    """Data that nobody reads, or that nobody writes."""
    actions = f.actions_on(entity.name)
    reads = [a for a in actions if not a.part.verb.is_write and a.part.verb is not Verb.CHECK]
    writes = [a for a in actions if a.part.verb.is_write]
    if not f.homes(entity.name):
        return None
    stored = sum(
        (
            facts.count * facts.sizes.mean.mean
            for table, shape in f.homes(entity.name)
            for facts in (f.shape_facts(table.name, shape.name),)
            if facts is not None
        ),
        ZERO,
    )
    share = stored / f.total_bytes if f.total_bytes else ZERO
    if writes and not reads:
        return Hit(
            evidence=f"{entity.name} is written and no access pattern reads it",
            values={"share": share},
        )
    if reads and not writes:
        return Hit(evidence=f"{entity.name} is read and no access pattern writes it")
    required = {name for a in reads for name in f.wanted(a.part)} | set(entity.key)
    required |= {n for a in writes for n in (*a.part.condition_on, *a.part.known)}
    idle = [a for a in entity.attributes if a.name not in required and not a.generated]
    if not idle or not reads:
        return CLEAR
    size = sum((f.attribute_bytes(entity, a) * a.presence for a in entity.attributes), ZERO)
    unread = sum((f.attribute_bytes(entity, a) * a.presence for a in idle), ZERO)
    part = unread / size if size else ZERO
    return Hit(
        evidence=(
            f"no access pattern reads {', '.join(a.name for a in idle)} of {entity.name} "
            f"({percent(part)} of its bytes)"
        ),
        values={"share": share * part},
    )


def any_mdl_003(f: DynamoFacts, entity: Entity) -> Verdict:
    """A status is overwritten, and what it was is wanted later."""
    need = f.model.need("history")
    if not need.is_wanted or entity.append_only or not f.homes(entity.name):
        return None
    states = {a.name for a in entity.attributes if a.role == "status"}
    overwritten = {
        name: action.root.name
        for action in f.actions_on(entity.name)
        if action.part.verb is Verb.UPDATE
        for name in action.part.touched
        if name in states
    }
    if not overwritten:
        return None
    if any(other.append_only and _belongs_to(f, other, entity) for other in f.model.entities):
        return CLEAR
    name, pattern = min(overwritten.items())
    wanted = f"; the history is {need.text}"
    return Hit(
        evidence=f"{pattern} overwrites {name} of {entity.name}, and nothing append-only belongs "
        f"to it{wanted}",
        values={"required": need.is_required},
    )


def _belongs_to(f: DynamoFacts, entity: Entity, ancestor: Entity) -> bool:
    parent = entity.parent
    while parent is not None:
        if parent == ancestor.name:
            return True
        parent = f.model.entity(parent).parent
    return False
