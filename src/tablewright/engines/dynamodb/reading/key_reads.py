"""Reads through a key: a get, the shards of a counter, a query of a table or an index.

In: a pattern and the key that serves it. Out: an option with its requests and units, or the reason
why it is not correct.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.capacity.limits import MAX_BATCH_GET_KEYS, MAX_TRANSACTION_ITEMS, PAGE_BYTES
from tablewright.capacity.units import Consistency
from tablewright.core.quantities import ONE, ZERO, format_number
from tablewright.engines.dynamodb.access import KeyMatch
from tablewright.engines.dynamodb.design import Index, ItemShape, Table
from tablewright.engines.dynamodb.global_tables import (
    NO_TRANSACTIONS,
    read_note,
    refuses_transactions,
)
from tablewright.engines.dynamodb.metering import get_units, mean_bytes, query_measure, share_of
from tablewright.engines.dynamodb.reading.completion import Completion, read_why
from tablewright.engines.dynamodb.reading.context import Context, ReadOption
from tablewright.engines.dynamodb.reading.query_plans import QueryPlan, QueryPlanner, left_over
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
    ) -> ReadOption | Refused:
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
        missed = self.missing_instances(entity, pattern, match)
        if missed:
            return Refused(missed)
        if match.bucket and pattern.verb is Verb.GET:
            base, _, unit = match.bucket.partition(".")
            return Refused(f"its partition key has the {unit} of `{base}`, which is not given")
        if match.shape.guards and match.index is None and not match.is_full:
            return Refused("it holds only uniqueness guards")
        if index is None and match.is_full:
            return self._get(pattern, match, wanted)
        return self._query(pattern, match, wanted)

    def missing_instances(self, entity: Entity, pattern: Pattern, match: KeyMatch) -> str:
        """Say which instances asked for are not in an index; "" where all of them are."""
        if match.index is None:
            return ""
        for name in missing_from(match.index, match.shape, entity, pattern):
            in_it = match_share(match, entity) * self.context.selectivity.matching(
                entity, match.conditions
            )
            comes_last = pattern.sort and pattern.sort[0] == (name, True)
            if comes_last and pattern.limit is not None and in_it >= pattern.limit:
                continue  # those without it come last, and the limit ends the list before them
            if pattern.complete or pattern.limit is None or pattern.sort:
                return f"items without `{name}` are not in it, and they are asked for too"
        return ""

    def _get(
        self, pattern: Pattern, match: KeyMatch, wanted: frozenset[str]
    ) -> ReadOption | Refused:
        entity = self.model.entity(pattern.entity)
        sizes = self.context.size_of(match.table, match.shape)
        column = sizes.items()
        transactional = pattern.consistency is Consistency.TRANSACTIONAL
        units = self.context.meter.get(column, pattern.consistency, pattern.hit)
        batch = pattern.batch
        operation = "GetItem"
        calls = ONE
        if refuses_transactions(match.table, pattern.consistency):
            return Refused(NO_TRANSACTIONS)
        if transactional:
            operation, calls = "TransactGetItems", _requests_for(batch, MAX_TRANSACTION_ITEMS)
        elif batch > 1:
            operation, calls = "BatchGetItem", _requests_for(batch, MAX_BATCH_GET_KEYS)
        size = self.context.meter.size(column).mean
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
            bytes=size * batch / calls,
            uses=(use,),
            note=read_note(match.table, pattern.consistency),
        )
        option = ReadOption(
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
    ) -> ReadOption | Refused:
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
        calls = _requests_for(shape.copies, MAX_BATCH_GET_KEYS)
        request = Request(
            operation="BatchGetItem",
            target=table.name,
            calls=calls,
            items=count / calls,
            bytes=size * count / calls,
            uses=(use,),
            note="added up in code",
        )
        return ReadOption(
            target=table.name,
            operation="batch",
            steps=(step,),
            requests=(request,),
            matched=ONE,
            returned=pattern.hit,
            held=stored,
        )

    def _query(
        self, pattern: Pattern, match: KeyMatch, wanted: frozenset[str]
    ) -> ReadOption | Refused:
        entity = self.model.entity(pattern.entity)
        plan = self.plans.plan(entity, pattern, match)
        met = self.plans.met(entity, pattern, match)
        around = self.plans.around(entity, match)
        if met is not None:
            plan, weighted = self.plans.of_groups(pattern, match, plan, *met)
        else:
            plan, weighted = self.plans.evaluated_bytes(entity, pattern, match, plan)
        extra = int(self.plans.cohabitants(match))
        alike = match.shards * match.cells
        split = Decimal(alike)
        queries = split * pattern.batch
        consistency, hit = pattern.consistency, pattern.hit
        evaluated = mean_bytes(share_of(weighted, extra))
        if match.bucket:
            walk = self.plans.by_bucket(entity, pattern, match, plan)
            plan, queries = walk.plan, queries * walk.queries
            split *= walk.queries
            per_query = share_of(walk.weighted, extra, alike)
            evaluated = mean_bytes(per_query) * split
            units = query_measure(per_query, consistency, hit)
        elif around:
            units = query_measure([(ONE, around)], consistency, hit)
        elif met is not None:
            units = query_measure(share_of(weighted, extra, alike), consistency, hit)
        else:
            units = self.context.meter.query(weighted, consistency, hit, extra=extra, parts=alike)
        units = units.times(queries * plan.rounds)
        pages = max(
            ONE, (evaluated / split / PAGE_BYTES).to_integral_value(rounding="ROUND_CEILING")
        )
        use = UnitUse(
            resource=match.resource,
            dimension="read",
            units=units,
            why=f"{format_number(plan.evaluated, 1)} entries, "
            + read_why(evaluated, pattern, pattern.batch),
        )
        request = Request(
            operation="Query",
            target=match.resource,
            calls=queries * plan.rounds,
            items=plan.evaluated / split,
            bytes=evaluated / split,
            pages=pages,
            uses=(use,),
            note="; ".join(
                filter(
                    None,
                    (
                        _one_for_each(pattern),
                        plan.note,
                        read_note(match.table, pattern.consistency),
                    ),
                )
            ),
        )
        option = ReadOption(
            target=match.resource,
            operation="query",
            steps=(self._query_step(pattern, match, plan),),
            requests=(request,),
            matched=plan.matched * pattern.batch,
            returned=plan.returned * pattern.batch,
            held=self.context.held(match.table, match.shape, match.index),
            filtered=tuple(c.attribute for c in plan.filters),
            sorts_in_code=not plan.sorted,
            warnings=plan.warnings,
        )
        return self.completion.complete(
            pattern, option, match, wanted, plan.returned * pattern.batch
        )

    def _query_step(self, pattern: Pattern, match: KeyMatch, plan: QueryPlan) -> ReadStep:
        entity = self.model.entity(pattern.entity)
        return ReadStep(
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
            bucket=match.bucket,
            age_days=self.model.age_days(entity) if match.bucket else ZERO,
        )


def _requests_for(count: int, at_most: int) -> Decimal:
    return Decimal(-(-count // at_most))


def missing_from(
    index: Index, shape: ItemShape, entity: Entity, pattern: Pattern
) -> tuple[str, ...]:
    """Return the optional attributes an index is keyed by that instances asked for may lack."""
    there = {c.attribute for c in pattern.where if c.operator != "absent"}
    there |= set(pattern.known)
    names: dict[str, None] = {}
    for key in index.keys:
        template = shape.template(key)
        for path in template.attributes if template else ():
            name = path.partition(".")[0]
            if entity.has(name) and name not in there and entity.attribute(name).presence < 1:
                if entity.presence_of((name,), among=filter(entity.has, there)) == 1:
                    continue
                names[name] = None
    return tuple(names)


def match_share(match: KeyMatch, entity: Entity) -> Decimal:
    """Return the share of instances that have all optional attributes an index is keyed by."""
    names: dict[str, None] = {}
    for key in match.index.keys if match.index is not None else ():
        template = match.shape.template(key)
        paths = template.attributes if template else ()
        names |= dict.fromkeys(path.partition(".")[0] for path in paths)
    bound = (c.attribute for c in match.conditions if c.operator != "absent")
    return entity.presence_of(names, among=filter(entity.has, bound))


def _one_for_each(pattern: Pattern) -> str:
    return f"{pattern.batch} queries, one for each" if pattern.batch > 1 else ""
