"""Show that a limit in the condition of a counting update holds where several callers meet it.

In: a seeded database, a pattern that adds one under a condition such as `requests < limit`. Out:
how many of the callers passed, and for how many there was room. The instance is set to just below
its limit; then all callers ask at the same moment, once each.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.evaluation.doors import Adapter
from tablewright.evaluation.values import Route
from tablewright.model.values import Condition, Pattern, Verb
from tablewright.proof.lost_updates import at_once
from tablewright.proof.runner import Proving, Runner, children_of
from tablewright.proof.values import KeptLimit
from tablewright.proof.workload import Workload
from tablewright.sample.conditions import all_hold, write_tests

CALLERS = 8
ROOM = 3
"""Callers that fit below the limit."""


def limit_of(pattern: Pattern) -> Condition | None:
    """Return the comparison that bounds a number from above to which a pattern adds one."""
    amounts = dict(pattern.amounts)
    if pattern.verb is not Verb.UPDATE or pattern.batch > 1:
        return None
    return next(
        (
            test
            for test in pattern.condition_tests
            if test.operator in ("lt", "le")
            and test.attribute in pattern.increments
            and amounts.get(test.attribute, 1) == 1
            and (test.other or test.value is not None)
        ),
        None,
    )


def all_kept_limits(
    proving: Proving, failed: Collection[str] = frozenset()
) -> tuple[KeptLimit, ...]:
    """Return how many callers at once passed each limit; the database is changed by it.

    Patterns that have failed, one after the other, are not asked for at once.
    """
    model = proving.evaluation.model
    routes = {route.pattern: route for route in proving.evaluation.routes}
    tried = [
        p
        for p in model.patterns
        if p.name not in failed and limit_of(p) is not None and routes[p.name].is_served
    ]
    if not tried:
        return ()
    runner, workload = Runner(proving), Workload(model, proving.world, proving.seed)
    found = (kept_limit(runner, workload, routes[p.name], p) for p in tried)
    return tuple(entry for entry in found if entry is not None)


def kept_limit(
    runner: Runner, workload: Workload, route: Route, pattern: Pattern
) -> KeptLimit | None:
    """Let several callers add one to a number just below its limit; None where there is none."""
    test, call = limit_of(pattern), workload.call(pattern)
    if test is None or call.number is None:
        return None
    entity = runner.model.entity(pattern.entity)
    row = dict(runner.world.row(entity.name, call.number) or {})
    bound: Any = row.get(test.other) if test.other else Decimal(str(test.value))
    if bound is None or bound < ROOM:
        return None
    first = bound - ROOM + (1 if test.operator == "le" else 0)
    row[test.attribute] = int(first) if first == int(first) else first
    call = replace(call, row=row, must_fail=False)
    if not all_hold(write_tests(entity, call), row):
        return None  # something else prevents it
    children = children_of(runner.world, entity.name, call.number)
    runner.adapter.bulk_write(runner.codec.encode(entity.name, row, children))
    prepared = runner.prepared(call)
    passed: list[bool] = []

    def work(adapter: Adapter, barrier: threading.Barrier) -> None:
        barrier.wait()
        passed.append(adapter.run(route, prepared, is_metered=False).is_condition_met)

    at_once(runner, CALLERS, work)
    return KeptLimit(
        pattern=pattern.name,
        attribute=test.attribute,
        callers=CALLERS,
        room=ROOM,
        passed=sum(passed),
    )
