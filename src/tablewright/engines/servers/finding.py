"""The ways a pattern can be answered by the indexes of a home, and the best of them.

An index serves the conditions on its leading keys, up to the first range; what is left is filtered
after the entries, or after the rows, were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.postgresql.types import referred
from tablewright.engines.servers.cut_lists import children_spread, cut
from tablewright.engines.servers.homes import Home, Ordered
from tablewright.engines.servers.ways import AccessPath
from tablewright.engines.servers.words import Words, short_count
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Rejected
from tablewright.model.statistics import RANGE_OPERATORS, Selectivity
from tablewright.model.values import Condition, Kind, Model, Pattern, Verb

_NO_TEXT = frozenset(
    {Kind.UUID, Kind.TIMESTAMP, Kind.DATE, Kind.BOOL, Kind.BINARY, Kind.GEO, Kind.MAP}
)

WORDS_SHARE = Decimal("0.01")
"""Of all rows that have the words of a search, where the model does not state it. Assumed."""
GEO_OVERREAD = Decimal(3)
"""Entries of a search by distance for one that lies within: cells overlap the circle. Assumed."""


class Finder:
    """The ways to find what a pattern asks for among the homes of one design."""

    def __init__(self, model: Model, homes: Iterable[Home], users: int, words: Words) -> None:
        self.model, self.words = model, words
        self.homes = tuple(homes)
        self.selectivity = Selectivity(model, users)

    def homes_of(self, entity: str) -> list[tuple[Home, str]]:
        """Return where an entity is kept; with the attribute where it is embedded."""
        homes = [(home, "") for home in self.homes if home.entity == entity]
        homes += [
            (home, attribute)
            for home in self.homes
            for child, attribute in home.embeds
            if child == entity
        ]
        return homes

    def find(self, pattern: Pattern) -> tuple[AccessPath, list[Rejected]]:
        """Return the way with the least effort, and why not the others."""
        ways: list[AccessPath] = []
        rejected: list[Rejected] = []
        for home, embedded in self.homes_of(pattern.entity):
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
            ways.append(self.scan(pattern, home, embedded))
        ways.sort(key=self._rank)
        best = ways[0]
        if self.words.scans_last:
            best = next((way for way in ways if _is_indexed(way, pattern)), best)
        if pattern.verb is Verb.NEAR and self.words.near_by_index:
            best = next((way for way in ways if is_by_place(way)), best)
        for way in ways:
            if way.index is not None and way is not best:
                reason = self._worse(way, best)
                rejected.append(Rejected(route=way.target, reason=reason, is_correct=True))
        return best, rejected

    def _rank(self, way: AccessPath) -> tuple[Decimal, bool, Decimal, str]:
        """Return what decides between ways; of equals the key's index, then the smaller one."""
        index = way.index
        effort = way.page_cost if self.words.plans_by_pages else way.effort
        if index is None:
            return effort, True, ZERO, way.target
        return effort, not index.is_primary, index.entry_bytes, way.target

    def _worse(self, way: AccessPath, best: AccessPath) -> str:
        rows = self.words.row
        if way.fetched > best.fetched:
            return (
                f"correct, but reads {short_count(way.fetched)} {rows}s instead of "
                f"{short_count(best.fetched)}"
            )
        if way.sorts and not best.sorts:
            return f"correct, but sorts {short_count(way.matched)} {rows}s in memory"
        return (
            f"correct, but examines {short_count(way.entries)} entries instead of "
            f"{short_count(best.entries)}"
        )

    def conditions(self, pattern: Pattern, home: Home, embedded: str) -> dict[str, Condition]:
        """Return the conditions by the path they have in this home.

        What the caller knows besides is none of them: the statements do not ask for it. Nor are
        the words of a search: a value of the caller for a text, which the text need not equal, so
        that no index on whole values finds them.
        """
        conditions = {
            condition.attribute: condition
            for condition in pattern.where
            if not self._is_of_words(pattern, condition)
        }
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
    ) -> AccessPath | Refused:
        conditions = self.conditions(pattern, home, embedded)
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
            what = "prefixes" if conditions[first].operator == "begins_with" else "case"
            return Refused(f"it does not compare the {what} of `{first}` as the pattern does")
        if not bound and not (in_order and pattern.limit is not None) and not index.partial:
            first = index.keys[0][0]
            return Refused(f"it begins with `{first}`, which the pattern does not bind")
        return self._access(pattern, home, index, conditions, bound, within, in_order, embedded)

    def _compares(
        self, pattern: Pattern, home: Home, index: Ordered, condition: Condition, path: str
    ) -> bool:
        """Whether an index compares a key as the condition does: case, prefixes."""
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

    def _names_one(self, pattern: Pattern, home: Home, conditions: Mapping[str, Condition]) -> bool:
        """Whether the values given name one instance: by its key, or by what is unique."""
        entity = self.model.entity(pattern.entity)
        equal = {path for path, c in conditions.items() if c.operator == "eq" and c.value is None}
        return set(entity.key) <= equal or any(
            entity.has(name) and entity.attribute(name).unique for name in equal
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
    ) -> AccessPath:
        remaining, stored = self._left_over(pattern, home, index, conditions, bound)
        on_entry = self.all_share(
            pattern, home, embedded, [o for p, o in remaining.items() if p in stored]
        )
        on_row = self.all_share(
            pattern, home, embedded, [o for p, o in remaining.items() if p not in stored]
        )
        if not embedded and self._names_one(pattern, home, conditions):
            # What else the caller gives is the same instance's: only fixed values choose.
            open_ones = [c for c in remaining.values() if c.operator != "eq" or c.value is not None]
            chosen = self.all_share(pattern, home, embedded, open_ones)
            matched = min(within, ONE) * chosen
            on_entry = max(on_entry, min(ONE, matched / within)) if within else on_entry
        else:
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
        spread = None
        if not embedded and pattern.verb is Verb.LIST:
            spread = children_spread(self.selectivity, self.model.entity(home.entity), conditions)
        by_words = index is not None and index.kind == "text"
        if limit is not None and in_order and (by_words or pattern.verb is not Verb.SEARCH):
            share = on_entry * on_row * within / pruned if pruned else ONE
            examined = cut(pruned, limit / max(share, Decimal("0.000001")), spread)
            if pattern.sort:
                # The orders of all partitions are merged, which takes the first row of each: a
                # partition for the rest keeps them from being read one after the other.
                examined = min(pruned, examined + partitions - 1)
        sorts = (bool(pattern.sort) or pattern.verb is Verb.NEAR) and not in_order
        returned = matched if limit is None else cut(matched, Decimal(limit), spread)
        returned = max(ZERO, returned - pattern.skip)
        select = set(pattern.select if pattern.select is not None else home.attribute_bytes)
        covered = (
            index is not None and home.covers and not embedded and select | set(remaining) <= stored
        )
        fetched = ZERO if covered else examined * on_entry
        return AccessPath(
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

    def _left_over(
        self,
        pattern: Pattern,
        home: Home,
        index: Ordered | None,
        conditions: dict[str, Condition],
        bound: list[str],
    ) -> tuple[dict[str, Condition], set[str]]:
        """Return the conditions that an index does not bind, and the paths its entries answer."""
        remaining = {path: condition for path, condition in conditions.items() if path not in bound}
        if index is None:
            return remaining, set()
        partial = {path for path, _ in index.partial}
        remaining = {path: c for path, c in remaining.items() if path not in partial}
        stored = set(index.paths) | set(index.includes)
        return remaining, stored - {
            path
            for path, c in remaining.items()
            if not self._compares(pattern, home, index, c, path)
        }

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

    def all_share(
        self, pattern: Pattern, home: Home, embedded: str, conditions: Iterable[Condition]
    ) -> Decimal:
        """Return the share of rows that meet all of these conditions."""
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
    ) -> AccessPath | Refused:
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
        share = self.all_share(pattern, home, embedded, [conditions[p] for p in bound])
        is_one_each = bool(index.partial) and index.kind != "text"  # of texts one for each word
        within = (index.entries if is_one_each else home.rows) * share
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
    ) -> AccessPath | Refused:
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

    def scan(self, pattern: Pattern, home: Home, embedded: str) -> AccessPath:
        """Return the way that reads every row."""
        conditions = self.conditions(pattern, home, embedded)
        in_order = not pattern.sort and pattern.verb is not Verb.NEAR
        return self._access(pattern, home, None, conditions, [], home.rows, in_order, embedded)


def _is_indexed(way: AccessPath, pattern: Pattern) -> bool:
    """Whether an index finds by a condition, or gives the order that is asked for."""
    return way.index is not None and (
        bool(way.bound) or way.keeps_order or way.index.kind == "text"
    )


def is_by_place(way: AccessPath) -> bool:
    """Whether a way goes through an index of places."""
    return way.index is not None and bool(way.index.geo)
