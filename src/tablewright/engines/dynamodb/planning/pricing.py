"""What each choice costs: quotations of the engine times rates times prices.

In: a workload, a placement with every index candidate, quotations at the scales wanted, a tariff.
Out: a `PlacementOption`: the fixed cost of the placement, the cost of each index, the cost of each
path and the indexes it needs, with what is not allowed left out and noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal

from tablewright.bill.prices import PriceBook
from tablewright.bill.rates import Rates
from tablewright.capacity.limits import (
    MAX_COLLECTION_BYTES,
    MAX_ITEM_BYTES,
    PARTITION_READ_UNITS,
    PARTITION_WRITE_UNITS,
)
from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import DAYS_PER_MONTH, ONE, ZERO, format_bytes
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.buckets import busiest_share, unit_of
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, KeyTemplate, Table
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement, IndexCandidate
from tablewright.engines.dynamodb.planning.embedding import most_children, why_not_inside
from tablewright.engines.dynamodb.planning.queries import EntityWorkload, is_recovered
from tablewright.engines.dynamodb.planning.stretches import largest_share
from tablewright.engines.dynamodb.planning.tried import Tried
from tablewright.evaluation.engine import EngineQuotes
from tablewright.evaluation.quotation import Quotation, QuotedPath, Slot
from tablewright.model.statistics import DEFAULT_RANGE_SHARE, Selectivity
from tablewright.model.values import Count, Entity, Model, Pattern
from tablewright.plan.values import (
    PathCost,
    PlacementOption,
    Rules,
    Scale,
    SlotCost,
    most_depth,
)

HEADROOM = Decimal("0.7")
"""Share of a service limit that a plan uses at the largest scale of the model."""
OBJECT_MS = Decimal(200)
"""What a request to object storage is taken to need: AWS speaks of 100 to 200 ms for small objects.
Source: Amazon S3 User Guide, "Performance design patterns", read 2026-11."""


@frozen
class OnDemandRates:
    """USD for one unit of everything an on-demand table is charged for in a month."""

    read: Decimal
    write: Decimal
    stored_byte: Decimal
    recovered_byte: Decimal
    object_put: Decimal | None = None
    """None where the region's price of object storage is not known: nothing is kept there then."""
    object_get: Decimal | None = None
    object_byte: Decimal | None = None

    @classmethod
    def of(cls, book: PriceBook, region: str, *, recovery: bool) -> OnDemandRates:
        """Return the tariff of a region; `recovery` adds point-in-time recovery to storage."""
        rates = Rates(book, region)
        put, get = rates.known("object_put"), rates.known("object_get")
        known = rates.known("object_byte")
        if put is None or get is None or known is None:
            put = get = known = None
        return cls(
            object_put=put,
            object_get=get,
            object_byte=known,
            read=rates.usd("read"),
            write=rates.usd("write"),
            stored_byte=rates.usd("stored_byte"),
            recovered_byte=rates.usd("recovered_byte") if recovery else ZERO,
        )

    def of_unit(self, dimension: str) -> Decimal:
        """Return USD for one unit: "read", "write", or "put", "get", "delete" of an object.

        Raises:
            PriceUnknownError: the region's price of object storage is not known.
        """
        if dimension == "delete":
            return ZERO  # Amazon S3 pricing: DELETE requests are free
        rates: dict[str, Decimal | None] = {"read": self.read, "write": self.write}
        rates |= {"put": self.object_put, "get": self.object_get, "stored": self.object_byte}
        rate = rates[dimension]
        if rate is None:
            key = "aws.s3.standard.storage" if dimension == "stored" else f"aws.s3.{dimension}"
            raise PriceUnknownError(key=key, region="", reason="the planner was given none")
        return rate


@frozen(slots=False)
class PricedPlacement:
    """An option, or the reasons why the placement is not possible; and what was too hot."""

    option: PlacementOption | None
    reasons: tuple[str, ...] = ()
    failing: frozenset[str] = frozenset()
    """The patterns no allowed way serves."""
    busy: bool = False
    """Whether a table key takes more writes than its partition gives."""
    shards_wanted: int = 1


@dataclass
class Pricer:
    """Prices placements of one model; keeps what does not change between them."""

    model: Model
    engine: EngineQuotes
    tariff: OnDemandRates
    scales: tuple[Scale, ...]
    sample_items: int
    tried: Tried = field(default_factory=Tried)
    quoted: int = field(default=0)
    _top_shares: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    _fullest: Model | None = None
    _most_bytes: dict[Embed, int] = field(default_factory=dict)
    _shards: dict[str, int] = field(default_factory=dict)
    """Of the placement being priced: over how many items each table spreads one counter."""
    _buckets: dict[str, str] = field(default_factory=dict)
    """Of the placement being priced: the stretch of time in the key of tables and indexes."""

    def price(
        self, work: EntityWorkload, placement: DynamoPlacement, rules: Rules
    ) -> PricedPlacement:
        """Return what a placement costs with each of its index candidates."""
        candidates, design = self.tried.indexed(work, placement)
        quotations = [
            self.engine.quote(work.model, design, scale.users, sample_items=self.sample_items)
            for scale in self.scales
        ]
        self.quoted += len(quotations)
        first = quotations[0]
        if first.cannot:
            return PricedPlacement(
                option=None, reasons=tuple(f"{p}: {why}" for p, why in first.cannot)
            )
        inside = self._most_inside(work.entity, placement)
        too_large = [
            name
            for name, size in first.largest
            if "/" not in name and size + inside.get(name, 0) > MAX_ITEM_BYTES * HEADROOM
        ]
        if too_large:
            return PricedPlacement(
                option=None, reasons=(f"items of {too_large[0]} come near 400 KB",)
            )
        places = {candidate.resource: offset for offset, candidate in enumerate(candidates)}
        spread = self._spread(work, placement, candidates)
        heat = self._heat(work, placement, candidates, first, spread)
        busy, load = self._busy_table(work, placement, first, spread)
        if busy:
            gathers = placement.key.gathers is not None
            return PricedPlacement(
                option=None,
                reasons=(busy,),
                busy=not gathers,
                shards_wanted=keys_for(load) if gathers else 1,
            )
        if full := self._full_collection(work, placement, first):
            return PricedPlacement(option=None, reasons=(full,))
        hot = {offset for offset, load in heat.items() if load > PARTITION_WRITE_UNITS * HEADROOM}
        shards = max((keys_for(heat[position]) for position in hot), default=1)
        slots: list[SlotCost] = []
        deep = self._too_deep(work, first, rules)
        reasons = [f"{name}: {depth} round trips after one another" for name, depth in deep]
        failing = {name for name, _ in deep}
        for number, slot in enumerate(first.slots):
            paths = self._paths(work, slot, number, quotations, places, hot, rules, spread)
            if not paths:
                reasons.append(f"{slot.pattern}: {slot.cannot or 'no way that is allowed'}")
                if slot.paths:
                    failing.add(slot.pattern)
            slots.append(SlotCost(pattern=slot.pattern, part=slot.part, paths=paths))
        if reasons:
            return PricedPlacement(
                option=None,
                reasons=tuple(reasons),
                failing=frozenset(failing),
                shards_wanted=shards,
            )
        base, by_index = self._fixed(work, placement, places, quotations)
        option = PlacementOption(
            placement=placement,
            usd=base,
            indexes=candidates,
            index_usd=tuple(by_index[position] for position in range(len(candidates))),
            slots=tuple(slots),
        )
        return PricedPlacement(option=option, shards_wanted=shards)

    # ------------------------------------------------------------ sizes

    def _most_inside(self, parent: Entity, placement: DynamoPlacement) -> dict[str, int]:
        """Return the bytes that the most children a parent may have take in items of each table."""
        return {
            table.name: sum(self._most_of(parent, embed) for embed in table.shapes[0].embeds)
            for table in placement.tables
            if table.shapes[0].embeds
        }

    def _most_of(self, parent: Entity, embed: Embed) -> int:
        """Return the bytes of a parent's children at their most, as the engine sizes them."""
        if embed not in self._most_bytes:
            if self._fullest is None:
                self._fullest = with_most_children(self.model)
            child = self._fullest.entity(embed.entity)
            shape = ItemShape(
                name=parent.name, entity=parent.name, attributes=parent.key, embeds=(embed,)
            )
            table = Table(name="fullest", partition_key=parent.key[0], shapes=(shape,))
            design = DynamoDesign(name="fullest", engine="dynamodb", tables=(table,))
            items = max(4, int(self.sample_items / max(ONE, child.count.mean)))
            quote = self.engine.quote(
                self._fullest, design, max(self.model.scales), sample_items=items
            )
            self._most_bytes[embed] = dict(quote.largest)["fullest"]
        return self._most_bytes[embed]

    # ------------------------------------------------------------ money

    def _fixed(
        self,
        work: EntityWorkload,
        placement: DynamoPlacement,
        places: dict[str, int],
        quotations: Sequence[Quotation],
    ) -> tuple[Decimal, dict[int, Decimal]]:
        base = ZERO
        by_index = dict.fromkeys(places.values(), ZERO)
        recovered = ZERO
        if is_recovered(self.model, work.entity):
            recovered = self.tariff.recovered_byte
        local = {
            f"{table.name}/{index.name}"
            for table in placement.tables
            for index in table.indexes
            if index.is_local
        }
        for scale, quotation in zip(self.scales, quotations, strict=True):
            for use in quotation.fixed:
                price = self.tariff.of_unit(use.dimension)
                amount = use.units * self._calls(work, use.pattern, scale) * price * scale.weight
                if use.resource in places:
                    by_index[places[use.resource]] += amount
                else:
                    base += amount
            for _, size in quotation.objects:
                base += size * self.tariff.of_unit("stored") * scale.weight
            for resource, size in quotation.stored:
                rate = self.tariff.stored_byte
                if resource not in places or resource in local:
                    rate += recovered
                if resource in places:
                    by_index[places[resource]] += size * rate * scale.weight
                else:
                    base += size * rate * scale.weight
        return base, by_index

    def _calls(self, work: EntityWorkload, pattern: str, scale: Scale) -> Decimal:
        result = work.model.pattern(pattern)
        return self.model.calls_per_day(result, scale.users) * DAYS_PER_MONTH

    def _paths(
        self,
        work: EntityWorkload,
        slot: Slot,
        number: int,
        quotations: Sequence[Quotation],
        places: dict[str, int],
        hot: set[int],
        rules: Rules,
        spread: dict[str, Decimal],
    ) -> tuple[PathCost, ...]:
        pattern = work.model.pattern(slot.pattern)
        after = dict(quotations[0].depths).get(slot.pattern, 0)
        cheapest: dict[tuple[int, ...], PathCost] = {}
        for position, path in enumerate(slot.paths):
            needs = tuple(sorted(places[r] for r in path.resources if r in places))
            if hot.intersection(needs) or not self._allowed(work, pattern, path, after, rules):
                continue
            if self._reads_too_hot(pattern, path, spread):
                continue
            usd = ZERO
            for scale, quotation in zip(self.scales, quotations, strict=True):
                same = quotation.slots[number].paths[position]
                calls = self._calls(work, slot.pattern, scale) * scale.weight
                usd += same.units * calls * self.tariff.read
                if same.objects:
                    usd += same.objects * calls * self.tariff.of_unit("get")
            cost = PathCost(usd=usd, needs=needs, operation=path.operation, depth=path.depth)
            stored = cheapest.get(needs)
            if stored is None or (cost.usd, cost.depth) < (stored.usd, stored.depth):
                cheapest[needs] = cost
        return tuple(sorted(cheapest.values(), key=lambda p: (p.usd, p.depth, p.needs)))

    def _too_deep(
        self, work: EntityWorkload, quotation: Quotation, rules: Rules
    ) -> list[tuple[str, int]]:
        """Return the writes that take more round trips than are left, whatever is indexed."""
        puts = {use.pattern for use in quotation.fixed if use.dimension == "put"}
        too_deep = []
        for name, depth in quotation.depths:
            depth += object_trips(rules) if name in puts else 0
            if depth > most_depth(work.model.pattern(name), rules):
                too_deep.append((name, depth))
        return too_deep

    def _allowed(
        self, work: EntityWorkload, pattern: Pattern, path: QuotedPath, after: int, rules: Rules
    ) -> bool:
        if path.operation == "scan" and pattern.name not in rules.scans:
            if not rules.bounded_scans:
                return False
            if pattern.purpose == "online" and not work.entity.count.is_fixed:
                return False
        more = object_trips(rules) if path.objects else 0
        return path.depth + after + more <= most_depth(pattern, rules)

    # ------------------------------------------------------------ heat

    def _heat(
        self,
        work: EntityWorkload,
        placement: DynamoPlacement,
        candidates: Sequence[IndexCandidate],
        quotation: Quotation,
        spread: dict[str, Decimal],
    ) -> dict[int, Decimal]:
        """Return the write units a second at the busiest key of each index at the largest scale."""
        loads = self._writes_at_busiest(work, quotation, spread)
        return {
            position: loads.get(candidate.resource, ZERO)
            for position, candidate in enumerate(candidates)
        }

    def _writes_at_busiest(
        self, work: EntityWorkload, quotation: Quotation, spread: dict[str, Decimal]
    ) -> dict[str, Decimal]:
        """Return the write units a second at the busiest key of each resource.

        A pattern that says which share of its calls goes to one instance is taken at its word; only
        spread counters divide that, since an index entry has one key however it is sharded.
        """
        users = max(self.model.scales)
        loads: dict[str, Decimal] = {}
        for use in quotation.fixed:
            if use.dimension == "write":
                pattern = work.model.pattern(use.pattern)
                rate = self.model.calls_per_second(pattern, users) * pattern.peak
                share = spread.get(use.resource, ZERO)
                if pattern.hot_share is not None and share:
                    share = max(share, pattern.hot_share / self._shards.get(use.resource, 1))
                loads[use.resource] = loads.get(use.resource, ZERO) + use.units * rate * share
        return loads

    def counter_shards(self, work: EntityWorkload, counters: Sequence[str]) -> int:
        """Return over how many items counters have to be spread, at the largest scale.

        An increment of such an item takes one write unit; each item may take 70 % of 1,000.
        """
        users = max(self.model.scales)
        hot = ZERO
        for pattern in work.model.patterns:
            for part in pattern.parts or (pattern,):
                if set(part.increments) & set(counters):
                    share = ONE
                    for name in work.entity.key:
                        share *= self._top_share(work, name)
                    share = max(share, pattern.hot_share or ZERO)
                    hot += self.model.calls_per_second(pattern, users) * pattern.peak * share
        return keys_for(hot)

    def _spread(
        self, work: EntityWorkload, placement: DynamoPlacement, candidates: Sequence[IndexCandidate]
    ) -> dict[str, Decimal]:
        """Return the share of the items under the busiest key of each table and index."""
        spread: dict[str, Decimal] = {}
        created = {made.name: made.template for made in placement.made}
        self._shards = {}
        self._buckets = {}
        for table in placement.tables:
            shape = table.shapes[0]
            if shape.guards:
                spread[table.name] = ZERO
            elif shape.counters:
                spread[table.name] = self._share(work, placement, work.entity.key) / shape.copies
                self._shards[table.name] = shape.copies
            else:
                spread[table.name] = self._share(work, placement, (table.partition_key,))
                self._note_bucket(table.name, shape.template(table.partition_key))
        for candidate in candidates:
            spread[candidate.resource] = self._share(
                work, placement, candidate.index.partition_keys
            )
            for key in candidate.index.partition_keys:
                self._note_bucket(candidate.resource, created.get(key))
        return spread

    def _note_bucket(self, resource: str, template: KeyTemplate | None) -> None:
        if template is not None and template.bucket:
            self._buckets[resource] = template.bucket

    def _share(
        self, work: EntityWorkload, placement: DynamoPlacement, keys: Sequence[str]
    ) -> Decimal:
        created = {entry.name: entry.template for entry in placement.made}
        if placement.key.gathers is not None:
            created[placement.key.partition] = placement.key.gathers
        share = ONE
        for key in keys:
            names = [key]
            if key in created:
                # whatever is written now belongs to the stretch of time that is now
                names = [n.partition(".")[0] for n in created[key].attributes if not unit_of(n)]
                share /= created[key].shards
            for name in names:
                share *= self._top_share(work, name)
        return share

    def _top_share(self, work: EntityWorkload, name: str) -> Decimal:
        key = (work.entity.name, name)
        if key not in self._top_shares:
            selectivity = Selectivity(self.model, max(self.model.scales))
            top = selectivity.top_share(work.entity, name)
            self._top_shares[key] = (
                ONE / selectivity.distinct(work.entity, name) if top is None else top.share
            )
        return self._top_shares[key]

    def _busy_table(
        self,
        work: EntityWorkload,
        placement: DynamoPlacement,
        quotation: Quotation,
        spread: dict[str, Decimal],
    ) -> tuple[str, Decimal]:
        """Say which table has a key that is written too often, and how often; "" where none has."""
        loads = self._writes_at_busiest(work, quotation, spread)
        for table in placement.tables:
            load = loads.get(table.name, ZERO)
            if load > PARTITION_WRITE_UNITS * HEADROOM:
                return (
                    f"one `{table.partition_key}` would take {load:.0f} write units a second at "
                    f"the largest scale"
                ), load
        return "", ZERO

    def _full_collection(
        self, work: EntityWorkload, placement: DynamoPlacement, quotation: Quotation
    ) -> str:
        """Say what one value of a key that gathers all instances would hold, if that is too much.

        What one partition stores, at the largest scale: older items could neither be moved nor
        dropped by themselves.
        """
        gathers = placement.key.gathers
        if gathers is None:
            return ""
        name = work.entity.name
        quoted = self.model.instances(name, self.scales[0].users)
        growth = self.model.instances(name, max(self.model.scales)) / quoted if quoted else ONE
        share = largest_share(work, gathers) * growth
        for table in placement.tables:
            size = dict(quotation.stored).get(table.name, ZERO) * share
            if table.partition_key == placement.key.partition and size > MAX_COLLECTION_BYTES:
                return f"one `{table.partition_key}` would hold {format_bytes(size)}"
        return ""

    def _reads_too_hot(
        self, pattern: Pattern, path: QuotedPath, spread: dict[str, Decimal]
    ) -> bool:
        """Whether one key would be read more than its partition gives, at the largest scale."""
        if path.operation == "scan":
            return False
        users = max(self.model.scales)
        calls = self.model.calls_per_second(pattern, users) * pattern.peak
        if calls * path.units <= PARTITION_READ_UNITS * HEADROOM:
            return False
        for place, (resource, units) in enumerate(path.by_resource):
            share = spread.get(resource, ZERO) * self._of_ranges(pattern, resource)
            if pattern.hot_share is not None and (place == 0 or resource in self._shards):
                share = max(share, pattern.hot_share / self._shards.get(resource, 1))
            if calls * units * share > PARTITION_READ_UNITS * HEADROOM:
                return True
        return False

    def _of_ranges(self, pattern: Pattern, resource: str) -> Decimal:
        """Return the part of what a list reads of stretches of time that lies in the busiest."""
        base, _, unit = self._buckets.get(resource, "").partition(".")
        for condition in pattern.where:
            if unit and condition.attribute == base and condition.operator == "between":
                share = DEFAULT_RANGE_SHARE if condition.share is None else condition.share
                age = self.model.age_days(self.model.entity(pattern.entity))
                return busiest_share(unit, age, share)
        return ONE


def object_trips(rules: Rules) -> int:
    """Return the round trips a request to object storage takes beyond the one it is counted as."""
    trips = (OBJECT_MS / rules.round_trip_ms).to_integral_value(ROUND_CEILING)
    return max(0, int(trips) - 1)


def keys_for(writes_per_second: Decimal) -> int:
    """Return over how many keys writes have to be spread, each with 70 % of 1,000 units.

    Example:
        >>> keys_for(Decimal(700)), keys_for(Decimal("700.1")), keys_for(Decimal(0))
        (1, 2, 0)
    """
    return int(
        (writes_per_second / (PARTITION_WRITE_UNITS * HEADROOM)).to_integral_value(ROUND_CEILING)
    )


def with_most_children(model: Model) -> Model:
    """Return a model without patterns whose parents have as many children as they may."""
    entities = []
    for entity in model.entities:
        maximum = None if why_not_inside(model, entity) else most_children(entity)
        if maximum is not None:
            entity = replace(entity, count=Count(mean=Decimal(maximum), per="parent"))
        entities.append(entity)
    return replace(model, entities=tuple(entities), patterns=())
