"""Leave out what cannot be part of the best design: paths, indexes, whole placements.

In: options as priced. Out: smaller options with the same optimum, and counts of what went. Each
rule here keeps at least one best solution; a property test holds that against enumeration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.memo import Memo
from tablewright.core.quantities import ZERO
from tablewright.plan.values import PathCost, PlacementOption, SlotCost

ROUNDING = Decimal("1E-12")
"""USD within which two sums of the same parts, added in different order, are taken as equal."""


@frozen
class Pruned:
    """How many candidates there were, and how many were left."""

    placements: int = 0
    placements_left: int = 0
    indexes: int = 0
    indexes_left: int = 0
    paths: int = 0
    paths_left: int = 0

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(
            placements=self.placements + other.placements,
            placements_left=self.placements_left + other.placements_left,
            indexes=self.indexes + other.indexes,
            indexes_left=self.indexes_left + other.indexes_left,
            paths=self.paths + other.paths,
            paths_left=self.paths_left + other.paths_left,
        )


def prune(options: list[PlacementOption]) -> tuple[list[PlacementOption], Pruned]:
    """Return what may be in a best solution, in the order given, and the counts.

    Placements are compared with those that keep the same children inside: with others the rest of
    the design differs.
    """
    both = [_pruned(option) for option in options]
    small = [option for option, _ in both]
    best: dict[tuple[object, ...], Decimal] = {}
    for option, ceiling in both:
        if ceiling is not None:
            kind = _kind(option)
            best[kind] = min(ceiling, best.get(kind, ceiling))
    retained = [o for o in small if _kind(o) not in best or o.floor <= best[_kind(o)] + ROUNDING]
    count = Pruned(
        placements=len(options),
        placements_left=len(retained),
        indexes=sum(len(o.indexes) for o in options),
        indexes_left=sum(len(o.indexes) for o in retained),
        paths=sum(len(s.paths) for o in options for s in o.slots),
        paths_left=sum(len(s.paths) for o in retained for s in o.slots),
    )
    return retained, count


_KEPT: Memo[tuple[PlacementOption, Decimal | None]] = Memo(256)
"""Of the options of an entity: the same ones are asked for again with some left out."""


def _pruned(option: PlacementOption) -> tuple[PlacementOption, Decimal | None]:
    """Return an option without useless indexes, and what a good set of those left costs."""

    def make() -> tuple[PlacementOption, Decimal | None]:
        small = without_useless_indexes(option)
        return small, greedy(small)[1]

    return _KEPT.get((option,), (), make)


def _kind(option: PlacementOption) -> tuple[object, ...]:
    return (option.placement.embeds, option.placement.within)


def greedy(option: PlacementOption) -> tuple[frozenset[int], Decimal | None]:
    """Return a good set of indexes: start with all, give up one at a time while that saves."""
    chosen = frozenset(range(len(option.indexes)))
    paths: list[PathCost] = []
    for slot in option.slots:
        path = slot.cheapest(chosen)
        if path is None:
            return chosen, None
        paths.append(path)
    while True:
        trials = []
        for position in sorted(chosen):
            change = _change_without(option, chosen, paths, position)
            if change is not None and change <= 0:
                trials.append((change, position))
        if not trials:
            return chosen, option.total_through(chosen, paths)
        _, position = min(trials)
        chosen = chosen - {position}
        for place, slot in enumerate(option.slots):
            if position in paths[place].needs:
                path = slot.cheapest(chosen)
                assert path is not None, "every question had an answer without the index"
                paths[place] = path


def _change_without(
    option: PlacementOption, chosen: frozenset[int], paths: Sequence[PathCost], position: int
) -> Decimal | None:
    """Return what a choice costs more without one index; None where a question has no answer.

    Only questions that are answered by it need another path.
    """
    change = -option.index_usd[position]
    fewer = None
    for slot, path in zip(option.slots, paths, strict=True):
        if position in path.needs:
            fewer = fewer or chosen - {position}
            other = slot.cheapest(fewer)
            if other is None:
                return None
            change += other.usd - path.usd
    return change


def without_useless_indexes(option: PlacementOption) -> PlacementOption:
    """Return an option without the paths and indexes that cannot be part of a best choice."""
    while True:
        smaller = _step(option)
        if len(smaller.indexes) == len(option.indexes):
            return smaller
        option = smaller


def _step(option: PlacementOption) -> PlacementOption:
    slots = tuple(_cheaper_than_free(slot) for slot in option.slots)
    option = replace(option, slots=slots)
    return _only(option, _undominated(option, _may_pay(option)))


def _cheaper_than_free(slot: SlotCost) -> SlotCost:
    """Drop paths that need an index and cost no less than one that needs fewer."""
    path_costs: list[PathCost] = []
    needed: list[frozenset[int]] = []
    for path in slot.paths:  # sorted by cost
        needs = frozenset(path.needs)
        if not any(fewer <= needs for fewer in needed):
            path_costs.append(path)
            needed.append(needs)
    return replace(slot, paths=tuple(path_costs))


def _may_pay(option: PlacementOption) -> list[int]:
    """Return the indexes that could save more than they cost, or are needed for some question."""
    savings = [ZERO] * len(option.indexes)
    needed: set[int] = set()
    for slot in option.slots:
        free = min((path.usd for path in slot.paths if not path.needs), default=None)
        using: dict[int, Decimal] = {}
        for path in slot.paths:
            for position in path.needs:
                using[position] = min(using.get(position, path.usd), path.usd)
        if free is None:
            needed.update(using)
            continue
        for position, usd in using.items():
            savings[position] += max(ZERO, free - usd)
    return [
        position
        for position, saving in enumerate(savings)
        if position in needed or saving > option.index_usd[position]
    ]


def _undominated(option: PlacementOption, keep: list[int]) -> list[int]:
    table = {position: _service(option, position) for position in keep}
    slots = {position: sum(1 << slot for slot in table[position]) for position in keep}
    usd = option.index_usd
    undominated: list[int] = []
    for offset in keep:
        wanted, price, service = slots[offset], usd[offset], table[offset]
        for other in keep:
            if wanted & ~slots[other] or other == offset or usd[other] > price:
                continue
            if not _covers(table[other], service):
                continue
            equal = usd[other] == price and _covers(service, table[other])
            if not equal or other < offset:
                break
        else:
            undominated.append(offset)
    return undominated


Service = dict[int, dict[frozenset[int], Decimal]]


def _service(option: PlacementOption, position: int) -> Service:
    """Return what an index does: for each slot and the other needs of a path, the cost by it."""
    service: Service = {}
    for number, slot in enumerate(option.slots):
        for path in slot.paths:
            if position in path.needs:
                rest = frozenset(path.needs) - {position}
                costs = service.setdefault(number, {})
                costs[rest] = min(costs.get(rest, path.usd), path.usd)
    return service


def _covers(better: Service, worse: Service) -> bool:
    """Whether one index can take another's place in everything it does, at no higher cost."""
    if not better.keys() >= worse.keys():
        return False
    for slot, costs in worse.items():
        theirs = better[slot].items()
        for rest, usd in costs.items():
            if not any(cost <= usd and needs <= rest for needs, cost in theirs):
                return False
    return True


def _only(option: PlacementOption, keep: list[int]) -> PlacementOption:
    if len(keep) == len(option.indexes):
        return option
    new = {old: offset for offset, old in enumerate(keep)}
    slots = tuple(
        replace(
            slot,
            paths=tuple(
                PathCost(  # not by `replace`, which takes three times as long
                    usd=path.usd,
                    needs=tuple(new[n] for n in path.needs),
                    operation=path.operation,
                    depth=path.depth,
                )
                for path in slot.paths
                if all(n in new for n in path.needs)
            ),
        )
        for slot in option.slots
    )
    return replace(
        option,
        indexes=tuple(option.indexes[position] for position in keep),
        index_usd=tuple(option.index_usd[position] for position in keep),
        slots=slots,
    )
