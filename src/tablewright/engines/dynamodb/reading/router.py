"""The cheapest correct route of each access pattern on a DynamoDB design.

In: a model, a design, the sizes of its shapes, a number of users. Out: one Route for each pattern,
with the requests that would be sent, their units as means over the sample, and why each cheaper
route is not correct. It does not know prices, and sends nothing.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import format_number, plain
from tablewright.engines.dynamodb import similar
from tablewright.engines.dynamodb.access import KeyMatch, match_key
from tablewright.engines.dynamodb.design import Index, ItemShape, Table
from tablewright.engines.dynamodb.global_tables import NO_TRANSACTIONS, refuses_transactions
from tablewright.engines.dynamodb.reading.completion import geo_attribute
from tablewright.engines.dynamodb.reading.context import Context, ReadOption, with_known
from tablewright.engines.dynamodb.reading.embedded_reads import EmbeddedReads
from tablewright.engines.dynamodb.reading.key_reads import KeyReads
from tablewright.engines.dynamodb.reading.scan_reads import ScanReads
from tablewright.engines.dynamodb.reading.together import TogetherReads
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.values import Rejected, Route, side_by_side
from tablewright.model.values import Pattern, Verb

NO_VECTORS = "similar items are found by a vector index only, and it has none"
"""Why a table without one answers no search for similar items."""
NO_WORDS = "keys and filters of DynamoDB compare values as they are, none finds words in a text"
"""Amazon DynamoDB API Reference, "Condition": of texts, `contains` tells the same letters in the
same case anywhere, also inside of other words. A search means words, whatever their case."""


class ReadRouter:
    """Finds the correct ways to read, and why the others are not."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.model = context.model
        self.keyed = KeyReads(context)
        self.scans = ScanReads(context)
        self.embedded = EmbeddedReads(context, self.keyed, self.scans)
        self.together = TogetherReads(context, self.keyed)

    def route(self, pattern: Pattern) -> Route:
        """Return the cheapest correct route of a reading pattern."""
        if pattern.verb is Verb.READ:
            return self._several_kinds(pattern)
        options, rejected = self.options(pattern)
        name = self.context.design.name
        if not options:
            reason = (
                "; ".join(dict.fromkeys(f"{r.route}: {r.reason}" for r in rejected))
                or f"no table of the design holds `{pattern.entity}`"
            )
            return Route(pattern=pattern.name, design=name, cannot=reason, rejected=tuple(rejected))
        avoided = self._avoids_scans(pattern)
        options.sort(key=lambda option: (avoided and _scans_index(option), option.rank))
        best = options[0]
        costlier = [
            Rejected(
                route=f"{option.operation} {option.target}",
                reason=_why_costlier(option, best),
                is_correct=True,
                units=option.read_units,
            )
            for option in _worth_naming(options[1:])
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

    def _several_kinds(self, pattern: Pattern) -> Route:
        """Return the cheaper of one request for all kinds, and one or more for each of them."""
        options, rejected = self.together.options(pattern)
        apart = side_by_side(
            pattern, self.context.design.name, [self.route(part) for part in pattern.parts]
        )
        options.sort(key=lambda option: option.rank)
        if not options:
            return replace(apart, rejected=(*apart.rejected, *rejected))
        best = options[0]
        if apart.is_served:
            units = apart.units("read").mean
            if (units, apart.depth, len(apart.requests)) < best.rank[:3]:
                both = (format_number(best.read_units, 2), format_number(units, 2))
                reason = "{} instead of {} read units".format(*both)
                costlier = Rejected(
                    route=f"one query of {best.target}",
                    reason=reason,
                    is_correct=True,
                    units=best.read_units,
                )
                return replace(apart, rejected=(*apart.rejected, *rejected, costlier))
            reason = f"{format_number(units, 2)} read units in {len(apart.requests)} requests"
            rejected.append(
                Rejected(route="each kind by itself", reason=reason, is_correct=True, units=units)
            )
        return Route(
            pattern=pattern.name,
            design=self.context.design.name,
            requests=best.requests,
            steps=best.steps,
            rejected=tuple(rejected),
            target=best.target,
            operation=best.operation,
            matched=best.matched,
            returned=best.returned,
            filtered=best.filtered,
        )

    def options(self, pattern: Pattern) -> tuple[list[ReadOption], list[Rejected]]:
        """Return every correct route, and the rest with the reason why not."""
        if pattern.verb is Verb.SEARCH:
            return [], self._no_words(pattern)
        if pattern.verb is Verb.SIMILAR:
            return self._similar(pattern)
        entity = self.model.entity(pattern.entity)
        required = frozenset(pattern.select if pattern.select is not None else entity.names)
        options: list[ReadOption] = []
        rejected: list[Rejected] = []
        near = geo_attribute(entity, pattern)
        conditions = with_known(entity, pattern)
        for table, shape in self.context.homes.get(entity.name, ()):
            if refuses_transactions(table, pattern.consistency):
                rejected.append(Rejected(route=table.name, reason=NO_TRANSACTIONS))
                continue
            if shape.counters:
                summed = self.keyed.sum_of_shards(pattern, table, shape, required)
                if isinstance(summed, ReadOption):
                    options.append(summed)
                else:
                    rejected.append(Rejected(route=table.name, reason=summed.reason))
                continue
            resources: list[Index | None] = [None, *table.indexes]
            matches: dict[object, KeyMatch | Refused] = {}
            for index in resources:
                where = table.name if index is None else f"{table.name}/{index.name}"
                keys = None if index is None else (index.partition_keys, index.sort_keys)
                if keys not in matches:
                    matches[keys] = match_key(self.model, table, index, shape, conditions, near)
                match = matches[keys]
                if isinstance(match, KeyMatch) and match.index is not index:
                    match = replace(match, index=index)
                result: ReadOption | Refused
                result = (
                    match
                    if isinstance(match, Refused)
                    else self.keyed.through(pattern, match, required)
                )
                if isinstance(result, ReadOption):
                    options.append(result)
                elif not shape.guards or index is None:
                    rejected.append(Rejected(route=where, reason=result.reason))
            if not shape.guards and pattern.verb is not Verb.GET:
                # Indexes are scanned only where no key answers, or where nobody waits.
                answered = any(option.operation != "scan" for option in options)
                sparing = answered and self._avoids_scans(pattern)
                options += self._scans(pattern, table, shape, required, with_indexes=not sparing)
        for table, shape, embed in self.context.embeds.get(entity.name, ()):
            options += self.embedded.options(pattern, table, shape, embed)
        if pattern.verb is Verb.GET:
            # reading a whole small table can be cheaper than a few gets, but not for long
            by_key = [option for option in options if option.operation != "scan"]
            for table, shape in [] if by_key else self.context.shapes(entity.name):
                if not shape.counters:
                    options += self._scans(pattern, table, shape, required)
            options = by_key or options
        return options, rejected

    def _avoids_scans(self, pattern: Pattern) -> bool:
        """Whether an index that grows with the users is scanned only where no query answers.

        To save a little by scanning is a poor bargain where people wait: a scan grows with the
        table.
        """
        count = self.model.entity(pattern.entity).count
        return pattern.purpose == "online" and not count.is_fixed

    def _scans(
        self,
        pattern: Pattern,
        table: Table,
        shape: ItemShape,
        required: frozenset[str],
        *,
        with_indexes: bool = True,
    ) -> list[ReadOption]:
        """Return the scan of a table, and those of its indexes that are cheaper."""
        if refuses_transactions(table, pattern.consistency):
            return []
        scan = self.scans.scan(pattern, table, shape, required)
        options = [scan] if isinstance(scan, ReadOption) else []
        for index in table.indexes if with_indexes else ():
            if options and self.scans.least_units(pattern, table, index) >= options[0].read_units:
                continue
            way = self.scans.scan_of_index(pattern, table, shape, index, required)
            if isinstance(way, ReadOption) and (
                not isinstance(scan, ReadOption) or way.read_units < scan.read_units
            ):
                options.append(way)
        return options

    def _similar(self, pattern: Pattern) -> tuple[list[ReadOption], list[Rejected]]:
        """Return the vector indexes that answer a search for similar items, and the others."""
        options: list[ReadOption] = []
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
                    ReadOption(
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


def _short(units: Decimal) -> Decimal:
    return units.quantize(Decimal("0.01"))


def _worth_naming(options: list[ReadOption]) -> list[ReadOption]:
    """Return what is said of ways not taken: of several indexes to scan the cheapest alone."""
    scanned: set[str] = set()
    named = []
    for option in options:
        table = option.target.partition("/")[0]
        if _scans_index(option):
            if table in scanned:
                continue
            scanned.add(table)
        named.append(option)
    return named


def _scans_index(option: ReadOption) -> bool:
    return option.operation == "scan" and "/" in option.target


def _why_costlier(option: ReadOption, best: ReadOption) -> str:
    if option.read_units < best.read_units:
        return "correct, but scans an index that grows with the users, for a little less"
    return (
        f"correct, but takes {plain(_short(option.read_units))} read units "
        f"instead of {plain(_short(best.read_units))}"
    )
