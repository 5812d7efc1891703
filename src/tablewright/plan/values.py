"""What is chosen between and what was chosen, as values: the same for every engine.

In: nothing. Out: priced options, the solution, the plan. What a placement or an index is, the
engine knows; here they have the few properties that the search needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from tablewright.capacity.limits import MAX_GLOBAL_INDEXES
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO
from tablewright.design.values import Design
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Entity, Model, Pattern

if TYPE_CHECKING:
    from tablewright.plan.protocol import Planning
    from tablewright.plan.pruning import Pruned
    from tablewright.plan.settings import Settings

ROUND_TRIP_MS = Decimal(10)
"""What one round trip is taken to need at the 99th percentile, in the region: an assumption."""
LEAST_SAVING_USD = Decimal(1)
"""A month: what another key, or a round trip more, has to save at least, beside the share."""
LEAST_SAVING_SHARE = Decimal("0.01")
"""Of the bill: what another key, or a round trip more, has to save at least."""

Evaluate = Callable[[Design, int], Evaluation]
"""Prices a design at a number of users."""
EvaluateModel = Callable[[Model, Design, int, int], Evaluation]
"""Prices a design of a model at a number of users, with so many instances drawn."""


class Placement(Protocol):
    """Where the items of one entity are, as the search sees it."""

    @property
    def entity(self) -> str:
        """The entity."""
        ...

    @property
    def label(self) -> str:
        """What tells it from the others, in words."""
        ...

    @property
    def table_names(self) -> tuple[str, ...]:
        """Its tables; none where it is inside another entity's items."""
        ...

    @property
    def embeds(self) -> tuple[str, ...]:
        """Children kept inside its items."""
        ...

    @property
    def within(self) -> str:
        """The parent whose items hold it, or nothing."""
        ...

    @property
    def simplicity(self) -> tuple[int, ...]:
        """Less is simpler; decides between placements of one price."""
        ...


class SearchedIndex(Protocol):
    """An index that one table of a placement could have, as the search sees it."""

    @property
    def table(self) -> str:
        """The table it is of."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it answers consistently, and does not count to the quota of global ones."""
        ...


class EntityWork(Protocol):
    """What one entity stores and is asked for."""

    @property
    def entity(self) -> Entity:
        """The entity."""
        ...

    @property
    def model(self) -> Model:
        """The model cut down to it."""
        ...


@frozen
class Scale:
    """A number of users and the weight of its bill in what is minimised."""

    users: int
    weight: Decimal = ONE


@frozen
class PathCost:
    """One way to answer a slot: USD a month, and the indexes (by position) it reads."""

    usd: Decimal
    needs: tuple[int, ...]
    operation: str
    depth: int = 1


@frozen
class SlotCost:
    """A question and the ways to answer it that are allowed."""

    pattern: str
    part: int
    paths: tuple[PathCost, ...]

    def cheapest(self, chosen: frozenset[int]) -> PathCost | None:
        """Return the cheapest path that needs none but these indexes, None where there is none."""
        cheapest: PathCost | None = None
        for path in self.paths:
            is_cheaper = cheapest is None or path.usd < cheapest.usd
            if is_cheaper and chosen.issuperset(path.needs):
                cheapest = path
        return cheapest


@frozen
class PlacementOption:
    """A placement with what it costs by itself, what each index adds, what each path costs."""

    placement: Placement
    usd: Decimal
    indexes: tuple[SearchedIndex, ...]
    index_usd: tuple[Decimal, ...]
    slots: tuple[SlotCost, ...]

    def total(self, chosen: frozenset[int]) -> Decimal | None:
        """Return USD a month with these indexes; None where some question has no answer."""
        return self.total_through(chosen, [slot.cheapest(chosen) for slot in self.slots])

    def total_through(
        self, chosen: frozenset[int], paths: Sequence[PathCost | None]
    ) -> Decimal | None:
        """Return USD a month with these indexes and each question answered by the path given."""
        total = self.usd + sum((self.index_usd[i] for i in chosen), ZERO)
        for path in paths:
            if path is None:
                return None
            total += path.usd
        return total

    @property
    def floor(self) -> Decimal:
        """USD a month if every index were free: no choice of indexes can cost less."""
        return self.usd + sum((min(p.usd for p in slot.paths) for slot in self.slots), ZERO)


@frozen
class Choice:
    """The option taken for one entity, by position, and its indexes."""

    option: int
    indexes: tuple[int, ...]


@frozen(slots=False)
class Solution:
    """A choice for every entity, what it costs, and what no choice can cost less than."""

    choices: tuple[Choice, ...]
    usd: Decimal
    bound: Decimal

    @property
    def gap(self) -> Decimal:
        """How far the cost may be from the best, as a share of it."""
        return max(ZERO, (self.usd - self.bound) / self.usd) if self.usd else ZERO


@frozen(slots=False)
class Rules:
    """What is allowed, beyond being correct."""

    scans: frozenset[str] = frozenset()
    """Patterns that may scan a table that grows with the users though people wait for them."""
    any_depth: frozenset[str] = frozenset()
    """Patterns that may take more round trips than their target leaves."""
    round_trip_ms: Decimal = ROUND_TRIP_MS
    latency_p99_ms: Decimal | None = None
    """The target of the model, for the patterns that people wait for and that have none."""
    most_gsis: int = MAX_GLOBAL_INDEXES
    bounded_scans: bool = True
    """Whether a table may be scanned that does not grow with the users."""


def most_depth(pattern: Pattern, rules: Rules) -> int:
    """Return how many round trips after one another a pattern's latency target leaves.

    Its own target, or else the model's where people wait for it.
    """
    target = pattern.latency_p99_ms
    if pattern.name in rules.any_depth:
        return 99
    if target is None and pattern.purpose == "online":
        target = rules.latency_p99_ms
    if target is None:
        return 99
    return max(1, int(target / rules.round_trip_ms))


@frozen(slots=False)
class Considered:
    """Everything that was priced for one entity, and what was left after pruning."""

    work: EntityWork
    options: tuple[PlacementOption, ...]
    """Left after pruning; the solver chooses among these."""
    all_options: tuple[PlacementOption, ...]
    rules: Rules = field(default_factory=Rules)
    """What was allowed."""
    refused: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Placements that are not possible, with the reasons."""
    warnings: tuple[str, ...] = ()

    @property
    def entity(self) -> str:
        """Its name."""
        return self.work.entity.name


@frozen(slots=False)
class Plan:
    """The cheapest design found, and how it was found."""

    design: Design
    model: Model
    settings: Settings
    planning: Planning = field(compare=False, repr=False)
    """The engine's planning that made it."""
    considered: tuple[Considered, ...]
    solution: Solution
    pruned: Pruned
    quoted: int
    warnings: tuple[str, ...] = ()
    searched: Solution | None = None
    """What the search found before lasting keys and severe rules restricted it; None before."""

    @property
    def gap(self) -> Decimal:
        """How far the searched cost may be from the cheapest, as a share."""
        return (self.searched or self.solution).gap

    @property
    def kept_usd(self) -> Decimal:
        """USD a month more than the cheapest, for lasting keys and rules that are kept."""
        return self.solution.usd - (self.searched or self.solution).usd

    def choice(self, entity: str) -> tuple[Considered, PlacementOption, Choice]:
        """Return what was chosen for an entity (KeyError if it is not planned)."""
        for entry, choice in zip(self.considered, self.solution.choices, strict=True):
            if entry.entity == entity:
                return entry, entry.options[choice.option], choice
        raise KeyError(entity)


@frozen(slots=False)
class Alternative:
    """The cheapest plan without something."""

    extra_usd: Decimal
    """USD a month more than the plan, on demand."""
    option: PlacementOption
    choice: Choice
    """What it takes for the entity."""
    design: Design
    instead: tuple[str, ...]
    """What it does otherwise than the plan, in words."""


@frozen
class Structure:
    """A table or an index as people read it."""

    name: str
    key: str
    items: str = ""
    projection: str = ""
    is_index: bool = False


@frozen
class Merge:
    """Two tables that became one."""

    kept: str
    gone: str
    is_best: bool = True
    """Whether no other way to join as many tables costs less; of many tables that is not known."""


@frozen
class ModeChoice:
    """How one table is paid for, and every way that was priced, at the planned scale."""

    table: str
    chosen: str
    ways: tuple[tuple[str, Decimal], ...]
    """The cheapest first."""
    note: str = ""
