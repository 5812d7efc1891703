"""Show that a read-modify-write loses updates where several callers do it at once.

In: a seeded database, a pattern that reads, changes and writes back (`atomic: false`) without a
condition. Out: how many of so many changes were lost. Callers read the same instance at the same
moment, each adds one to a number of it, and each writes what it came to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

from tablewright.evaluation.doors import Adapter, Record
from tablewright.evaluation.values import Route
from tablewright.model.values import Model, Pattern, Verb
from tablewright.proof.runner import Proving, Runner, children_of
from tablewright.proof.values import LostUpdates
from tablewright.proof.workload import Workload
from tablewright.sample.calls import Call

CALLERS = 4
ROUNDS = 5


def counted_attribute(model: Model, pattern: Pattern) -> str:
    """Return the number that a pattern reads, changes and writes back; "" where it does not."""
    if pattern.verb is not Verb.UPDATE or pattern.atomic or pattern.condition or pattern.batch > 1:
        return ""
    entity = model.entity(pattern.entity)
    numbers = [n for n in pattern.sets if entity.has(n) and entity.attribute(n).kind.is_number]
    return next(iter(numbers), "")


def all_lost_updates(
    proving: Proving, failed: Collection[str] = frozenset()
) -> tuple[LostUpdates, ...]:
    """Return what callers at once lose of each pattern that reads, changes and writes back.

    The instances that are tried are those of a new workload: it runs after the proof itself, and
    leaves out patterns that have failed in it.
    """
    model = proving.evaluation.model
    routes = {route.pattern: route for route in proving.evaluation.routes}
    tried = [p for p in model.patterns if p.name not in failed and counted_attribute(model, p)]
    if not tried:
        return ()
    runner, workload = Runner(proving), Workload(model, proving.world, proving.seed)
    found = (lost_updates(runner, workload, routes[p.name], p) for p in tried)
    return tuple(entry for entry in found if entry is not None)


def lost_updates(
    runner: Runner, workload: Workload, route: Route, pattern: Pattern
) -> LostUpdates | None:
    """Let several callers change one instance at once; None where the pattern cannot lose any."""
    attribute = counted_attribute(runner.model, pattern)
    call = workload.call(pattern) if attribute and route.is_served else None
    if call is None or call.number is None or call.must_fail:
        return None
    entity = runner.model.entity(pattern.entity)
    row = runner.world.row(entity.name, call.number) or {}
    children = children_of(runner.world, entity.name, call.number)
    records = list(runner.codec.encode(entity.name, row, children))
    holding = [record for record in records if attribute in _attributes(runner.adapter, record)]
    if not holding:
        return None
    record = holding[0]
    before = _value(runner.adapter, record, attribute)

    def work(adapter: Adapter, barrier: threading.Barrier) -> None:
        for _ in range(ROUNDS):
            barrier.wait()
            seen = _value(adapter, record, attribute)
            barrier.wait()  # all have read before anyone writes
            after = {**row, attribute: seen + 1}
            adapter.run(route, runner.prepared(_changed(call, after)), is_metered=False)

    at_once(runner, CALLERS, work)
    increments = CALLERS * ROUNDS
    counted = int(_value(runner.adapter, record, attribute) - before)
    return LostUpdates(
        pattern=pattern.name, attribute=attribute, made=increments, lost=increments - counted
    )


def at_once(
    runner: Runner, callers: int, work: Callable[[Adapter, threading.Barrier], None]
) -> None:
    """Let several callers work at the same time, each with an adapter of its own.

    Args:
        runner: of the database.
        callers: how many.
        work: what each does; it waits at the barrier for the others. What it raises is raised here.
    """
    barrier = threading.Barrier(callers)
    broken: list[BaseException] = []

    def guarded(adapter: Adapter) -> None:
        try:
            work(adapter, barrier)
        except threading.BrokenBarrierError:
            return
        except BaseException as problem:  # raised again below
            broken.append(problem)
            barrier.abort()

    with ExitStack() as stack:
        forks = [stack.enter_context(closing(runner.adapter.fork())) for _ in range(callers)]
        threads = [threading.Thread(target=guarded, args=(fork,)) for fork in forks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if broken:
        raise broken[0]


def _changed(call: Call, after: Mapping[str, Any]) -> Call:
    return replace(call, after=dict(after))


def _attributes(adapter: Adapter, record: Record) -> Mapping[str, Any]:
    """Return the attributes of an instance as they are stored now; none of a guard's."""
    stored = adapter.stored(record)
    if stored is None:
        return {}
    fragments = list(adapter.codec.decode(record.container, stored))
    return fragments[0].attributes if fragments else {}


def _value(adapter: Adapter, record: Record, attribute: str) -> Any:
    """Return a number of an instance as it is stored now."""
    return _attributes(adapter, record).get(attribute) or 0
