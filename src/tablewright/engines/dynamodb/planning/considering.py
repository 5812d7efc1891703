"""What may be chosen for each entity: placements priced and pruned, children inside or apart.

In: workloads, a pricer, settings. Out: `Considered` for each entity, with the reasons against what
was refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement
from tablewright.engines.dynamodb.planning.counters import countable
from tablewright.engines.dynamodb.planning.embedding import (
    embedding_placements,
    inside,
    why_not_inside,
)
from tablewright.engines.dynamodb.planning.placements import placements
from tablewright.engines.dynamodb.planning.pricing import Pricer
from tablewright.engines.dynamodb.planning.queries import EntityWorkload, together
from tablewright.model.values import Entity, Model
from tablewright.plan.by_scale import Asked
from tablewright.plan.pruning import Pruned, prune
from tablewright.plan.settings import Settings
from tablewright.plan.values import Considered, PlacementOption, Rules

MOST_SHARDS = 64


def consider(
    work: EntityWorkload, pricer: Pricer, table_name: str, settings: Settings
) -> tuple[Considered, Pruned]:
    """Return the options of one entity, priced and pruned.

    Raises:
        UnsupportedError: no placement serves its patterns.
    """
    rules = Rules(
        round_trip_ms=settings.round_trip_ms,
        latency_p99_ms=settings.latency_p99_ms,
        bounded_scans=settings.bounded_scans,
    )
    while True:
        objects = _objects(pricer, settings)
        tried = _tried(pricer, work, table_name, objects=objects)
        price_all = _price_all(work, pricer, tried, rules)
        if price_all.shards > 1:
            shards = min(price_all.shards, MOST_SHARDS)
            tried = _tried(pricer, work, table_name, shards, objects=objects)
            price_all = _price_all(work, pricer, tried, rules)
        if price_all.is_busy:
            price_all = _with_spread_counters(price_all, work, pricer, table_name, rules, objects)
        if price_all.options:
            retained, count = prune(price_all.options)
            considered = Considered(
                work=work,
                options=tuple(retained),
                all_options=tuple(price_all.options),
                rules=rules,
                refused=tuple(price_all.refused),
                warnings=tuple(_what_was_relaxed(work, rules)),
            )
            return considered, count
        relaxed = _relaxed(rules, price_all.failing)
        if relaxed is None:
            break
        rules = relaxed
    refused = price_all.refused
    reasons = "; ".join(dict.fromkeys(r for _, why in refused for r in why))
    raise UnsupportedError(
        f"no design on DynamoDB serves `{work.entity.name}`: {reasons}",
        remedy="give the patterns named a key to look by, or take them out of the model",
    )


def _objects(pricer: Pricer, settings: Settings) -> str:
    """Return how object storage may be used: not at all where nobody knows its price."""
    return settings.objects if pricer.tariff.object_put is not None else "avoid"


def _tried(
    pricer: Pricer,
    work: EntityWorkload,
    table_name: str,
    shards: int = 1,
    counters: tuple[str, ...] = (),
    spread: int = 1,
    objects: str = "needed",
) -> tuple[DynamoPlacement, ...]:
    """Return the placements of an entity, see `placements`; found once."""
    return pricer.tried.placements(
        (work.entity.name, table_name, shards, counters, spread, objects),
        partial(placements, work, table_name, shards, counters, spread, objects),
    )


def asked_first(
    works: Sequence[EntityWorkload], pricer: Pricer, names: Mapping[str, str], settings: Settings
) -> list[Asked]:
    """Return of what `consider` asks quotations first, for all entities."""
    objects = _objects(pricer, settings)
    return [
        (work.model, pricer.tried.indexed(work, placement)[1], scale.users)
        for work in works
        for placement in _tried(pricer, work, names[work.entity.name], objects=objects)
        for scale in pricer.scales
    ]


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
    result = {entry.entity: entry for entry in considered}
    total = Pruned()
    objects = _objects(pricer, settings)
    for entity_options in considered:
        parent = entity_options.entity
        children = [c for c in model.children_of(parent) if not why_not_inside(model, c)]
        options: list[PlacementOption] = []
        refused = list(entity_options.refused)
        for selection in _selections(children):
            assert isinstance(entity_options.work, EntityWorkload)
            work = together(entity_options.work, model, [child.name for child in selection])
            inside_it = tuple(child.name for child in selection)
            tried = pricer.tried.placements(
                (parent, inside_it, names[parent], objects),
                partial(
                    embedding_placements, work, model, names[parent], selection, objects=objects
                ),
            )
            priced = _price_all(work, pricer, tried, entity_options.rules)
            options += priced.options
            refused += priced.refused
        if not options:
            result[parent] = replace(result[parent], refused=tuple(refused))
            continue
        retained, count = prune(options)
        total += count
        result[parent] = replace(
            result[parent],
            options=(*result[parent].options, *retained),
            all_options=(*result[parent].all_options, *options),
            refused=tuple(refused),
        )
        for name in dict.fromkeys(n for option in options for n in option.placement.embeds):
            place = inside(model.entity(name))
            there = PlacementOption(placement=place, usd=ZERO, indexes=(), index_usd=(), slots=())
            result[name] = replace(
                result[name],
                options=(*result[name].options, there),
                all_options=(*result[name].all_options, there),
            )
    return [result[entry.entity] for entry in considered], total


def _selections(children: Sequence[Entity]) -> list[tuple[Entity, ...]]:
    if len(children) > MOST_CHILDREN_COMBINED:
        return [*((child,) for child in children), tuple(children)]
    sizes = range(1, len(children) + 1)
    return [combination for size in sizes for combination in combinations(children, size)]


def _relaxed(rules: Rules, failing: Sequence[frozenset[str]]) -> Rules | None:
    """Return rules that let the patterns nothing serves take more time, then scan; None if spent.

    Those that fail everywhere are exempt; where each fails only somewhere, all of them.
    """
    if not failing:
        return None
    names = failing[0].intersection(*failing) or failing[0].union(*failing)
    if names - rules.any_depth:
        return replace(rules, any_depth=rules.any_depth | names)
    if names - rules.scans:
        return replace(rules, scans=rules.scans | names)
    return None


def _what_was_relaxed(work: EntityWorkload, rules: Rules) -> list[str]:
    def listed(names: frozenset[str]) -> str:
        return ", ".join(f"`{p.name}`" for p in work.model.patterns if p.name in names)

    name = work.entity.name
    what_was_relaxed = []
    if late := rules.any_depth - rules.scans:
        what_was_relaxed.append(
            f"`{name}`: {listed(late)} takes more round trips than its target leaves"
        )
    if rules.scans:
        what_was_relaxed.append(
            f"`{name}`: {listed(rules.scans)} can only be served by reading a whole table"
        )
    return what_was_relaxed


@frozen(slots=False)
class _Found:
    """What pricing the placements of an entity under some rules came to."""

    options: list[PlacementOption]
    refused: list[tuple[str, tuple[str, ...]]]
    failing: list[frozenset[str]]
    """Of each placement that other rules might save, the patterns that are not served."""
    shards: int
    is_busy: bool = False
    """Whether some placement was refused since one key is written too often."""


def _with_spread_counters(
    found: _Found, work: EntityWorkload, pricer: Pricer, table_name: str, rules: Rules, objects: str
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
    tried = _tried(pricer, work, table_name, shards, counters, spread, objects)
    more = _price_all(work, pricer, tried, rules)
    return replace(
        found,
        options=[*found.options, *more.options],
        refused=[*found.refused, *more.refused],
        failing=[*found.failing, *more.failing],
    )


def _price_all(
    work: EntityWorkload, pricer: Pricer, tried: Sequence[DynamoPlacement], rules: Rules
) -> _Found:
    options: list[PlacementOption] = []
    refused: list[tuple[str, tuple[str, ...]]] = []
    failing: list[frozenset[str]] = []
    required, is_busy = 1, False
    for placement in tried:
        priced = pricer.price(work, placement, rules)
        required = max(required, priced.shards_wanted)
        is_busy = is_busy or priced.busy
        if priced.option is None:
            refused.append((placement.label, priced.reasons))
            if priced.failing:
                failing.append(priced.failing)
        else:
            options.append(priced.option)
    return _Found(
        options=options, refused=refused, failing=failing, shards=required, is_busy=is_busy
    )
