"""How many entries a query meets, evaluates and returns, and their bytes.

In: a pattern and the key that serves it. Out: a `QueryPlan` and the bytes of sampled calls. Items
of other kinds under the same key count: a query reads them on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate

from tablewright.capacity.limits import PAGE_BYTES
from tablewright.core.frozen import frozen
from tablewright.core.memo import Memo
from tablewright.core.quantities import ONE, ZERO, format_number, plain
from tablewright.engines.dynamodb.access import DEFAULT_RANGE_SHARE, KeyMatch
from tablewright.engines.dynamodb.buckets import DAYS
from tablewright.engines.dynamodb.design import ItemShape
from tablewright.engines.dynamodb.metering import Weighted, grouped
from tablewright.engines.dynamodb.populations import CallGroups, DesignSizes, FilteredCall
from tablewright.engines.dynamodb.reading.context import Context
from tablewright.engines.dynamodb.reading.filtered_pages import (
    evenly_passing,
    limit_with_filter,
    read_in_rounds,
    rounds_until,
)
from tablewright.model.statistics import EXACT_OPERATORS
from tablewright.model.values import Condition, Entity, Pattern, Verb

NEIGHBOUR_WASTE = Decimal("2.9")
"""Nine square cells against the circle inscribed in their centre three: 9 / pi, in area."""


BEGINNINGS = 2
"""Places in each part of a stretch of time at which calls are taken to begin, for a mean."""


@frozen
class QueryPlan:
    """How many entries a query meets, evaluates and returns."""

    matched: Decimal
    evaluated: Decimal
    returned: Decimal
    filters: tuple[Condition, ...]
    sorted: bool
    drains: bool
    page_limit: int | None
    """The `Limit` of a request; with a filter a request is sent again until enough have passed."""
    rounds: Decimal = ONE
    """How often a request is sent, a mean."""
    note: str
    warnings: tuple[str, ...]


@frozen
class BucketWalk:
    """Queries of one stretch of time after another."""

    plan: QueryPlan
    """With the entries that all of them evaluate."""
    queries: Decimal
    """For each call, a mean."""
    weighted: list[tuple[Decimal, list[int]]]
    """The bytes that one query evaluates, as weighted samples."""


class QueryPlanner:
    """How many entries the queries of a design meet, evaluate and return."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.model = context.model
        self._plans: Memo[QueryPlan] = Memo()

    def plan(self, entity: Entity, pattern: Pattern, match: KeyMatch) -> QueryPlan:
        """Return how many entries a query through this key meets, evaluates and returns."""
        open_ones = left_over(entity, pattern, match)
        if open_ones and pattern.limit is not None:  # how many entries a page holds matters
            return self._plan(entity, pattern, match, open_ones)
        return self._plans.get(
            (pattern, match.partition),  # that of all indexes with these keys
            (),
            lambda: self._plan(entity, pattern, match, open_ones),
        )

    def _plan(
        self, entity: Entity, pattern: Pattern, match: KeyMatch, open_ones: tuple[str, ...]
    ) -> QueryPlan:
        selectivity = self.context.selectivity
        in_key = match.conditions
        where = tuple(c for c in pattern.where if c.attribute in open_ones)
        filter_share = stated_share = ONE
        for condition in where:
            filter_share *= selectivity.share(entity, condition)
            stated_share *= self.context.stated.share(entity, condition)
        if pattern.matched is not None:
            overall = pattern.matched
            matched = overall / filter_share if filter_share else overall
            matched = min(matched, max(overall, selectivity.instances(entity.name)))
        else:
            matched = selectivity.matching(entity, in_key)
            overall = self.context.matching(pattern)
        if match.cells > 1 and pattern.matched is not None:
            matched *= NEIGHBOUR_WASTE
        required = overall
        if pattern.limit is not None:
            required = min(required, Decimal(pattern.limit))
        if pattern.verb is Verb.GET:
            required = min(required, ONE)
        is_sorted = serves_order(pattern, match, overall)
        # The nearest are known only when all that may be near have been read.
        drains = (
            pattern.complete
            or not is_sorted
            or match.cells > 1
            or (match.bucket != "" and bool(where))
            or pattern.verb in (Verb.AGGREGATE, Verb.NEAR)
        )
        evaluated = matched
        limit: int | None = None
        rounds = ONE
        if not drains and pattern.limit is not None:
            need = Decimal(pattern.limit) / filter_share if filter_share else matched
            if where and filter_share and stated_share:
                limit = limit_with_filter(pattern.limit, stated_share)
                if limit < self._page_entries(match):
                    need = Decimal(limit)
                    rounds = rounds_until(pattern.limit, filter_share, limit, matched)
                else:
                    limit = None
            elif not where:
                limit = pattern.limit
            if where and limit is None:
                need = max(need, self._page_entries(match))
            evaluated = min(matched, need)
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
        if rounds > 1:
            notes.append(f"sent {format_number(rounds, 2)} times until {pattern.limit} have passed")
        notes += _notes_on_keys(match, drains=drains)
        return QueryPlan(
            matched=matched,
            evaluated=evaluated,
            returned=required * pattern.hit,
            filters=where,
            sorted=is_sorted,
            drains=(drains and pattern.limit is not None) or pattern.complete,
            page_limit=limit,
            rounds=rounds,
            note="; ".join(notes),
            warnings=warnings,
        )

    def _page_entries(self, match: KeyMatch) -> Decimal:
        """Return how many entries fill a page: before that no filter is applied."""
        sizes = self.context.size_of(match.table, match.shape)
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        present = self.context.meter.present(column)
        return Decimal(PAGE_BYTES * len(present)) / max(1, sum(present)) if present else ONE

    def by_bucket(
        self, entity: Entity, pattern: Pattern, match: KeyMatch, plan: QueryPlan
    ) -> BucketWalk:
        """Return how many stretches of time a call asks for, and what each query evaluates."""
        sizes = self.context.size_of(match.table, match.shape)
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        walked = self.context.sizes.walked(entity, pattern, match, plan.drains)
        present = [size for size in column if size is not None]
        if walked is not None:
            runs = [
                sum(column[n % len(column)] or 0 for n in numbers)
                for call in walked
                for numbers in call
            ]
            calls = Decimal(max(1, len(walked)))
            entries = Decimal(sum(len(n) for call in walked for n in call)) / calls
            queries = Decimal(len(runs)) / calls
            return BucketWalk(
                plan=replace(plan, evaluated=entries),
                queries=queries,
                weighted=[(ONE, runs or [0])],
            )
        base, _, unit = match.bucket.partition(".")
        age = self.model.age_days(entity)
        condition = next((c for c in pattern.where if c.attribute == base), None)
        share = ONE if condition is None else self.context.selectivity.share(entity, condition)
        length = age * share / DAYS[unit]
        queries = length + 1  # its ends lie within a stretch
        if condition is not None and base not in match.served:
            # The sort key is of something else: each stretch is read from end to end.
            touched = min(ONE, queries * DAYS[unit] / age) if age else ONE
            plan = replace(plan, matched=plan.matched * touched, evaluated=plan.evaluated * touched)
            whole = grouped(present, plan.evaluated / queries)
            return BucketWalk(plan=plan, queries=queries, weighted=whole)
        per_stretch = plan.matched / length if length else ZERO
        pieces = _pieces(plan.evaluated, per_stretch)
        queries = sum((weight for weight, _ in pieces), ZERO)
        weighted = [
            (weight / queries * part, sums)
            for weight, entries_of_one in pieces
            for part, sums in grouped(present, entries_of_one)
        ]
        return BucketWalk(plan=plan, queries=queries, weighted=weighted)

    def met(
        self, entity: Entity, pattern: Pattern, match: KeyMatch
    ) -> tuple[CallGroups, CallGroups] | None:
        """Return the groups of a population the key meets, and those that pass all conditions."""
        if pattern.known or match.cells > 1 or pattern.verb is Verb.NEAR:
            return None
        served = tuple(c for c in pattern.where if c.attribute in match.served)
        of_key = self.context.sizes.groups(entity, served)
        of_all = self.context.sizes.groups(entity, pattern.where)
        return None if of_key is None or of_all is None else (of_key, of_all)

    def around(self, entity: Entity, match: KeyMatch) -> list[int]:
        """Return the bytes in each of the cells around each instance of a population."""
        if match.cells == 1 or not self.context.sizes.is_population:
            return []
        sizes = self.context.size_of(match.table, match.shape)
        column: Sequence[int | None]
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        return self.context.sizes.around(entity, match.partition, column)

    def of_groups(
        self,
        pattern: Pattern,
        match: KeyMatch,
        plan: QueryPlan,
        of_key: CallGroups,
        of_all: CallGroups,
    ) -> tuple[QueryPlan, list[tuple[Decimal, list[int]]]]:
        """Return a plan with the figures of a population, and the bytes each call evaluates."""
        sizes = self.context.size_of(match.table, match.shape)
        column: Sequence[int | None]
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        share = of_all.mean() / of_key.mean() if of_key.met else ONE
        calls = self._filtered_calls(pattern, plan, of_key, of_all)
        is_filtered = calls is not None
        if calls is None:
            is_cut = plan.sorted and plan.page_limit is not None
            in_order, entity = self.context.sizes.in_order, self.model.entity(pattern.entity)
            groups = [in_order(entity, g, pattern.sort) if is_cut else g for g in of_key.met]
            calls = [FilteredCall(met=group, passing=frozenset()) for group in groups]
        total = Decimal(of_all.of_calls if is_filtered else of_key.of_calls)
        present = [size for size in column if size is not None]
        sums: dict[int, list[int]] = {}
        evaluated = 0
        for call in calls:
            run = _sizes_of(call.met, column, present)
            read = [size for _, size in run]
            if plan.page_limit is not None and plan.filters:
                passes = [n in call.passing for n, _ in run]
                if not is_filtered:
                    passes = evenly_passing(share, len(run))
                stop, size = read_in_rounds(read, passes, pattern.limit or 1, plan.page_limit)
            else:
                stop = _evaluated_of(read, pattern, plan, share)
                size = sum(read[:stop])
            evaluated += stop * call.of_calls
            sums.setdefault(call.of_calls, []).append(size)
        weighted = [(times * len(group) / total, group) for times, group in sums.items()]
        empty = total - sum(times * len(group) for times, group in sums.items())
        if empty > 0:
            weighted.append((empty / total, [0]))
        limit = None if pattern.limit is None else Decimal(pattern.limit)
        if pattern.verb is Verb.GET:
            limit = ONE
        result = replace(
            plan,
            matched=of_key.mean(),
            evaluated=evaluated / total,
            returned=of_all.mean(limit) * pattern.hit,
            rounds=ONE,
        )
        return result, weighted

    def _filtered_calls(
        self, pattern: Pattern, plan: QueryPlan, of_key: CallGroups, of_all: CallGroups
    ) -> list[FilteredCall] | None:
        """Return what calls with a filter and a `Limit` meet; None of others, or if not known."""
        if plan.page_limit is None or not plan.filters:
            return None
        return self.context.sizes.filtered(pattern, plan.filters, of_key, of_all)

    def evaluated_bytes(
        self, entity: Entity, pattern: Pattern, match: KeyMatch, plan: QueryPlan
    ) -> tuple[QueryPlan, Weighted]:
        """Return the bytes that one call evaluates, as weighted samples.

        Of children by their parent each parent has its own number, cut at the limit: where a few
        have most of them the mean says little. The plan then has the entries that are read.
        """
        sizes = self.context.size_of(match.table, match.shape)
        column: Sequence[int | None]
        column = sizes.items() if match.index is None else sizes.entries(match.index)
        if self._is_by_parent(entity, match) and plan.matched == self._per_parent(entity):
            spread = entity.count.spread
            if spread is not None and spread.shape != "fixed":
                entries, weighted = self._by_parent(entity, column, plan)
                if weighted[0][1]:
                    return replace(plan, evaluated=entries), weighted
        return plan, self.context.meter.grouped(column, plan.evaluated)

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

    def _by_parent(
        self, entity: Entity, column: Sequence[int | None], plan: QueryPlan
    ) -> tuple[Decimal, Weighted]:
        """Return how many children of a parent are read on average, and the bytes of each."""
        limit = int(plan.evaluated) if plan.evaluated < plan.matched else None
        if plan.page_limit is not None and not plan.filters:
            limit = plan.page_limit
        counts = self.context.sizes.sample.group_sizes(entity.name, len(column))
        read = [min(count, limit) for count in counts] if limit is not None else counts

        def runs() -> Weighted:
            sizes = [size or 0 for size in column]
            return [(ONE, _sums_of_runs(sizes, counts, read, self.context.sizes))]

        how = ("parents", entity.name, limit, self.context.sizes.is_population)
        weighted = self.context.meter.runs(column, how, runs)
        return Decimal(sum(read)) / max(1, len(read)), weighted

    def cohabitants(self, match: KeyMatch) -> Decimal:
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


def _pieces(entries: Decimal, per_stretch: Decimal) -> list[tuple[Decimal, Decimal]]:
    """Return how many queries of a call read how many entries, as (queries, entries of each).

    A call begins anywhere within a stretch of time. What is left of that may have all it wants;
    else the next stretches are read until it has.

    Example:
        >>> pieces = _pieces(Decimal(2), Decimal(8))
        >>> f"{sum(n for n, _ in pieces):.2f}", f"{sum(n * each for n, each in pieces):.2f}"
        ('1.25', '2.00')
    """
    if entries <= 0 or per_stretch <= 0:
        return [(ONE, ZERO)]
    rest = entries / per_stretch % 1
    pieces: dict[Decimal, Decimal] = {}
    # With less than that of its first stretch left, a call needs one query more.
    for low, high in ((ZERO, rest), (rest, ONE)):
        weight = (high - low) / BEGINNINGS
        for place in range(BEGINNINGS if weight else 0):
            share = low + (high - low) * (2 * place + 1) / (2 * BEGINNINGS)
            piece, left = share * per_stretch, entries
            while left > 0:
                piece = min(piece, left)
                pieces[piece] = pieces.get(piece, ZERO) + weight
                left -= piece
                piece = per_stretch
    return [(queries, each) for each, queries in pieces.items()]


def _sizes_of(
    numbers: Sequence[int], column: Sequence[int | None], present: Sequence[int]
) -> list[tuple[int, int]]:
    """Return the instances that are in an index, with their bytes.

    Those beyond the sample are taken to be in it, as asked for: the sizes of those of the same
    group that are, in turn, for what they have in common makes them alike; of any where none is.
    """
    own = [size for n in numbers if n < len(column) and (size := column[n]) is not None]
    present = own or present
    sized = ((n, column[n] if n < len(column) else None) for n in numbers)
    return [
        (n, present[n % len(present)] if size is None else size)
        for n, size in sized
        if size is not None or (n >= len(column) and present)
    ]


def _notes_on_keys(match: KeyMatch, *, drains: bool) -> list[str]:
    """Say over which keys a query is spread."""
    notes = []
    if match.shards > 1:
        notes.append(f"{match.shards} shards, merged in code")
    if match.cells > 1:
        notes.append(f"{match.cells} neighbouring cells, distance checked in code")
    if match.bucket:
        base, _, unit = match.bucket.partition(".")
        notes.append(f"{unit} by {unit} of {base}" + ("" if drains else ", until there are enough"))
    return notes


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


def serves_order(pattern: Pattern, match: KeyMatch, overall: Decimal) -> bool:
    """Whether the entries come in the order asked for."""
    if not pattern.sort or pattern.verb is Verb.GET or overall == 0:
        return True
    if match.cells > 1:
        return False
    if match.bucket and pattern.sort[0][0] != match.bucket.partition(".")[0]:
        return False  # in order within a stretch of time only
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
    own_text, other_text = literal_start(bound.template.parts), literal_start(template.parts)
    if not own_text:
        return False
    return other_text.startswith(own_text)


def literal_start(parts: Iterable[object]) -> str:
    """Return the text a key begins with, before the first value in it."""
    text = ""
    for part in parts:
        literal = getattr(part, "literal", "")
        if not literal:
            break
        text += literal
    return text


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


def left_over(entity: Entity, pattern: Pattern, match: KeyMatch) -> tuple[str, ...]:
    """Return the attributes of conditions the key does not answer, which a filter must.

    None where what the caller holds already names one instance.
    """
    equal = {c.attribute for c in match.conditions if c.operator == "eq"}
    if pattern.known and set(entity.key) <= equal | set(pattern.known):
        return ()
    return tuple(c.attribute for c in pattern.where if c.attribute not in match.served)
