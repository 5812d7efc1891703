"""DynamoDB as the planner sees it: what may be chosen, what it costs, how a design is finished.

In: what quotes designs, a model, prices. Out: priced options, designs, explanations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from tablewright.bill.prices import PriceBook
from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign, dynamo
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.engines.dynamodb.differences import named_alike, pieces, short
from tablewright.engines.dynamodb.planning.assembling import (
    assemble,
    table_names,
    without_needless_keys,
)
from tablewright.engines.dynamodb.planning.choices import placement_of
from tablewright.engines.dynamodb.planning.colocating import colocate
from tablewright.engines.dynamodb.planning.considering import (
    asked_first,
    consider,
    with_children_inside,
)
from tablewright.engines.dynamodb.planning.explain import explain, without_index
from tablewright.engines.dynamodb.planning.lasting_keys import entities_of, key_rank
from tablewright.engines.dynamodb.planning.merging import merge_tables
from tablewright.engines.dynamodb.planning.modes import (
    choose_modes,
    paid_as,
    without_idle_indexes,
)
from tablewright.engines.dynamodb.planning.moving import DynamoSteps
from tablewright.engines.dynamodb.planning.outline import outline
from tablewright.engines.dynamodb.planning.parts import fewer_tables, on_demand, part_about
from tablewright.engines.dynamodb.planning.pricing import OnDemandRates, Pricer
from tablewright.engines.dynamodb.planning.queries import expiry_of, needs_recovery
from tablewright.engines.dynamodb.planning.tried import Tried
from tablewright.engines.dynamodb.planning.vectors import with_cheapest_projections
from tablewright.evaluation.engine import EngineQuotes
from tablewright.model.values import Model
from tablewright.plan.breakevens import TargetFlip
from tablewright.plan.by_scale import Requoting
from tablewright.plan.explanation import Explanation
from tablewright.plan.protocol import Finished, PricedOptions
from tablewright.plan.pruning import Pruned
from tablewright.plan.settings import Settings
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


@frozen(slots=False)
class DynamoPlanning:
    """What DynamoDB brings to the planner, for one model at one set of prices."""

    quotes: EngineQuotes
    model: Model
    book: PriceBook
    region: str
    mode: CapacityMode | None = None
    """How every table is paid for, where that is not to be chosen."""
    tried: Tried = field(default_factory=Tried, compare=False)

    @property
    def tariff(self) -> OnDemandRates:
        """What units and bytes cost."""
        return OnDemandRates.of(self.book, self.region, recovery=needs_recovery(self.model))

    @property
    def steps(self) -> DynamoSteps:
        """How one design becomes another."""
        return DynamoSteps(tariff=self.tariff, model=self.model)

    @property
    def largest_item_bytes(self) -> int:
        """The largest item DynamoDB stores."""
        return MAX_ITEM_BYTES

    def is_of_engine(self, design: Design) -> bool:
        """Whether a design is on DynamoDB."""
        return isinstance(design, DynamoDesign)

    def at_scales(self, exact: frozenset[int]) -> DynamoPlanning:
        """Return a planning whose quotations are kept for the scales looked at afterwards."""
        return replace(self, quotes=Requoting(engine=self.quotes, exact=exact))

    def priced(self, settings: Settings, current: Design | None) -> PricedOptions:
        """Return everything that may be chosen: placements with their indexes, by entity."""
        existing = None if current is None else dynamo(current)
        names = table_names(self.model, settings, existing)
        return self.tried.priced(settings, names, lambda: self._priced(settings, names))

    def _priced(self, settings: Settings, names: Mapping[str, str]) -> PricedOptions:
        pricer = Pricer(
            model=self.model,
            engine=self.quotes,
            tariff=self.tariff,
            scales=settings.scales,
            sample_items=settings.sample_items,
            tried=self.tried,
        )
        considered: list[Considered] = []
        pruned = Pruned()
        works = self.tried.workloads(self.model)
        if isinstance(self.quotes, Requoting):
            asked = asked_first(works, pricer, names, settings)
            self.quotes.quote_ahead(asked, sample_items=settings.sample_items)
        for work in works:
            entry, count = consider(work, pricer, names[work.entity.name], settings)
            considered.append(entry)
            pruned += count
        considered, count = with_children_inside(self.model, considered, pricer, names, settings)
        return PricedOptions(
            considered=tuple(considered), pruned=pruned + count, quoted=pricer.quoted
        )

    def assemble(
        self,
        considered: Sequence[Considered],
        solution: Solution,
        current: Design | None,
        name: str,
    ) -> DynamoDesign:
        """Return the design of a solution."""
        existing = None if current is None else dynamo(current)
        return assemble(self.model, considered, solution, existing, name)

    def as_searched(self, design: Design) -> DynamoDesign:
        """Return a design on demand, as the search prices it."""
        return on_demand(dynamo(design))

    def why_not_allowed(self, design: Design, settings: Settings) -> str:
        """Return what in the structure of a design the options do not allow; "" if they do."""
        tables = dynamo(design).tables
        most = settings.most_tables
        if most is not None and len(tables) > most:
            return f"it has {len(tables)} tables where `max_tables` allows {most}"
        shapes = [shape for table in tables for shape in table.shapes]
        if settings.objects == "avoid" and any(shape.offload for shape in shapes):
            return "it keeps attributes in object storage, which the options avoid"
        shared = [t for t in tables if len({shape.entity for shape in t.shapes}) > 1]
        if settings.single_table == "avoid" and shared:
            return f"`{shared[0].name}` holds several entities, which the options avoid"
        return ""

    def paid_as_allowed(self, design: Design, settings: Settings) -> Design:
        """Return a design on demand if everything is to be; else as it is."""
        return self.as_searched(design) if settings.modes == "on-demand" else design

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
        """Return a design with tables joined where that is asked for, and each table paid for."""
        together: tuple[Merge, ...] = ()
        merged = dynamo(design)
        if settings.single_table != "avoid":
            merged, together = colocate(self.model, merged, evaluate, users)
        merged, merges = merge_tables(
            self.model,
            merged,
            evaluate,
            users,
            most_tables=settings.most_tables,
            prefer_single=settings.single_table == "prefer",
        )
        if any(table.vector_indexes for table in merged.tables):
            merged = with_cheapest_projections(merged, evaluate, users)
        modes: tuple[ModeChoice, ...] = ()
        idle: tuple[str, ...] = ()
        if self.mode is not None:
            merged = paid_as(merged, self.mode)
        else:
            how = settings.modes
            if cheapest and how != "on-demand":
                how = "cheapest"
            merged, modes = choose_modes(merged, evaluate, users, scales, how)
            merged, idle = without_idle_indexes(merged, evaluate, users, scales)
        merged = without_needless_keys(merged)
        return Finished(
            design=merged,
            merges=(*together, *merges),
            modes=modes,
            notes=_notes_on_finishing(merges, idle),
        )

    def section(self, design: Design) -> str:
        """Return a design as an entry of `designs:`."""
        return design_section(dynamo(design), self.model)

    def differences(self, before: Design, after: Design) -> tuple[str, ...]:
        """Return what one design does otherwise than another, in words."""
        ours, theirs = dynamo(before), dynamo(after)
        changes = [c for piece in pieces(ours, named_alike(ours, theirs)) for c in piece.changes]
        return short(changes, len(theirs.tables))

    def structures(self, design: Design) -> tuple[Structure, ...]:
        """Return the tables of a design, each followed by its indexes."""
        return outline(dynamo(design))

    def part_about(
        self, model: Model, designs: Sequence[Design], entity: str
    ) -> tuple[Model, tuple[Design, ...]]:
        """Return the part of a model and of designs that decides what one entity costs."""
        return part_about(model, [dynamo(design) for design in designs], entity)

    def fewer_tables(self, plan: Plan, evaluate: Evaluate) -> tuple[TargetFlip, ...]:
        """Return what one table less would cost: of the cheapest, the two best to join."""
        return fewer_tables(plan, evaluate)

    def explain(
        self,
        plan: Plan,
        evaluate: Evaluate,
        evaluate_model: EvaluateModel,
        depths: Mapping[str, int],
    ) -> Explanation:
        """Return runners-up, break-evens and fronts of a plan."""
        return explain(plan, evaluate, evaluate_model, depths)

    def key_rank(self, option: PlacementOption, current: Design | None) -> int:
        """Return how well the key of an option lasts; less is better, 0 is the key there is."""
        existing = None if current is None else dynamo(current)
        return key_rank(self.model, placement_of(option), existing)

    def is_newly_divided(self, option: PlacementOption, current: Design | None) -> bool:
        """Whether an option keeps attributes apart of an entity that is now in one item."""
        placement = placement_of(option)
        existing = () if current is None else dynamo(current).tables
        shapes = [s for table in existing for s in table.shapes_of(placement.entity)]
        is_divided = sum(not (shape.guards or shape.counters) for shape in shapes) > 1
        return bool(placement.sides) and not is_divided

    def entities_of(self, design: Design, subject: str) -> frozenset[str]:
        """Return the entities that the subject of a finding is about."""
        return entities_of(self.model, dynamo(design), subject)

    def without_index(
        self, considered: Considered, option: PlacementOption, index: int
    ) -> list[PlacementOption]:
        """Return the options of an entity without one index of an option."""
        return without_index(considered, option, index)

    def notes(self, plan: Plan) -> tuple[str, ...]:
        """Return what the model asks for and no table can give."""
        notes: list[str] = []
        for entity in self.model.entities:
            days = entity.retention_days
            if days is not None and not expiry_of(entity):
                notes.append(
                    f"`{entity.name}` is kept {days.normalize():f} days, but has no epoch "
                    "attribute that items could expire by"
                )
        notes += _assumed_compression(self.model, dynamo(plan.design))
        if self.model.need("change_stream").is_required:
            tables = dynamo(plan.design).tables
            if all(table.stream is None for table in tables):
                notes.append("the model needs a change stream, but does not say of which entity")
        return tuple(notes)


def _assumed_compression(model: Model, design: DynamoDesign) -> list[str]:
    """Return what a design compresses though the model does not say to what size."""
    return [
        f"`{shape.entity}.{name}` is assumed to compress to {(share * 100).normalize():f} %: gzip "
        "some real values and state `compressible` of it"
        for table in design.tables
        for shape in table.shapes
        for name, share in shape.compress
        if model.entity(shape.entity).attribute(name).compressible is None
    ]


def _notes_on_finishing(merges: Sequence[Merge], idle: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if not all(merge.is_best for merge in merges):
        notes.append("tables were joined pair by pair: another choice of pairs may cost less")
    if idle:
        listed = ", ".join(f"`{name}`" for name in idle)
        notes.append(f"left out, since provisioned capacity makes it more expensive: {listed}")
    return tuple(notes)
