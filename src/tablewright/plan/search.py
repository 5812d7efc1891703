"""The search: price every placement, leave out what cannot be best, let the solver choose.

In: a model, an engine that quotes, prices, settings. Out: a `Plan`: the design, what each entity's
choice beat and by how much, how far from optimal it may be. It does not run or create anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import combinations

from tablewright.bill.prices import PriceBook
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.dynamodb.design import DynamoDesign, Index, Table
from tablewright.engines.dynamodb.planning.candidates import (
    IndexCandidate,
    Placement,
    countable,
    embedding_placements,
    inside,
    placements,
    plural,
    why_not_inside,
)
from tablewright.engines.dynamodb.planning.queries import (
    Workload,
    expiry_of,
    is_recovered,
    needs_recovery,
    together,
    workloads,
)
from tablewright.evaluation.engine import EngineQuotes
from tablewright.model.values import Entity, Model
from tablewright.plan.pricing import ROUND_TRIP_MS, Option, Pricer, Rules, Scale, Tariff
from tablewright.plan.programme import Choice, Solution, solve
from tablewright.plan.pruning import Pruned, prune

SAMPLE_ITEMS = 128
"""Instances drawn for each entity while searching; the result is evaluated with more."""
MOST_SHARDS = 64


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the search may be told; `of` takes it from the model file."""

    scales: tuple[Scale, ...]
    sample_items: int = SAMPLE_ITEMS
    most_tables: int | None = None
    most_structures: int | None = None
    single_table: str = ""
    """prefer, avoid, or nothing."""
    prefix: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Table names by entity."""
    round_trip_ms: Decimal = ROUND_TRIP_MS
    latency_p99_ms: Decimal | None = None
    """The model's target, for patterns that people wait for and that have none of their own."""
    objects: str = "needed"
    """What may lie in object storage: what is `needed` there, `allow` anything large, `avoid`."""
    modes: str = "safe"
    """safe: never dearer than on-demand at any scale; cheapest: at the planned one; on-demand."""
    seconds: float = 60.0

    @classmethod
    def of(cls, model: Model, users: int) -> Settings:
        """Return the settings the model file asks for.

        Raises:
            UsageError: an option has a value it cannot have.
        """
        options = model.options
        single = options.get("single_table", "")
        if single not in ("", "prefer", "avoid"):
            raise UsageError(
                f"the option `single_table` is `{single}`",
                remedy="write prefer or avoid",
            )
        modes = options.get("capacity", "safe")
        if modes not in ("safe", "cheapest", "on-demand"):
            raise UsageError(
                f"the option `capacity` is `{modes}`",
                remedy="write safe, cheapest or on-demand",
            )
        objects = options.get("object_storage", "needed")
        if objects not in ("needed", "allow", "avoid"):
            raise UsageError(
                f"the option `object_storage` is `{objects}`",
                remedy="write needed, allow or avoid",
            )
        names = {
            key.partition(".")[2]: value
            for key, value in options.items()
            if key.startswith("names.")
        }
        return cls(
            scales=_weights(options) or (Scale(users=users),),
            most_tables=_whole(options, "max_tables"),
            single_table=single,
            prefix=options.get("table_prefix", ""),
            names=names,
            round_trip_ms=_milliseconds(options, "round_trip_ms") or ROUND_TRIP_MS,
            latency_p99_ms=model.targets.latency_p99_ms,
            objects=objects,
            modes=modes,
        )


def _whole(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(f"the option `{name}` is `{text}`", remedy="write a number, such as 3")
    return int(text)


def _milliseconds(options: Mapping[str, str], name: str) -> Decimal | None:
    text = options.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"\d+(\.\d+)?", text) or Decimal(text) == 0:
        raise UsageError(f"the option `{name}` is `{text}`", remedy="write a number, such as 10")
    return Decimal(text)


def _weights(options: Mapping[str, str]) -> tuple[Scale, ...]:
    found = []
    for key, value in options.items():
        head, _, users = key.partition(".")
        if head != "weights":
            continue
        try:
            found.append(Scale(users=int(users), weight=Decimal(value)))
        except (ValueError, ArithmeticError):
            raise UsageError(
                f"the option `{key}` is `{value}`", remedy="write weights: {1000: 0.3, 10000: 0.7}"
            ) from None
    return tuple(sorted(found, key=lambda s: s.users))


@dataclass(frozen=True, kw_only=True)
class Considered:
    """Everything that was priced for one entity, and what was left after pruning."""

    work: Workload
    options: tuple[Option, ...]
    """Left after pruning; the solver chooses among these."""
    all_options: tuple[Option, ...]
    rules: Rules = field(default_factory=Rules)
    """What was allowed."""
    refused: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Placements that cannot be had, with the reasons."""
    warnings: tuple[str, ...] = ()

    @property
    def entity(self) -> str:
        """Its name."""
        return self.work.entity.name


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The cheapest design found, and how it was found."""

    design: DynamoDesign
    model: Model
    settings: Settings
    considered: tuple[Considered, ...]
    solution: Solution
    pruned: Pruned
    quoted: int
    warnings: tuple[str, ...] = ()

    def choice(self, entity: str) -> tuple[Considered, Option, Choice]:
        """Return what was chosen for an entity (KeyError if it is not planned)."""
        for one, choice in zip(self.considered, self.solution.choices, strict=True):
            if one.entity == entity:
                return one, one.options[choice.option], choice
        raise KeyError(entity)


def search(
    model: Model,
    engine: EngineQuotes,
    book: PriceBook,
    region: str,
    settings: Settings,
    *,
    current: DynamoDesign | None = None,
    name: str = "planned",
) -> Plan:
    """Return the cheapest design of a model on on-demand tables.

    Args:
        model: what has to be served.
        engine: quotes designs part by part.
        book: prices.
        region: where.
        settings: scales, limits and preferences.
        current: names and table settings are taken over from it where they fit.
        name: of the new design.

    Raises:
        UnsupportedError: no design can serve the model; every reason is in the message. Or the
            solver is not installed.
    """
    tariff = Tariff.of(book, region, recovery=needs_recovery(model))
    pricer = Pricer(
        model=model,
        engine=engine,
        tariff=tariff,
        scales=settings.scales,
        sample_items=settings.sample_items,
    )
    names = table_names(model, settings, current)
    considered: list[Considered] = []
    pruned = Pruned()
    for work in workloads(model):
        one, count = consider(work, pricer, names[work.entity.name], settings)
        considered.append(one)
        pruned += count
    considered, count = with_children_inside(model, considered, pricer, names, settings)
    pruned += count
    if settings.most_structures is not None:  # what is dearer by itself may keep the limit
        considered = [replace(one, options=one.all_options) for one in considered]
    solution = choose(considered, settings)
    design = assemble(model, considered, solution, current, name)
    warnings = tuple(text for one in considered for text in one.warnings)
    return Plan(
        design=design,
        model=model,
        settings=settings,
        considered=tuple(considered),
        solution=solution,
        pruned=pruned,
        quoted=pricer.quoted,
        warnings=warnings,
    )


def consider(
    work: Workload, pricer: Pricer, table_name: str, settings: Settings
) -> tuple[Considered, Pruned]:
    """Return the options of one entity, priced and pruned.

    Raises:
        UnsupportedError: no placement serves its patterns.
    """
    rules = Rules(round_trip_ms=settings.round_trip_ms, latency_p99_ms=settings.latency_p99_ms)
    while True:
        objects = settings.objects if pricer.tariff.object_put is not None else "avoid"
        tried = placements(work, table_name, objects=objects)
        found = _price_all(work, pricer, tried, rules)
        if found.shards > 1:
            shards = min(found.shards, MOST_SHARDS)
            tried = placements(work, table_name, shards, objects=objects)
            found = _price_all(work, pricer, tried, rules)
        if found.is_busy:
            found = _with_spread_counters(found, work, pricer, table_name, rules, objects)
        if found.options:
            kept, count = prune(found.options)
            one = Considered(
                work=work,
                options=tuple(kept),
                all_options=tuple(found.options),
                rules=rules,
                refused=tuple(found.refused),
                warnings=tuple(_what_was_relaxed(work, rules)),
            )
            return one, count
        relaxed = _relaxed(rules, found.failing)
        if relaxed is None:
            break
        rules = relaxed
    refused = found.refused
    reasons = "; ".join(dict.fromkeys(r for _, why in refused for r in why))
    raise UnsupportedError(
        f"no design on DynamoDB serves `{work.entity.name}`: {reasons}",
        remedy="give the patterns named a key to look by, or take them out of the model",
    )


MOST_CHILDREN_COMBINED = 3
"""Kinds of children of one entity of which every selection is tried; of more, each and all."""


def with_children_inside(
    model: Model,
    considered: Sequence[Considered],
    pricer: Pricer,
    names: Mapping[str, str],
    settings: Settings,
) -> tuple[list[Considered], Pruned]:
    """Return the options of all entities with those that keep children in their parent's items."""
    found = {one.entity: one for one in considered}
    total = Pruned()
    objects = settings.objects if pricer.tariff.object_put is not None else "avoid"
    for one in considered:
        parent = one.entity
        children = [c for c in model.children_of(parent) if not why_not_inside(model, c)]
        options: list[Option] = []
        refused = list(one.refused)
        for some in _selections(children):
            work = together(one.work, model, [child.name for child in some])
            tried = embedding_placements(work, model, names[parent], some, objects=objects)
            priced = _price_all(work, pricer, tried, one.rules)
            options += priced.options
            refused += priced.refused
        if not options:
            found[parent] = replace(found[parent], refused=tuple(refused))
            continue
        kept, count = prune(options)
        total += count
        found[parent] = replace(
            found[parent],
            options=(*found[parent].options, *kept),
            all_options=(*found[parent].all_options, *options),
            refused=tuple(refused),
        )
        for name in dict.fromkeys(n for option in options for n in option.placement.embeds):
            place = inside(model.entity(name))
            there = Option(placement=place, usd=ZERO, indexes=(), index_usd=(), slots=())
            found[name] = replace(
                found[name],
                options=(*found[name].options, there),
                all_options=(*found[name].all_options, there),
            )
    return [found[one.entity] for one in considered], total


def _selections(children: Sequence[Entity]) -> list[tuple[Entity, ...]]:
    if len(children) > MOST_CHILDREN_COMBINED:
        return [*((child,) for child in children), tuple(children)]
    sizes = range(1, len(children) + 1)
    return [some for size in sizes for some in combinations(children, size)]


def families(considered: Sequence[Considered]) -> list[list[int]]:
    """Return the positions of entities that are chosen together: parents and what they may hold."""
    places = {one.entity: at for at, one in enumerate(considered)}
    lead = list(range(len(considered)))
    for at, one in enumerate(considered):
        for parent in dict.fromkeys(o.placement.within for o in one.options if o.placement.within):
            ours, theirs = lead[at], lead[places[parent]]
            lead = [min(ours, theirs) if own in (ours, theirs) else own for own in lead]
    return [[at for at, own in enumerate(lead) if own == one] for one in dict.fromkeys(lead)]


def _relaxed(rules: Rules, failing: Sequence[frozenset[str]]) -> Rules | None:
    """Return rules that let the patterns nothing serves take more time, then scan; None if spent.

    Those that fail everywhere are let off; where each fails only somewhere, all of them.
    """
    if not failing:
        return None
    names = failing[0].intersection(*failing) or failing[0].union(*failing)
    if names - rules.any_depth:
        return replace(rules, any_depth=rules.any_depth | names)
    if names - rules.scans:
        return replace(rules, scans=rules.scans | names)
    return None


def _what_was_relaxed(work: Workload, rules: Rules) -> list[str]:
    def listed(names: frozenset[str]) -> str:
        return ", ".join(f"`{p.name}`" for p in work.model.patterns if p.name in names)

    name = work.entity.name
    found = []
    if late := rules.any_depth - rules.scans:
        found.append(f"`{name}`: {listed(late)} takes more round trips than its target leaves")
    if rules.scans:
        found.append(f"`{name}`: {listed(rules.scans)} can only be served by reading a whole table")
    return found


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What pricing the placements of an entity under some rules came to."""

    options: list[Option]
    refused: list[tuple[str, tuple[str, ...]]]
    failing: list[frozenset[str]]
    """Of each placement that other rules might save, the patterns that are not served."""
    shards: int
    is_busy: bool = False
    """Whether some placement was refused since one key is written too often."""


def _with_spread_counters(
    found: _Found, work: Workload, pricer: Pricer, table_name: str, rules: Rules, objects: str
) -> _Found:
    """Return what was found, and the placements that spread counters over several items."""
    counters = countable(work)
    spread = pricer.counter_shards(work, counters)
    if spread < 2:
        return found
    if spread > MOST_SHARDS:
        why = f"one {' and '.join(counters)} would need {spread} shards, more than {MOST_SHARDS}"
        return replace(found, refused=[*found.refused, ("spread counters", (why,))])
    shards = min(found.shards, MOST_SHARDS)
    more = _price_all(
        work, pricer, placements(work, table_name, shards, counters, spread, objects), rules
    )
    return replace(
        found,
        options=[*found.options, *more.options],
        refused=[*found.refused, *more.refused],
        failing=[*found.failing, *more.failing],
    )


def _price_all(work: Workload, pricer: Pricer, tried: Sequence[Placement], rules: Rules) -> _Found:
    options: list[Option] = []
    refused: list[tuple[str, tuple[str, ...]]] = []
    failing: list[frozenset[str]] = []
    wanted, is_busy = 1, False
    for placement in tried:
        priced = pricer.price(work, placement, rules)
        wanted = max(wanted, priced.shards_wanted)
        is_busy = is_busy or priced.busy
        if priced.option is None:
            refused.append((placement.label, priced.reasons))
            if priced.failing:
                failing.append(priced.failing)
        else:
            options.append(priced.option)
    return _Found(options=options, refused=refused, failing=failing, shards=wanted, is_busy=is_busy)


def choose(considered: Sequence[Considered], settings: Settings) -> Solution:
    """Let the solver choose; each entity by itself where nothing binds them together.

    Raises:
        UnsupportedError: no choice keeps within the limits given.
    """
    if settings.most_structures is None:
        choices: dict[int, Choice] = {}
        usd = bound = ZERO
        for family in families(considered):
            options = [considered[at].options for at in family]
            part = solve(options, seconds=settings.seconds)
            if part is None:
                raise UnsupportedError("the solver found no choice that answers every question")
            choices.update(zip(family, part.choices, strict=True))
            usd, bound = usd + part.usd, bound + part.bound
        return Solution(
            choices=tuple(choices[at] for at in range(len(considered))), usd=usd, bound=bound
        )
    together = solve(
        [one.options for one in considered],
        most_structures=settings.most_structures,
        seconds=settings.seconds,
    )
    if together is None:
        raise UnsupportedError(
            f"no design keeps within {settings.most_structures} tables and indexes",
            remedy="allow more",
        )
    return together


# --------------------------------------------------------------------------- the design


def assemble(
    model: Model,
    considered: Sequence[Considered],
    solution: Solution,
    current: DynamoDesign | None,
    name: str,
) -> DynamoDesign:
    """Return the design of a solution, with the settings every table needs."""
    tables: list[Table] = []
    for one, choice in zip(considered, solution.choices, strict=True):
        option = one.options[choice.option]
        chosen = [option.indexes[at] for at in choice.indexes]
        for table in option.placement.tables:
            own = [c for c in chosen if c.table == table.name]
            tables.append(
                with_settings(
                    model,
                    one.work.entity,
                    replace(table, indexes=named_indexes(table, own, current)),
                    current,
                )
            )
    return DynamoDesign(
        name=name,
        engine="dynamodb",
        title="The cheapest design found",
        tables=tuple(tables),
    )


def named_indexes(
    table: Table, chosen: Sequence[IndexCandidate], current: DynamoDesign | None
) -> tuple[Index, ...]:
    """Return indexes under the plainest names; those of equal indexes that exist are kept."""
    old = next((t.indexes for t in current.tables if t.name == table.name), ()) if current else ()
    taken: set[str] = set()
    found: list[Index] = []
    for one in chosen:
        index = one.index
        same = [i for i in old if i.partition_keys == index.partition_keys and i.name not in taken]
        exact = [i for i in same if i.sort_keys == index.sort_keys]
        base = exact[0].name if exact else plain_name(index.name)
        name, number = base, 1
        while name in taken or (not exact and any(i.name == name for i in old)):
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        found.append(replace(index, name=name))
    return tuple(found)


def plain_name(name: str) -> str:
    """Return the name of an index candidate without the number of its projection.

    Example:
        >>> plain_name("email-index-2"), plain_name("email-index")
        ('email-index', 'email-index')
    """
    return re.sub(r"-index-\d+$", "-index", name)


def with_settings(
    model: Model, entity: Entity, table: Table, current: DynamoDesign | None
) -> Table:
    """Return a table with recovery, expiry and whatever the current table of that name has."""
    old = next((t for t in current.tables if t.name == table.name), None) if current else None
    if old is not None:
        table = replace(
            table,
            pitr_days=old.pitr_days,
            backups_kept=old.backups_kept,
            exports_per_month=old.exports_per_month,
            restores_per_year=old.restores_per_year,
            stream=old.stream,
            stream_readers=old.stream_readers,
            deletion_protection=old.deletion_protection,
            replicas=old.replicas,
        )
    if is_recovered(model, entity) and table.pitr_days is None:
        table = replace(table, pitr_days=35)
    expiry = expiry_of(entity)
    if expiry and expiry in table.shapes[0].attributes and not table.shapes[0].guards:
        table = replace(table, ttl=expiry)
    return table


def table_names(model: Model, settings: Settings, current: DynamoDesign | None) -> dict[str, str]:
    """Return the name of each entity's table: given, as it is now, or made from the entity's."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for entity in model.entities:
        name = settings.names.get(entity.name, "") or _current_name(entity.name, current, taken)
        if not name:
            name = settings.prefix + plural(entity.name)
            while name in taken:
                name += "_"
        taken.add(name)
        found[entity.name] = name
    return found


def _current_name(entity: str, current: DynamoDesign | None, taken: set[str]) -> str:
    if current is None:
        return ""
    for table in current.tables:
        shapes = [shape for shape in table.shapes if not shape.guards]
        if shapes and shapes[0].entity == entity and table.name not in taken:
            return table.name
    return ""


def weight_of(settings: Settings) -> Decimal:
    """Return the sum of the weights of the scales."""
    return sum((scale.weight for scale in settings.scales), ZERO) or ONE
