"""How well each engine fits each access pattern: what kind it is, how it is served, a score.

In: the board. Out: one row for each pattern and a mean for each engine, weighted by calls. The
score is 10 for one request through a key or an index, less for what reads more than it returns,
0 for what cannot be served.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tablewright.compare.board import Board
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.values import Route
from tablewright.model.values import Kind, Model, Pattern, Verb

ONE_REQUEST = Decimal(10)
MORE_TRIPS = Decimal(7)
READS_MORE = Decimal(5)
WHOLE_TABLE = Decimal(1)
KINDS = {
    Verb.NEAR: "search by place",
    Verb.SEARCH: "search by words",
    Verb.SIMILAR: "search for similar",
    Verb.AGGREGATE: "aggregate",
    Verb.SCAN: "whole table",
    Verb.TRANSACT: "transaction",
    Verb.PUT: "write",
    Verb.DELETE: "write",
}


@frozen
class EngineFit:
    """How an engine serves a pattern: the words and the score of 0 to 10."""

    engine: str
    how: str
    score: Decimal


@frozen
class PatternFit:
    """An access pattern, what kind of access it is, and how each engine serves it."""

    pattern: str
    kind: str
    engines: tuple[EngineFit, ...]


def kind_of(model: Model, pattern: Pattern) -> str:
    """Return what kind of access a pattern is: key-value, time series, list, counter and so on."""
    if pattern.verb in KINDS:
        return KINDS[pattern.verb]
    if pattern.verb is Verb.GET:
        return "key-value"
    if pattern.verb is Verb.UPDATE:
        return "counter" if pattern.increments else "write"
    entity = model.entity(pattern.entity)
    names = [name for name, _ in pattern.sort]
    names += [c.attribute for c in pattern.where if c.operator in ("between", "ge", "gt", "lt")]
    kinds = [attribute.kind for name in names if (attribute := entity.find(name)) is not None]
    return "time series" if any(kind in (Kind.TIMESTAMP, Kind.DATE) for kind in kinds) else "list"


def fits_of(board: Board) -> tuple[PatternFit, ...]:
    """Return the fit of every access pattern, on the best design of each engine."""
    routes = {}
    for engine in board.engines:
        ranked = board.ranked(engine, board.users)
        if ranked:
            routes[engine] = {route.pattern: route for route in ranked[0].routes}
    return tuple(
        PatternFit(
            pattern=pattern.name,
            kind=kind_of(board.model, pattern),
            engines=tuple(
                _fit(engine, pattern, by_name[pattern.name])
                for engine, by_name in routes.items()
                if pattern.name in by_name
            ),
        )
        for pattern in board.model.patterns
    )


def _fit(engine: str, pattern: Pattern, route: Route) -> EngineFit:
    finds_many = pattern.verb in (Verb.LIST, Verb.AGGREGATE, Verb.NEAR, Verb.SEARCH)
    grades: tuple[tuple[Callable[[Route], bool], str, Decimal], ...] = (
        (lambda r: not r.is_served, "cannot", ZERO),
        (lambda r: r.operation == "scan", "reads the whole table", WHOLE_TABLE),
        (lambda r: r.sorts_in_code, "is sorted by the caller", READS_MORE),
        (lambda r: finds_many and bool(r.filtered), "reads more than it returns", READS_MORE),
        (lambda r: r.depth > 1, f"{route.depth} round trips", MORE_TRIPS),
    )
    for holds, words, score in grades:
        if holds(route):
            return EngineFit(engine=engine, how=words, score=score)
    return EngineFit(engine=engine, how=route.operation or "one request", score=ONE_REQUEST)


def mean_fits(board: Board, fits: tuple[PatternFit, ...]) -> tuple[tuple[str, Decimal], ...]:
    """Return the fit of each engine over all patterns, weighted by their calls."""
    calls = {p.name: board.model.calls_per_day(p, board.users) for p in board.model.patterns}
    all_calls = sum(calls.values()) or Decimal(1)
    totals: dict[str, Decimal] = {}
    for fit in fits:
        for engine_fit in fit.engines:
            totals[engine_fit.engine] = (
                totals.get(engine_fit.engine, ZERO) + engine_fit.score * calls[fit.pattern]
            )
    return tuple((engine, total / all_calls) for engine, total in totals.items())
