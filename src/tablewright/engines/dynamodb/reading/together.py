"""Several kinds of instances in one request: a query over an item collection that holds them all.

In: a `read` pattern. Out: an option for each table or index in which all its kinds have the same
partition key, or the reason why one request does not do. What else lies in the collection is read
and paid for.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate, pairwise

from tablewright.capacity.limits import PAGE_BYTES
from tablewright.capacity.units import Consistency
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO, format_number
from tablewright.engines.dynamodb.access import KeyMatch, SortBound, match_key
from tablewright.engines.dynamodb.design import Index, ItemShape, KeyTemplate, Table, TemplatePart
from tablewright.engines.dynamodb.metering import query_measure
from tablewright.engines.dynamodb.populations import Collected
from tablewright.engines.dynamodb.reading.completion import read_why
from tablewright.engines.dynamodb.reading.context import Context, ReadOption
from tablewright.engines.dynamodb.reading.key_reads import KeyReads
from tablewright.engines.dynamodb.reading.query_plans import literal_start, serves_order
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Rejected, Request, UnitUse
from tablewright.model.values import Condition, Pattern, Verb


@frozen
class _Kind:
    """One kind of item that the query meets."""

    shape: ItemShape
    range: Condition | None
    part: Pattern | None
    """Which part of the pattern it answers; None of what is only read on the way."""
    at_most: int | None = None
    """Items of it before the query stops."""


class TogetherReads:
    """Queries that answer all parts of a `read`."""

    def __init__(self, context: Context, keyed: KeyReads) -> None:
        self.context, self.keyed = context, keyed
        self.model = context.model

    def options(self, pattern: Pattern) -> tuple[list[ReadOption], list[Rejected]]:
        """Return every single request that answers the pattern, and why others do not."""
        options: list[ReadOption] = []
        rejected: list[Rejected] = []
        for table in self.context.design.tables:
            if not {p.entity for p in pattern.parts} <= {s.entity for s in table.shapes}:
                continue
            for index in (None, *table.indexes):
                where = table.name if index is None else f"{table.name}/{index.name}"
                result = self._option(pattern, table, index)
                if isinstance(result, Refused):
                    rejected.append(Rejected(route=where, reason=result.reason))
                else:
                    options.append(result)
        return options, rejected

    def _option(self, pattern: Pattern, table: Table, index: Index | None) -> ReadOption | Refused:
        if pattern.consistency is Consistency.TRANSACTIONAL:
            return Refused("a query is not transactional")
        is_global = index is not None and not index.is_local
        if is_global and pattern.consistency is not Consistency.EVENTUAL:
            return Refused("a global index cannot be read with strong consistency")
        matches: list[KeyMatch] = []
        for part in pattern.parts:
            match = self._match(part, table, index)
            if isinstance(match, Refused):
                return match
            matches.append(match)
        both = zip(matches, pattern.parts, strict=True)
        if len({_partition(match, part) for match, part in both}) > 1:
            return Refused("its kinds have different partition keys")
        bound = _common_bound(matches)
        kinds = self._kinds(pattern, matches, bound)
        forward, limit, kinds = self._stop(pattern, matches, kinds)
        return self._priced(pattern, matches, bound, kinds, forward=forward, limit=limit)

    def _match(self, part: Pattern, table: Table, index: Index | None) -> KeyMatch | Refused:
        """Return the key under which a part's instances lie, whole, in a table or index."""
        entity = self.model.entity(part.entity)
        required = frozenset(part.select if part.select is not None else entity.names)
        bound = frozenset(part.equalities)
        reason = f"it holds no `{part.entity}`"
        for shape in table.shapes_of(part.entity):
            if shape.guards or shape.counters:
                continue
            match = match_key(self.model, table, index, shape, part.where)
            if isinstance(match, Refused):
                reason = match.reason
                continue
            lacking = required - self.context.held(table, shape, index) - bound
            if lacking or shape.offload:
                shown = ", ".join(f"`{name}`" for name in sorted(lacking or shape.offload))
                reason = f"it lacks {shown} of `{part.entity}`"
                continue
            if match.shards * match.cells > 1:
                reason = f"`{part.entity}` is spread over several keys"
                continue
            reason = self.keyed.missing_instances(entity, part, match)
            if not reason:
                return match
        return Refused(reason)

    def _kinds(
        self, pattern: Pattern, matches: Sequence[KeyMatch], bound: SortBound | None
    ) -> tuple[_Kind, ...]:
        """Return every kind of item the query meets, in the order of their sort keys."""
        first = matches[0]
        own_key = [(key, str(template)) for key, template in first.partition]
        parts = {match.shape: part for match, part in zip(matches, pattern.parts, strict=True)}
        kinds: list[_Kind] = []
        for shape in first.table.shapes:
            keys = [(key, shape.template(key)) for key, _ in first.partition]
            if [(key, str(template)) for key, template in keys] != own_key:
                continue
            if first.index is not None and any(
                shape.template(key) is None for key in first.index.keys
            ):
                continue
            if bound is not None and not _is_within(shape, bound):
                continue
            ranged = bound.range if bound is not None else None
            kinds.append(_Kind(shape=shape, range=ranged, part=parts.get(shape)))
        key = first.sort[0].key if first.sort else ""
        return tuple(sorted(kinds, key=lambda kind: _start_of(kind.shape, key)))

    def _stop(
        self, pattern: Pattern, matches: Sequence[KeyMatch], kinds: tuple[_Kind, ...]
    ) -> tuple[bool, int | None, tuple[_Kind, ...]]:
        """Return direction and `Limit` where the query may stop before the collection ends.

        It may where the one list that has a limit comes last, in its own order, behind instances
        that are one each.
        """
        lists = [
            (match, part)
            for match, part in zip(matches, pattern.parts, strict=True)
            if part.verb is Verb.LIST
        ]
        if len(lists) != 1 or len(kinds) != len(pattern.parts):
            return True, None, kinds
        match, part = lists[0]
        forward = not (part.sort and part.sort[0][1])
        ordered = kinds if forward else kinds[::-1]
        singles = [m for m in matches if m is not match]
        is_last = ordered[-1].shape == match.shape and all(m.is_full for m in singles)
        served = {c.attribute for c in part.where} <= match.served
        in_order = serves_order(part, match, ONE)
        if part.limit is None or part.complete or not (is_last and served and in_order):
            return forward if in_order else True, None, kinds
        kinds = tuple(
            _Kind(shape=k.shape, range=k.range, part=k.part, at_most=part.limit)
            if k.shape == match.shape
            else k
            for k in kinds
        )
        return forward, part.limit + len(singles), kinds

    # ------------------------------------------------------------ what it takes

    def _priced(
        self,
        pattern: Pattern,
        matches: Sequence[KeyMatch],
        bound: SortBound | None,
        kinds: tuple[_Kind, ...],
        *,
        forward: bool,
        limit: int | None,
    ) -> ReadOption:
        first = matches[0]
        names = tuple(dict.fromkeys(a for _, t in first.partition for a in t.attributes))
        columns = [self._bytes(pattern, kind, names, first) for kind in kinds]
        sums = [sum(each) for each in zip(*(sizes for sizes, _ in columns), strict=True)] or [0]
        units = query_measure([(ONE, sums)], pattern.consistency)
        evaluated = Decimal(sum(sums)) / max(1, len(sums))
        entries = sum((count for _, count in columns), ZERO)
        pages = max(ONE, (evaluated / PAGE_BYTES).to_integral_value(rounding="ROUND_CEILING"))
        use = UnitUse(
            resource=first.resource,
            dimension="read",
            units=units,
            why=f"{format_number(entries, 1)} items of one collection, "
            + read_why(evaluated, pattern, 1),
        )
        on_the_way = [kind.shape.name for kind in kinds if kind.part is None]
        notes = [" and ".join(part.entity for part in pattern.parts) + " in one request"]
        if on_the_way:
            notes.append(f"{', '.join(on_the_way)} read on the way")
        request = Request(
            operation="Query",
            target=first.resource,
            items=entries,
            bytes=evaluated,
            pages=pages,
            uses=(use,),
            note="; ".join(notes),
        )
        step = ReadStep(
            operation="Query",
            table=first.table.name,
            index=first.index.name if first.index else None,
            shape=first.shape.name,
            entity=pattern.parts[0].entity,
            keys=first.partition,
            sort=() if bound is None else (bound,),
            forward=forward,
            limit=limit,
            consistency=pattern.consistency,
            all_pages=limit is None,
            kinds=tuple(
                ReadStep(
                    operation="Query",
                    table=match.table.name,
                    index=match.index.name if match.index else None,
                    shape=match.shape.name,
                    entity=part.entity,
                )
                for match, part in zip(matches, pattern.parts, strict=True)
            ),
        )
        return ReadOption(
            target=first.resource,
            operation="query",
            steps=(step,),
            requests=(request,),
            matched=entries,
            returned=entries,
            filtered=tuple(
                c.attribute
                for match, part in zip(matches, pattern.parts, strict=True)
                for c in part.where
                if c.attribute not in match.served
            ),
        )

    def _bytes(
        self, pattern: Pattern, kind: _Kind, names: tuple[str, ...], match: KeyMatch
    ) -> tuple[list[int], Decimal]:
        """Return the bytes of one kind that each call reads, and how many items on average."""
        sizes = self.context.size_of(match.table, kind.shape)
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        present = [size for size in column if size is not None]
        entity = self.model.entity(kind.shape.entity)
        order = kind.part.sort if kind.part is not None and kind.at_most is not None else ()
        collected = self.context.sizes.collected(pattern, entity, names, kind.range, order)
        if collected is not None:
            return _of_calls(collected, column, present, kind.at_most)
        conditions = tuple(Condition(attribute=name) for name in names)
        if kind.range is not None:
            conditions = (*conditions, kind.range)
        count = self.context.selectivity.matching(entity, conditions)
        total = len(column)
        counts = self._counts(kind, names, count, total)
        if kind.at_most is not None:
            counts = [min(each, kind.at_most) for each in counts]
        sums = _sums_in_turn(present, counts)
        return sums, Decimal(sum(counts)) / max(1, total)

    def _counts(self, kind: _Kind, names: tuple[str, ...], count: Decimal, total: int) -> list[int]:
        """Return how many items of a kind each of some calls meets."""
        entity = self.model.entity(kind.shape.entity)
        spread = entity.count.spread
        if entity.parent is not None and spread is not None and spread.shape != "fixed":
            parent = self.model.entity(entity.parent)
            if set(names) == set(parent.key):
                groups = self.context.sizes.sample.group_sizes(entity.name, total)
                share = ONE if kind.range is None or kind.range.share is None else kind.range.share
                return [int((group * share).to_integral_value()) for group in groups]
        ends = [int(count * place) for place in range(total + 1)]
        return [after - before for before, after in pairwise(ends)]


def _of_calls(
    collected: Collected,
    column: Sequence[int | None],
    present: Sequence[int],
    at_most: int | None,
) -> tuple[list[int], Decimal]:
    sums: list[int] = []
    entries = 0
    for numbers in collected.met:
        run = [size for n in numbers if n < len(column) and (size := column[n]) is not None]
        run += [present[n % len(present)] for n in numbers if n >= len(column) and present]
        run = run[:at_most]
        entries += len(run)
        sums.append(sum(run))
    return sums, Decimal(entries) / max(1, len(sums))


def _sums_in_turn(column: Sequence[int], counts: Sequence[int]) -> list[int]:
    """Return the bytes of so many entries for each call, taken from a column again and again."""
    if not column:
        return [0] * len(counts)
    upto = [0, *accumulate(column)]
    whole_number, total = len(column), upto[-1]
    sums: list[int] = []
    position = 0
    for count in counts:
        first = position % whole_number
        rounds, rest = divmod(first + count, whole_number)
        sums.append(rounds * total + upto[rest] - upto[first])
        position += count
    return sums


def _partition(match: KeyMatch, part: Pattern) -> tuple[tuple[str, str, str], ...]:
    """Return the partition key as text, with the values that the model fixes."""
    fixed = {c.attribute: c.value or "" for c in part.where if c.operator == "eq"}
    return tuple(
        (key, str(template), "/".join(fixed.get(name, "") for name in template.attributes))
        for key, template in match.partition
    )


def _common_bound(matches: Sequence[KeyMatch]) -> SortBound | None:
    """Return the condition on the sort key that all kinds meet; None where there is none.

    The same range of the same key, or the text that all their keys begin with.
    """
    bounds = [match.sort[0] for match in matches if match.sort]
    if not bounds:
        return None
    if len({(str(b.template), b.bound_parts, b.range) for b in bounds}) == 1:
        return bounds[0] if bounds[0].operator else None
    text = _common_start([literal_start(bound.template.parts) for bound in bounds])
    if not text:
        return None
    parts = (TemplatePart(literal=text), TemplatePart())
    return SortBound(key=bounds[0].key, template=KeyTemplate(parts=parts), bound_parts=1)


def _common_start(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    return next((first[:n] for n, c in enumerate(first) if last[n : n + 1] != c), first)


def _start_of(shape: ItemShape, key: str) -> str:
    template = shape.template(key)
    return "" if template is None else literal_start(template.parts)


def _is_within(shape: ItemShape, bound: SortBound) -> bool:
    """Whether items of a shape may meet a condition on the sort key."""
    template = shape.template(bound.key)
    if template is None:
        return False
    if str(template) == str(bound.template):
        return True
    start = literal_start(bound.template.parts)
    return bool(start) and literal_start(template.parts).startswith(start)
