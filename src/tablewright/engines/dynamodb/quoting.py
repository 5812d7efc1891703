"""Quote a DynamoDB design part by part, for a planner that chooses among its indexes.

In: a routing context. Out: a Quotation: for every question each correct path with its units, the
units every write takes on the table and on each index, the bytes of each resource. It does not
choose, and knows no price.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tablewright.capacity.limits import STORAGE_OVERHEAD_BYTES
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.reading.context import Context, ReadOption
from tablewright.engines.dynamodb.reading.router import ReadRouter
from tablewright.engines.dynamodb.write_requests import Unservable, parts_of
from tablewright.engines.dynamodb.writer import WriteRouter
from tablewright.evaluation.quotation import FixedUse, Quotation, QuotedPath, Slot
from tablewright.evaluation.values import Request
from tablewright.model.values import Pattern, Verb


def quote_design(context: Context) -> Quotation:
    """Return what each path, each write and each resource of a design takes."""
    reads = ReadRouter(context)
    writes = WriteRouter(context, reads)
    slots: list[Slot] = []
    fixed: list[FixedUse] = []
    cannot: list[tuple[str, str]] = []
    depths: list[tuple[str, int]] = []
    for pattern in context.model.patterns:
        if pattern.verb is Verb.READ:
            slots += [_slot(reads, part, pattern.name, n) for n, part in enumerate(pattern.parts)]
            continue
        if not pattern.verb.is_write:
            slots.append(_slot(reads, pattern, pattern.name, 0))
            continue
        try:
            result, requests, depth = _write(writes, reads, pattern)
        except Unservable as problem:
            cannot.append((pattern.name, str(problem)))
            continue
        slots += result
        fixed += _uses(pattern, requests)
        depths.append((pattern.name, depth))
    stored, largest = _stored(context)
    return Quotation(
        slots=tuple(slots),
        fixed=tuple(fixed),
        stored=stored,
        largest=largest,
        cannot=tuple(cannot),
        depths=tuple(depths),
        objects=tuple(object_bytes(context)),
    )


def _write(
    writes: WriteRouter, reads: ReadRouter, pattern: Pattern
) -> tuple[list[Slot], tuple[Request, ...], int]:
    searches = [writes.search(part, pattern) for part in parts_of(pattern)]
    requests, depth = writes.write_requests(pattern, [search is not None for search in searches])
    slots = [
        _slot(reads, search, pattern.name, place)
        for place, search in enumerate(searches)
        if search is not None
    ]
    return slots, requests, depth


def _slot(reads: ReadRouter, question: Pattern, pattern: str, part: int) -> Slot:
    options, rejected = reads.options(question)
    if not options:
        reason = "; ".join(dict.fromkeys(f"{r.route}: {r.reason}" for r in rejected))
        return Slot(pattern=pattern, part=part, cannot=reason)
    return Slot(pattern=pattern, part=part, paths=tuple(_path(option) for option in options))


def _path(option: ReadOption) -> QuotedPath:
    uses = [use for request in option.requests for use in request.uses]
    read: dict[str, Decimal] = {}
    for use in uses:
        if use.dimension == "read":
            read[use.resource] = read.get(use.resource, ZERO) + use.units.mean
    return QuotedPath(
        resources=tuple(read),
        units=option.read_units,
        by_resource=tuple(read.items()),
        operation=option.operation,
        depth=option.depth,
        fetches=option.fetches,
        sorts_in_code=option.sorts_in_code,
        objects=sum((use.units.mean for use in uses if use.dimension == "get"), ZERO),
    )


def _uses(pattern: Pattern, requests: tuple[Request, ...]) -> list[FixedUse]:
    return [
        FixedUse(
            pattern=pattern.name,
            resource=use.resource,
            dimension=use.dimension,
            units=use.units.mean,
        )
        for request in requests
        for use in request.uses
    ]


def object_bytes(context: Context) -> Iterator[tuple[str, Decimal]]:
    """Yield the bytes each table keeps in object storage, for tables that keep any there."""
    for table in context.design.tables:
        total = ZERO
        for shape in table.shapes:
            count = context.selectivity.instances(shape.entity)
            for name in shape.offload:
                column = context.size_of(table, shape).object_bytes(name)
                total += count * sum(column) / len(column)
        if total:
            yield table.name, total


def _stored(
    context: Context,
) -> tuple[tuple[tuple[str, Decimal], ...], tuple[tuple[str, int], ...]]:
    stored: list[tuple[str, Decimal]] = []
    largest: list[tuple[str, int]] = []
    for table in context.design.tables:
        for index in (None, *table.indexes):
            name = table.name if index is None else f"{table.name}/{index.name}"
            total, maximum = ZERO, 0
            for shape in table.shapes:
                sizes = context.size_of(table, shape)
                column = sizes.items() if index is None else sizes.entries(index)
                present = [size for size in column if size is not None]
                if not present:
                    continue
                count = context.selectivity.instances(shape.entity) * shape.copies
                billed = sum(present) + len(present) * STORAGE_OVERHEAD_BYTES
                total += count * billed / len(column)
                maximum = max(maximum, max(present))
            stored.append((name, total))
            largest.append((name, maximum))
    return tuple(stored), tuple(largest)
