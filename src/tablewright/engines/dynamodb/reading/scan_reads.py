"""Reads of a whole table, filtered after reading."""

from __future__ import annotations

from decimal import Decimal

from tablewright.capacity.limits import PAGE_BYTES
from tablewright.capacity.units import Consistency
from tablewright.core.quantities import ONE, format_number
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.access import KeyMatch
from tablewright.engines.dynamodb.design import ItemShape, Table
from tablewright.engines.dynamodb.metering import page_blocks
from tablewright.engines.dynamodb.reading.completion import Completion, read_why
from tablewright.engines.dynamodb.reading.context import Context, Option, key_is_known
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Measure, Request, UnitUse
from tablewright.model.values import Entity, Pattern, Verb


class ScanReads:
    """Scans of a whole table."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.model = context.model
        self.completion = Completion(context)

    def scan(
        self, pattern: Pattern, table: Table, shape: ItemShape, wanted: frozenset[str]
    ) -> Option | Refused:
        """Return the way that reads every item of a table, or the reason why it is not correct."""
        stored = self.context.held(table, shape)
        entity = self.model.entity(pattern.entity)
        if not wanted - stored <= self._elsewhere(entity, table, shape, stored):
            return Refused("it does not hold what is asked for")
        return self.read_all(pattern, table, shape, wanted, None)

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
    ) -> Option | Refused:
        """Return a scan that keeps instances, or with an embed the children inside of them."""
        entity = self.model.entity(pattern.entity)
        selectivity = self.context.selectivity
        total_bytes = self.context.table_bytes(table)
        overall = (
            pattern.matched
            if pattern.matched is not None
            else selectivity.matching(entity, pattern.where)
        )
        total = selectivity.instances(entity.name)
        returned = overall if pattern.limit is None else min(overall, Decimal(pattern.limit))
        if pattern.verb is Verb.GET:
            returned = min(returned, ONE)
        part = ONE
        stops_early = not (pattern.sort or pattern.complete or pattern.verb is Verb.NEAR)
        if pattern.limit is not None and stops_early and overall > 0:
            part = min(ONE, Decimal(pattern.limit) / overall)
        evaluated = total_bytes * part
        units = Measure(mean=_scan_units(evaluated, pattern.consistency))
        pages = max(ONE, (evaluated / PAGE_BYTES).to_integral_value(rounding="ROUND_CEILING"))
        consistency = pattern.consistency
        use = UnitUse(
            resource=table.name,
            dimension="read",
            units=units,
            why=f"{_portion(part)}: {read_why(evaluated, pattern, 1)}",
        )
        step = ReadStep(
            operation="Scan",
            table=table.name,
            shape=shape.name,
            entity=pattern.entity,
            filters=pattern.where,
            select=pattern.select,
            consistency=consistency,
            all_pages=part == 1,
            limit=pattern.limit if stops_early and not pattern.where else None,
            embed=embed,
        )
        request = Request(
            operation="Scan",
            target=table.name,
            calls=pages,
            items=total * part / pages,
            bytes=evaluated / pages,
            pages=pages,
            uses=(use,),
            note="reads every item before filtering" if pattern.where else "",
        )
        option = Option(
            target=table.name,
            operation="scan",
            steps=(step,),
            requests=(request,),
            matched=total * part,
            returned=returned,
            held=self.context.held(table, shape) | (wanted if embed else frozenset()),
            filtered=tuple(c.attribute for c in pattern.where),
            sorts_in_code=bool(pattern.sort),
        )
        dummy = KeyMatch(
            table=table,
            index=None,
            shape=shape,
            partition=(),
            sort=(),
            served=frozenset(),
            order=(),
        )
        return self.completion.complete(pattern, option, dummy, wanted, returned)


def _scan_units(evaluated: Decimal, consistency: Consistency) -> Decimal:
    return page_blocks(int(evaluated)) * consistency.factor


def _portion(part: Decimal) -> str:
    return "the whole table" if part == 1 else f"{format_number(part * 100, 1)} % of the table"
