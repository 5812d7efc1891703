"""What is tried for the entities of one model, found once: it is the same at every scale.

In: a workload, a placement. Out: placements and, for each, its index candidates and the design that
has them all. The same objects each time, which are found again without a look inside.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tablewright.core.memo import Memo
from tablewright.engines.dynamodb.design import DynamoDesign, Table
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement, IndexCandidate
from tablewright.engines.dynamodb.planning.index_candidates import indexes
from tablewright.engines.dynamodb.planning.queries import EntityWorkload, workloads
from tablewright.model.values import Model
from tablewright.plan.protocol import PricedOptions
from tablewright.plan.settings import Settings

Placements = tuple[DynamoPlacement, ...]
Indexed = tuple[tuple[IndexCandidate, ...], DynamoDesign]


@dataclass
class Tried:
    """Placements of one model by what they were asked for, and their index candidates."""

    _works: Memo[tuple[EntityWorkload, ...]] = field(default_factory=Memo)
    _placements: dict[Hashable, Placements] = field(default_factory=dict)
    _priced: tuple[Settings, Mapping[str, str], PricedOptions] | None = None
    _indexed: Memo[Indexed] = field(default_factory=Memo)

    def workloads(self, model: Model) -> tuple[EntityWorkload, ...]:
        """Return the workload of every entity."""
        return self._works.get((model,), (), lambda: workloads(model))

    def priced(
        self, settings: Settings, names: Mapping[str, str], price: Callable[[], PricedOptions]
    ) -> PricedOptions:
        """Return the options last priced for these settings and names of tables; else price."""
        if self._priced is None or self._priced[:2] != (settings, names):
            self._priced = settings, names, price()
        return self._priced[2]

    def placements(self, asked: Hashable, find: Callable[[], Placements]) -> Placements:
        """Return the placements that were found for what is asked; find them the first time."""
        if asked not in self._placements:
            self._placements[asked] = find()
        return self._placements[asked]

    def indexed(self, work: EntityWorkload, placement: DynamoPlacement) -> Indexed:
        """Return the index candidates of a placement, and the design with all of them."""

        def find() -> Indexed:
            candidates = indexes(work, placement)
            return candidates, design_of(placement, candidates)

        return self._indexed.get((placement,), (), find)


def design_of(
    placement: DynamoPlacement, candidates: Sequence[IndexCandidate], name: str = "candidate"
) -> DynamoDesign:
    """Return the design of one entity's placement with these indexes."""
    tables: list[Table] = []
    for table in placement.tables:
        own_key = tuple(
            candidate.index for candidate in candidates if candidate.table == table.name
        )
        tables.append(replace(table, indexes=own_key))
    return DynamoDesign(name=name, engine="dynamodb", tables=tuple(tables))
