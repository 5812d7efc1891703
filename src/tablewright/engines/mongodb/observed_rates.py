"""How often the collections of a MongoDB are asked and written, by the server's own statistics.

In: an open database, an evaluation. Out: calls a day beside what the model expects of them. Where
the profiler writes every operation, its entries are matched with the access patterns by their
shape; else the counters of `top` by collection, else those of serverStatus. Sources: MongoDB
manual, "Database Profiler", "top", "serverStatus", read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import SECONDS_PER_DAY, ZERO
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.evaluation.expected import expected_requests
from tablewright.evaluation.health import ObservedCalls
from tablewright.evaluation.observed_accesses import (
    DELETE,
    INSERT,
    READ,
    UPDATE,
    AccessShape,
    ContainerHome,
    observed_calls,
)
from tablewright.evaluation.values import Evaluation

FEWEST_DAYS = 1
"""Days from which on a rate is told."""
FEWEST_PROFILED_DAYS = Decimal("0.04")
"""An hour: the profiler is a cost, and its collection of 1 MB keeps little."""
MOST_PROFILED = 100_000
EVERYTHING = 2
"""The level of the profiler at which every operation is written."""
COUNTED = {"insert": "insert", "queries": "find", "update": "update", "remove": "delete"}
"""Counters of `top`, and what the model calls the same."""
SERVER_COUNTED = {"insert": "insert", "query": "find", "update": "update", "delete": "delete"}
_EQUAL = ("$eq", "$in")

Ask = Callable[[str, str], Mapping[str, Any] | None]
"""Sends a command for a check; None, and the check is listed as not done, where it is refused."""


class ObservedRates:
    """The rates of the collections of one design."""

    def __init__(
        self, database: Any, design: MongoDesign, evaluation: Evaluation, ask: Ask
    ) -> None:
        self._database, self._design, self._evaluation = database, design, evaluation
        self._ask = ask
        self.unchecked: list[tuple[str, str]] = []
        self.source = ""
        """What was counted, in words; "" where nothing was."""

    def calls(self, profile: Mapping[str, Any], status: Mapping[str, Any]) -> list[ObservedCalls]:
        """Return calls a day; none where too short a time is known.

        Args:
            profile: what the profiler is set to; empty where that is not known.
            status: the reply of serverStatus; empty where it was refused.
        """
        is_sampled = Decimal(str(profile.get("sampleRate", 1))) < 1
        if profile.get("was") == EVERYTHING and not is_sampled:
            listed = self._profiled()
            if listed:
                return listed
        days = Decimal(str(status.get("uptime", 0))) / SECONDS_PER_DAY
        if days < FEWEST_DAYS:
            self.unchecked.append(
                ("rates", f"the server counts for {days:.1f} days, not {FEWEST_DAYS}")
            )
            return []
        self.unchecked.append(
            (
                "rates of single access patterns",
                "the profiler does not write every operation: db.setProfilingLevel(2) for an hour "
                "or more, then doctor, then db.setProfilingLevel(0)",
            )
        )
        top = self._ask("rates by collection", "top")
        if top is not None:
            self.source = f"top, over {days:.1f} days"
            return list(self._by_collection(top.get("totals", {}), days))
        self.source = f"serverStatus: opcounters of all databases, over {days:.1f} days"
        return list(self._of_server(status.get("opcounters", {}), days))

    # ------------------------------------------------------------ the profiler

    def _profiled(self) -> list[ObservedCalls]:
        entries = list(self._database["system.profile"].find().limit(MOST_PROFILED))
        moments = [entry["ts"] for entry in entries if isinstance(entry.get("ts"), dt.datetime)]
        seconds = (max(moments) - min(moments)).total_seconds() if moments else 0
        days = Decimal(str(seconds)) / SECONDS_PER_DAY
        if days < FEWEST_PROFILED_DAYS:
            self.unchecked.append(
                ("rates by the profiler", f"its entries cover {seconds / 60:.0f} minutes, not 60")
            )
            return []
        self.source = f"system.profile, {len(entries):,} operations in {days:.2f} days"
        counts = Counter(
            shape for entry in entries for shape in shapes_of(entry, self._evaluation, self._design)
        )
        counted = [(shape, count / days) for shape, count in counts.items()]
        return list(observed_calls(self._evaluation, _homes(self._design), counted))

    # ------------------------------------------------------------ counters

    def _by_collection(self, totals: Mapping[str, Any], days: Decimal) -> Iterator[ObservedCalls]:
        expected: dict[tuple[str, str], dict[str, Decimal]] = {}
        for (target, operation), patterns in expected_requests(self._evaluation).items():
            by_pattern = expected.setdefault((target.partition("/")[0], operation), {})
            for name, calls in patterns.items():
                by_pattern[name] = by_pattern.get(name, ZERO) + calls
        for collection in self._design.collections:
            counters = totals.get(f"{self._database.name}.{collection.name}", {})
            for counter, operation in COUNTED.items():
                count = counters.get(counter, {}).get("count", 0)
                patterns = expected.get((collection.name, operation), {})
                if count or patterns:
                    yield _calls(collection.name, operation, Decimal(count) / days, patterns)

    def _of_server(self, counters: Mapping[str, Any], days: Decimal) -> Iterator[ObservedCalls]:
        expected: dict[str, dict[str, Decimal]] = {}
        for (_, operation), patterns in expected_requests(self._evaluation).items():
            by_pattern = expected.setdefault(operation, {})
            for name, calls in patterns.items():
                by_pattern[name] = by_pattern.get(name, ZERO) + calls
        for counter, operation in SERVER_COUNTED.items():
            if counter in counters:
                observed = Decimal(counters[counter]) / days
                yield _calls("server", operation, observed, expected.get(operation, {}))


def _calls(
    place: str, operation: str, observed: Decimal, patterns: Mapping[str, Decimal]
) -> ObservedCalls:
    return ObservedCalls(
        place=place,
        operation=operation,
        observed_per_day=observed,
        expected_per_day=sum(patterns.values(), ZERO),
        patterns=tuple(sorted(patterns)),
    )


def _homes(design: MongoDesign) -> dict[str, list[ContainerHome]]:
    homes: dict[str, list[ContainerHome]] = {}
    for collection in design.collections:
        homes.setdefault(collection.entity, []).append(ContainerHome(container=collection.name))
    for collection in design.collections:
        for embed in collection.embeds:
            home = ContainerHome(container=collection.name, embedded_as=embed.attribute)
            homes.setdefault(embed.entity, []).append(home)
    return homes


def shapes_of(
    entry: Mapping[str, Any], evaluation: Evaluation, design: MongoDesign
) -> Iterator[AccessShape]:
    """Yield what an entry of the profiler asks of the collections of a design.

    An entry of a whole command has a statement for each update or delete; one of a single
    statement has its filter as `q`.
    """
    name = str(entry.get("ns", "")).partition(".")[2]
    collection = next((each for each in design.collections if each.name == name), None)
    command = entry.get("command")
    if collection is None or not isinstance(command, Mapping):
        return
    key = evaluation.model.entity(collection.entity).key
    if entry.get("op") == "insert":
        yield AccessShape(container=name, verb=INSERT)
    elif entry.get("op") in ("update", "remove"):
        statements = command.get("updates") or command.get("deletes") or [command]
        verb = UPDATE if entry["op"] == "update" else DELETE
        for statement in statements:
            equal, compared = _selected(statement.get("q"), key)
            yield AccessShape(
                container=name,
                verb=verb,
                equal=equal,
                compared=compared,
                changed=_changed(statement.get("u"), key) if verb == UPDATE else frozenset(),
            )
    elif "find" in command:
        equal, compared = _selected(command.get("filter"), key)
        yield AccessShape(container=name, verb=READ, equal=equal, compared=compared)
    elif "aggregate" in command:
        stages = [stage for stage in command.get("pipeline") or () if isinstance(stage, Mapping)]
        if any("$collStats" in stage or "$indexStats" in stage for stage in stages):
            return
        if len(stages) == 2 and stages[0] == {"$match": {}} and "$group" in stages[1]:
            return  # how many documents there are: what count_documents asks
        match: dict[str, Any] = {}
        for stage in stages:
            match |= stage.get("$match") or {}
        for stage in stages:
            match |= stage.get("$geoNear", {}).get("query") or {}
        equal, compared = _selected(match, key)
        yield AccessShape(container=name, verb=READ, equal=equal, compared=compared)


def _selected(condition: Any, key: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the attributes that a filter binds to values, and those it compares otherwise."""
    equal: set[str] = set()
    compared: set[str] = set()
    for field, value in condition.items() if isinstance(condition, Mapping) else ():
        if field == "$and":
            for each in value:
                inner = _selected(each, key)
                equal |= inner[0]
                compared |= inner[1]
        elif not str(field).startswith("$"):
            signs = (
                [s for s in value if str(s).startswith("$")] if isinstance(value, Mapping) else ()
            )
            is_equal = not signs or signs[0] in _EQUAL
            (equal if is_equal else compared).update(_attributes(str(field), key))
    return frozenset(equal), frozenset(compared)


def _changed(update: Any, key: Sequence[str]) -> frozenset[str]:
    stages: Iterable[Any] = update if isinstance(update, list) else [update]
    return frozenset(
        name
        for stage in stages
        if isinstance(stage, Mapping)
        for operator, fields in stage.items()
        if str(operator).startswith("$") and isinstance(fields, Mapping)
        for field in fields
        for name in _attributes(str(field).partition(".")[0], key)
    )


def _attributes(field: str, key: Sequence[str]) -> Sequence[str]:
    """Return what a field stands for: `_id` for the key, an embedded one for its last name."""
    return key if field == "_id" else (field.rpartition(".")[2],)
