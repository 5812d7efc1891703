"""Run the workload of a design against a database, check every answer, meter every request.

In: an evaluated design, the world that was seeded, a transport. Out: a Proof. It creates no tables
and seeds nothing; it changes items, as the workload's writes do.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product
from typing import Any

from tablewright.core.quantities import DAYS_PER_MONTH, ONE, ZERO
from tablewright.engines.dynamodb.adapter import Consumed, Reply, RequestFailedError, Transport
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, Table
from tablewright.engines.dynamodb.items import (
    around,
    checksum,
    item_for,
    object_key,
    object_place,
)
from tablewright.engines.dynamodb.requests import RequestBuilder, Values
from tablewright.engines.dynamodb.router import OBJECTS
from tablewright.engines.dynamodb.steps import ObjectStep, ReadStep, TransactionStep, WriteStep
from tablewright.evaluation.values import Evaluation, Measure, Route
from tablewright.model.values import Entity, Model, Pattern, Verb
from tablewright.proof.call_prediction import Asked, Prediction, Units
from tablewright.proof.oracle import Answer, Row, Test, World, distance_km, wrong
from tablewright.proof.rows import Decoder, Item, children_of, plain_value
from tablewright.proof.values import Comparison, PatternProof, Proof
from tablewright.proof.workload import Call, Workload
from tablewright.sample.wire import plain_bytes

SHOWN = 3
FEWEST_CALLS = 20
FEWEST_THAT_MATTER = 128
"""Calls of a pattern that is more than one per cent of the bill."""
PARTS = 8
"""The calls of a pattern are compared with their prediction in so many parts, whose differences
say how far the difference of all is due to chance."""
RETRIES = 8

Progress = Callable[[int, int, str], None]


@dataclass
class Tally:
    """What the calls of one pattern came to."""

    units: dict[tuple[str, str], list[Decimal]] = field(default_factory=dict)
    asked: list[tuple[Asked, ...]] = field(default_factory=list)
    predicted: list[Units] = field(default_factory=list)
    """Of each part of the calls, every `PARTS`th call, the mean units of a call."""
    calls: int = 0
    requests: int = 0
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    wrong_calls: int = 0
    failures: list[str] = field(default_factory=list)
    retries: int = 0

    def note(self, consumed: Iterable[Consumed]) -> None:
        """Add the units of one call."""
        sums: dict[tuple[str, str], Decimal] = {}
        for one in consumed:
            key = (one.resource, one.dimension)
            sums[key] = sums.get(key, ZERO) + one.units
        for key in sums:
            if key not in self.units:
                self.units[key] = [ZERO] * self.calls
        for key, figures in self.units.items():
            figures.append(sums.get(key, ZERO))
        self.calls += 1

    def means(self, part: int | None = None) -> Units:
        """Return the mean units of a call, or of those of one part of the calls."""
        found: Units = {}
        for key, figures in self.units.items():
            of_part = figures if part is None else figures[part::PARTS]
            found[key] = sum(of_part, ZERO) / max(1, len(of_part))
        return found

    def spread(self, resource: str | None, dimension: str) -> Decimal:
        """Return the standard error of the mean units of a call, for another choice of calls."""
        columns = [
            figures
            for (name, kind), figures in self.units.items()
            if kind == dimension and resource in (None, name)
        ]
        totals = [sum(row, ZERO) for row in zip(*columns, strict=True)]
        return _error_of(totals)

    def percentile_ms(self, share: float) -> Decimal:
        """Return a percentile of the calls' duration in milliseconds."""
        if not self.seconds:
            return ZERO
        ordered = sorted(self.seconds)
        at = min(len(ordered) - 1, int(share * len(ordered)))
        return Decimal(str(round(ordered[at] * 1000, 3)))


def _error_of(figures: Sequence[Decimal]) -> Decimal:
    """Return the standard error of the mean of some figures."""
    count = len(figures)
    if count < 2:
        return ZERO
    mean = sum(figures, ZERO) / count
    return (sum(((one - mean) ** 2 for one in figures), ZERO) / count / (count - 1)).sqrt()


class Runner:
    """Runs the patterns of one evaluated design."""

    def __init__(
        self, evaluation: Evaluation, world: World, transport: Transport, ttl_shift: int = 0
    ) -> None:
        design = evaluation.design
        assert isinstance(design, DynamoDesign)
        self.evaluation = evaluation
        self.model: Model = evaluation.model
        self.design = design
        self.world = world
        self.transport = transport
        self.ttl_shift = ttl_shift
        self._expiry = {table.ttl for table in design.tables if table.ttl}
        self._embedded = {e.entity for t in design.tables for s in t.shapes for e in s.embeds}
        self.builder = RequestBuilder(self.model, design)
        self._held: dict[str, frozenset[str]] = {}
        self._decoders: dict[ReadStep, Decoder] = {}
        self.tallies: dict[str, Tally] = {}
        self.touched: dict[tuple[str, int], None] = {}
        self._consumed: list[Consumed] = []
        self._shard = 0
        self.objects: dict[str, Any] = {}
        self._tally = Tally()
        self._waited = 0.0
        """Seconds that the requests of a call took, without the checks of its answer."""

    @property
    def expiry_is_seeded(self) -> bool:
        """Whether items hold the sampled time of expiry, or one that was moved on."""
        return not self.ttl_shift

    # ------------------------------------------------------------ one call

    def run(self, route: Route, call: Call, *, is_metered: bool = True) -> None:
        """Carry out one call, check its answer, note what it consumed."""
        pattern = call.pattern
        tally = self._tally = self.tallies.setdefault(pattern.name, Tally())
        self._consumed = []
        asked = Asked.of(call, self.world, self._embedded) if is_metered else ()
        self._waited = 0.0
        problem = ""
        try:
            act = self._write if pattern.verb.is_write else self._read
            problem = act(route, call)
        except RequestFailedError as failed:
            if failed.is_of_all:
                raise
            if len(tally.failures) < SHOWN:
                tally.failures.append(str(failed))
            else:
                tally.wrong_calls += 1
        if is_metered:
            tally.seconds.append(self._waited)
            tally.note(self._consumed)
            tally.asked.append(asked)
        if problem:
            tally.wrong_calls += 1
            if len(tally.wrong) < SHOWN and problem not in tally.wrong:
                tally.wrong.append(problem)

    def _send(self, operation: str, parameters: dict[str, Any], label: str) -> Reply:
        for attempt in range(RETRIES + 1):
            self._tally.requests += 1
            started = time.perf_counter()
            try:
                reply = self.transport.send(operation, parameters, label=label)
            except RequestFailedError as failed:
                self._consumed += self.transport.failed_units()
                if not failed.is_retryable or attempt == RETRIES:
                    raise
                self._tally.retries += 1
                time.sleep(min(2.0, 0.05 * 2**attempt))
                continue
            finally:
                self._waited += time.perf_counter() - started
            self._consumed += reply.consumed
            return reply
        raise AssertionError("unreachable")

    def predict(self, prediction: Prediction, route: Route) -> None:
        """Work out what the estimate gives for the calls of a pattern, part by part."""
        tally = self.tallies[route.pattern]
        for part in range(min(PARTS, tally.calls)):
            tally.predicted.append(prediction.units(route, tally.asked[part::PARTS]))
        tally.asked.clear()

    # ------------------------------------------------------------ reads

    def _read(self, route: Route, call: Call) -> str:
        pattern = call.pattern
        calls = (call, *call.more)
        rows = self._fetch(route, pattern, calls)
        entity = self.model.entity(pattern.entity)
        if pattern.batch > 1:
            return self._wrong_batch(entity, pattern, calls, rows)
        answer = self.world.answer(pattern, call.tests)
        numbers = self.world.numbered_in(entity, answer, rows)
        problem = wrong(self.world, pattern, call.tests, numbers)
        return problem or self._wrong_values(entity, pattern, numbers, rows)

    def _fetch(self, route: Route, pattern: Pattern, calls: Sequence[Call]) -> list[Row]:
        rows: list[Row] = []
        for step in route.steps:
            if isinstance(step, ObjectStep):
                rows = [self._with_object(step, row) for row in rows]
                continue
            assert isinstance(step, ReadStep)
            if step.from_previous:
                rows = self._fetch_rest(step, rows, pattern.name)
            elif step.operation in ("Query", "Scan"):
                rows = self._collect(route, step, pattern, calls[0])
            else:
                rows = self._get(step, [one.row for one in calls], pattern.name)
        near = next((test for test in calls[0].tests if test.operator == "near"), None)
        if route.filtered or near is not None:
            rows = [row for row in rows if _passes(row, calls[0].tests)]
        if near is not None:
            point = near.operands[0]
            rows.sort(key=lambda row: distance_km(row[near.attribute], point))
        if route.sorts_in_code:
            _put_in_order(rows, pattern)
        return rows if pattern.limit is None else rows[: pattern.limit]

    def _get(self, step: ReadStep, given: Sequence[Row], label: str) -> list[Row]:
        if step.operation == "GetItem":
            found = []
            for row in given:
                operation, parameters = self.builder.build(step, Values(row=row))
                item = self._send(operation, parameters, label).body.get("Item")
                found += [item] if item else []
            return self._decoded(step, found)
        items: list[Any] = []
        shards = range(step.shards) if step.shards > 1 else (None,)
        wanted = [Values(row=row, shard=shard) for row in given for shard in shards]
        for start in range(0, len(wanted), 100):
            many = wanted[start : start + 100]
            operation, parameters = self.builder.build_batch(step, many)
            body = self._send(operation, parameters, label).body
            if operation == "TransactGetItems":
                items += [r["Item"] for r in body.get("Responses", ()) if r.get("Item")]
                continue
            items += body.get("Responses", {}).get(step.table, [])
            while body.get("UnprocessedKeys"):
                again = {"RequestItems": body["UnprocessedKeys"]}
                body = self._send(operation, again, label).body
                items += body.get("Responses", {}).get(step.table, [])
        rows = self._decoded(step, items)
        return self._summed(step, rows) if step.shards > 1 else rows

    def _decoded(self, step: ReadStep, items: Sequence[Item]) -> list[Row]:
        """Return the instances that items of a step show."""
        decoder = self._decoders.get(step)
        if decoder is None:
            decoder = self._decoders[step] = Decoder(self.builder, step)
        return decoder.rows(items)

    def _summed(self, step: ReadStep, rows: list[Row]) -> list[Row]:
        """Return one row for each instance, its counters added up over the shards."""
        _, shape, entity = self.builder.place(step)
        found: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            whole = found.setdefault(
                tuple(row.get(name) for name in entity.key),
                {name: value for name, value in row.items() if name not in shape.counters},
            )
            for name in shape.counters:
                if name in row:
                    whole[name] = whole.get(name, 0) + row[name]
        return list(found.values())

    def _fetch_rest(self, step: ReadStep, rows: list[Row], label: str) -> list[Row]:
        if not rows:
            return rows
        more = self._get(step, rows, label)
        entity = self.model.entity(step.entity)
        known = {tuple(row.get(name) for name in entity.key): row for row in more}
        merged = []
        for row in rows:
            rest = known.get(tuple(row.get(name) for name in entity.key))
            if rest is None and len(rows) == 1 and len(more) == 1:
                rest = more[0]
            merged.append({**row, **(rest or {})})
        return merged

    def _collect(self, route: Route, step: ReadStep, pattern: Pattern, call: Call) -> list[Row]:
        rows: list[Row] = []
        near = next((test.attribute for test in call.tests if test.operator == "near"), "")
        cells = around(call.row, near, step.keys) if near else [call.row]
        for row, shard in product(cells, range(step.shards)):
            values = Values(
                row=row,
                bounds=call.bounds,
                shard=shard if step.shards > 1 else None,
            )
            operation, parameters = self.builder.build(step, values)
            enough = None if step.all_pages or route.sorts_in_code or near else pattern.limit
            rows += self._pages(step, operation, parameters, enough, call, pattern.name)
        if step.shards > 1 and pattern.sort and not route.sorts_in_code:
            _put_in_order(rows, pattern)
        return rows

    def _pages(
        self,
        step: ReadStep,
        operation: str,
        parameters: dict[str, Any],
        enough: int | None,
        call: Call,
        label: str,
    ) -> list[Row]:
        rows: list[Row] = []
        while True:
            body = self._send(operation, parameters, label).body
            found = self._decoded(step, body.get("Items", []))
            rows += [row for row in found if _passes(row, call.tests)] if step.filters else found
            last = body.get("LastEvaluatedKey")
            if not last or (enough is not None and len(rows) >= enough):
                return rows
            if call.pattern.verb is Verb.GET and rows:
                return rows
            parameters = {**parameters, "ExclusiveStartKey": last}

    def _wrong_batch(
        self, entity: Entity, pattern: Pattern, calls: Sequence[Call], rows: list[Row]
    ) -> str:
        wanted = dict.fromkeys(n for one in calls for n in self.world.find(entity.name, one.tests))
        numbers = self.world.numbered_in(entity, Answer(list(wanted)), rows)
        if set(numbers) != set(wanted):
            return f"{len(set(numbers))} instances instead of {len(wanted)}"
        return self._wrong_values(entity, pattern, numbers, rows)

    def _wrong_values(
        self, entity: Entity, pattern: Pattern, numbers: Sequence[int | None], rows: list[Row]
    ) -> str:
        wanted = pattern.select if pattern.select is not None else entity.names
        if entity.name not in self._held:
            self._held[entity.name] = self._readable(entity)
        held = self._held[entity.name]
        for number, row in zip(numbers, rows, strict=True):
            assert number is not None
            true = self.world.row(entity.name, number) or {}
            for name in wanted:
                if name in held and true.get(name) != row.get(name):
                    return f"`{name}` of an item is not what was written"
        return ""

    def _readable(self, entity: Entity) -> frozenset[str]:
        """Attributes stored as they are, not compressed."""
        names = set(entity.names)
        for table in self.design.tables:
            if table.ttl and not self.expiry_is_seeded:
                names.discard(table.ttl)
            for shape in table.shapes_of(entity.name):
                names -= {name for name, _ in shape.compress}
        return frozenset(names)

    # ------------------------------------------------------------ writes

    def _write(self, route: Route, call: Call) -> str:
        pattern = call.pattern
        try:
            for step in route.steps:
                if isinstance(step, ReadStep):
                    self._look(step, call, pattern.name)
                elif isinstance(step, ObjectStep):
                    self._write_objects(step, call)
                elif isinstance(step, TransactionStep):
                    self._transact(step, call, pattern.name)
                else:
                    self._single(step, call, pattern)
        except RequestFailedError as failed:
            if failed.is_condition and call.must_fail:
                return ""
            raise
        if call.must_fail:
            return "a write succeeded whose condition does not hold"
        self._remember(call)
        return ""

    # Objects are kept here and nowhere else. What was seeded comes from the sample, if the pointer
    # in the item is that of the seeded value.

    def _with_object(self, step: ObjectStep, row: Row) -> Row:
        """Return a row with an attribute got from object storage, where it has a pointer to it."""
        if row.get(step.attribute) is None:
            return row
        self._consumed.append(
            Consumed(resource=f"{step.table}/{OBJECTS}", dimension="get", units=ONE)
        )
        entity = self.model.entity(step.entity)
        check = str(row[step.attribute])[-len(checksum("")) :]
        key = f"{object_place(step.attribute, entity, row)}/{check}"
        if key in self.objects:
            return {**row, step.attribute: self.objects[key]}
        number = self.world.numbered(entity, row)
        if number is None or number >= self.world.counts[entity.name]:
            return {**row, step.attribute: None}
        seeded = self.world.original(entity.name, number).get(step.attribute)
        return {**row, step.attribute: seeded if checksum(seeded) == check else None}

    def _write_objects(self, step: ObjectStep, call: Call) -> None:
        """Put or delete the objects of an attribute, of every instance a call writes."""
        entity = self.model.entity(step.entity)
        for one in call.parts or (call, *call.more):
            if one.pattern.entity != entity.name:
                continue
            after = one.after or one.row
            value = after.get(step.attribute)
            is_put = step.operation == "PutObject"
            if (value if is_put else one.row.get(step.attribute)) is None:
                continue
            dimension = "put" if is_put else "delete"
            self._consumed.append(
                Consumed(resource=f"{step.table}/{OBJECTS}", dimension=dimension, units=ONE)
            )
            if is_put:
                self.objects[object_key(step.attribute, entity, {**one.row, **after})] = value

    def _look(self, step: ReadStep, call: Call, label: str) -> None:
        operation, parameters = self.builder.build(step, Values(row=call.row))
        while True:
            body = self._send(operation, parameters, label).body
            last = body.get("LastEvaluatedKey")
            if not last or not step.all_pages:
                return
            parameters = {**parameters, "ExclusiveStartKey": last}

    def _single(self, step: WriteStep, call: Call, pattern: Pattern) -> None:
        calls = (call, *call.more)
        if pattern.batch > 1 and step.operation in ("PutItem", "DeleteItem"):
            self._batch(step, calls, pattern.name)
            return
        for one in calls:
            operation, parameters = self.builder.build(step, self._values(step, one))
            self._send(operation, parameters, pattern.name)

    def _batch(self, step: WriteStep, calls: Sequence[Call], label: str) -> None:
        for start in range(0, len(calls), 25):
            writes = []
            for one in calls[start : start + 25]:
                _, parameters = self.builder.build(step, self._values(step, one))
                if step.operation == "PutItem":
                    writes.append({"PutRequest": {"Item": parameters["Item"]}})
                else:
                    writes.append({"DeleteRequest": {"Key": parameters["Key"]}})
            left = {step.table: writes}
            while left:
                body = self._send("BatchWriteItem", {"RequestItems": left}, label).body
                left = body.get("UnprocessedItems") or {}

    def _transact(self, step: TransactionStep, call: Call, label: str) -> None:
        by_entity = {part.pattern.entity: part for part in call.parts} or {
            call.pattern.entity: call
        }
        items = []
        for part in step.parts:
            values = self._values(part, by_entity[part.entity])
            _, parameters = self.builder.build(TransactionStep(parts=(part,)), values)
            items += parameters["TransactItems"]
        self._send("TransactWriteItems", {"TransactItems": items}, label)

    def _values(self, step: WriteStep, call: Call) -> Values:
        entity = self.model.entity(step.entity)
        number = call.number
        if step.embed is not None:
            return self._embedded_values(step, call, entity)
        children = children_of(self.world, entity.name, number)
        shard = None
        if step.shards > 1 and step.shard is None:
            shard = self._shard = (self._shard + 1) % step.shards
        return Values(
            shard=shard,
            row=self._later(call.row),
            after=self._later(call.after),
            children=children,
            must_fail=call.must_fail,
        )

    def _later(self, row: Row) -> Row:
        """Return an instance that expires as much later as the seeded ones do."""
        held = [name for name in self._expiry if isinstance(row.get(name), int)]
        if not self.ttl_shift or not held:
            return row
        return row | {name: row[name] + self.ttl_shift for name in held}

    def _embedded_values(self, step: WriteStep, call: Call, entity: Entity) -> Values:
        parent = self.model.entity(entity.parent or "")
        owner = self.world.numbered(parent, call.row)
        place = 0
        if owner is not None and call.number is not None:
            place = self.world.children(entity.name, parent.name, owner).index(call.number)
        row = dict(call.row)
        if owner is not None:
            row = {**(self.world.row(parent.name, owner) or {}), **row}
        return Values(
            row=row,
            element=call.after or call.row,
            was=call.row,
            place=place,
            must_fail=call.must_fail,
        )

    def _remember(self, call: Call) -> None:
        for one in call.parts or (call, *call.more):
            pattern = one.pattern
            entity = self.model.entity(pattern.entity)
            if pattern.verb is Verb.PUT:
                number = self.world.add(entity, dict(one.row), one.like, one.fresh or 0)
            elif pattern.verb is Verb.CHECK or one.number is None:
                continue
            else:
                number = one.number
                if pattern.appends:
                    grown = self.world.appended.setdefault((entity.name, number), Counter())
                    grown.update(pattern.appends)
                gone = pattern.verb is Verb.DELETE
                if not gone:
                    self._note_sizes(entity, number, one)
                self.world.change(entity.name, number, None if gone else dict(one.after))
            self.touched[entity.name, number] = None
            if entity.name in self._embedded and entity.parent is not None:
                owner = self.world.numbered(self.model.entity(entity.parent), one.row)
                if owner is not None:
                    self.touched[entity.parent, owner] = None

    def _note_sizes(self, entity: Entity, number: int, call: Call) -> None:
        """Keep how big the values are that an update has set, for what is predicted after it."""
        sizes = {
            name: plain_bytes(call.after[name])
            for name in call.pattern.sets
            if call.after.get(name) is not None
        }
        if sizes:
            self.world.written.setdefault((entity.name, number), {}).update(sizes)

    # ------------------------------------------------------------ what the tables hold

    def state_problems(self, most: int = 400) -> tuple[list[str], int]:
        """Compare touched items, and the number of all items, with what they should be."""
        problems: list[str] = []
        checked = 0
        for entity_name, number in list(self.touched)[-most:]:
            row = self.world.row(entity_name, number)
            for table in self.design.tables:
                for shape in table.shapes_of(entity_name):
                    if shape.guards:
                        continue
                    checked += 1
                    problem = self._item_problem(table.name, shape.name, entity_name, number, row)
                    if problem and len(problems) < SHOWN:
                        problems.append(problem)
        return problems, checked

    def _item_problem(
        self, table_name: str, shape_name: str, entity: str, number: int, row: Row | None
    ) -> str:
        table = self.design.table(table_name)
        shape = next(s for s in table.shapes if s.name == shape_name)
        if row is None:
            return ""
        if shape.counters:
            return self._counter_problem(table, shape, entity, row)
        children = children_of(self.world, entity, number)
        wanted = item_for(self.model, table, shape, row, children)
        key = {name: wanted[name] for name in table.keys if name in wanted}
        reply = self.transport.send(
            "GetItem", {"TableName": table.name, "Key": key, "ConsistentRead": True}
        )
        got = reply.body.get("Item")
        if got is None:
            return f"{table.name} lacks an item of {entity} that was written"
        if table.ttl and not self.expiry_is_seeded:
            got = {name: value for name, value in got.items() if name != table.ttl}
            wanted.pop(table.ttl, None)
        if got != wanted:
            names = sorted(n for n in {*got, *wanted} if got.get(n) != wanted.get(n))
            return f"{table.name}: {', '.join(names)} of a {entity} is not what was written"
        return ""

    def _counter_problem(self, table: Table, shape: ItemShape, entity: str, row: Row) -> str:
        """Compare the sums of counters with what was counted."""
        total = dict.fromkeys(shape.counters, 0)
        for shard in range(shape.copies):
            item = item_for(self.model, table, shape, row, lambda child: (), shard)
            key = {name: item[name] for name in table.keys}
            reply = self.transport.send(
                "GetItem", {"TableName": table.name, "Key": key, "ConsistentRead": True}
            )
            held = reply.body.get("Item") or {}
            for name in shape.counters:
                total[name] += plain_value(held[name]) if name in held else 0
        wrong = [name for name in shape.counters if total[name] != (row.get(name) or 0)]
        if wrong:
            return f"{table.name}: {', '.join(wrong)} of a {entity} is not what was counted"
        return ""


def _put_in_order(rows: list[Row], pattern: Pattern) -> None:
    """Sort rows as a pattern asks; those without the attribute come first."""
    for name, descending in reversed(pattern.sort):
        rows.sort(
            key=lambda row: (row.get(name) is not None, row.get(name)),
            reverse=descending,
        )


def _passes(row: Row, tests: Sequence[Test]) -> bool:
    return all(test.attribute not in row or test.holds(row[test.attribute]) for test in tests)


def prove(
    evaluation: Evaluation,
    world: World,
    transport: Transport,
    *,
    requests: int,
    seed: int,
    digest: str,
    ttl_shift: int = 0,
    progress: Progress | None = None,
) -> Proof:
    """Run the workload and return the proof.

    Args:
        evaluation: the design's routes and bill at the seeded number of users.
        world: what was seeded.
        transport: the database.
        requests: calls in all, shared out in proportion to the rates; a pattern gets at least 20.
        seed: of the workload.
        digest: of the model file, to tell later whether the proof is stale.
        ttl_shift: seconds by which the expiry of seeded items was moved on.
        progress: told of calls done, calls in all, and the pattern.
    """
    runner = Runner(evaluation, world, transport, ttl_shift)
    workload = Workload(evaluation.model, world, seed)
    prediction = Prediction(evaluation, world)
    routes = {route.pattern: route for route in evaluation.routes}
    phases = _plan(evaluation, requests, workload)
    done, calls = 0, sum(len(names) for names in phases)
    for phase, names in enumerate(phases):
        is_metered = phase < len(phases) - 1
        workload.seeded_only = is_metered
        for name in names:
            if progress is not None and done % 50 == 0:
                progress(done, calls, name)
            done += 1
            pattern = evaluation.model.pattern(name)
            runner.run(routes[name], workload.call(pattern), is_metered=is_metered)
        if is_metered:
            for name in dict.fromkeys(names):
                runner.predict(prediction, routes[name])
    problems, checked = runner.state_problems()
    patterns = tuple(
        _pattern_proof(routes[p.name], runner.tallies.get(p.name, Tally()), evaluation.sample_items)
        for p in evaluation.model.patterns
    )
    shares = _with_shares(evaluation, patterns)
    return Proof(
        app=evaluation.model.app,
        design=evaluation.design.name,
        users=evaluation.users,
        engine=transport.description,
        seed=seed,
        model_digest=digest,
        patterns=shares,
        predicted_usd=evaluation.bill.total,
        metered_usd=_metered_usd(evaluation, patterns),
        state_problems=tuple(problems),
        items_checked=checked,
    )


def digest_of(source: str) -> str:
    """Return the digest a proof keeps of the model file."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def planned_calls(
    evaluation: Evaluation, world: World, *, requests: int, seed: int
) -> dict[str, int]:
    """Return how often `prove` would call each pattern, given the same arguments."""
    phases = _plan(evaluation, requests, Workload(evaluation.model, world, seed))
    return dict(Counter(name for names in phases for name in names))


def _plan(
    evaluation: Evaluation, requests: int, workload: Workload
) -> tuple[list[str], list[str], list[str]]:
    """Return the patterns in the order of calls: reads, writes, and reads that are not metered.

    A pattern is called as often as its rate says, at least 20 times, and 128 times if it is more
    than a per cent of the bill. Reads are metered on the population the prediction speaks of,
    before writes let it grow; a tenth of them is repeated at the end, to check the answers once
    items have changed.
    """
    served = {route.pattern for route in evaluation.routes if route.is_served}
    rates = {
        p.name: evaluation.model.calls_per_day(p, evaluation.users)
        for p in evaluation.model.patterns
        if p.name in served
    }
    total = sum(rates.values(), ZERO)
    costs = evaluation.bill.sum_by("pattern")
    whole = sum((costs.get(name, ZERO) for name in rates), ZERO)
    reads: list[str] = []
    writes: list[str] = []
    for name, rate in rates.items():
        matters = costs.get(name, ZERO) > whole / 100
        fewest = min(requests, FEWEST_THAT_MATTER if matters else FEWEST_CALLS)
        count = max(fewest, int(rate / total * requests)) if total else fewest
        kind = writes if evaluation.model.pattern(name).verb.is_write else reads
        kind += [name] * count
    workload.random.shuffle(reads)
    workload.random.shuffle(writes)
    again = sorted(set(reads)) + reads[: len(reads) // 10] if writes else []
    return reads, writes, again


def _pattern_proof(route: Route, tally: Tally, sample_items: int) -> PatternProof:
    resources = sorted(
        {(u.resource, u.dimension) for r in route.requests for u in r.uses} | set(tally.units)
    )
    return PatternProof(
        pattern=route.pattern,
        calls=tally.calls,
        requests=tally.requests,
        reads=_compare(route, tally, None, "read", sample_items),
        writes=_compare(route, tally, None, "write", sample_items),
        resources=tuple(
            _compare(route, tally, name, dimension, sample_items) for name, dimension in resources
        ),
        bill_share=ZERO,
        wrong=tuple(tally.wrong),
        wrong_calls=tally.wrong_calls,
        failures=tuple(tally.failures),
        retries=tally.retries,
        latency_ms=(
            tally.percentile_ms(0.5),
            tally.percentile_ms(0.95),
            tally.percentile_ms(0.99),
        ),
        cannot=route.cannot,
    )


def _compare(
    route: Route, tally: Tally, resource: str | None, dimension: str, sample_items: int
) -> Comparison:
    """Return units of one kind: of all instances, of those called as predicted, and as metered."""
    calls = [len(range(part, tally.calls, PARTS)) for part in range(len(tally.predicted))]
    predicted = [_chosen(units, resource, dimension) for units in tally.predicted]
    metered = [
        _chosen(tally.means(part), resource, dimension) for part in range(len(tally.predicted))
    ]
    count = Decimal(max(1, tally.calls))

    def mean(figures: Sequence[Decimal]) -> Decimal:
        return sum((one * n for one, n in zip(figures, calls, strict=True)), ZERO) / count

    estimated = route.units(dimension, resource)
    choice = tally.spread(resource, dimension)
    if tally.calls < FEWEST_THAT_MATTER:
        # the spread of a call, better known from all instances than from a few calls
        choice = max(choice, estimated.error * (Decimal(sample_items) / count).sqrt())
    return Comparison(
        resource=resource or "",
        dimension=dimension,
        estimated=replace(estimated, error=choice),
        predicted=Measure(mean=mean(predicted)),
        metered=Measure(
            mean=mean(metered),
            error=_error_of([m - p for m, p in zip(metered, predicted, strict=True)]),
        ),
    )


def _chosen(units: Units, resource: str | None, dimension: str) -> Decimal:
    return sum(
        (
            one
            for (name, kind), one in units.items()
            if kind == dimension and resource in (None, name)
        ),
        ZERO,
    )


def _with_shares(
    evaluation: Evaluation, patterns: tuple[PatternProof, ...]
) -> tuple[PatternProof, ...]:
    costs = evaluation.bill.sum_by("pattern")
    total = sum((costs.get(p.pattern, ZERO) for p in patterns), ZERO)
    if not total:
        return patterns
    return tuple(replace(p, bill_share=costs.get(p.pattern, ZERO) / total) for p in patterns)


def _metered_usd(evaluation: Evaluation, patterns: Sequence[PatternProof]) -> Decimal:
    """Return the monthly bill with metered units in the place of predicted ones."""
    prices: dict[tuple[str, str], Decimal] = {}
    for line in evaluation.bill.lines:
        for kind, part in (("read", ".ondemand.rru."), ("write", ".ondemand.wru.")):
            if part in line.price_key:
                prices[line.resource, kind] = line.unit_price / line.per
    total = evaluation.bill.total
    for proof in patterns:
        pattern = evaluation.model.pattern(proof.pattern)
        calls = evaluation.model.calls_per_day(pattern, evaluation.users) * DAYS_PER_MONTH
        for one in proof.resources:
            price = prices.get((one.resource, one.dimension), ZERO)
            total += (one.metered.mean - one.predicted.mean) * calls * price
    return total
