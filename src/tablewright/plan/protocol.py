"""What an engine brings to the planner: it makes, prices and finishes what is chosen among.

In: nothing; these are protocols and small values. The planner drives every engine through them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.changes import Change
from tablewright.design.values import Design
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.plan.pruning import Pruned
from tablewright.plan.values import (
    Considered,
    Evaluate,
    EvaluateModel,
    Merge,
    ModeChoice,
    PlacementOption,
    Plan,
    Solution,
    Structure,
)

if TYPE_CHECKING:
    from tablewright.plan.breakevens import TargetFlip
    from tablewright.plan.explanation import Explanation
    from tablewright.plan.settings import Settings


@frozen(slots=False)
class PricedOptions:
    """Everything that may be chosen, priced and pruned."""

    considered: tuple[Considered, ...]
    pruned: Pruned
    quoted: int
    """Quotations that were needed."""


@frozen(slots=False)
class Finished:
    """A design as it is to be created: tables joined where that is asked for, and paid for."""

    design: Design
    merges: tuple[Merge, ...] = ()
    modes: tuple[ModeChoice, ...] = ()
    notes: tuple[str, ...] = ()


@frozen
class MoveUnits:
    """What a step reads and writes once."""

    read_units: Decimal = ZERO
    write_units: Decimal = ZERO
    bytes: Decimal = ZERO
    """Written, indexes included."""
    usd: Decimal = ZERO


class Piece(Protocol):
    """Changes that need each other."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes, in order."""
        ...

    @property
    def tables(self) -> frozenset[str]:
        """The tables they change, add or drop."""
        ...


class Steps(Protocol):
    """How one design of an engine becomes another, change by change."""

    def pieces(self, current: Design, planned: Design) -> Sequence[Piece]:
        """Return the smallest changes that together lead from one design to the other."""
        ...

    def apply(self, design: Design, piece: Piece) -> Design:
        """Return a design with changes made.

        Raises:
            UsageError: the design does not have what a change names.
        """
        ...

    def tidied(self, design: Design, planned: Design) -> tuple[Design, tuple[Change, ...]]:
        """Return a design without what nothing needs any more on the way to another."""
        ...

    def is_whole(self, design: Design) -> bool:
        """Whether a design can be created as it is."""
        ...

    def faults(self, design: Design) -> frozenset[str]:
        """Return what the service would refuse in a design."""
        ...

    def held(self, design: Design) -> Mapping[str, frozenset[str]]:
        """Return the entities that each table of a design holds."""
        ...

    def tables_of(self, change: Change) -> str:
        """Return the name of the table a change is about."""
        ...

    def is_new_table(self, change: Change) -> bool:
        """Whether a change adds a table."""
        ...

    def words(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Return changes in words."""
        ...

    def moved(
        self,
        changes: Sequence[Change],
        design: Design,
        before: Evaluation,
        after: Evaluation,
    ) -> MoveUnits:
        """Return what making changes to a design reads and writes once."""
        ...


class Planning(Protocol):
    """An engine as the planner sees it, for one model at one set of prices."""

    @property
    def steps(self) -> Steps:
        """How one design becomes another."""
        ...

    @property
    def largest_item_bytes(self) -> int:
        """The largest item the engine stores."""
        ...

    def is_of_engine(self, design: Design) -> bool:
        """Whether a design is one of this engine's."""
        ...

    def at_scales(self, exact: frozenset[int]) -> Planning:
        """Return a planning that quotes at these scales exactly, and estimates between them."""
        ...

    def priced(self, settings: Settings, current: Design | None) -> PricedOptions:
        """Return everything that may be chosen.

        Raises:
            UnsupportedError: no design can serve an entity; every reason is in the message.
        """
        ...

    def assemble(
        self,
        considered: Sequence[Considered],
        solution: Solution,
        current: Design | None,
        name: str,
    ) -> Design:
        """Return the design of a solution."""
        ...

    def as_searched(self, design: Design) -> Design:
        """Return a design in the capacity mode that the search prices."""
        ...

    def why_not_allowed(self, design: Design, settings: Settings) -> str:
        """Return what in the structure of a design the options do not allow; "" if they do."""
        ...

    def paid_as_allowed(self, design: Design, settings: Settings) -> Design:
        """Return a design in the capacity mode that the options prescribe, if they do."""
        ...

    def finished(
        self,
        design: Design,
        evaluate: Evaluate,
        users: int,
        scales: Sequence[int],
        settings: Settings,
        *,
        cheapest: bool = False,
    ) -> Finished:
        """Return a design with tables joined and paid for; `cheapest` looks at no other scale."""
        ...

    def section(self, design: Design) -> str:
        """Return a design as an entry of `designs:`."""
        ...

    def differences(self, before: Design, after: Design) -> tuple[str, ...]:
        """Return what one design does otherwise than another, in words; nothing if they agree."""
        ...

    def structures(self, design: Design) -> tuple[Structure, ...]:
        """Return the tables of a design, each followed by its indexes."""
        ...

    def part_about(
        self, model: Model, designs: Sequence[Design], entity: str
    ) -> tuple[Model, tuple[Design, ...]]:
        """Return the part of a model and of designs that decides what one entity costs."""
        ...

    def fewer_tables(self, plan: Plan, evaluate: Evaluate) -> tuple[TargetFlip, ...]:
        """Return what one table less would cost."""
        ...

    def explain(
        self,
        plan: Plan,
        evaluate: Evaluate,
        evaluate_model: EvaluateModel,
        depths: Mapping[str, int],
    ) -> Explanation:
        """Return runners-up, break-evens and fronts of a plan."""
        ...

    def key_rank(self, option: PlacementOption, current: Design | None) -> int:
        """Return how well the key of an option lasts; less is better, 0 is the key there is."""
        ...

    def is_newly_divided(self, option: PlacementOption, current: Design | None) -> bool:
        """Whether an option keeps attributes apart of an entity that is now in one item."""
        ...

    def entities_of(self, design: Design, subject: str) -> frozenset[str]:
        """Return the entities that the subject of a finding is about."""
        ...

    def without_index(
        self, considered: Considered, option: PlacementOption, index: int
    ) -> list[PlacementOption]:
        """Return the options of an entity without one index of an option."""
        ...

    def notes(self, plan: Plan) -> tuple[str, ...]:
        """Return what a reader must know of a plan."""
        ...


Pairs = Callable[[Design], frozenset[tuple[str, str]]]
"""Rule and subject of what is found in a design."""
