"""The cheapest correct route of each access pattern on a DynamoDB design.

In: a model, a design, the sizes of its shapes, a number of users. Out: one Route for each pattern,
with the requests that would be sent, their units as means over the sample, and why each cheaper
route is not correct. It does not know prices, and sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate
from typing import TypeVar

from tablewright.capacity.limits import MAX_BATCH_GET_KEYS, MAX_TRANSACTION_ITEMS, PAGE_BYTES
from tablewright.capacity.units import Consistency, read_blocks
from tablewright.core.memo import Memo
from tablewright.core.quantities import ONE, ZERO, format_number, plain
from tablewright.design.values import Embed
from tablewright.engines.dynamodb import similar
from tablewright.engines.dynamodb.access import (
    DEFAULT_RANGE_SHARE,
    KeyMatch,
    Selectivity,
    match_key,
)
from tablewright.engines.dynamodb.design import DynamoDesign, Index, ItemShape, Table
from tablewright.engines.dynamodb.metering import (
    get_units,
    grouped,
    mean_bytes,
    page_blocks,
    query_measure,
)
from tablewright.engines.dynamodb.sizing import (
    DesignSizes,
    Groups,
    ShapeSizes,
    depends_on,
    measure,
)
from tablewright.engines.dynamodb.steps import KeyParts, ObjectStep, ReadStep, Step
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Measure, Rejected, Request, Route, UnitUse
from tablewright.model.statistics import EXACT_OPERATORS
from tablewright.model.values import Condition, Entity, Kind, Model, Pattern, Verb
from tablewright.sample.parameters import names_one

NO_VECTORS = "similar items are found by a vector index only, and it has none"
"""Why a table without one answers no search for similar items."""

NO_WORDS = "keys and filters of DynamoDB compare values as they are, none finds words in a text"
"""Amazon DynamoDB API Reference, "Condition": of texts, `contains` tells the same letters in the
same case anywhere, also inside of other words. A search means words, whatever their case."""
OBJECTS = "objects"
"""What a table keeps in object storage is the resource "table/objects" in routes and bills."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One correct way to read what a pattern asks for."""

    target: str
    operation: str
    steps: tuple[Step, ...]
    requests: tuple[Request, ...]
    matched: Decimal
    returned: Decimal
    held: frozenset[str] = frozenset()
    filtered: tuple[str, ...] = ()
    fetches: bool = False
    sorts_in_code: bool = False
    depth: int = 1
    warnings: tuple[str, ...] = ()

    @property
    def read_units(self) -> Decimal:
        """Mean read units of one call."""
        return sum(
            (u.units.mean for r in self.requests for u in r.uses if u.dimension == "read"), ZERO
        )

    @property
    def rank(self) -> tuple[Decimal, int, int, str]:
        """What decides between correct routes: units, round trips, requests, then the name."""
        return (self.read_units, self.depth, len(self.requests), self.target)


class Context:
    """What routing one design at one scale needs to know; shared by reads and writes."""

    def __init__(self, model: Model, design: DynamoDesign, sizes: DesignSizes, users: int) -> None:
        self.model = model
        self.design = design
        self.sizes = sizes
        self.users = users
        self._sizes: Memo[ShapeSizes] = Memo()  # asked for very often
        self.selectivity = Selectivity(
            model, users, sizes.share_of_value if sizes.is_population else None
        )
        self.homes: dict[str, list[tuple[Table, ItemShape]]] = {}
        self.embeds: dict[str, list[tuple[Table, ItemShape, Embed]]] = {}
        for table in design.tables:
            for shape in table.shapes:
                self.homes.setdefault(shape.entity, []).append((table, shape))
                for embed in shape.embeds:
                    self.embeds.setdefault(embed.entity, []).append((table, shape, embed))

    def shapes(self, entity: str) -> list[tuple[Table, ItemShape]]:
        """Return where the items of an entity are, uniqueness guards left out."""
        return [(t, s) for t, s in self.homes.get(entity, ()) if not s.guards]

    def guards(self, entity: str) -> list[tuple[Table, ItemShape]]:
        """Return the uniqueness guards of an entity."""
        return [(t, s) for t, s in self.homes.get(entity, ()) if s.guards]

    def size_of(self, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of one shape, found by identity: it is asked for very often."""
        return self._sizes.get((table, shape), (), lambda: self.sizes.of(table, shape))

    def held(self, table: Table, shape: ItemShape, index: Index | None = None) -> frozenset[str]:
        """Return the model attributes an item (or an entry of an index) tells."""
        sizes = self.size_of(table, shape)
        names = sizes.attributes if index is None else sizes.projected(index)
        known: set[str] = set()
        for name in names:
            template = shape.template(name)
            if template is not None:
                known.update(a for a in template.attributes if "." not in a)
            elif name in shape.attributes:
                known.add(name)
        return frozenset(known)

    def table_bytes(self, table: Table, index: Index | None = None) -> Decimal:
        """Return the bytes a scan of a table or index evaluates."""
        total = ZERO
        for shape in table.shapes:
            count = self.sizes.instances(shape.entity)
            if count is None:
                count = self.selectivity.instances(shape.entity)
            count *= shape.copies
            sizes = self.sizes.whole(table, shape)
            column = sizes.items() if index is None else sizes.entries(index)
            listed = [size for size in column if size is not None]
            if listed:
                total += count * sum(listed) / len(column)
        return total

    def by_child(self, child: str, sizes: ShapeSizes, column: Sequence[T]) -> list[T]:
        """Return a column of parents with each one as often as it has children.

        Who is asked for, or changed, is a child taken evenly among all: a parent with more of them
        is met more often.
        """
        groups = self.sizes.sample.group_sizes(child, sizes.n)
        repeated = [
            entry for entry, count in zip(column, groups, strict=True) for _ in range(count)
        ]
        return repeated or list(column)

    def key_parts(self, table: Table, shape: ItemShape) -> KeyParts:
        """Return the templates of a shape's primary key."""
        parts = []
        for key in table.keys:
            template = shape.template(key)
            if template is not None:
                parts.append((key, template))
        return tuple(parts)


class ReadRouter:
    """Finds the correct ways to read, and why the others are not."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.model = context.model

    def route(self, pattern: Pattern) -> Route:
        """Return the cheapest correct route of a reading pattern."""
        options, rejected = self.options(pattern)
        name = self.context.design.name
        if not options:
            reason = (
                "; ".join(dict.fromkeys(f"{r.route}: {r.reason}" for r in rejected))
                or f"no table of the design holds `{pattern.entity}`"
            )
            return Route(pattern=pattern.name, design=name, cannot=reason, rejected=tuple(rejected))
        options.sort(key=lambda option: option.rank)
        best = options[0]
        costlier = [
            Rejected(
                route=f"{option.operation} {option.target}",
                reason=f"correct, but takes {plain(_short(option.read_units))} read units "
                f"instead of {plain(_short(best.read_units))}",
                is_correct=True,
                units=option.read_units,
            )
            for option in options[1:]
        ]
        return Route(
            pattern=pattern.name,
            design=name,
            requests=best.requests,
            steps=best.steps,
            rejected=(*rejected, *costlier),
            target=best.target,
            operation=best.operation,
            depth=best.depth,
            matched=best.matched,
            returned=best.returned,
            filtered=best.filtered,
            fetches=best.fetches,
            sorts_in_code=best.sorts_in_code,
            warnings=best.warnings,
        )

    def options(self, pattern: Pattern) -> tuple[list[Option], list[Rejected]]:
        """Return every correct route, and the rest with the reason why not."""
        if pattern.verb is Verb.SEARCH:
            return [], self._no_words(pattern)
        if pattern.verb is Verb.SIMILAR:
            return self._similar(pattern)
        entity = self.model.entity(pattern.entity)
        required = frozenset(pattern.select if pattern.select is not None else entity.names)
        options: list[Option] = []
        rejected: list[Rejected] = []
        near = _geo_attribute(entity, pattern)
        conditions = with_known(entity, pattern)
        for table, shape in self.context.homes.get(entity.name, ()):
            if shape.counters:
                summed = self._sum(pattern, table, shape, required)
                if isinstance(summed, Option):
                    options.append(summed)
                else:
                    rejected.append(Rejected(route=table.name, reason=summed.reason))
                continue
            resources: list[Index | None] = [None, *table.indexes]
            for index in resources:
                where = table.name if index is None else f"{table.name}/{index.name}"
                match = match_key(self.model, table, index, shape, conditions, near)
                result: Option | Refused
                result = (
                    match if isinstance(match, Refused) else self._through(pattern, match, required)
                )
                if isinstance(result, Option):
                    options.append(result)
                elif not shape.guards or index is None:
                    rejected.append(Rejected(route=where, reason=result.reason))
            if not shape.guards:
                scan = self._scan(pattern, table, shape, required)
                if isinstance(scan, Option):
                    options.append(scan)
        for table, shape, embed in self.context.embeds.get(entity.name, ()):
            options += self._embedded(pattern, table, shape, embed)
        if pattern.verb is Verb.GET and any(option.operation != "scan" for option in options):
            # reading a whole small table can be cheaper than a few gets, but not for long
            options = [option for option in options if option.operation != "scan"]
        return options, rejected

    def _similar(self, pattern: Pattern) -> tuple[list[Option], list[Rejected]]:
        """Return the vector indexes that answer a search for similar items, and the others."""
        options: list[Option] = []
        rejected: list[Rejected] = []
        entity = self.model.entity(pattern.entity)
        for table, shape in self.context.shapes(pattern.entity):
            if not table.vector_indexes:
                rejected.append(Rejected(route=table.name, reason=NO_VECTORS))
            for index in table.vector_indexes:
                where = f"{table.name}/{index.name}"
                reason = similar.why_not(pattern, entity, index, self.context.held(table, shape))
                if reason:
                    rejected.append(Rejected(route=where, reason=reason))
                    continue
                result = similar.search(
                    pattern,
                    table,
                    shape,
                    index,
                    self.context.size_of(table, shape),
                    self.context.selectivity,
                    self.context.key_parts(table, shape),
                )
                options.append(
                    Option(
                        target=where,
                        operation="search",
                        steps=result.steps,
                        requests=result.requests,
                        matched=result.matched,
                        returned=result.returned,
                        depth=len(result.steps),
                        warnings=result.warnings,
                    )
                )
        return options, rejected

    def _no_words(self, pattern: Pattern) -> list[Rejected]:
        """Return every table an entity is in, each of them no place to search for words."""
        names = [table.name for table, _ in self.context.shapes(pattern.entity)]
        names += [table.name for table, _, _ in self.context.embeds.get(pattern.entity, ())]
        return [Rejected(route=name, reason=NO_WORDS) for name in dict.fromkeys(names)]

    # ------------------------------------------------------------ through a key

    def _through(
        self, pattern: Pattern, match: KeyMatch, wanted: frozenset[str]
    ) -> Option | Refused:
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
            why=_read_why(size, pattern, batch),
        )
        step = ReadStep(
            operation=operation,
            table=match.table.name,
            shape=match.shape.name,
            entity=pattern.entity,
            keys=self.context.key_parts(match.table, match.shape),
            consistency=pattern.consistency,
            select=_projection(pattern),
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
            filtered=_left_over(entity, pattern, match),
        )
        return self._complete(pattern, option, match, wanted, Decimal(batch) * pattern.hit)

    def _sum(
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
            why=f"{shape.copies} shards, each {_read_why(size, pattern, 1)}",
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
        plan = self._plan_query(entity, pattern, match)
        met = self._met(entity, pattern, match)
        around = self._around(entity, match)
        if met is not None:
            plan, weighted = self._of_groups(pattern, match, plan, *met)
        else:
            weighted = self._evaluated_bytes(entity, pattern, match, plan)
        extra = self._cohabitants(match)
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
            why=f"{format_number(plan.evaluated, 1)} entries, " + _read_why(evaluated, pattern, 1),
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
            select=_projection(pattern),
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
        return self._complete(pattern, option, match, wanted, plan.returned)

    def _plan_query(self, entity: Entity, pattern: Pattern, match: KeyMatch) -> QueryPlan:
        selectivity = self.context.selectivity
        in_key = match.conditions
        open_ones = _left_over(entity, pattern, match)
        where = tuple(c for c in pattern.where if c.attribute in open_ones)
        filter_share = ONE
        for condition in where:
            filter_share *= selectivity.share(entity, condition)
        if pattern.matched is not None:
            overall = pattern.matched
            matched = overall / filter_share if filter_share else overall
            matched = min(matched, max(overall, selectivity.instances(entity.name)))
        else:
            matched = selectivity.matching(entity, in_key)
            overall = selectivity.matching(entity, pattern.where)
        if match.cells > 1 and pattern.matched is not None:
            matched *= NEIGHBOUR_WASTE
        required = overall
        if pattern.limit is not None:
            required = min(required, Decimal(pattern.limit))
        if pattern.verb is Verb.GET:
            required = min(required, ONE)
        is_sorted = _serves_order(pattern, match, overall)
        # The nearest are known only when all that may be near have been read.
        drains = (
            pattern.complete
            or not is_sorted
            or match.cells > 1
            or pattern.verb in (Verb.AGGREGATE, Verb.NEAR)
        )
        evaluated = matched
        limit: int | None = None
        if not drains and pattern.limit is not None:
            need = Decimal(pattern.limit) / filter_share if filter_share else matched
            if where:
                need = max(need, self._page_entries(match))
            evaluated = min(matched, need)
            limit = pattern.limit if not where else None
        elif pattern.verb is Verb.GET:
            evaluated = min(matched, ONE) if not where else matched
        warnings = tuple(
            f"`{c.attribute}` {c.operator} is taken to hold "
            f"{plain(DEFAULT_RANGE_SHARE * 100)} % of the entries: say how many with a share"
            for c in pattern.where
            if c.operator not in EXACT_OPERATORS and c.share is None and pattern.matched is None
        )
        notes = []
        if not is_sorted:
            notes.append(f"sorted by {', '.join(name for name, _ in pattern.sort)} in code")
        if where:
            notes.append(f"filter on {', '.join(c.attribute for c in where)} after reading")
        if match.shards > 1:
            notes.append(f"{match.shards} shards, merged in code")
        if match.cells > 1:
            notes.append(f"{match.cells} neighbouring cells, distance checked in code")
        return QueryPlan(
            matched=matched,
            evaluated=evaluated,
            returned=required * pattern.hit,
            filters=where,
            sorted=is_sorted,
            drains=(drains and pattern.limit is not None) or pattern.complete,
            page_limit=limit,
            note="; ".join(notes),
            warnings=warnings,
        )

    def _page_entries(self, match: KeyMatch) -> Decimal:
        """Return how many entries fill a page: before that no filter is applied."""
        sizes = self.context.size_of(match.table, match.shape)
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        present = [size for size in column if size is not None]
        return Decimal(PAGE_BYTES * len(present)) / max(1, sum(present)) if present else ONE

    def _met(
        self, entity: Entity, pattern: Pattern, match: KeyMatch
    ) -> tuple[Groups, Groups] | None:
        """Return the groups of a population the key meets, and those that pass all conditions."""
        if pattern.known or match.cells > 1 or pattern.verb is Verb.NEAR:
            return None
        served = tuple(c for c in pattern.where if c.attribute in match.served)
        of_key = self.context.sizes.groups(entity, served)
        of_all = self.context.sizes.groups(entity, pattern.where)
        return None if of_key is None or of_all is None else (of_key, of_all)

    def _around(self, entity: Entity, match: KeyMatch) -> list[int]:
        """Return the bytes in each of the cells around each instance of a population."""
        if match.cells == 1 or not self.context.sizes.is_population:
            return []
        sizes = self.context.size_of(match.table, match.shape)
        column: Sequence[int | None]
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        return self.context.sizes.around(entity, match.partition, column)

    def _of_groups(
        self, pattern: Pattern, match: KeyMatch, plan: QueryPlan, of_key: Groups, of_all: Groups
    ) -> tuple[QueryPlan, list[tuple[Decimal, list[int]]]]:
        """Return a plan with the figures of a population, and the bytes each call evaluates."""
        sizes = self.context.size_of(match.table, match.shape)
        column: Sequence[int | None]
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        present = [size for size in column if size is not None]
        sums: list[int] = []
        evaluated = 0
        share = of_all.mean() / of_key.mean() if of_key.met else ONE
        entity = self.model.entity(pattern.entity)
        is_cut = plan.sorted and plan.page_limit is not None
        for met in of_key.met:
            group = self.context.sizes.in_order(entity, met, pattern.sort) if is_cut else met
            run = [size for n in group if n < len(column) and (size := column[n]) is not None]
            if present:  # instances beyond the sample are taken to be in the index, as asked for
                run += [present[n % len(present)] for n in group if n >= len(column)]
            stop = _evaluated_of(run, pattern, plan, share)
            evaluated += stop
            sums.append(sum(run[:stop]))
        empty = of_key.of_calls - len(of_key.met)
        total = Decimal(of_key.of_calls)
        weighted = [(len(sums) / total, sums)] if sums else []
        if empty:
            weighted.append((empty / total, [0]))
        limit = None if pattern.limit is None else Decimal(pattern.limit)
        if pattern.verb is Verb.GET:
            limit = ONE
        result = replace(
            plan,
            matched=of_key.mean(),
            evaluated=evaluated / total,
            returned=of_all.mean(limit) * pattern.hit,
        )
        return result, weighted

    def _evaluated_bytes(
        self, entity: Entity, pattern: Pattern, match: KeyMatch, plan: QueryPlan
    ) -> list[tuple[Decimal, list[int]]]:
        sizes = self.context.size_of(match.table, match.shape)
        column: Sequence[int | None]
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        if self._is_by_parent(entity, match) and plan.matched == self._per_parent(entity):
            groups = self._parent_groups(entity, column, plan)
            if groups:
                return [(ONE, groups)]
        present = [size for size in column if size is not None]
        return grouped(present, plan.evaluated)

    def _is_by_parent(self, entity: Entity, match: KeyMatch) -> bool:
        if entity.parent is None:
            return False
        return set(match.served) == set(self.model.entity(entity.parent).key) and all(
            entity.has(name) and entity.attribute(name).generated for name in match.served
        )

    def _per_parent(self, entity: Entity) -> Decimal:
        selectivity = self.context.selectivity
        parents = selectivity.instances(entity.parent or "")
        return selectivity.instances(entity.name) / parents if parents else ZERO

    def _parent_groups(
        self, entity: Entity, column: Sequence[int | None], plan: QueryPlan
    ) -> list[int]:
        """Return the bytes read for each sampled parent, with its own number of children."""
        spread = entity.count.spread
        if spread is None or spread.shape == "fixed":
            return []
        limit = int(plan.evaluated) if plan.evaluated < plan.matched else None
        counts = self.context.sizes.sample.group_sizes(entity.name, len(column))
        read = [min(count, limit) for count in counts] if limit is not None else counts
        return _sums_of_runs([size or 0 for size in column], counts, read, self.context.sizes)

    def _cohabitants(self, match: KeyMatch) -> Decimal:
        """Return the bytes of other kinds of items the same query reads on its way."""
        extra = ZERO
        own_key = [(key, str(template)) for key, template in match.partition]
        bound = match.sort[0] if match.sort else None
        for shape in match.table.shapes:
            if shape == match.shape:
                continue
            templates = [(key, shape.template(key)) for key, _ in match.partition]
            if [(key, str(template)) for key, template in templates] != own_key:
                continue
            if match.index is not None and any(
                shape.template(key) is None for key in match.index.keys
            ):
                continue
            if bound is not None and not _may_fall_in(shape, bound.key, match):
                continue
            entity = self.model.entity(shape.entity)
            names = {a for _, template in match.partition for a in template.attributes}
            conditions = tuple(Condition(attribute=n) for n in sorted(names) if entity.has(n))
            count = self.context.selectivity.matching(entity, conditions)
            sizes = self.context.size_of(match.table, shape)
            column = sizes.items() if match.index is None else sizes.entries(match.index)
            extra += count * sum(size or 0 for size in column) / max(1, len(column))
        return extra

    # ------------------------------------------------------------ what the first read lacks

    def _complete(
        self,
        pattern: Pattern,
        option: Option,
        match: KeyMatch,
        wanted: frozenset[str],
        count: Decimal,
    ) -> Option | Refused:
        """Add the fetches that bring the attributes the first read does not hold."""
        entity = self.model.entity(pattern.entity)
        bound = frozenset(pattern.equalities)
        needed = set(wanted)
        unseen = self._unseen(entity, pattern, option, match)
        if unseen:
            return Refused(
                f"it does not hold `{unseen}`, by which entries have to be chosen or sorted"
            )
        sources = self._fetch_sources(entity, match)
        for table, shape in sources:
            missing = needed - option.held - bound
            if not missing:
                break
            gives = self.context.held(table, shape)
            if not missing & gives:
                continue
            if not _key_is_known(self.context, table, shape, option.held | bound):
                continue
            option = self._fetch(pattern, option, table, shape, count, gives)
        missing = needed - option.held - bound
        if missing:
            shown = ", ".join(f"`{name}`" for name in sorted(missing))
            return Refused(f"it lacks {shown}, and no key leads from it to where they are")
        return self._with_objects(option, entity, needed - bound, count)

    def _with_objects(
        self, option: Option, entity: Entity, needed: set[str], count: Decimal
    ) -> Option:
        """Add what has to be got from object storage, all of it at once."""
        steps: list[Step] = []
        requests: list[Request] = []
        for table, shape in self.context.shapes(entity.name):
            for name in shape.offload:
                done = {s.attribute for s in steps if isinstance(s, ObjectStep)}
                if name not in needed or name in done:
                    continue
                stored = count * entity.attribute(name).presence
                step, request = object_request(
                    self.context, table, shape, name, "GetObject", stored
                )
                steps.append(step)
                requests.append(request)
        if not steps:
            return option
        return replace(
            option,
            steps=(*option.steps, *steps),
            requests=(*option.requests, *requests),
            depth=option.depth + 1,
        )

    def _unseen(self, entity: Entity, pattern: Pattern, option: Option, match: KeyMatch) -> str:
        """Return what is looked at before anything is fetched, but is not there; "" if all is.

        A filter on what an entry lacks would drop every entry, and an order cannot be made of it.
        Part of a longer key does not count: no filter looks inside, and no program should have to.
        """
        sizes = self.context.size_of(match.table, match.shape)
        names = sizes.attributes if match.index is None else sizes.projected(match.index)
        plainly = {name for name in names if name in match.shape.attributes}
        for name in names:
            template = match.shape.template(name)
            if template is not None and len(template.parts) == 1:
                plainly.update(template.attributes)
        plainly -= set(match.shape.offload)
        looked_at = [*option.filtered]
        if option.sorts_in_code:
            looked_at += [name for name, _ in pattern.sort]
        if near := _geo_attribute(entity, pattern):
            looked_at.append(near)
        for name in looked_at:
            base = name.partition(".")[0]
            if entity.has(base) and base not in plainly:
                return base
        return ""

    def _fetch_sources(self, entity: Entity, match: KeyMatch) -> list[tuple[Table, ItemShape]]:
        own_key = [] if match.index is None else [(match.table, match.shape)]
        others = [
            (table, shape)
            for table, shape in self.context.shapes(entity.name)
            if (table, shape) != (match.table, match.shape)
        ]
        return own_key + others

    def _fetch(
        self,
        pattern: Pattern,
        option: Option,
        table: Table,
        shape: ItemShape,
        count: Decimal,
        gives: frozenset[str],
    ) -> Option:
        column = self.context.size_of(table, shape).items()
        items = count * shape.copies
        units = get_units(column, pattern.consistency).times(items)
        single = count <= 1 and shape.copies == 1
        calls = min(ONE, count) if single else _requests_for_mean(items)
        size = measure(column).mean
        operation = "GetItem" if single else "BatchGetItem"
        use = UnitUse(
            resource=table.name,
            dimension="read",
            units=units,
            why=f"{format_number(items, 1)} items fetched, each {_read_why(size, pattern, 1)}",
        )
        request = Request(
            operation=operation,
            target=table.name,
            calls=calls,
            items=items / calls if calls else ZERO,
            bytes=size,
            uses=(use,),
            note="keys from the request before" + (", added up in code" if shape.counters else ""),
        )
        step = ReadStep(
            operation=operation,
            table=table.name,
            shape=shape.name,
            entity=pattern.entity,
            keys=self.context.key_parts(table, shape),
            consistency=pattern.consistency,
            select=_projection(pattern) if shape.copies == 1 else None,
            shards=shape.copies,
            from_previous=True,
        )
        return replace(
            option,
            steps=(*option.steps, step),
            requests=(*option.requests, request),
            held=option.held | gives,
            fetches=True,
            depth=option.depth + 1,
        )

    # ------------------------------------------------------------ scans and embedded children

    def _scan(
        self, pattern: Pattern, table: Table, shape: ItemShape, wanted: frozenset[str]
    ) -> Option | Refused:
        stored = self.context.held(table, shape)
        entity = self.model.entity(pattern.entity)
        if not wanted - stored <= self._elsewhere(entity, table, shape, stored):
            return Refused("it does not hold what is asked for")
        return self._read_all(pattern, table, shape, wanted, None)

    def _elsewhere(
        self, entity: Entity, table: Table, shape: ItemShape, held: frozenset[str]
    ) -> frozenset[str]:
        names: set[str] = set()
        for other_table, other in self.context.shapes(entity.name):
            if (other_table, other) != (table, shape) and _key_is_known(
                self.context, other_table, other, held
            ):
                names |= self.context.held(other_table, other)
        return frozenset(names)

    def _read_all(
        self,
        pattern: Pattern,
        table: Table,
        shape: ItemShape,
        wanted: frozenset[str],
        embed: Embed | None,
    ) -> Option | Refused:
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
            why=f"{_portion(part)}: {_read_why(evaluated, pattern, 1)}",
        )
        step = ReadStep(
            operation="Scan",
            table=table.name,
            shape=shape.name,
            entity=pattern.entity,
            filters=pattern.where,
            select=_projection(pattern),
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
        return self._complete(pattern, option, dummy, wanted, returned)

    def _embedded(
        self, pattern: Pattern, table: Table, shape: ItemShape, embed: Embed
    ) -> list[Option]:
        """Read the parent's item and pick the children out of it."""
        if pattern.batch > 1:
            return []  # children of one parent would ask for its item twice, which is refused
        parent, child = self.model.entity(shape.entity), self.model.entity(pattern.entity)
        # What a child calls like an attribute of its parent is the parent's only if handed down.
        parent_conditions = tuple(
            c
            for c in with_known(child, pattern)
            if parent.has(c.attribute)
            and child.has(c.attribute)
            and child.attribute(c.attribute).generated
        )
        inner = Pattern(
            name=pattern.name,
            verb=Verb.GET,
            entity=parent.name,
            rate=pattern.rate,
            where=parent_conditions,
            select=(*parent.key,),
            consistency=pattern.consistency,
            hit=pattern.hit,
            batch=pattern.batch,
        )
        options: list[Option] = []
        per_parent = self._children_per_parent(embed, parent)
        for index in (None, *table.indexes):
            match = match_key(self.model, table, index, shape, parent_conditions)
            if isinstance(match, Refused) or not parent_conditions:
                continue
            if index is not None and embed.attribute not in self.context.size_of(
                table, shape
            ).projected(index):
                continue
            option = self._through(inner, match, frozenset(parent.key))
            if isinstance(option, Option):
                if names_one(child, pattern.equalities):
                    option = self._of_children(option, pattern, match)
                first = option.steps[0]
                assert isinstance(first, ReadStep)
                steps = (replace(first, embed=embed, select=None), *option.steps[1:])
                options.append(
                    replace(
                        option,
                        steps=steps,
                        returned=per_parent,
                        held=option.held | frozenset(self.model.entity(embed.entity).names),
                        filtered=tuple(
                            c.attribute for c in pattern.where if c not in parent_conditions
                        ),
                        sorts_in_code=bool(pattern.sort),
                    )
                )
        required = frozenset(pattern.select or self.model.entity(embed.entity).names)
        scan = self._read_all(pattern, table, shape, required, embed)
        if isinstance(scan, Option):
            options.append(scan)
        return options

    def _of_children(self, option: Option, pattern: Pattern, match: KeyMatch) -> Option:
        """Return a read of one parent's item as often as the parent has children."""
        if option.operation != "get":
            return option
        sizes = self.context.size_of(match.table, match.shape)
        column = self.context.by_child(pattern.entity, sizes, sizes.items())
        first, *rest = option.requests
        mean = measure(column).mean
        use = replace(
            first.uses[0],
            units=get_units(column, pattern.consistency, pattern.hit),
            why=_read_why(mean, pattern, 1),
        )
        return replace(option, requests=(replace(first, bytes=mean, uses=(use,)), *rest))

    def _children_per_parent(self, embed: Embed, parent: Entity) -> Decimal:
        selectivity = self.context.selectivity
        parents = selectivity.instances(parent.name)
        return selectivity.instances(embed.entity) / parents if parents else ZERO


NEIGHBOUR_WASTE = Decimal("2.9")
"""Nine square cells against the circle inscribed in their centre three: 9 / pi, in area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """How many entries a query meets, evaluates and returns."""

    matched: Decimal
    evaluated: Decimal
    returned: Decimal
    filters: tuple[Condition, ...]
    sorted: bool
    drains: bool
    page_limit: int | None
    note: str
    warnings: tuple[str, ...]


def _evaluated_of(run: list[int], pattern: Pattern, plan: QueryPlan, share: Decimal) -> int:
    """Return how many entries of one item collection a query evaluates until it has enough.

    Without a `Limit` a whole page of 1 MB is evaluated before the filter is applied.
    """
    if plan.drains or pattern.limit is None:
        return min(len(run), 1) if pattern.verb is Verb.GET and not plan.filters else len(run)
    if plan.page_limit is not None:
        return min(len(run), plan.page_limit)
    need = pattern.limit / share if share else Decimal(len(run))
    page = 0
    for place, size in enumerate(run, 1):
        page += size
        if page >= PAGE_BYTES:
            if place >= need:
                return place
            page = 0
    return len(run)


def _serves_order(pattern: Pattern, match: KeyMatch, overall: Decimal) -> bool:
    """Whether the entries come in the order asked for."""
    if not pattern.sort or pattern.verb is Verb.GET or overall == 0:
        return True
    if match.cells > 1:
        return False
    bound = {c.attribute for c in pattern.where if c.operator == "eq"}
    asked = [(name, descending) for name, descending in pattern.sort if name not in bound]
    if not asked:
        return True
    if len({descending for _, descending in asked}) > 1:
        return False
    return tuple(name for name, _ in asked) == match.order[: len(asked)]


def _may_fall_in(shape: ItemShape, key: str, match: KeyMatch) -> bool:
    """Whether items of another shape may meet the sort condition of a query."""
    bound = match.sort[0]
    if not bound.operator:
        return True
    template = shape.template(key)
    if template is None:
        return False
    own_text, other_text = _literal_start(bound.template.parts), _literal_start(template.parts)
    if not own_text:
        return False
    return other_text.startswith(own_text)


def _literal_start(parts: Iterable[object]) -> str:
    text = ""
    for part in parts:
        literal = getattr(part, "literal", "")
        if not literal:
            break
        text += literal
    return text


def _key_is_known(context: Context, table: Table, shape: ItemShape, known: frozenset[str]) -> bool:
    """Whether the primary key of a shape follows from these attributes."""
    for key in table.keys:
        template = shape.template(key)
        is_spread = template is not None and template.shards > 1 and not shape.counters
        if template is None or is_spread or not set(template.attributes) <= known:
            return False
    return True


def _geo_attribute(entity: Entity, pattern: Pattern) -> str:
    if pattern.verb is not Verb.NEAR:
        return ""
    for condition in pattern.where:
        if (
            entity.has(condition.attribute)
            and entity.attribute(condition.attribute).kind is Kind.GEO
        ):
            return condition.attribute
    return next((a.name for a in entity.attributes if a.kind is Kind.GEO), "")


def _projection(pattern: Pattern) -> tuple[str, ...] | None:
    return pattern.select


def object_request(
    context: Context, table: Table, shape: ItemShape, name: str, operation: str, calls: Decimal
) -> tuple[ObjectStep, Request]:
    """Return the step and the request for objects of an attribute, sent so many times."""
    sizes = context.size_of(table, shape).object_bytes(name)
    dimension = {"GetObject": "get", "PutObject": "put", "DeleteObject": "delete"}[operation]
    resource = f"{table.name}/{OBJECTS}"
    step = ObjectStep(
        operation=operation,
        table=table.name,
        shape=shape.name,
        entity=shape.entity,
        attribute=name,
    )
    use = UnitUse(
        resource=resource,
        dimension=dimension,
        units=Measure(mean=calls),
        why=f"{format_number(calls, 1)} objects of `{name}`",
    )
    request = Request(
        operation=operation,
        target=resource,
        calls=calls,
        bytes=measure(sizes).mean,
        uses=(use,),
        note="in object storage",
    )
    return step, request


def _requests_for(count: int, at_most: int) -> Decimal:
    return Decimal(-(-count // at_most))


def _requests_for_mean(count: Decimal) -> Decimal:
    return (count / MAX_BATCH_GET_KEYS).to_integral_value(rounding="ROUND_CEILING")


def _scan_units(evaluated: Decimal, consistency: Consistency) -> Decimal:
    return page_blocks(int(evaluated)) * consistency.factor


def with_known(entity: Entity, pattern: Pattern) -> tuple[Condition, ...]:
    """Return the pattern's conditions, and one for each further attribute the caller holds."""
    attributes = {condition.attribute for condition in pattern.where}
    more = [name for name in pattern.known if name not in attributes and entity.has(name)]
    return pattern.where + tuple(Condition(attribute=name) for name in more)


def _sums_of_runs(
    column: Sequence[int], counts: Sequence[int], read: Sequence[int], sizes: DesignSizes
) -> list[int]:
    """Return the bytes read of each parent's children, taken from a column of sizes in turn.

    Of a population the column ends where the children do. A sample is gone through again and again
    instead: else parents with many children, which do not fit into it, would never be met.
    """
    upto = [0, *accumulate(column)]
    whole_number, total = len(column), upto[-1]
    sums: list[int] = []
    position = 0
    for count, claimed in zip(counts, read, strict=True):
        if sizes.is_population and position + count > whole_number:
            break
        first = position % whole_number
        rounds, rest = divmod(first + claimed, whole_number)
        sums.append(rounds * total + upto[rest] - upto[first])
        position += count
    return sums


def _left_over(entity: Entity, pattern: Pattern, match: KeyMatch) -> tuple[str, ...]:
    """Return the attributes of conditions the key does not answer, which a filter must.

    None where what the caller holds already names one instance.
    """
    equal = {c.attribute for c in match.conditions if c.operator == "eq"}
    if pattern.known and set(entity.key) <= equal | set(pattern.known):
        return ()
    return tuple(c.attribute for c in pattern.where if c.attribute not in match.served)


def _portion(part: Decimal) -> str:
    return "the whole table" if part == 1 else f"{format_number(part * 100, 1)} % of the table"


def _short(units: Decimal) -> Decimal:
    return units.quantize(Decimal("0.01"))


def _read_why(size: Decimal, pattern: Pattern, batch: int) -> str:
    factor = plain(pattern.consistency.factor)
    article = "an" if pattern.consistency is Consistency.EVENTUAL else "a"
    blocks = read_blocks(int(size))
    times = f"{batch} x " if batch > 1 else ""
    return (
        f"{times}{format_number(size)} B in 4 KB blocks ({blocks} at the mean size) "
        f"x {factor} for {article} {pattern.consistency.value} read"
    )


def touched_shapes(
    context: Context, entity: str, touched: frozenset[str]
) -> list[tuple[Table, ItemShape]]:
    """Return the shapes (guards included) an update of these attributes changes."""
    touched_shapes = []
    for table, shape in context.homes.get(entity, ()):
        sizes = context.size_of(table, shape)
        for name in sizes.attributes:
            template = shape.template(name)
            if template is not None and touched & depends_on(template, name):
                touched_shapes.append((table, shape))
                break
    return touched_shapes
