"""The predicate about kinds of items that share a table; the rule is in `rules/key_design.yaml`."""

from __future__ import annotations

from itertools import combinations

from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.review.verdicts import CLEAR, Hit, Verdict


def ddb_key_008(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """Kinds that nothing reads or writes together, and that share no key, are in one table."""
    shapes = [s for s in place.table.shapes if not s.guards]
    entities = list(dict.fromkeys(shape.entity for shape in shapes))
    if len(entities) < 2:
        return None
    joined = {name: {name} for name in entities}
    for first, second in combinations(entities, 2):
        if _belong_together(f, place, first, second):
            both = joined[first] | joined[second]
            for name in both:
                joined[name] = both
    families = list({frozenset(both) for both in joined.values()})
    if len(families) == 1:
        return CLEAR
    told = " and ".join(sorted(", ".join(sorted(family)) for family in families))
    kept = {f.model.entity(name).retention_days is not None for name in entities}
    return Hit(
        evidence=f"{place.name} holds {told}, which no pattern asks for together and which share "
        "no partition key",
        values={"differ": len(kept) > 1},
    )


def _belong_together(f: DynamoFacts, place: TableOrIndex, first: str, second: str) -> bool:
    """Whether two kinds are read or written in one operation, or their keys share values."""
    for pattern in f.model.patterns:
        touched = {part.entity for part in (pattern.parts or (pattern,))}
        if {first, second} <= touched:
            return True
    groups = ({p.entity for p in group} for group in f.groups.values())
    if any({first, second} <= group for group in groups):
        return True
    names = [
        {
            n
            for s, ts in f.templates(place, place.partition_keys)
            if s.entity == e
            for t in ts
            for n in t.sources
        }
        for e in (first, second)
    ]
    return bool(names[0] & names[1]) or _is_relative(f, first, second)


def _is_relative(f: DynamoFacts, first: str, second: str) -> bool:
    """Whether one kind is a child of the other, or both have a parent in common."""
    above = [{e, f.model.entity(e).parent} - {None} for e in (first, second)]
    return bool(above[0] & above[1])
