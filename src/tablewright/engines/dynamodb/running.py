"""Carry out the steps of a route on DynamoDB for one call.

In: a route of a design, a call with its values, a transport. Out: the instances that came back, in
the order asked for, and what the requests consumed. It checks nothing and remembers nothing but
the objects it has put, where the design keeps some in object storage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from tablewright.capacity.limits import MAX_BATCH_GET_KEYS, MAX_BATCH_WRITE_ITEMS
from tablewright.core.quantities import ONE
from tablewright.engines.dynamodb.decoding import Decoder, Item
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.items import (
    around,
    checksum,
    in_buckets,
    object_key,
    object_place,
)
from tablewright.engines.dynamodb.reading.context import OBJECTS
from tablewright.engines.dynamodb.requests import RequestBuilder, Values
from tablewright.engines.dynamodb.steps import ObjectStep, ReadStep, TransactionStep, WriteStep
from tablewright.engines.dynamodb.transport import RequestFailedError, RetryingTransport
from tablewright.evaluation.doors import CallFailedError, Consumption, Outcome
from tablewright.evaluation.values import Route
from tablewright.model.values import Model, Pattern, Verb
from tablewright.sample.calls import Call, Row
from tablewright.sample.conditions import write_tests
from tablewright.sample.world import Test, distance_km


class InstanceMissingError(Exception):
    """A write found nothing to write to."""


class RouteRunner:
    """Runs routes of one design."""

    def __init__(
        self,
        model: Model,
        design: DynamoDesign,
        transport: RetryingTransport,
        *,
        keeps_values: bool = False,
    ) -> None:
        self.model = model
        self.design = design
        self.transport = transport
        self.builder = RequestBuilder(model, design, keeps_values=keeps_values)
        self.objects: dict[str, Any] = {}
        """Objects that were put; there is no object storage beside the local engine."""
        self._decoders: dict[int, tuple[ReadStep, Decoder]] = {}
        """By the identity of a step, kept with it: to hash one takes as long as to decode."""
        self._shard = 0
        self._position: Any = None
        """Where the next page of the list at hand begins."""

    def run(self, route: Route, call: Call) -> Outcome:
        """Carry out one call.

        Raises:
            CallFailedError: it failed for a reason of its own.
            EngineError: every further call would fail as well.
        """
        self.transport.begin()
        try:
            if call.pattern.verb is Verb.READ:
                return self._outcome(parts=self._several_kinds(route, call))
            if not call.pattern.verb.is_write:
                self._position = None
                rows = tuple(self._read(route, call))
                return self._outcome(rows=rows, position=self._position)
            self._write(route, call)
        except InstanceMissingError as missing:
            return self._outcome(is_condition_met=False, message=str(missing), is_missing=True)
        except RequestFailedError as failed:
            if failed.is_condition:
                return self._outcome(
                    is_condition_met=False,
                    message=str(failed),
                    is_missing=failed.is_missing and _must_exist(call),
                )
            if failed.is_of_all:
                raise
            raise CallFailedError(
                str(failed),
                self._outcome(),
                remedy=failed.remedy,
                is_of_values=failed.is_of_values,
            ) from failed
        return self._outcome()

    def _outcome(
        self,
        *,
        rows: tuple[Row, ...] = (),
        is_condition_met: bool = True,
        message: str = "",
        is_missing: bool = False,
        position: Any = None,
        parts: tuple[tuple[Row, ...], ...] = (),
    ) -> Outcome:
        return Outcome(
            rows=rows,
            parts=parts,
            is_missing=is_missing,
            position=position,
            is_condition_met=is_condition_met,
            message=message,
            consumed=tuple(self.transport.consumed),
            requests=self.transport.requests,
            retries=self.transport.retries,
            seconds=self.transport.seconds,
        )

    def _send(self, operation: str, parameters: dict[str, Any], label: str) -> dict[str, Any]:
        return self.transport.send(operation, parameters, label=label).body

    # ------------------------------------------------------------ reads

    def _read(self, route: Route, call: Call) -> list[Row]:
        pattern = call.pattern
        rows: list[Row] = []
        is_chosen = False
        for step in route.steps:
            follows = isinstance(step, ObjectStep) or (
                isinstance(step, ReadStep) and step.from_previous
            )
            if follows and not is_chosen:  # what is left out needs no second request
                rows, is_chosen = self._chosen(route, call, rows), True
            if isinstance(step, ObjectStep):
                rows = [self._with_object(step, row, call) for row in rows]
                continue
            assert isinstance(step, ReadStep)
            if step.from_previous:
                rows = self._fetch_rest(step, rows, pattern.name)
            elif step.operation == "SearchVectors":
                operation, parameters = self.builder.build(step, Values(row=call.row))
                body = self._send(operation, parameters, pattern.name)
                rows = self._decoded(step, [entry["Item"] for entry in body["SearchResults"]])
            elif step.operation in ("Query", "Scan"):
                rows = self._collect(route, step, pattern, call)
            else:
                rows = self._get(step, [each.row for each in call.all], pattern.name)
        return rows if is_chosen else self._chosen(route, call, rows)

    def _chosen(self, route: Route, call: Call, rows: list[Row]) -> list[Row]:
        """Return the rows that are asked for, in their order: all that is looked at is read."""
        pattern = call.pattern
        near = next((test for test in call.tests if test.operator == "near"), None)
        if route.filtered or near is not None:
            rows = [row for row in rows if _passes(row, call.tests)]
        if near is not None:
            point = near.operands[0]
            rows.sort(key=lambda row: distance_km(row[near.attribute], point))
        if route.sorts_in_code:
            _put_in_order(rows, pattern)
        if call.is_page and pattern.limit is not None and not _pages_by_key(route, call):
            return self._cut_out(rows, call)
        return rows if pattern.limit is None else rows[: pattern.limit]

    def _several_kinds(self, route: Route, call: Call) -> tuple[tuple[Row, ...], ...]:
        """Return the rows of each part of a `read`: by routes of their own, or out of one query."""
        if route.parts:
            return tuple(
                tuple(self._read(own, part))
                for own, part in zip(route.parts, call.parts, strict=True)
            )
        (step,) = route.steps
        assert isinstance(step, ReadStep)
        operation, parameters = self.builder.build(step, Values(row=call.row, bounds=call.bounds))
        items: list[Item] = []
        while True:
            body = self._send(operation, parameters, call.pattern.name)
            items += body.get("Items", [])
            last = body.get("LastEvaluatedKey")
            if not last or step.limit is not None:
                break
            parameters = {**parameters, "ExclusiveStartKey": last}
        answers: list[tuple[Row, ...]] = []
        for kind, part in zip(step.kinds, call.parts, strict=True):
            rows = [row for row in self._decoded(kind, items) if _passes(row, part.tests)]
            _put_in_order(rows, part.pattern)
            answers.append(tuple(rows[: part.pattern.limit]))
        return tuple(answers)

    def _cut_out(self, rows: list[Row], call: Call) -> list[Row]:
        """Return a page of rows that only a position counts: those of shards, or sorted in code."""
        limit = call.pattern.limit or len(rows)
        start = int(call.resume or 0)
        if len(rows) > start + limit:
            self._position = start + limit
        return rows[start : start + limit]

    def _get(self, step: ReadStep, requested: Sequence[Row], label: str) -> list[Row]:
        if step.operation == "GetItem":
            replies = []
            for row in requested:
                operation, parameters = self.builder.build(step, Values(row=row))
                replies.append(self._send(operation, parameters, label).get("Item"))
            return self._decoded(step, [item for item in replies if item])
        items: list[Any] = []
        shards = range(step.shards) if step.shards > 1 else (None,)
        values = [Values(row=row, shard=shard) for row in requested for shard in shards]
        for start in range(0, len(values), MAX_BATCH_GET_KEYS):
            operation, parameters = self.builder.build_batch(
                step, values[start:][:MAX_BATCH_GET_KEYS]
            )
            body = self._send(operation, parameters, label)
            if operation == "TransactGetItems":
                items += [r["Item"] for r in body.get("Responses", ()) if r.get("Item")]
                continue
            items += body.get("Responses", {}).get(step.table, [])
            while body.get("UnprocessedKeys"):
                again = {"RequestItems": body["UnprocessedKeys"]}
                body = self._send(operation, again, label)
                items += body.get("Responses", {}).get(step.table, [])
        rows = self._decoded(step, items)
        return self._summed(step, rows) if step.shards > 1 else rows

    def _decoded(self, step: ReadStep, items: Sequence[Item]) -> list[Row]:
        """Return the instances that items of a step show."""
        return list(self._decoder(step).rows(items))

    def _decoder(self, step: ReadStep) -> Decoder:
        remembered = self._decoders.get(id(step))
        if remembered is None:
            remembered = self._decoders[id(step)] = (step, Decoder(self.builder, step))
        return remembered[1]

    def _summed(self, step: ReadStep, rows: list[Row]) -> list[Row]:
        """Return one row for each instance, its counters added up over the shards."""
        _, shape, entity = self.builder.place(step)
        sums: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            total = sums.setdefault(
                tuple(row.get(name) for name in entity.key),
                {name: value for name, value in row.items() if name not in shape.counters},
            )
            for name in shape.counters:
                if name in row:
                    total[name] = total.get(name, 0) + row[name]
        return list(sums.values())

    def _fetch_rest(self, step: ReadStep, rows: list[Row], label: str) -> list[Row]:
        if not rows:
            return rows
        more = self._get(step, rows, label)
        entity = self.model.entity(step.entity)
        by_key = {tuple(row.get(name) for name in entity.key): row for row in more}
        merged: list[Row] = []
        for row in rows:
            rest = by_key.get(tuple(row.get(name) for name in entity.key))
            if rest is None and len(rows) == 1 and len(more) == 1:
                rest = more[0]
            merged.append({**row, **(rest or {})})
        return merged

    def _collect(self, route: Route, step: ReadStep, pattern: Pattern, call: Call) -> list[Row]:
        rows: list[Row] = []
        for each in call.all:
            rows += self._collect_one(route, step, pattern, each)
        return rows

    def _collect_one(self, route: Route, step: ReadStep, pattern: Pattern, call: Call) -> list[Row]:
        rows: list[Row] = []
        near = next((test.attribute for test in call.tests if test.operator == "near"), "")
        cells = around(call.row, near, step.keys) if near else [call.row]
        if step.bucket:
            cells = in_buckets(step, call)
        for place, (row, shard) in enumerate(product(cells, range(step.shards)), 1):
            values = Values(
                row=row,
                bounds=call.bounds,
                shard=shard if step.shards > 1 else None,
            )
            operation, parameters = self.builder.build(step, values)
            enough = None if step.all_pages or route.sorts_in_code or near else pattern.limit
            rows_wanted = enough
            if _pages_by_key(route, call):
                return self._page(step, operation, parameters, call)
            if call.is_page and enough is not None:
                enough += int(call.resume or 0) + 1
                parameters.pop("Limit", None)
            if (
                step.bucket
                and step.shards == 1
                and rows_wanted is not None
                and "Limit" in parameters
            ):
                enough = parameters["Limit"] = rows_wanted - len(rows)
            rows += self._pages(step, operation, parameters, enough, call)
            is_last_shard = place % step.shards == 0
            if (
                step.bucket
                and is_last_shard
                and rows_wanted is not None
                and len(rows) >= rows_wanted
            ):
                break
        if step.shards > 1 and pattern.sort and not route.sorts_in_code:
            _put_in_order(rows, pattern)
        return rows

    def _page(
        self, step: ReadStep, operation: str, parameters: dict[str, Any], call: Call
    ) -> list[Row]:
        """Return one page of a single query, and keep the key after which the next begins."""
        limit = call.pattern.limit
        assert limit is not None
        last = call.resume
        rows: list[Row] = []
        decoder = self._decoder(step)
        if step.filters:
            parameters = self._with_key(step, parameters)
        while True:
            if not step.filters:
                parameters = {**parameters, "Limit": limit - len(rows)}
            if last is not None:
                parameters = {**parameters, "ExclusiveStartKey": last}
            body = self._send(operation, parameters, call.pattern.name)
            last = body.get("LastEvaluatedKey")
            items = body.get("Items", [])
            for place, item in enumerate(items):
                shown = decoder.rows([item])
                rows += [r for r in shown if not step.filters or _passes(r, call.tests)]
                if len(rows) >= limit:
                    is_last = place == len(items) - 1
                    self._position = last if is_last else self._key_of(step, item)
                    return rows
            if last is None:
                return rows

    def _key_names(self, step: ReadStep) -> tuple[str, ...]:
        """Return the attributes of the key after which a query goes on."""
        table, _, _ = self.builder.place(step)
        names = dict.fromkeys(table.keys)
        if step.index is not None:
            names |= dict.fromkeys(table.index(step.index).keys)
        return tuple(names)

    def _key_of(self, step: ReadStep, item: Item) -> dict[str, Any]:
        """Return the key of an item, as a query goes on after it."""
        return {name: item[name] for name in self._key_names(step)}

    def _with_key(self, step: ReadStep, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return a request that also asks for the key, where it asks for some attributes only."""
        projection = parameters.get("ProjectionExpression")
        if projection is None:
            return parameters
        names = dict(parameters.get("ExpressionAttributeNames", {}))
        shown = {names.get(part, part) for part in projection.split(", ")}
        for number, name in enumerate(self._key_names(step)):
            if name not in shown:
                names[f"#key{number}"] = name
                projection += f", #key{number}"
        more = {"ProjectionExpression": projection, "ExpressionAttributeNames": names}
        return {**parameters, **more}

    def _pages(
        self,
        step: ReadStep,
        operation: str,
        parameters: dict[str, Any],
        enough: int | None,
        call: Call,
    ) -> list[Row]:
        rows: list[Row] = []
        while True:
            body = self._send(operation, parameters, call.pattern.name)
            page = self._decoded(step, body.get("Items", []))
            rows += [row for row in page if _passes(row, call.tests)] if step.filters else page
            last = body.get("LastEvaluatedKey")
            if not last or (enough is not None and len(rows) >= enough):
                return rows
            if call.pattern.verb is Verb.GET and rows:
                return rows
            parameters = {**parameters, "ExclusiveStartKey": last}

    # ------------------------------------------------------------ writes

    def _write(self, route: Route, call: Call) -> None:
        label = call.pattern.name
        for step in route.steps:
            if isinstance(step, ReadStep):
                if not call.is_stored:
                    call = self._look(step, call, label)
            elif isinstance(step, ObjectStep):
                self._write_objects(step, call)
            elif isinstance(step, TransactionStep):
                self._transact(step, call, label)
            else:
                self._single(step, call)

    def _look(self, step: ReadStep, call: Call, label: str) -> Call:
        """Read what a write has to know first; return the call with what was found.

        Raises:
            InstanceMissingError: nothing was, and what is not there must not be written.
        """
        part = next((each for each in call.parts if each.pattern.entity == step.entity), call)
        rows: list[Row] = []
        for each in part.all:
            operation, parameters = self.builder.build(step, Values(row=each.row))
            while True:
                body = self._send(operation, parameters, label)
                if call.must_exist:
                    items = body.get("Items", [body["Item"]] if body.get("Item") else [])
                    rows += self._decoded(step, items)
                last = body.get("LastEvaluatedKey")
                if not last or not step.all_pages:
                    break
                parameters = {**parameters, "ExclusiveStartKey": last}
        if not call.must_exist:
            return call
        if not rows:
            raise InstanceMissingError(f"no {step.entity} is there")
        return replace(call, row={**rows[0], **call.row})

    def _single(self, step: WriteStep, call: Call) -> None:
        if call.pattern.batch > 1 and step.operation in ("PutItem", "DeleteItem"):
            self._batch(step, call.all, call.pattern.name)
            return
        for each in call.parts[step.part].all if call.parts else call.all:
            operation, parameters = self.builder.build(step, self.values(step, each, call))
            self._send(operation, parameters, call.pattern.name)

    def _batch(self, step: WriteStep, calls: Sequence[Call], label: str) -> None:
        for start in range(0, len(calls), MAX_BATCH_WRITE_ITEMS):
            writes = []
            for each in calls[start : start + MAX_BATCH_WRITE_ITEMS]:
                _, parameters = self.builder.build(step, self.values(step, each))
                if step.operation == "PutItem":
                    writes.append({"PutRequest": {"Item": parameters["Item"]}})
                else:
                    writes.append({"DeleteRequest": {"Key": parameters["Key"]}})
            unprocessed = {step.table: writes}
            while unprocessed:
                body = self._send("BatchWriteItem", {"RequestItems": unprocessed}, label)
                unprocessed = body.get("UnprocessedItems") or {}

    def _transact(self, step: TransactionStep, call: Call, label: str) -> None:
        for each in (call,) if call.parts else call.all:
            items = self.transact_items(step, each)
            if _must_exist(each):
                items = self._without_pairs(items)
                for content in (content for item in items for content in item.values()):
                    if "ConditionExpression" in content:
                        content["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            self._send("TransactWriteItems", {"TransactItems": items}, label)

    def transact_items(self, step: TransactionStep, call: Call) -> list[dict[str, Any]]:
        """Return the items of one transaction, those of a part's batch one after the other."""
        items: list[dict[str, Any]] = []
        for write in step.parts:
            for each in call.parts[write.part].all if call.parts else (call,):
                values = self.values(write, each, call)
                _, parameters = self.builder.build(TransactionStep(parts=(write,)), values)
                items += parameters["TransactItems"]
        return items

    def _without_pairs(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return a transaction without removing and writing the same key, which would be refused.

        The key of an item, or the value that a guard keeps, has not changed after all.
        """
        removed = {
            self._place_of(item["Delete"]): item["Delete"] for item in items if "Delete" in item
        }
        distinct: list[dict[str, Any]] = []
        same: set[tuple[str, str]] = set()
        for item in items:
            place = self._place_of(item["Put"]) if "Put" in item else None
            if place is None or place not in removed:
                distinct.append(item)
                continue
            same.add(place)
            deleted = removed[place]
            table = self.design.table(place[0])
            is_guard = set(item["Put"]["Item"]) <= set(table.keys)
            if not is_guard:
                parts = {n: v for n, v in deleted.items() if n not in ("Key", "TableName")}
                put = {"TableName": place[0], "Item": item["Put"]["Item"], **parts}
                distinct.append({"Put": put})
        return [i for i in distinct if "Delete" not in i or self._place_of(i["Delete"]) not in same]

    def _place_of(self, write: Mapping[str, Any]) -> tuple[str, str]:
        """Return the table and the key of a put or a delete."""
        table = self.design.table(write["TableName"])
        content = write.get("Item", write.get("Key", {}))
        return table.name, str([content.get(name) for name in table.keys])

    def values(self, step: WriteStep, call: Call, whole: Call | None = None) -> Values:
        """Return what fills a write step for a call, of a transaction for one of its parts."""
        tests = write_tests(self.model.entity(call.pattern.entity), call)
        amounts = {name: call.amount(name) for name in call.pattern.increments}
        if step.embed is not None:
            return Values(
                row={**call.parent(), **call.row},
                element=call.after or call.row,
                was=call.row,
                place=call.place(),
                must_fail=call.must_fail,
                tests=tests,
                amounts=amounts,
                must_exist=call.must_exist,
            )
        shard = None
        if step.shards > 1 and step.shard is None:
            shard = self._shard = (self._shard + 1) % step.shards
        return Values(
            shard=shard,
            row=call.row,
            after=call.after,
            children=call.children if whole is None else whole.put_inside(step.inside, call),
            must_fail=call.must_fail,
            tests=tests,
            amounts=amounts,
            must_exist=call.must_exist,
        )

    # ------------------------------------------------------------ objects

    def _with_object(self, step: ObjectStep, row: Row, call: Call) -> Row:
        """Return a row with an attribute got from object storage, where it has a pointer to it.

        What was seeded comes from whoever calls, if the pointer is that of the seeded value.
        """
        if row.get(step.attribute) is None:
            return row
        self._count_object(step, "get")
        entity = self.model.entity(step.entity)
        check = str(row[step.attribute])[-len(checksum("")) :]
        key = f"{object_place(step.attribute, entity, row)}/{check}"
        if key in self.objects:
            return {**row, step.attribute: self.objects[key]}
        seeded = call.seeded(entity.name, row, step.attribute)
        return {**row, step.attribute: seeded if checksum(seeded) == check else None}

    def _write_objects(self, step: ObjectStep, call: Call) -> None:
        """Put or delete the objects of an attribute, of every instance a call writes."""
        entity = self.model.entity(step.entity)
        for each in call.instances:
            if each.pattern.entity != entity.name:
                continue
            after = each.after or each.row
            value = after.get(step.attribute)
            is_put = step.operation == "PutObject"
            if (value if is_put else each.row.get(step.attribute)) is None:
                continue
            self._count_object(step, "put" if is_put else "delete")
            if is_put:
                self.objects[object_key(step.attribute, entity, {**each.row, **after})] = value

    def _count_object(self, step: ObjectStep, dimension: str) -> None:
        self.transport.consumed.append(
            Consumption(resource=f"{step.table}/{OBJECTS}", dimension=dimension, units=ONE)
        )


def _must_exist(call: Call) -> bool:
    """Whether a write of a call is of something that has to be there."""
    return any(part.must_exist for part in call.parts or (call,))


def _pages_by_key(route: Route, call: Call) -> bool:
    """Whether a page ends at a key of one query, after which the next goes on."""
    reads = [step for step in route.steps if isinstance(step, ReadStep)]
    return (
        call.is_page
        and call.pattern.limit is not None
        and reads[0].shards == 1
        and reads[0].embed is None
        and not reads[0].bucket
        and not route.sorts_in_code
        and not any(test.operator == "near" for test in call.tests)
    )


def _put_in_order(rows: list[Row], pattern: Pattern) -> None:
    """Sort rows as a pattern asks; those without the attribute come first."""
    for name, descending in reversed(pattern.sort):
        rows.sort(
            key=lambda row: (row.get(name) is not None, row.get(name)),
            reverse=descending,
        )


def _passes(row: Row, tests: Sequence[Test]) -> bool:
    return all(test.attribute not in row or test.holds(row[test.attribute]) for test in tests)
