"""What a store needs to know of each access pattern before it is called.

In: a model, a design, its engine. Out: for each pattern its signature and route, and for each write
the reads by which the stored instance can be found where a write has to know more of it than its
caller does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tablewright.bill.prices import PriceBook
from tablewright.capacity.units import Consistency
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.evaluation.engine import Engine
from tablewright.evaluation.parameters import Signature, signature_of
from tablewright.evaluation.values import Evaluation, Route
from tablewright.model.pattern_checks import identifies
from tablewright.model.values import Model, Pattern, Rate, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLE_ITEMS = 128
OBJECT_REQUESTS = frozenset({"GetObject", "PutObject", "DeleteObject"})
CHANGES = frozenset({Verb.UPDATE, Verb.DELETE, Verb.CHECK})


@frozen
class StoredRead:
    """A read that finds the stored instances a write speaks of."""

    pattern: Pattern
    route: Route


@frozen
class ServedPattern:
    """One access pattern on one design."""

    pattern: Pattern
    signature: Signature
    route: Route
    finders: Mapping[str, tuple[StoredRead, ...]]
    """By the name of the write (the pattern, or a part of its transaction), the best first."""

    @property
    def refusal(self) -> str:
        """Why it cannot be called; "" if it can."""
        if self.route.cannot:
            return self.route.cannot
        if any(request.operation in OBJECT_REQUESTS for request in self.route.requests):
            return "it keeps an attribute in object storage, which the store does not reach"
        return ""


def is_one(model: Model, pattern: Pattern) -> bool:
    """Whether a write names one instance."""
    return identifies(model.entity(pattern.entity), (*pattern.equalities, *pattern.known))


def served_patterns(
    engine: Engine, model: Model, design: Design, users: int, book: PriceBook, region: str
) -> tuple[dict[str, ServedPattern], Evaluation]:
    """Return what each pattern is served by, and the evaluation of the design.

    Args:
        engine: of the design.
        model: the model.
        design: the design.
        users: the scale at which routes are chosen: the cheapest there.
        book: prices.
        region: whose prices.
    """
    finders = {part.name: list(_finders(part)) for part in _changes(model)}
    searched = replace(
        model,
        patterns=(*model.patterns, *(finder for listed in finders.values() for finder in listed)),
    )
    evaluation = engine.evaluate(
        searched, design, users, book, region=region, sample_items=SAMPLE_ITEMS
    )
    served: dict[str, ServedPattern] = {}
    for pattern in model.patterns:
        reads: dict[str, tuple[StoredRead, ...]] = {}
        for part in pattern.parts or (pattern,):
            routes = [(f, evaluation.route(f.name)) for f in finders.get(part.name, ())]
            reads[part.name] = tuple(
                StoredRead(pattern=finder, route=route)
                for finder, route in routes
                if route.is_served
            )
        served[pattern.name] = ServedPattern(
            pattern=pattern,
            signature=signature_of(model, pattern),
            route=evaluation.route(pattern.name),
            finders=reads,
        )
    return served, evaluation


def _changes(model: Model) -> Iterator[Pattern]:
    for pattern in model.patterns:
        for part in pattern.parts or (pattern,):
            if part.verb in CHANGES and part.where:
                yield part


def _finders(part: Pattern) -> Iterator[Pattern]:
    """Yield reads of what a write speaks of: by all that may be known and consistent first."""
    for known in (part.known, ()) if part.known else ((),):
        for consistency in (Consistency.STRONG, Consistency.EVENTUAL):
            yield Pattern(
                name=f"{part.name}~{'known' if known else 'asked'}~{consistency.value}",
                verb=Verb.LIST,
                entity=part.entity,
                rate=Rate(per_day=ZERO),
                where=tuple(c for c in part.where if c.operator == "eq"),
                known=known,
                matched=Decimal(1),
                complete=True,
                consistency=consistency,
            )
