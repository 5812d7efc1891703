"""Call a database as often as the users of a model do, whether it keeps up or not.

In: a `Proving` (an evaluated design whose database is seeded) and a LoadPlan. Out: a LoadRun. The
loop is open: calls come at random moments at the rate that is asked for, and the time a call takes
counts from the moment it was due, the wait for a free client included. Answers are not checked:
that is `runner`'s work.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.quantities import ONE, ZERO
from tablewright.evaluation.doors import Adapter, CallFailedError
from tablewright.evaluation.values import Evaluation, Route
from tablewright.model.statistics import percentile
from tablewright.model.values import Model, Verb
from tablewright.proof.load_values import (
    CallResult,
    LoadPlan,
    LoadRun,
    LoadSlice,
    PatternLoad,
    TimedCall,
)
from tablewright.proof.runner import Proving, Runner
from tablewright.proof.workload import Workload
from tablewright.sample.calls import Call

MOST_CALLS = 1_000_000
"""Of one run: each is kept until the end."""
MOST_SLICES = 30
GRACE_SECONDS = 10.0
"""How long calls that are due may still be worked on after the last one came."""
SHOWN = 5


def peak_rates(model: Model, users: int) -> dict[str, Decimal]:
    """Return the calls a second of each pattern at its stated peak; reports come as on average."""
    return {
        pattern.name: model.calls_per_second(pattern, users)
        * (pattern.peak if pattern.purpose == "online" else ONE)
        for pattern in model.patterns
    }


def callable_rates(evaluation: Evaluation) -> dict[str, Decimal]:
    """Return the peak rates of the patterns that the design serves and a client can call."""
    rates = peak_rates(evaluation.model, evaluation.users)
    return {
        route.pattern: rates[route.pattern]
        for route in evaluation.routes
        if route.is_served
        and rates[route.pattern]
        and evaluation.model.pattern(route.pattern).verb is not Verb.SEARCH
    }


def expected_calls(plan: LoadPlan, rates: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return how many calls of each pattern a run makes, on average."""
    total = sum(rates.values(), ZERO)
    calls = sum(((end - start) * rate for start, end, rate in plan.phases), ZERO)
    return {name: calls * rate / total for name, rate in rates.items()} if total else {}


def require_some_calls(plan: LoadPlan, rates: Mapping[str, Decimal]) -> None:
    """Make sure that there is something to call, and no more than can be kept.

    Raises:
        UsageError: otherwise.
    """
    if not rates:
        raise UsageError("no access pattern that is served has a rate", remedy="state rates")
    expected = round(sum(expected_calls(plan, rates).values(), ZERO))
    if expected > MOST_CALLS:
        raise UsageError(
            f"this would be about {expected:,} calls, more than {MOST_CALLS:,}",
            remedy="take a shorter --duration, or fewer calls a second: --rate",
        )


def arrivals(
    plan: LoadPlan, rates: Mapping[str, Decimal], chance: random.Random
) -> Iterator[tuple[float, str]]:
    """Yield when each call is due, in seconds from the start, and its pattern.

    The gaps are those of callers who know nothing of each other: exponential.
    """
    names, weights = list(rates), [float(rate) for rate in rates.values()]
    for start, end, rate in plan.phases:
        moment = float(start)
        while rate:
            moment += chance.expovariate(float(rate))
            if moment >= end:
                break
            yield moment, chance.choices(names, weights)[0]


class LockedRunner(Runner):
    """A runner whose instances several threads ask for: one at a time."""

    def __init__(self, proving: Proving) -> None:
        super().__init__(proving)
        self.lock = threading.RLock()

    def prepared(self, call: Call) -> Call:
        """Return a call whose closures wait for their turn."""
        ready = super().prepared(call)
        return replace(
            ready,
            children=self._in_turn(ready.children),
            parent=self._in_turn(ready.parent),
            place=self._in_turn(ready.place),
            seeded=self._in_turn(ready.seeded),
        )

    def _in_turn(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            with self.lock:
                return function(*arguments)

        return run


class Clients:
    """Threads that carry out calls as they come, each with a connection of its own."""

    def __init__(self, runner: LockedRunner, adapters: Sequence[Adapter], start: float) -> None:
        self._runner = runner
        self._start = start
        self._due: queue.SimpleQueue[tuple[float, Route, Call] | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._broken: list[BaseException] = []
        self.calls: list[TimedCall] = []
        self._threads = [
            threading.Thread(target=self._work, args=(adapter,), daemon=True)
            for adapter in adapters
        ]
        for thread in self._threads:
            thread.start()

    def put(self, due: float, route: Route, call: Call) -> None:
        """Hand over a call that is due."""
        if self._broken:
            raise self._broken[0]
        self._due.put((due, route, call))

    def finish(self, within_seconds: float) -> None:
        """Wait until what is due is done, or the time is over; the rest is not begun."""
        for _ in self._threads:
            self._due.put(None)
        until = time.perf_counter() + within_seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.perf_counter()))
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._broken:
            raise self._broken[0]

    def abandon(self) -> None:
        """Begin no further call, and wait for those that are under way."""
        self._stop.set()
        for _ in self._threads:
            self._due.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, adapter: Adapter) -> None:
        try:
            while (item := self._due.get()) is not None:
                due, route, call = item
                if self._stop.is_set():
                    self.calls.append(TimedCall(pattern=route.pattern, due=due))
                else:
                    self.calls.append(self._carry_out(adapter, due, route, call))
        except BaseException as problem:  # raised again by whoever waits for the threads
            self._broken.append(problem)

    def _carry_out(self, adapter: Adapter, due: float, route: Route, call: Call) -> TimedCall:
        begun = time.perf_counter() - self._start
        result, message = CallResult.DONE, ""
        repeats = 0
        try:
            outcome = adapter.run(route, call, is_metered=False)
        except CallFailedError as failed:
            result, message, repeats = CallResult.ERROR, failed.message, failed.outcome.retries
        except EngineError as failed:
            result, message = CallResult.ERROR, failed.message
        else:
            repeats = outcome.retries
            if call.pattern.verb.is_write and outcome.is_condition_met and not call.must_fail:
                with self._runner.lock:
                    self._runner.remember(call)
            elif not outcome.is_condition_met and not call.must_fail:
                result, message = CallResult.REFUSED, outcome.message
        return TimedCall(
            pattern=route.pattern,
            due=due,
            begun=begun,
            ended=time.perf_counter() - self._start,
            repeats=repeats,
            result=result,
            message=message,
        )


def run_load(proving: Proving, plan: LoadPlan) -> LoadRun:
    """Call the patterns at the plan's rate and return what came of it.

    Raises:
        UsageError: there is nothing to call, or more than can be kept.
        EngineError: no connection could be opened.
    """
    evaluation = proving.evaluation
    rates = {
        name: rate
        for name, rate in callable_rates(evaluation).items()
        if not proving.adapter.cannot_run(evaluation.model.pattern(name))
    }
    require_some_calls(plan, rates)
    runner = LockedRunner(proving)
    workload = Workload(evaluation.model, proving.world, proving.seed)
    routes = {route.pattern: route for route in evaluation.routes}
    limits = proving.adapter.limit_throughput()
    adapters = [proving.adapter.fork() for _ in range(plan.clients)]
    lags: list[float] = []
    clients: Clients | None = None
    try:
        started = time.perf_counter()
        clients = Clients(runner, adapters, started)
        schedule = arrivals(plan, rates, random.Random(proving.seed))
        for number, (due, name) in enumerate(schedule):
            with runner.lock:
                call = workload.call(evaluation.model.pattern(name))
                runner.ensure_parents(call)
            ready = runner.prepared(call)
            if proving.progress is not None and number % 50 == 0:
                proving.progress(int(due), int(plan.seconds), f"{name}, {due:.0f} s")
            time.sleep(max(0.0, started + due - time.perf_counter()))
            lags.append(time.perf_counter() - started - due)
            clients.put(due, routes[name], ready)
        clients.finish(GRACE_SECONDS)
    except BaseException:
        if clients is not None:
            clients.abandon()
        raise
    finally:
        for adapter in adapters:
            adapter.close()
    return summarized(proving, plan, rates, clients.calls, lags, limits)


def summarized(
    proving: Proving,
    plan: LoadPlan,
    rates: Mapping[str, Decimal],
    calls: Sequence[TimedCall],
    lags: Sequence[float],
    limits: str = "",
) -> LoadRun:
    """Return a run in figures.

    Args:
        proving: what was called.
        plan: how often.
        rates: of the patterns that were called.
        calls: what became of each call.
        lags: seconds by which each call was handed over too late, by this program's own fault.
        limits: what the stand-in of a database was told to refuse.
    """
    messages = Counter(call.message for call in calls if call.result is CallResult.ERROR)
    bad = [c.ended for c in calls if c.result is CallResult.ERROR or c.repeats]
    return LoadRun(
        app=proving.evaluation.model.app,
        design=proving.evaluation.design.name,
        database=proving.evaluation.design.engine,
        users=proving.evaluation.users,
        engine=proving.adapter.description,
        date=proving.date,
        machine=proving.machine,
        is_embedded=proving.adapter.is_local,
        stands_in=proving.adapter.stands_in,
        limits=limits,
        plan=plan,
        total=_pattern_load("", calls),
        patterns=tuple(
            _pattern_load(name, [call for call in calls if call.pattern == name]) for name in rates
        ),
        slices=slices(plan, calls),
        first_trouble_s=None if not bad else _seconds(min(bad)),
        own_delay_ms=_ms(lags, 99),
        errors=tuple(f"{count} x {text}" for text, count in messages.most_common(SHOWN)),
        not_called=tuple(p.name for p in proving.evaluation.model.patterns if p.name not in rates),
    )


def slices(plan: LoadPlan, calls: Sequence[TimedCall]) -> tuple[LoadSlice, ...]:
    """Return a run over time: calls in the slice they were due in, throughput by when they ended.

    What came to its end after the last slice counts in none.
    """
    count = max(1, min(MOST_SLICES, int(plan.seconds)))
    length = float(plan.seconds) / count
    result = []
    for place in range(count):
        low, high = place * length, (place + 1) * length
        due = [call for call in calls if low <= call.due < high]
        ended = [c for c in calls if c.result is CallResult.DONE and low <= c.ended < high]
        waiting = sum(1 for c in calls if c.due < high and (c.begun is None or c.begun >= high))
        load = _pattern_load("", due)
        result.append(
            LoadSlice(
                start_s=_seconds(low),
                asked_per_second=_rate(len(due), length),
                done_per_second=_rate(len(ended), length),
                waiting=waiting,
                repeats=load.repeats,
                refused=load.refused,
                errors=load.errors,
                latency_ms=load.latency_ms,
            )
        )
    return tuple(result)


def _pattern_load(name: str, calls: Sequence[TimedCall]) -> PatternLoad:
    results = Counter(call.result for call in calls)
    took = [c.ended - c.due for c in calls if c.result in (CallResult.DONE, CallResult.REFUSED)]
    return PatternLoad(
        pattern=name,
        asked=len(calls),
        done=results[CallResult.DONE],
        refused=results[CallResult.REFUSED],
        errors=results[CallResult.ERROR],
        not_begun=results[CallResult.NOT_BEGUN],
        repeats=sum(call.repeats for call in calls),
        latency_ms=(_ms(took, 50), _ms(took, 95), _ms(took, 99)),
    )


def _ms(seconds: Sequence[float], percent: int) -> Decimal | None:
    """Return a percentile in milliseconds; None of nothing."""
    if not seconds:
        return None
    return Decimal(str(round(percentile(sorted(seconds), percent) * 1000, 3)))


def _seconds(seconds: float) -> Decimal:
    return Decimal(str(round(seconds, 3)))


def _rate(count: int, seconds: float) -> Decimal:
    return Decimal(str(round(count / seconds, 2)))
