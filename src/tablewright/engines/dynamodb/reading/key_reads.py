"""Reads through a key: a get, the shards of a counter, a query of a table or an index.

In: a pattern and the key that serves it. Out: an option with its requests and units, or the reason
why it is not correct.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.capacity.limits import MAX_BATCH_GET_KEYS, MAX_TRANSACTION_ITEMS, PAGE_BYTES
from tablewright.capacity.units import Consistency
from tablewright.core.quantities import ONE, format_number
from tablewright.engines.dynamodb.access import KeyMatch
from tablewright.engines.dynamodb.design import ItemShape, Table
from tablewright.engines.dynamodb.metering import get_units, mean_bytes, query_measure
from tablewright.engines.dynamodb.reading.completion import Completion, read_why
from tablewright.engines.dynamodb.reading.context import Context, Option
from tablewright.engines.dynamodb.reading.query_plans import QueryPlanner, left_over
from tablewright.engines.dynamodb.sizing import measure
from tablewright.engines.dynamodb.steps import ReadStep
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Request, UnitUse
from tablewright.model.values import Entity, Pattern, Verb


class KeyReads:
    """Gets and queries through the key of a table or an index."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.model = context.model
        self.completion = Completion(context)
        self.plans = QueryPlanner(context)

    def through(
        self, pattern: Pattern, match: KeyMatch, wanted: frozenset[str]
    ) -> Option | Refused:
        """Return the way that reads through a key, or the reason why it is not correct."""
        index = match.index
        if (
            index is not None
            and not index.is_local
            and (pattern.consistency is not Consistency.EVENTUAL)
        ):
            return Refused(
                f"a global index cannot be read with {pattern.consistency.value} consistency"
            )
        entity = self.model.entity(pattern.entity)
        missed = self._missing_instances(entity, pattern, match)
        if missed:
            return Refused(missed)
        if match.shape.guards and match.index is None and not match.is_full:
            return Refused("it holds only uniqueness guards")
        if index is None and match.is_full:
            return self._get(pattern, match, wanted)
        return self._query(pattern, match, wanted)

    def _missing_instances(self, entity: Entity, pattern: Pattern, match: KeyMatch) -> str:
        if match.index is None:
            return ""
        attributes = {condition.attribute for condition in pattern.where}
        for key in match.index.keys:
            template = match.shape.template(key)
            for name in template.attributes if template else ():
                base = name.partition(".")[0]
                if base in attributes or not entity.has(base):
                    continue
                if entity.attribute(base).presence < 1 and pattern.complete:
                    return f"items without `{base}` are not in it, and every match is asked for"
        return ""

    def _get(self, pattern: Pattern, match: KeyMatch, wanted: frozenset[str]) -> Option | Refused:
        entity = self.model.entity(pattern.entity)
        sizes = self.context.size_of(match.table, match.shape)
        column = sizes.items()
        transactional = pattern.consistency is Consistency.TRANSACTIONAL
        units = get_units(column, pattern.consistency, pattern.hit)
        batch = pattern.batch
        operation = "GetItem"
        calls = ONE
        if transactional:
            operation, calls = "TransactGetItems", _requests_for(batch, MAX_TRANSACTION_ITEMS)
        elif batch > 1:
            operation, calls = "BatchGetItem", _requests_for(batch, MAX_BATCH_GET_KEYS)
        size = measure(column).mean
        use = UnitUse(
            resource=match.table.name,
            dimension="read",
            units=units.times(Decimal(batch)),
            why=read_why(size, pattern, batch),
        )
        step = ReadStep(
            operation=operation,
            table=match.table.name,
            shape=match.shape.name,
            entity=pattern.entity,
            keys=self.context.key_parts(match.table, match.shape),
            consistency=pattern.consistency,
            select=pattern.select,
        )
        request = Request(
            operation=operation,
            target=match.table.name,
            calls=calls,
            items=Decimal(batch) / calls,
            bytes=size,
            uses=(use,),
        )
        option = Option(
            target=match.table.name,
            operation="get" if batch == 1 else "batch",
            steps=(step,),
            requests=(request,),
            matched=Decimal(batch),
            returned=Decimal(batch) * pattern.hit,
            held=self.context.held(match.table, match.shape),
            filtered=left_over(entity, pattern, match),
        )
        return self.completion.complete(
            pattern, option, match, wanted, Decimal(batch) * pattern.hit
        )

    def sum_of_shards(
        self, pattern: Pattern, table: Table, shape: ItemShape, wanted: frozenset[str]
    ) -> Option | Refused:
        """Read all shards of the counters of one instance, where nothing else is asked for."""
        keys = self.context.key_parts(table, shape)
        told = {name for _, template in keys for name in template.attributes}
        stored = self.context.held(table, shape)
        if pattern.verb is not Verb.GET or pattern.batch > 1:
            return Refused(
                "it holds the shards of counters, which are read by the key of one instance"
            )
        if not told <= set(pattern.equalities) or {c.attribute for c in pattern.where} - told:
            return Refused(
                f"its key needs {', '.join(f'`{n}`' for n in sorted(told))} and nothing else"
            )
        if not wanted <= stored | told or pattern.consistency is Consistency.TRANSACTIONAL:
            return Refused("it holds nothing but counters")
        column = self.context.size_of(table, shape).items()
        size = measure(column).mean
        count = Decimal(shape.copies)
        use = UnitUse(
            resource=table.name,
            dimension="read",
            units=get_units(column, pattern.consistency, pattern.hit).times(count),
            why=f"{shape.copies} shards, each {read_why(size, pattern, 1)}",
        )
        step = ReadStep(
            operation="BatchGetItem",
            table=table.name,
            shape=shape.name,
            entity=pattern.entity,
            keys=keys,
            consistency=pattern.consistency,
            shards=shape.copies,
        )
        request = Request(
            operation="BatchGetItem",
            target=table.name,
            calls=_requests_for(shape.copies, MAX_BATCH_GET_KEYS),
            items=count,
            bytes=size,
            uses=(use,),
            note="added up in code",
        )
        return Option(
            target=table.name,
            operation="batch",
            steps=(step,),
            requests=(request,),
            matched=ONE,
            returned=pattern.hit,
            held=stored,
        )

    def _query(self, pattern: Pattern, match: KeyMatch, wanted: frozenset[str]) -> Option | Refused:
        entity = self.model.entity(pattern.entity)
        plan = self.plans.plan(entity, pattern, match)
        met = self.plans.met(entity, pattern, match)
        around = self.plans.around(entity, match)
        if met is not None:
            plan, weighted = self.plans.of_groups(pattern, match, plan, *met)
        else:
            weighted = self.plans.evaluated_bytes(entity, pattern, match, plan)
        extra = self.plans.cohabitants(match)
        if extra:
            weighted = [(w, [size + int(extra) for size in sums]) for w, sums in weighted]
        queries = Decimal(match.shards * match.cells)
        per_query = [(w, [size // int(queries) for size in sums]) for w, sums in weighted]
        if around:
            per_query = [(ONE, around)]
        units = query_measure(per_query, pattern.consistency, pattern.hit).times(queries)
        evaluated = mean_bytes(weighted)
        pages = max(
            ONE, (evaluated / queries / PAGE_BYTES).to_integral_value(rounding="ROUND_CEILING")
        )
        use = UnitUse(
            resource=match.resource,
            dimension="read",
            units=units,
            why=f"{format_number(plan.evaluated, 1)} entries, " + read_why(evaluated, pattern, 1),
        )
        step = ReadStep(
            operation="Query",
            table=match.table.name,
            index=match.index.name if match.index else None,
            shape=match.shape.name,
            entity=pattern.entity,
            keys=match.partition,
            sort=match.sort,
            forward=not (pattern.sort and pattern.sort[0][1] and plan.sorted),
            limit=plan.page_limit,
            filters=plan.filters,
            select=pattern.select,
            consistency=pattern.consistency,
            all_pages=plan.drains,
            shards=match.shards,
            cells=match.cells,
        )
        request = Request(
            operation="Query",
            target=match.resource,
            calls=queries,
            items=plan.evaluated / queries,
            bytes=evaluated / queries,
            pages=pages,
            uses=(use,),
            note=plan.note,
        )
        option = Option(
            target=match.resource,
            operation="query",
            steps=(step,),
            requests=(request,),
            matched=plan.matched,
            returned=plan.returned,
            held=self.context.held(match.table, match.shape, match.index),
            filtered=tuple(c.attribute for c in plan.filters),
            sorts_in_code=not plan.sorted,
            warnings=plan.warnings,
        )
        return self.completion.complete(pattern, option, match, wanted, plan.returned)


def _requests_for(count: int, at_most: int) -> Decimal:
    return Decimal(-(-count // at_most))
