"""Reads of a whole table or index, filtered after reading.

A scan of a sparse index reads only what is in it: right where that is all that is asked for.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.capacity.limits import PAGE_BYTES
from tablewright.capacity.units import Consistency
from tablewright.core.memo import Memo
from tablewright.core.quantities import ONE, format_number
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.access import KeyMatch, why_left_out
from tablewright.engines.dynamodb.design import Index, ItemShape, Table
from tablewright.engines.dynamodb.metering import page_blocks
from tablewright.engines.dynamodb.reading.completion import Completion, read_why
from tablewright.engines.dynamodb.reading.context import Context, ReadOption, key_is_known
from tablewright.engines.dynamodb.reading.key_reads import missing_from
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Measure, Request, UnitUse
from tablewright.model.values import Condition, Entity, Pattern, Verb


class ScanReads:
    """Scans of a whole table or index."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.model = context.model
        self.completion = Completion(context)
        self._shares: Memo[Decimal] = Memo()

    def scan(
        self, pattern: Pattern, table: Table, shape: ItemShape, wanted: frozenset[str]
    ) -> ReadOption | Refused:
        """Return the way that reads every item of a table, or the reason why it is not correct."""
        stored = self.context.held(table, shape)
        entity = self.model.entity(pattern.entity)
        if not wanted - stored <= self._elsewhere(entity, table, shape, stored):
            return Refused("it does not hold what is asked for")
        return self.read_all(pattern, table, shape, wanted, None)

    def scan_of_index(
        self, pattern: Pattern, table: Table, shape: ItemShape, index: Index, wanted: frozenset[str]
    ) -> ReadOption | Refused:
        """Return the way that reads every entry of an index: all that is asked for is in it."""
        entity = self.model.entity(pattern.entity)
        if any(shape.template(key) is None for key in index.keys):
            return Refused("it holds none of them")
        missing = missing_from(index, shape, entity, pattern)
        if missing:
            return Refused(f"items without `{missing[0]}` are not in it")
        excluded = why_left_out(shape, index, pattern.where)
        if excluded:
            return Refused(excluded)
        if pattern.consistency is not Consistency.EVENTUAL:
            return Refused("an index is scanned with eventual consistency")
        return self.read_all(pattern, table, shape, wanted, None, index)

    def _elsewhere(
        self, entity: Entity, table: Table, shape: ItemShape, held: frozenset[str]
    ) -> frozenset[str]:
        names: set[str] = set()
        for other_table, other in self.context.shapes(entity.name):
            if (other_table, other) != (table, shape) and key_is_known(
                self.context, other_table, other, held
            ):
                names |= self.context.held(other_table, other)
        return frozenset(names)

    def read_all(
        self,
        pattern: Pattern,
        table: Table,
        shape: ItemShape,
        wanted: frozenset[str],
        embed: Embed | None,
        index: Index | None = None,
    ) -> ReadOption | Refused:
        """Return a scan that keeps instances, or with an embed the children inside of them."""
        target = table.name if index is None else f"{table.name}/{index.name}"
        entity = self.model.entity(pattern.entity)
        selectivity = self.context.selectivity
        total_bytes = self.context.table_bytes(table, index)
        overall = self._overall(pattern)
        total = selectivity.instances(entity.name) * self._share_in(table, shape, index)
        returned = overall if pattern.limit is None else min(overall, Decimal(pattern.limit))
        if pattern.verb is Verb.GET:
            returned = min(returned, ONE)
        part, stops_early = _part_read(pattern, overall)
        evaluated = total_bytes * part
        units = Measure(mean=_scan_units(evaluated, pattern.consistency))
        pages = max(ONE, (evaluated / PAGE_BYTES).to_integral_value(rounding="ROUND_CEILING"))
        filters = _not_implied(pattern, shape, index)
        use = UnitUse(
            resource=target,
            dimension="read",
            units=units.times(Decimal(pattern.batch)),
            why=f"{_portion(part, index)}: {read_why(evaluated, pattern, 1)}",
        )
        step = _scan_step(
            pattern,
            KeyMatch.of_all(table, index, shape),
            filters,
            embed,
            all_pages=part == 1,
            stops_early=stops_early,
        )
        request = Request(
            operation="Scan",
            target=target,
            calls=pages * pattern.batch,
            items=total * part / pages,
            bytes=evaluated / pages,
            pages=pages,
            uses=(use,),
            note="reads every item before filtering" if filters else "",
        )
        option = ReadOption(
            target=target,
            operation="scan",
            steps=(step,),
            requests=(request,),
            matched=total * part,
            returned=returned,
            held=self.context.held(table, shape, index) | (wanted if embed else frozenset()),
            filtered=tuple(c.attribute for c in filters),
            sorts_in_code=bool(pattern.sort),
        )
        return self.completion.complete(
            pattern,
            option,
            KeyMatch.of_all(table, index, shape),
            wanted,
            returned * pattern.batch,
        )

    def least_units(self, pattern: Pattern, table: Table, index: Index) -> Decimal:
        """Return the read units of one scan of an index, without what follows it."""
        part, _ = _part_read(pattern, self._overall(pattern))
        evaluated = self.context.table_bytes(table, index) * part
        return _scan_units(evaluated, pattern.consistency) * pattern.batch

    def _overall(self, pattern: Pattern) -> Decimal:
        """Return how many instances meet the conditions, whatever the limit."""
        if pattern.matched is not None:
            return pattern.matched
        return self.context.matching(pattern)

    def _share_in(self, table: Table, shape: ItemShape, index: Index | None) -> Decimal:
        """Return the share of a shape's items that have an entry in an index."""
        if index is None:
            return ONE
        return self._shares.get(
            (table, shape, index), (), lambda: self._present(table, shape, index)
        )

    def _present(self, table: Table, shape: ItemShape, index: Index) -> Decimal:
        entries = self.context.whole(table, shape).entries(index)
        return Decimal(sum(entry is not None for entry in entries)) / max(1, len(entries))


def _scan_step(
    pattern: Pattern,
    match: KeyMatch,
    filters: tuple[Condition, ...],
    embed: Embed | None,
    *,
    all_pages: bool,
    stops_early: bool,
) -> ReadStep:
    return ReadStep(
        operation="Scan",
        table=match.table.name,
        index=None if match.index is None else match.index.name,
        shape=match.shape.name,
        entity=pattern.entity,
        filters=filters,
        select=pattern.select,
        consistency=pattern.consistency,
        all_pages=all_pages,
        limit=pattern.limit if stops_early and not filters else None,
        embed=embed,
    )


def _part_read(pattern: Pattern, overall: Decimal) -> tuple[Decimal, bool]:
    """Return the share of a table that is read, and whether reading stops at the limit."""
    stops_early = not (pattern.sort or pattern.complete or pattern.verb is Verb.NEAR)
    if pattern.limit is not None and stops_early and overall > 0:
        return min(ONE, Decimal(pattern.limit) / overall), stops_early
    return ONE, stops_early


def _scan_units(evaluated: Decimal, consistency: Consistency) -> Decimal:
    return page_blocks(int(evaluated)) * consistency.factor


def _portion(part: Decimal, index: Index | None) -> str:
    what = "table" if index is None else "index"
    return f"the whole {what}" if part == 1 else f"{format_number(part * 100, 1)} % of the {what}"


def _not_implied(pattern: Pattern, shape: ItemShape, index: Index | None) -> tuple[Condition, ...]:
    """Return the conditions that being an entry of an index does not imply."""
    if index is None:
        return pattern.where
    keyed = {index_key for index_key in index.keys if index_key in shape.attributes}
    templates = [shape.template(key) for key in index.keys]
    when = {n: v for template in templates if template for n, v in template.when}
    return tuple(
        condition
        for condition in pattern.where
        if not (condition.operator == "exists" and condition.attribute in keyed)
        and not (condition.operator == "eq" and when.get(condition.attribute) == (condition.value,))
    )
