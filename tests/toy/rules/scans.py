"""Predicates about reads without a key."""

from __future__ import annotations

from tablewright.model.values import Pattern
from tablewright.review.verdicts import CLEAR, Hit, Verdict
from toy.reviewing import ToyFacts


def toy_idx_001(facts: ToyFacts, pattern: Pattern) -> Verdict:
    if pattern.verb.is_write:
        return None
    route = facts.evaluation.route(pattern.name)
    looked = route.units("read").mean
    if looked <= facts.k["many_records"]:
        return CLEAR
    return Hit(evidence=f"{looked:.0f} records are looked at in {route.target}")
