"""How a store of ordered indexes answers an access pattern: shared by MongoDB and PostgreSQL.

In: homes (a collection or table with its indexes, at one scale) and a pattern. Out: a Route in the
words of every engine, and the Work one call makes. It does not know bytes on disk, prices or
hardware.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from tablewright.capacity.units import Consistency
from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.servers.finding import Finder, is_by_place
from tablewright.engines.servers.homes import Home, Ordered
from tablewright.engines.servers.partial_entries import (
    Told,
    entries_of,
    share_within,
    told_after,
    told_before,
)
from tablewright.engines.servers.ways import AccessPath, pages_of, rows_per_page, touches_of
from tablewright.engines.servers.words import SimilarSearch, Words, kept_nowhere, short_count
from tablewright.engines.servers.work import NOTHING, Work
from tablewright.evaluation.together import put_inside
from tablewright.evaluation.values import (
    INDEX_WRITE,
    PAGE,
    Measure,
    Rejected,
    Request,
    Route,
    UnitUse,
    side_by_side,
)
from tablewright.model.values import Model, Pattern, Verb


class Router:
    """Routes all patterns of a model over the homes of one design."""

    def __init__(
        self,
        model: Model,
        design: str,
        homes: Iterable[Home],
        users: int,
        words: Words,
        *,
        one_shard: bool = False,
    ) -> None:
        """Route over homes; with `one_shard` the work is that of one shard and not of all."""
        self.model, self.design, self.words = model, design, words
        self.one_shard = one_shard
        self.finder = Finder(model, homes, users, words)

    def route(self, pattern: Pattern) -> tuple[Route, Work]:
        """Return how the design serves a pattern, and the work of one call."""
        if pattern.verb is Verb.TRANSACT:
            return self._transaction(pattern)
        if pattern.verb is Verb.READ:
            return self._several_kinds(pattern)
        if not self.finder.homes_of(pattern.entity):
            reason = f"no {self.words.table} of the design holds `{pattern.entity}`"
            return Route(pattern=pattern.name, design=self.design, cannot=reason), NOTHING
        if pattern.verb is Verb.PUT:
            return self._put(pattern)
        if pattern.verb in (Verb.UPDATE, Verb.DELETE, Verb.CHECK):
            return self._change(pattern)
        return self._read(pattern)

    def _similar(self, pattern: Pattern) -> tuple[Route, Work]:
        """Route a search for similar rows: by an index of vectors, or by looking at all rows."""
        search = self.words.similar
        homes = [home for home, embedded in self.finder.homes_of(pattern.entity) if not embedded]
        if search is None or not homes:
            reason = f"{self.words.engine} has no search for similar rows"
            reason = reason if homes else f"no {self.words.table} holds it whole"
            return Route(pattern=pattern.name, design=self.design, cannot=reason), NOTHING
        home = homes[0]
        if search.visited is None:
            return self._similar_on_nodes(pattern, home, search)
        conditions = self.finder.conditions(pattern, home, "")
        share = self.finder.all_share(pattern, home, "", conditions.values())
        exact = replace(self.finder.scan(pattern, home, ""), sorts=True)
        rejected: list[Rejected] = []
        ways = [exact]
        for index in home.indexes:
            if index.kind != "vector" or index.paths[:1] != (pattern.to,):
                continue
            name = f"{home.name}/{index.name}"
            reason = "its results are approximate" if pattern.exact else ""
            reason = reason or search.why_not(pattern.limit or 1, share)
            if reason:
                rejected.append(Rejected(route=name, reason=reason))
                continue
            entries = min(index.entries, search.visited(pattern.limit or 1, share))
            returned = min(exact.matched, Decimal(pattern.limit or 1))
            fetched = min(home.rows, returned / max(share, Decimal("0.000001")))
            ways.append(
                AccessPath(
                    home=home,
                    index=index,
                    entries=entries,
                    fetched=fetched,
                    matched=exact.matched,
                    returned=returned,
                    filtered=tuple(conditions),
                    keeps_order=True,
                    stops=True,
                )
            )
        best = ways[-1]
        work = self._read_work(pattern, best)
        warnings = () if best.index is None else search.assumptions
        operation = self._operation(pattern, best)
        return self._route(pattern, best, rejected, operation, warnings, work), work

    def _similar_on_nodes(
        self, pattern: Pattern, home: Home, search: SimilarSearch
    ) -> tuple[Route, Work]:
        """Route a search for similar rows by an index on search nodes, or say why not."""
        conditions = self.finder.conditions(pattern, home, "")
        share = self.finder.all_share(pattern, home, "", conditions.values())
        limit = pattern.limit or 1
        general = "its results are approximate, and exact ones are asked for" * pattern.exact
        if pattern.consistency is Consistency.STRONG:
            general = general or "it sees writes later, and `strong` is asked for"
        rejected: list[Rejected] = []
        for index in home.vector_indexes:
            if index.paths[:1] != (pattern.to,):
                continue
            unknown = [name for name in conditions if name not in index.paths]
            reason = general or search.why_not(limit, share)
            if unknown:
                reason = reason or f"it does not filter by {', '.join(unknown)}"
            if reason:
                route = f"{home.name}/{index.name}"
                rejected.append(Rejected(route=route, reason=reason))
                continue
            matched = index.entries * share
            returned = min(matched, Decimal(limit))
            way = AccessPath(
                home=home,
                index=index,
                entries=returned,  # the index of the key, for what was found
                fetched=returned,
                matched=matched,
                returned=returned,
                keeps_order=True,
                stops=True,
            )
            work = replace(self._read_work(pattern, way), vector_searches=Decimal(pattern.batch))
            operation = self._operation(pattern, way)
            return self._route(pattern, way, rejected, operation, search.assumptions, work), work
        why = "; ".join(f"{each.route}: {each.reason}" for each in rejected)
        reason = why or f"no index of vectors on {home.name}.{pattern.to}"
        name = pattern.name
        refused = Route(pattern=name, design=self.design, rejected=tuple(rejected), cannot=reason)
        return refused, NOTHING

    def _read(self, pattern: Pattern) -> tuple[Route, Work]:
        if pattern.verb is Verb.SIMILAR:
            return self._similar(pattern)
        best, rejected = self.finder.find(pattern)
        if pattern.verb is Verb.NEAR and self.words.near_by_index and not is_by_place(best):
            reason = (
                f"the nearest are found by a 2dsphere index only, and {best.home.name} has none"
            )
            name, why = pattern.name, tuple(rejected)
            refused = Route(pattern=name, design=self.design, rejected=why, cannot=reason)
            return refused, NOTHING
        work = self._read_work(pattern, best)
        route = self._route(pattern, best, rejected, self._operation(pattern, best), (), work)
        return route, work

    def _read_work(self, pattern: Pattern, way: AccessPath) -> Work:
        batch = Decimal(pattern.batch)
        found = pattern.hit if pattern.verb is Verb.GET else ONE
        rows = way.fetched * found
        touches = touches_of(way)
        select = pattern.select
        size = way.home.row_bytes
        if select is not None and way.home.attribute_bytes:
            size = sum((way.home.attribute_bytes.get(name, ZERO) for name in select), ZERO)
        returned = ZERO if pattern.verb is Verb.AGGREGATE else way.returned * size
        work = Work(
            entries=way.entries * found,
            rows=rows,
            row_bytes=rows * way.home.row_bytes,
            sorted_rows=way.matched if way.sorts else ZERO,
            returned_bytes=returned * pattern.hit,
            touches=touches,
            pages=pages_of(way, touches),
        )
        if batch > 1:
            work = replace(NOTHING.plus(work, batch), commands=ONE)
        return self._shared(way.home, work, way.is_scattered)

    def _shared(self, home: Home, work: Work, is_scattered: bool) -> Work:
        """Return work on all shards that hold a home, or on one of them, the load being even."""
        spread = work.spread(home.shards, is_scattered)
        if not self.one_shard or home.shards == 1:
            return spread
        part = ONE / home.shards
        return replace(NOTHING.plus(spread, part), commands=spread.commands * part)

    def _operation(self, pattern: Pattern, way: AccessPath) -> str:
        return self.words.reads.get(pattern.verb.value, self.words.reads["list"])

    def _put(
        self, pattern: Pattern, children: Mapping[str, int] | None = None
    ) -> tuple[Route, Work]:
        home, embedded = self.finder.homes_of(pattern.entity)[0]
        work = NOTHING
        used: list[str] = []
        for position, (place, inside) in enumerate(self.finder.homes_of(pattern.entity)):
            if inside and position:
                continue
            entry = (
                self._embedded_write(place)
                if inside
                else self._insert(place, pattern, children or {})
            )
            entry = replace(NOTHING.plus(entry, Decimal(pattern.batch)), commands=ONE)
            work = work.plus(self._shared(place, entry, False))
            used.append(place.name)
        route = Route(
            pattern=pattern.name,
            design=self.design,
            requests=(self._request("insert", home.name, work, written=True),),
            target=home.name,
            operation="put",
            matched=ONE,
            reads_first=False,
            warnings=_growing(home, embedded, self.model),
        )
        return route, work

    def _insert(self, home: Home, pattern: Pattern, children: Mapping[str, int]) -> Work:
        """Add a record; children that are embedded in it are those it is put with."""
        told = told_before(self.model.entity(home.entity), pattern)
        counts = {index.name: self._entries(index, home, told) for index in home.indexes}
        entries = sum(counts.values(), ZERO)
        inside = sum((home.child_bytes.get(n, ZERO) * count for n, count in children.items()), ZERO)
        size = home.bare_bytes + inside
        size += sum((i.entry_bytes * counts[i.name] for i in home.indexes), ZERO)
        return Work(
            row_writes=ONE,
            entry_writes=entries,
            written_bytes=size,
            touches=(
                (home.name, ONE / rows_per_page(home)),
                *((f"{home.name}/{i.name}", self._places(i, home, told)) for i in home.indexes),
            ),
        )

    def _entries(self, index: Ordered, home: Home, told: Told) -> Decimal:
        """Return how many entries of an index a record has of which something is known."""
        entity = self.model.entity(home.entity)
        return entries_of(index, home, entity, self.finder.selectivity, told)

    def _places(self, index: Ordered, home: Home, told: Told) -> Decimal:
        """Return at how many places of an index a record has entries: of a text, of each word."""
        if index.kind == "text":
            return self._entries(index, home, told)
        entity = self.model.entity(home.entity)
        return share_within(index, entity, self.finder.selectivity, told)

    def _embedded_write(self, home: Home) -> Work:
        """A child is added to its parent's document, which is written whole."""
        return Work(
            entries=ONE,
            rows=ONE,
            row_bytes=home.row_bytes,
            row_writes=ONE,
            written_bytes=home.row_bytes,
            touches=((home.name, max(ONE, home.row_bytes / home.page_bytes)),),
        )

    def _change(self, pattern: Pattern) -> tuple[Route, Work]:
        if self._keeps_nothing(pattern):
            return self._unsent(pattern), NOTHING
        finder = replace(pattern, select=None, limit=None, sort=())
        best, rejected = self.finder.find(finder)
        result = self._read_work(finder, best)
        home = best.home
        count = best.matched
        count = count * (ONE - pattern.fails) * pattern.batch
        if pattern.verb is Verb.CHECK:
            count = ZERO
        entries = self._entries_changed(pattern, home)
        written = Work(
            commands=ZERO,
            row_writes=ONE,
            entry_writes=entries,
            written_bytes=home.row_bytes + entries * _mean_entry(home),
            touches=tuple(
                (f"{home.name}/{index.name}", 2 * self._places(index, home, {}))
                for index in home.indexes
                if index.kind == "text" and set(pattern.touched) & _bases(index)
            ),
        )
        work = result.plus(self._shared(home, written, False), count)
        if not pattern.atomic:
            work = replace(work, commands=work.commands * 2)
        work = replace(work, returned_bytes=ZERO)
        name = {"update": "update", "delete": "delete", "check": "check"}[pattern.verb.value]
        route = self._route(pattern, best, rejected, name, (), work)
        return replace(route, reads_first=not pattern.atomic), work

    def _keeps_nothing(self, pattern: Pattern) -> bool:
        """Whether an update changes only what no record of its entity keeps."""
        homes = self.finder.homes_of(pattern.entity)
        if pattern.verb is not Verb.UPDATE or any(
            inside or not home.attribute_bytes for home, inside in homes
        ):
            return False
        kept = {name for home, _ in homes for name in home.attribute_bytes}
        kept |= {home.name for home in self.finder.homes}  # a list that has a table of its own
        return bool(pattern.touched) and kept.isdisjoint(pattern.touched)

    def _unsent(self, pattern: Pattern) -> Route:
        """Return the route of an update that has nothing to write: no statement is sent."""
        target = self.finder.homes_of(pattern.entity)[0][0].name
        return Route(
            pattern=pattern.name,
            design=self.design,
            requests=(self._request("update", target, NOTHING, written=True),),
            target=target,
            operation="update",
            warnings=(f"nothing is written: {kept_nowhere(pattern, self.words.table)}",),
        )

    def _entries_changed(self, pattern: Pattern, home: Home) -> Decimal:
        """Return how many index entries one changed row writes."""
        entity = self.model.entity(home.entity)
        before, after = told_before(entity, pattern), told_after(entity, pattern)
        if entity.name != pattern.entity:  # the record is the parent's
            before = after = {}
        if pattern.verb is Verb.DELETE:
            return sum((self._entries(index, home, before) for index in home.indexes), ZERO)
        touched = set(pattern.touched)
        shares = dict(pattern.changes)
        hit = [
            max((shares.get(name, ONE) for name in touched & _bases(index)), default=ZERO)
            for index in home.indexes
        ]
        if self.words.rewrites_indexes:
            # PostgreSQL, "Heap-Only Tuples": one changed index means a new entry in each of them,
            # of a partial one if the new row meets its condition.
            added = (
                share_within(index, entity, self.finder.selectivity, after)
                for index in home.indexes
            )
            return max(hit, default=ZERO) * sum(added, ZERO)
        removed_or_added = ZERO
        for share, index in zip(hit, home.indexes, strict=True):
            old, new = self._places(index, home, before), self._places(index, home, after)
            stays = ZERO
            if index.partial and touched.isdisjoint(_bases(index, of_condition=False)):
                stays = 2 * old * new  # the key is as it was: only who comes or goes is written
            # one entry removed and one added, of a text one for each of its words
            removed_or_added += share * (old + new - stays)
        return removed_or_added

    def _several_kinds(self, pattern: Pattern) -> tuple[Route, Work]:
        """Route each part of a `read` by itself: one after the other on one connection."""
        routed = [self.route(part) for part in pattern.parts]
        route = side_by_side(pattern, self.design, [own for own, _ in routed])
        work = NOTHING
        for _, own_work in routed if route.is_served else ():
            work = work.plus(own_work)
        return route, work

    def _transaction(self, pattern: Pattern) -> tuple[Route, Work]:
        work, requests, rejected = NOTHING, [], []
        together = put_inside(pattern, self._parents_of)
        for place, part in enumerate(pattern.parts):
            if place in together and all(e for _, e in self.finder.homes_of(part.entity)):
                continue  # it is inside the record of its parent
            children: dict[str, int] = {}
            for other in (o for o, parent in together.items() if parent == place):
                child = pattern.parts[other]
                children[child.entity] = children.get(child.entity, 0) + child.batch
            fails = max(part.fails, pattern.fails)
            own = replace(part, name=pattern.name, fails=fails)
            route, entry = self._put(own, children) if children else self.route(own)
            if not route.is_served:
                return replace(route, pattern=pattern.name), NOTHING
            work = work.plus(entry)
            requests += list(route.requests)
            rejected += list(route.rejected)
        is_one = len(requests) == 1 and bool(together)
        if not is_one:
            work = replace(work, commands=work.commands + 2)  # begin and commit
        route = Route(
            pattern=pattern.name,
            design=self.design,
            requests=tuple(requests),
            rejected=tuple(rejected),
            target=requests[0].target if requests else "",
            operation="put" if is_one else "transact",
        )
        return route, work

    def _parents_of(self, entity: str) -> set[str]:
        return {home.entity for home, inside in self.finder.homes_of(entity) if inside}

    def _route(
        self,
        pattern: Pattern,
        way: AccessPath,
        rejected: list[Rejected],
        operation: str,
        warnings: tuple[str, ...],
        work: Work,
    ) -> Route:
        notes = list(warnings)
        if way.index is None and way.home.rows > 1:
            notes.append(f"{self.words.scan} of `{way.home.name}`")
        if way.is_scattered and way.home.shards > 1:
            keys = ", ".join(way.home.shard_key)
            notes.append(f"all {way.home.shards} shards are asked: it does not give {keys}")
        return Route(
            pattern=pattern.name,
            design=self.design,
            requests=(self._request(operation, way.target, work, pattern.verb.is_write, way),),
            rejected=tuple(rejected),
            target=way.target,
            operation="scan" if way.index is None else _verb(pattern),
            matched=way.matched,
            returned=way.returned,
            filtered=way.filtered,
            fetches=way.index is not None and way.fetched > 0,
            sorts_in_code=way.sorts,
            warnings=tuple(notes),
        )

    def _request(
        self, operation: str, target: str, work: Work, written: bool, way: AccessPath | None = None
    ) -> Request:
        table = target.partition("/")[0]
        rows, entries = f"{self.words.row}s", "index entries"
        is_counted = self.words.counts_pages and not written
        counted = (
            (target, "read", work.entries, entries),
            (table, "read", work.rows, rows),
            (table, "write", work.row_writes, rows),
            (table, INDEX_WRITE, work.entry_writes, entries),
            (table, PAGE, work.pages if is_counted else ZERO, "pages"),
        )
        uses = [_use(*figures) for figures in counted if figures[2]]
        note = ""
        if way is not None:
            note = self._note(way)
        return Request(
            operation=operation,
            target=target,
            calls=work.commands,
            items=work.rows,
            bytes=work.written_bytes if written else work.row_bytes,
            uses=tuple(uses),
            note=note,
        )

    def _note(self, way: AccessPath) -> str:
        words = [f"{short_count(way.entries)} entries examined"] if way.index is not None else []
        words.append(f"{short_count(way.fetched)} {self.words.row}s read")
        if way.covered:
            words.append("answered from the index alone")
        if way.sorts:
            words.append(f"{short_count(way.matched)} sorted in memory")
        if way.home.partitions > 1:
            words.append(
                f"{short_count(way.partitions)} of {short_count(way.home.partitions)} partitions"
            )
        if way.filtered:
            words.append("filtered by " + ", ".join(way.filtered))
        return "; ".join(words)


def _use(resource: str, dimension: str, amount: Decimal, counts: str) -> UnitUse:
    return UnitUse(
        resource=resource,
        dimension=dimension,
        units=Measure(mean=amount),
        counts=counts,
        why=f"{short_count(amount)} {counts}",
    )


def _verb(pattern: Pattern) -> str:
    names = {Verb.GET: "get", Verb.UPDATE: "update", Verb.DELETE: "delete", Verb.CHECK: "check"}
    return names.get(pattern.verb, "query")


def _bases(index: Ordered, *, of_condition: bool = True) -> set[str]:
    """Return the attributes that an entry is made of, and those of its index's condition."""
    names = {path.partition(".")[0] for path in (*index.paths, *index.includes)}
    return names | {path for path, _ in index.partial if of_condition}


def _mean_entry(home: Home) -> Decimal:
    if not home.indexes:
        return ZERO
    return sum((index.entry_bytes for index in home.indexes), ZERO) / len(home.indexes)


def _growing(home: Home, embedded: str, model: Model) -> tuple[str, ...]:
    if not embedded:
        return ()
    return (f"each new one rewrites the whole document of `{home.name}`",)
