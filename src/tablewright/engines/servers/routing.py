"""How a store of ordered indexes answers an access pattern: shared by MongoDB and PostgreSQL.

In: homes (a collection or table with its indexes, at one scale) and a pattern. Out: a Route in the
words of every engine, and the Work one call makes. An index serves the conditions on its leading
keys, up to the first range; what is left is filtered after the entries, or after the rows, were
read. It does not know bytes on disk, prices or hardware.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tablewright.core.quantities import ONE, ZERO, format_number
from tablewright.engines.postgresql.types import referred
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Measure, Rejected, Request, Route, UnitUse
from tablewright.model.statistics import RANGE_OPERATORS, Selectivity
from tablewright.model.values import Condition, Kind, Model, Pattern, Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An index as routing sees it: paths with True where they sort downwards."""

    name: str
    keys: tuple[tuple[str, bool], ...]
    kind: str = "btree"
    """btree, hash, geo, text or json."""
    unique: bool = False
    partial: tuple[tuple[str, tuple[str, ...]], ...] = ()
    includes: tuple[str, ...] = ()
    geo: str = ""
    """The place of a compound index that begins or continues with one."""
    entries: Decimal = ZERO
    entry_bytes: Decimal = ZERO
    stored_bytes: Decimal = ZERO
    is_primary: bool = False
    ignores_case: bool = False
    """Texts in it are compared without regard to capitals: it serves just such conditions."""
    prefixes: bool = True
    """It serves the beginnings of texts; in PostgreSQL only one in the order of bytes does."""
    by_time: bool = False
    """Its entries lie in the order of time, in all or for each leading key: the newest together."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its keys."""
        return tuple(path for path, _ in self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A collection or a table at one scale."""

    name: str
    entity: str
    rows: Decimal
    row_bytes: Decimal
    """Of one row or document, a mean, uncompressed."""
    stored_bytes: Decimal
    """Of all of them, as they lie in memory: pages with their overhead."""
    page_bytes: int
    indexes: tuple[Ordered, ...] = ()
    embeds: tuple[tuple[str, str], ...] = ()
    """Child entities and the attribute they are embedded under."""
    attribute_bytes: Mapping[str, Decimal] = field(default_factory=dict)
    covers: bool = True
    days: Decimal = ZERO
    """Over how many days its rows came in; zero where they do not pile up with time."""
    outside_bytes: Decimal = ZERO
    """Of the stored bytes, those of long values that are kept apart from their rows."""
    partition: str = ""
    """The time by whose months it is partitioned."""
    partitions: Decimal = ONE
    shard_key: tuple[str, ...] = ()
    shards: int = 1
    """Over how many it is spread, evenly."""

    def on_one_shard(self) -> Home:
        """Return the part of it that lies on one shard."""
        n = Decimal(self.shards)
        return replace(
            self,
            rows=self.rows / n,
            stored_bytes=self.stored_bytes / n,
            indexes=tuple(
                replace(index, entries=index.entries / n, stored_bytes=index.stored_bytes / n)
                for index in self.indexes
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one call makes a server do, as means."""

    commands: Decimal = ONE
    entries: Decimal = ZERO
    """Index entries examined."""
    rows: Decimal = ZERO
    """Rows or documents read."""
    row_bytes: Decimal = ZERO
    sorted_rows: Decimal = ZERO
    row_writes: Decimal = ZERO
    entry_writes: Decimal = ZERO
    written_bytes: Decimal = ZERO
    returned_bytes: Decimal = ZERO
    touches: tuple[tuple[str, Decimal], ...] = ()
    """Pages touched: of "table" or "table/index", how many."""

    def plus(self, other: Work, times: Decimal = ONE) -> Work:
        """Return both together, the other so many times."""
        return Work(
            commands=self.commands + other.commands * times,
            entries=self.entries + other.entries * times,
            rows=self.rows + other.rows * times,
            row_bytes=self.row_bytes + other.row_bytes * times,
            sorted_rows=self.sorted_rows + other.sorted_rows * times,
            row_writes=self.row_writes + other.row_writes * times,
            entry_writes=self.entry_writes + other.entry_writes * times,
            written_bytes=self.written_bytes + other.written_bytes * times,
            returned_bytes=self.returned_bytes + other.returned_bytes * times,
            touches=self.touches + tuple((name, pages * times) for name, pages in other.touches),
        )

    def spread(self, shards: int, is_scattered: bool) -> Work:
        """Return the work on all shards together: what names no shard is sent to each of them.

        MongoDB manual, "Query routing": without the shard key the router broadcasts an operation,
        so that each shard carries out a command and looks into its part of an index at least once.
        """
        n = Decimal(shards)
        if shards == 1 or not is_scattered:
            return self
        return replace(
            self,
            commands=self.commands * n,
            entries=max(self.entries, n) if self.entries else ZERO,
            touches=tuple((name, max(pages, n)) for name, pages in self.touches),
        )


NOTHING = Work(commands=ZERO)
_NO_TEXT = frozenset(
    {Kind.UUID, Kind.TIMESTAMP, Kind.DATE, Kind.BOOL, Kind.BINARY, Kind.GEO, Kind.MAP}
)

_ANYWHERE, _ROW, _ENTRY, _COMPARISON = map(Decimal, ("4", "0.01", "0.005", "0.0025"))
"""PostgreSQL manual, "Planner Cost Constants": random_page_cost and the rest, as they come."""
WORDS_SHARE = Decimal("0.01")
"""Of all rows that have the words of a search, where the model does not state it. Assumed."""
GEO_OVERREAD = Decimal(3)
"""Entries of a search by distance for one that lies within: cells overlap the circle. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One way to find what a pattern asks for."""

    home: Home
    index: Ordered | None
    bound: tuple[str, ...] = ()
    entries: Decimal = ZERO
    fetched: Decimal = ZERO
    matched: Decimal = ZERO
    returned: Decimal = ZERO
    sorts: bool = False
    covered: bool = False
    filtered: tuple[str, ...] = ()
    partitions: Decimal = ONE
    """How many partitions are looked into, each with an index of its own."""
    is_scattered: bool = False
    """It does not name a shard: all of them are asked."""
    keeps_order: bool = False
    """Its order is asked for and not made anew."""
    stops: bool = False
    """It ends at the limit, before everything that might match was read."""

    @property
    def effort(self) -> Decimal:
        """What decides between ways: a fetched row counts as much as ten entries."""
        sorted_rows = self.matched if self.sorts else ZERO
        # A scan reads in order; a fetch by an index goes anywhere.
        weight = Decimal(10) if self.index is not None else Decimal(5)
        effort = self.entries + weight * self.fetched + 2 * sorted_rows
        return effort + (self.partitions if self.index is not None else ZERO)

    @property
    def page_cost(self) -> Decimal:
        """What PostgreSQL's planner decides by, in pages read in order, about.

        Its documented constants: a page in order 1 and anywhere 4, a row 0.01, an index entry
        0.005, a comparison 0.0025. A bitmap reads the pages of a table in order, each for
        4 - 3 x sqrt(share of the pages read); it can neither keep an order nor stop early. Which
        order the rows lie in is not known, so they are taken to lie anywhere.
        """
        home, pages = self.home, _row_pages(self.home)
        per_row = _ROW + _COMPARISON * len(self.filtered)
        cost = self.fetched * per_row
        if self.sorts and self.matched > 1:
            retained = max(Decimal(2), min(self.matched, 2 * self.returned))
            cost += self.matched * 2 * _COMPARISON * Decimal(math.log2(retained))
        if self.index is None:
            return cost + (pages * self.fetched / home.rows if home.rows else ONE)
        per_leaf = max(ONE, home.page_bytes / max(ONE, self.index.entry_bytes))
        leaves = self.partitions + self.entries / per_leaf
        cost += leaves * _ANYWHERE + self.entries * (_ENTRY + _COMPARISON * len(self.bound))
        touched = pages * Decimal(1 - math.exp(-min(700.0, float(self.fetched / pages))))
        if self.stops or self.keeps_order:
            return cost + touched * _ANYWHERE
        share = min(ONE, touched / pages).sqrt()
        return cost + touched * (_ANYWHERE - (_ANYWHERE - 1) * share)

    @property
    def target(self) -> str:
        """Table, or "table/index"."""
        return self.home.name if self.index is None else f"{self.home.name}/{self.index.name}"


@dataclass(frozen=True, kw_only=True)
class SimilarSearch:
    """How an engine searches an index of vectors."""

    visited: Callable[[int, Decimal], Decimal]
    """Entries visited for so many results, with the share of rows that meet the conditions."""
    why_not: Callable[[int, Decimal], str]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Words:
    """How an engine calls things, and what its writes do."""

    engine: str
    table: str
    row: str
    scan: str
    reads: Mapping[str, str]
    rewrites_indexes: bool = False
    """An update of an indexed column writes an entry in every index (a new row version)."""
    scans_last: bool = False
    """Its planner scans only where no index serves a condition or the order."""
    near_by_index: bool = False
    """A search for the nearest goes through an index for places, or is refused."""
    plans_by_pages: bool = False
    """Its planner weighs pages read in order against pages anywhere."""
    bytes_only: bool = False
    """An index that serves the beginnings of texts does not give their order."""
    similar: SimilarSearch | None = None
    """How it searches for similar rows; None where that is not known."""
    no_similar: str = ""
    """Why it is not."""


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
        self.homes = tuple(homes)
        self.selectivity = Selectivity(model, users)

    def route(self, pattern: Pattern) -> tuple[Route, Work]:
        """Return how the design serves a pattern, and the work of one call."""
        if pattern.verb is Verb.TRANSACT:
            return self._transaction(pattern)
        if not self._homes(pattern.entity):
            reason = f"no {self.words.table} of the design holds `{pattern.entity}`"
            return Route(pattern=pattern.name, design=self.design, cannot=reason), NOTHING
        if pattern.verb is Verb.PUT:
            return self._put(pattern)
        if pattern.verb in (Verb.UPDATE, Verb.DELETE, Verb.CHECK):
            return self._change(pattern)
        return self._read(pattern)

    def _homes(self, entity: str) -> list[tuple[Home, str]]:
        """Return where an entity is kept; with the attribute where it is embedded."""
        homes = [(home, "") for home in self.homes if home.entity == entity]
        homes += [
            (home, attribute)
            for home in self.homes
            for child, attribute in home.embeds
            if child == entity
        ]
        return homes

    # ------------------------------------------------------------ reads

    def _similar(self, pattern: Pattern) -> tuple[Route, Work]:
        """Route a search for similar rows: by an index of vectors, or by looking at all rows."""
        search = self.words.similar
        homes = [home for home, embedded in self._homes(pattern.entity) if not embedded]
        if search is None or not homes:
            reason = self.words.no_similar if homes else f"no {self.words.table} holds it whole"
            return Route(pattern=pattern.name, design=self.design, cannot=reason), NOTHING
        home = homes[0]
        conditions = self._conditions(pattern, home, "")
        share = self._all_share(pattern, home, "", conditions.values())
        exact = replace(self._scan(pattern, home, ""), sorts=True)
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
                Access(
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

    def _read(self, pattern: Pattern) -> tuple[Route, Work]:
        if pattern.verb is Verb.SIMILAR:
            return self._similar(pattern)
        best, rejected = self.find(pattern)
        if pattern.verb is Verb.NEAR and self.words.near_by_index and not _is_geo(best):
            reason = (
                f"the nearest are found by a 2dsphere index only, and {best.home.name} has none"
            )
            name, why = pattern.name, tuple(rejected)
            refused = Route(pattern=name, design=self.design, rejected=why, cannot=reason)
            return refused, NOTHING
        work = self._read_work(pattern, best)
        route = self._route(pattern, best, rejected, self._operation(pattern, best), (), work)
        return route, work

    def find(self, pattern: Pattern) -> tuple[Access, list[Rejected]]:
        """Return the way with the least effort, and why not the others."""
        ways: list[Access] = []
        rejected: list[Rejected] = []
        for home, embedded in self._homes(pattern.entity):
            for index in home.indexes:
                through = self._through(pattern, home, index, embedded)
                if pattern.verb is Verb.NEAR and self.words.near_by_index and not index.geo:
                    through = Refused("a search for the nearest needs a geospatial index")
                if isinstance(through, Refused):
                    rejected.append(
                        Rejected(route=f"{home.name}/{index.name}", reason=through.reason)
                    )
                else:
                    ways.append(through)
            ways.append(self._scan(pattern, home, embedded))
        ways.sort(key=self._rank)
        best = ways[0]
        if self.words.scans_last:
            best = next((way for way in ways if _is_indexed(way, pattern)), best)
        if pattern.verb is Verb.NEAR and self.words.near_by_index:
            best = next((way for way in ways if _is_geo(way)), best)
        for way in ways:
            if way.index is not None and way is not best:
                reason = self._worse(way, best)
                rejected.append(Rejected(route=way.target, reason=reason, is_correct=True))
        return best, rejected

    def _rank(self, way: Access) -> tuple[Decimal, bool, Decimal, str]:
        """Return what decides between ways; of equals the key's index, then the smaller one."""
        index = way.index
        effort = way.page_cost if self.words.plans_by_pages else way.effort
        if index is None:
            return effort, True, ZERO, way.target
        return effort, not index.is_primary, index.entry_bytes, way.target

    def _worse(self, way: Access, best: Access) -> str:
        rows = self.words.row
        if way.fetched > best.fetched:
            return (
                f"correct, but reads {_short(way.fetched)} {rows}s instead of "
                f"{_short(best.fetched)}"
            )
        if way.sorts and not best.sorts:
            return f"correct, but sorts {_short(way.matched)} {rows}s in memory"
        return (
            f"correct, but examines {_short(way.entries)} entries instead of {_short(best.entries)}"
        )

    def _conditions(self, pattern: Pattern, home: Home, embedded: str) -> dict[str, Condition]:
        """Return the conditions by the path they have in this home.

        The words of a search are none of them: a value of the caller for a text, which the text
        need not equal, so that no index on whole values finds them.
        """
        conditions = {
            condition.attribute: condition
            for condition in pattern.where
            if not self._is_of_words(pattern, condition)
        }
        for name in pattern.known:
            conditions.setdefault(name, Condition(attribute=name))
        if not embedded:
            return conditions
        parent = self.model.entity(home.entity)
        return {
            name if parent.has(name) else f"{embedded}.{name}": condition
            for name, condition in conditions.items()
        }

    def _is_of_words(self, pattern: Pattern, condition: Condition) -> bool:
        """Whether a condition names the text a search looks for words in."""
        entity = self.model.entity(pattern.entity)
        if pattern.verb is not Verb.SEARCH or not entity.has(condition.attribute):
            return False
        is_text = entity.attribute(condition.attribute).kind in (Kind.TEXT, Kind.NAME)
        return is_text and condition.operator == "eq" and condition.value is None

    def _share(self, pattern: Pattern, home: Home, embedded: str, condition: Condition) -> Decimal:
        entity = self.model.entity(pattern.entity)
        if embedded:
            parent = self.model.entity(home.entity)
            if parent.has(condition.attribute):
                return self.selectivity.share(parent, replace(condition))
            return ONE
        if not entity.has(condition.attribute.partition(".")[0]):
            return ONE
        return self.selectivity.share(entity, condition)

    def _through(
        self, pattern: Pattern, home: Home, index: Ordered, embedded: str
    ) -> Access | Refused:
        conditions = self._conditions(pattern, home, embedded)
        for path, values in index.partial:
            asked = conditions.get(path)
            if asked is None or not ({asked.value, *asked.values} & set(values)):
                return Refused(
                    f"it holds only `{path}` = {' or '.join(values)}, which is not asked for"
                )
        if index.kind in ("geo", "text", "vector") or index.geo:
            return self._special(pattern, home, index, conditions, embedded)
        if index.kind == "json":
            return self._inside(pattern, home, index, conditions, embedded)
        bound: list[str] = []
        within = home.rows if not index.partial else index.entries
        equal = 0
        for path, _ in index.keys:
            condition = conditions.get(path)
            if condition is None or not self._compares(pattern, home, index, condition, path):
                break
            within *= self._share(pattern, home, embedded, condition)
            bound.append(path)
            if condition.operator in RANGE_OPERATORS or condition.operator == "in":
                break
            equal += 1
        if index.kind == "hash" and equal < len(index.keys):
            return Refused("a hash serves equality only")
        if equal and self._is_one(home, index, bound[:equal]):
            within = min(home.rows, ONE)
        in_order = self._in_order(pattern, home, index, equal, embedded)
        if not bound and index.keys[0][0] in conditions:
            first = index.keys[0][0]
            what = "beginnings" if conditions[first].operator == "begins_with" else "capitals"
            return Refused(f"it does not compare the {what} of `{first}` as the pattern does")
        if not bound and not (in_order and pattern.limit is not None) and not index.partial:
            first = index.keys[0][0]
            return Refused(f"it begins with `{first}`, which the pattern does not bind")
        return self._access(pattern, home, index, conditions, bound, within, in_order, embedded)

    def _compares(
        self, pattern: Pattern, home: Home, index: Ordered, condition: Condition, path: str
    ) -> bool:
        """Whether an index compares a key as the condition does: capitals, beginnings."""
        if not self._is_text(home, path):
            return True
        if (path in pattern.ignore_case) != index.ignores_case:
            return False
        return index.prefixes or condition.operator != "begins_with"

    def _is_text(self, home: Home, path: str) -> bool:
        entity = self.model.entity(home.entity)
        attribute = entity.find(path)
        if attribute is None:
            return False
        kind = referred(entity, attribute, self.model).kind
        return not (kind.is_number or kind in _NO_TEXT)

    def _is_one(self, home: Home, index: Ordered, bound: list[str]) -> bool:
        if index.unique and len(bound) == len(index.keys):
            return True
        entity = self.model.entity(home.entity)
        return any(entity.has(name) and entity.attribute(name).unique for name in bound) or (
            set(entity.key) <= set(bound)
        )

    def _in_order(
        self, pattern: Pattern, home: Home, index: Ordered, equal: int, embedded: str
    ) -> bool:
        if pattern.verb is Verb.NEAR:
            return False  # the order is that of distance
        if not pattern.sort or index.kind != "btree" or embedded:
            return not pattern.sort
        bound = set(index.paths[:equal])
        required = [(name, down) for name, down in pattern.sort if name not in bound]
        rest = list(index.keys[equal : equal + len(required)])
        if [name for name, _ in required] != [name for name, _ in rest]:
            return False
        if (
            self.words.bytes_only
            and index.prefixes
            and any(self._is_text(home, n) for n, _ in rest)
        ):
            return False  # the order of bytes is not that of the language
        flips = {down != stored for (_, down), (_, stored) in zip(required, rest, strict=True)}
        return len(flips) <= 1

    def _access(
        self,
        pattern: Pattern,
        home: Home,
        index: Ordered | None,
        conditions: dict[str, Condition],
        bound: list[str],
        within: Decimal,
        in_order: bool,
        embedded: str,
    ) -> Access:
        remaining = {path: condition for path, condition in conditions.items() if path not in bound}
        if index is not None:
            remaining = {
                p: o for p, o in remaining.items() if p not in {q for q, _ in index.partial}
            }
        stored = set(index.paths) | set(index.includes) if index is not None else set()
        if index is not None:
            stored -= {
                p for p, o in remaining.items() if not self._compares(pattern, home, index, o, p)
            }
        on_entry = self._all_share(
            pattern, home, embedded, [o for p, o in remaining.items() if p in stored]
        )
        on_row = self._all_share(
            pattern, home, embedded, [o for p, o in remaining.items() if p not in stored]
        )
        matched = within * on_entry * on_row
        if pattern.verb is Verb.SEARCH and (index is None or index.kind != "text"):
            matched = self._found(pattern, matched)
        if pattern.matched is not None and not embedded:
            matched = pattern.matched
            if not remaining:
                within = matched
        if pattern.verb is Verb.GET and not embedded:
            matched = min(matched, ONE)
        partitions = self._partitions(pattern, home, conditions, embedded)
        examined = within
        if home.partition not in bound:  # else the index has found them already
            examined *= partitions / home.partitions
        pruned = examined
        limit = None if pattern.complete or pattern.verb is Verb.AGGREGATE else pattern.limit
        if pattern.verb is Verb.GET:
            limit = 1
        by_words = index is not None and index.kind == "text"
        if limit is not None and in_order and (by_words or pattern.verb is not Verb.SEARCH):
            share = on_entry * on_row * within / pruned if pruned else ONE
            examined = min(pruned, limit / max(share, Decimal("0.000001")))
            if pattern.sort:
                # The orders of all partitions are merged, which takes the first row of each: a
                # partition for the rest keeps them from being read one after the other.
                examined = min(pruned, examined + partitions - 1)
        sorts = (bool(pattern.sort) or pattern.verb is Verb.NEAR) and not in_order
        returned = matched if limit is None else min(matched, Decimal(limit))
        returned = max(ZERO, returned - pattern.skip)
        select = set(pattern.select if pattern.select is not None else home.attribute_bytes)
        covered = (
            index is not None and home.covers and not embedded and select | set(remaining) <= stored
        )
        fetched = ZERO if covered else examined * on_entry
        return Access(
            home=home,
            index=index,
            bound=tuple(bound),
            entries=examined if index is not None else ZERO,
            fetched=fetched,
            matched=matched,
            returned=returned,
            sorts=sorts,
            covered=covered,
            filtered=tuple(remaining),
            partitions=partitions,
            is_scattered=not self._names_a_shard(home, conditions),
            keeps_order=bool(pattern.sort) and in_order,
            stops=examined < pruned,
        )

    def _partitions(
        self, pattern: Pattern, home: Home, conditions: dict[str, Condition], embedded: str
    ) -> Decimal:
        """Return how many partitions a pattern looks into, a mean.

        PostgreSQL, "Partition Pruning": partitions that a condition on the partition key rules out
        are not looked into; each of the others is, by an index of its own. A range that holds the
        share s of the time touches s x n months and, as it begins and ends anywhere, one more.
        """
        if home.partitions <= 1:
            return ONE
        condition = conditions.get(home.partition)
        if condition is None:
            return home.partitions
        if condition.operator == "eq":
            return ONE
        if condition.operator == "in":
            return min(home.partitions, Decimal(len(condition.values)))
        share = self._share(pattern, home, embedded, condition)
        return min(home.partitions, share * home.partitions + 1)

    def _names_a_shard(self, home: Home, conditions: dict[str, Condition]) -> bool:
        """Whether values for the whole shard key are given."""
        return all(
            path in conditions and conditions[path].operator == "eq" for path in home.shard_key
        )

    def _all_share(
        self, pattern: Pattern, home: Home, embedded: str, conditions: Iterable[Condition]
    ) -> Decimal:
        share = ONE
        for condition in conditions:
            share *= self._share(pattern, home, embedded, condition)
        return share

    def _special(
        self,
        pattern: Pattern,
        home: Home,
        index: Ordered,
        conditions: dict[str, Condition],
        embedded: str,
    ) -> Access | Refused:
        if index.geo and pattern.verb is not Verb.NEAR:
            return Refused("it serves searches by distance")
        if index.kind == "text" and pattern.verb is not Verb.SEARCH:
            return Refused("it serves searches for words")
        if index.kind == "vector":
            return Refused("it serves searches for similar rows")
        bound = [path for path in index.paths if path in conditions and path != index.geo]
        leading = index.paths[: index.paths.index(index.geo)] if index.geo in index.paths else ()
        if any(path not in conditions for path in leading):
            missing = next(path for path in leading if path not in conditions)
            return Refused(f"it begins with `{missing}`, which the pattern does not bind")
        share = self._all_share(pattern, home, embedded, [conditions[p] for p in bound])
        within = (home.rows if not index.partial else index.entries) * share
        if pattern.verb is Verb.SEARCH:
            within = self._found(pattern, within)
        access = self._access(pattern, home, index, conditions, bound, within, True, embedded)
        return replace(access, entries=min(within, access.entries * GEO_OVERREAD), sorts=False)

    def _inside(
        self,
        pattern: Pattern,
        home: Home,
        index: Ordered,
        conditions: dict[str, Condition],
        embedded: str,
    ) -> Access | Refused:
        """A GIN index finds documents and lists by what is in them; it has no order."""
        bound = [
            path
            for path in index.paths
            if path in conditions and conditions[path].operator not in RANGE_OPERATORS
        ]
        if not bound:
            return Refused("it serves conditions inside documents, and none is asked for")
        within = index.entries
        for path in bound:
            within *= self._share(pattern, home, embedded, conditions[path])
        in_order = not pattern.sort
        return self._access(pattern, home, index, conditions, bound, within, in_order, embedded)

    def _found(self, pattern: Pattern, among: Decimal) -> Decimal:
        """Return how many rows have the words of a search: stated, or a hundredth (assumed)."""
        stated = pattern.matched if pattern.matched is not None else among * WORDS_SHARE
        return min(among, max(ONE, stated))

    def _scan(self, pattern: Pattern, home: Home, embedded: str) -> Access:
        conditions = self._conditions(pattern, home, embedded)
        in_order = not pattern.sort and pattern.verb is not Verb.NEAR
        return self._access(pattern, home, None, conditions, [], home.rows, in_order, embedded)

    def _read_work(self, pattern: Pattern, way: Access) -> Work:
        batch = Decimal(pattern.batch)
        rows = way.fetched
        touches = _touches(way)
        select = pattern.select
        size = way.home.row_bytes
        if select is not None and way.home.attribute_bytes:
            size = sum((way.home.attribute_bytes.get(name, ZERO) for name in select), ZERO)
        returned = ZERO if pattern.verb is Verb.AGGREGATE else way.returned * size
        work = Work(
            entries=way.entries,
            rows=rows,
            row_bytes=rows * way.home.row_bytes,
            sorted_rows=way.matched if way.sorts else ZERO,
            returned_bytes=returned * pattern.hit,
            touches=touches,
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

    def _operation(self, pattern: Pattern, way: Access) -> str:
        return self.words.reads.get(pattern.verb.value, self.words.reads["list"])

    # ------------------------------------------------------------ writes

    def _put(self, pattern: Pattern) -> tuple[Route, Work]:
        home, embedded = self._homes(pattern.entity)[0]
        work = NOTHING
        used: list[str] = []
        for position, (place, inside) in enumerate(self._homes(pattern.entity)):
            if inside and position:
                continue
            entry = self._embedded_write(place) if inside else self._insert(place)
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

    def _insert(self, home: Home) -> Work:
        entries = sum((_share_of(index, home) for index in home.indexes), ZERO)
        size = home.row_bytes + sum(
            (i.entry_bytes * _share_of(i, home) for i in home.indexes), ZERO
        )
        return Work(
            row_writes=ONE,
            entry_writes=entries,
            written_bytes=size,
            touches=(
                (home.name, ONE / _per_page(home)),
                *((f"{home.name}/{i.name}", ONE) for i in home.indexes),
            ),
        )

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
        finder = replace(pattern, select=None, limit=None, sort=())
        best, rejected = self.find(finder)
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
        )
        work = result.plus(self._shared(home, written, False), count)
        if not pattern.atomic:
            work = replace(work, commands=work.commands * 2)
        work = replace(work, returned_bytes=ZERO)
        name = {"update": "update", "delete": "delete", "check": "check"}[pattern.verb.value]
        route = self._route(pattern, best, rejected, name, (), work)
        return replace(route, reads_first=not pattern.atomic), work

    def _entries_changed(self, pattern: Pattern, home: Home) -> Decimal:
        """Return how many index entries one changed row writes."""
        if pattern.verb is Verb.DELETE:
            return sum((_share_of(index, home) for index in home.indexes), ZERO)
        touched = set(pattern.touched)
        shares = dict(pattern.changes)
        hit = [
            max((shares.get(name, ONE) for name in touched & _bases(index)), default=ZERO)
            for index in home.indexes
        ]
        if self.words.rewrites_indexes:
            # PostgreSQL, "Heap-Only Tuples": one changed index means a new entry in each of them.
            return max(hit, default=ZERO) * len(home.indexes)
        return sum((2 * share for share in hit), ZERO)  # one entry removed, one added

    def _transaction(self, pattern: Pattern) -> tuple[Route, Work]:
        work, requests, rejected = NOTHING, [], []
        for part in pattern.parts:
            route, entry = self.route(replace(part, name=pattern.name))
            if not route.is_served:
                return replace(route, pattern=pattern.name), NOTHING
            work = work.plus(entry)
            requests += list(route.requests)
            rejected += list(route.rejected)
        work = replace(work, commands=work.commands + 2)  # begin and commit
        route = Route(
            pattern=pattern.name,
            design=self.design,
            requests=tuple(requests),
            rejected=tuple(rejected),
            target=requests[0].target if requests else "",
            operation="transact",
        )
        return route, work

    # ------------------------------------------------------------ what is shown

    def _route(
        self,
        pattern: Pattern,
        way: Access,
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
        self, operation: str, target: str, work: Work, written: bool, way: Access | None = None
    ) -> Request:
        uses = []
        table = target.partition("/")[0]
        rows, entries = f"{self.words.row}s", "index entries"
        if work.entries:
            uses.append(_use(target, "read", work.entries, f"{_short(work.entries)} {entries}"))
        if work.rows:
            uses.append(_use(table, "read", work.rows, f"{_short(work.rows)} {rows}"))
        if work.row_writes:
            uses.append(_use(table, "write", work.row_writes, f"{_short(work.row_writes)} {rows}"))
        if work.entry_writes:
            why = f"{_short(work.entry_writes)} {entries}"
            uses.append(_use(table, "write", work.entry_writes, why))
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

    def _note(self, way: Access) -> str:
        words = [f"{_short(way.entries)} entries examined"] if way.index is not None else []
        words.append(f"{_short(way.fetched)} {self.words.row}s read")
        if way.covered:
            words.append("answered from the index alone")
        if way.sorts:
            words.append(f"{_short(way.matched)} sorted in memory")
        if way.home.partitions > 1:
            words.append(f"{_short(way.partitions)} of {_short(way.home.partitions)} partitions")
        if way.filtered:
            words.append("filtered by " + ", ".join(way.filtered))
        return "; ".join(words)


def _is_indexed(way: Access, pattern: Pattern) -> bool:
    """Whether an index finds by a condition, or gives the order that is asked for."""
    return way.index is not None and (
        bool(way.bound) or way.keeps_order or way.index.kind == "text"
    )


def _is_geo(way: Access) -> bool:
    return way.index is not None and bool(way.index.geo)


def _use(resource: str, dimension: str, amount: Decimal, why: str) -> UnitUse:
    return UnitUse(resource=resource, dimension=dimension, units=Measure(mean=amount), why=why)


def _short(value: Decimal) -> str:
    """Return a count as people read it.

    Example:
        >>> _short(Decimal("1234.5")), _short(Decimal("0.25"))
        ('1,234', '0.25')
    """
    return format_number(value, 0 if value >= 100 or value == value.to_integral_value() else 2)


def _verb(pattern: Pattern) -> str:
    names = {Verb.GET: "get", Verb.UPDATE: "update", Verb.DELETE: "delete", Verb.CHECK: "check"}
    return names.get(pattern.verb, "query")


def _bases(index: Ordered) -> set[str]:
    names = {path.partition(".")[0] for path in (*index.paths, *index.includes)}
    return names | {path for path, _ in index.partial}


def _share_of(index: Ordered, home: Home) -> Decimal:
    return index.entries / home.rows if home.rows else ONE


def _mean_entry(home: Home) -> Decimal:
    if not home.indexes:
        return ZERO
    return sum((index.entry_bytes for index in home.indexes), ZERO) / len(home.indexes)


def _per_page(home: Home) -> Decimal:
    return max(ONE, home.page_bytes / max(ONE, home.row_bytes))


def _touches(way: Access) -> tuple[tuple[str, Decimal], ...]:
    """Return the pages a read touches: leaves of the index, and a page for each row fetched."""
    home, index = way.home, way.index
    if index is None:
        return ((home.name, max(ONE, way.fetched / _per_page(home))),)
    per_leaf = max(ONE, home.page_bytes / max(ONE, index.entry_bytes))
    leaves = way.partitions + way.entries / per_leaf
    return ((f"{home.name}/{index.name}", leaves), (home.name, _distinct(way.fetched, home)))


def _row_pages(home: Home) -> Decimal:
    """Return the pages of the rows themselves, long values apart."""
    return max(ONE, (home.stored_bytes - home.outside_bytes) / home.page_bytes)


def _distinct(rows: Decimal, home: Home) -> Decimal:
    """Return the different pages among which so many rows lie, spread evenly."""
    pages = max(ONE, home.stored_bytes / home.page_bytes)
    touched = rows * max(ONE, home.row_bytes / home.page_bytes)  # a long one fills several
    return pages * Decimal(1 - math.exp(-min(700.0, float(touched / pages))))


def _growing(home: Home, embedded: str, model: Model) -> tuple[str, ...]:
    if not embedded:
        return ()
    return (f"each new one rewrites the whole document of `{home.name}`",)
