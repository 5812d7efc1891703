"""Predicates about isolation; what each rule means is in `rules/security.yaml`."""

from __future__ import annotations

from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.model.values import Pattern
from tablewright.review.verdicts import CLEAR, Hit, Missing, Verdict


def ddb_sec_001(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """The owner of data is not in the key it is asked by."""
    if not pattern.scope:
        if f.model.need("multi_tenant").is_required and pattern.purpose == "online":
            return Missing("which tenant or owner attribute bounds each access pattern (`scope`)")
        return None
    route = f.route(pattern)
    if route is None or not route.is_served:
        return None
    target = route.target or next((r.target for r in route.requests), "")
    place = f.place(target)
    if place is None:
        return None
    for part in pattern.parts or (pattern,):
        if part.entity != pattern.entity:
            continue
        created = [
            t for s, t in f.templates(place, place.partition_keys) if s.entity == part.entity
        ]
        if created and all(
            pattern.scope in {n for template in templates for n in template.attributes}
            for templates in created
        ):
            return CLEAR
    names = {w.attribute for w in pattern.where} | set(pattern.condition_on)
    return Hit(
        evidence=(
            f"{pattern.name} belongs to {pattern.scope}, but the partition key of {place.name} is "
            f"{', '.join(place.partition_keys)}"
        ),
        values={"checked": pattern.scope in names},
        covers=(place.name,),
    )
