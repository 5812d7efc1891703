"""Evaluate a DynamoDB design: route every pattern, meter the routes, price the result.

In: a model, a design, a number of users, a price book. Out: an Evaluation. Pure: nothing is sent,
and the same input gives the same output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tablewright.bill.bill import Bill, MissingPrice
from tablewright.bill.prices import PriceBook
from tablewright.bill.rates import Rates
from tablewright.core.errors import PriceUnknownError
from tablewright.core.memo import Memo
from tablewright.core.quantities import DAYS_PER_MONTH, GB, ONE, SECONDS_PER_MONTH, ZERO
from tablewright.design.values import Design
from tablewright.engines.dynamodb import similar
from tablewright.engines.dynamodb.billing import bill_for
from tablewright.engines.dynamodb.caches import CachesUnderLoad
from tablewright.engines.dynamodb.design import (
    CapacityMode,
    DynamoDesign,
    Index,
    ModeKind,
    StatedUsage,
    Table,
    VectorIndex,
    dynamo,
)
from tablewright.engines.dynamodb.language import LANGUAGE
from tablewright.engines.dynamodb.loads import PatternUnits, ResourceLoad, TableLoad, VectorLoad
from tablewright.engines.dynamodb.metering import write_measure
from tablewright.engines.dynamodb.populations import DesignSizes
from tablewright.engines.dynamodb.quoting import object_bytes, quote_design
from tablewright.engines.dynamodb.reading.context import OBJECTS, Context
from tablewright.engines.dynamodb.reading.router import ReadRouter
from tablewright.engines.dynamodb.sizing import SharedColumns, entities_in, size_facts
from tablewright.engines.dynamodb.writer import WriteRouter
from tablewright.evaluation.calibration import Calibration, Constant
from tablewright.evaluation.description import DesignDescription
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.quotation import Quotation
from tablewright.evaluation.values import (
    VECTOR_SEARCH,
    VECTOR_WRITE,
    Evaluation,
    ResourceFacts,
    Route,
    ShapeFacts,
    SizeFacts,
)
from tablewright.model.likeness import alike
from tablewright.model.statistics import load_curve
from tablewright.model.values import Model, Pattern
from tablewright.sample.sample import Sample, sample_of

if TYPE_CHECKING:
    from tablewright.deploy.database import DatabaseAccess
    from tablewright.deploy.stack import DatabaseShare
    from tablewright.engines.dynamodb.comparing import DynamoComparing
    from tablewright.engines.dynamodb.planning.planning import DynamoPlanning
    from tablewright.engines.dynamodb.reviewing import DynamoReviewing


if TYPE_CHECKING:
    from tablewright.engines.dynamodb.connector import DynamoConnector

FIRST_SAMPLE = 256
LARGEST_SAMPLE = 16_384
POPULATION_SAMPLE = 20_000
MOST_ROUTES_KEPT = 50_000
WANTED_ERROR = Decimal("0.005")
"""Of the monthly bill: the sample grows until its standard error is below this share."""


@dataclass
class SharedSamples:
    """What evaluations of one model share: the sample and the sizes of equal shapes."""

    sample: Sample
    shapes: SharedColumns = field(default_factory=SharedColumns)
    facts: dict[Any, SizeFacts] = field(default_factory=dict)
    routes: Memo[Route] = field(default_factory=lambda: Memo(MOST_ROUTES_KEPT))
    """Routes by pattern, scale and the structure of the tables they depend on."""
    structures: dict[tuple[object, ...], tuple[object, ...]] = field(default_factory=dict)
    _structure_of: Memo[tuple[object, ...]] = field(default_factory=lambda: Memo(MOST_ROUTES_KEPT))
    base: SharedSamples | None = None
    """What evaluations of a model with other figures share."""
    unchanged: frozenset[str] = frozenset()
    """The entities of which that holds too."""

    def with_figures(self, model: Model, unchanged: frozenset[str]) -> SharedSamples:
        """Return what evaluations of a model with other figures share; some entities are alike."""
        return SharedSamples(
            sample=self.sample.with_figures(model, unchanged),
            shapes=SharedColumns(base=self.shapes, unchanged=unchanged),
            structures=self.structures,
            _structure_of=self._structure_of,
            base=self,
            unchanged=unchanged,
        )

    def of(self, entities: Iterable[str]) -> SharedSamples:
        """Return where what depends on some entities is kept: where they are alike, by the base."""
        if self.base is not None and self.unchanged.issuperset(entities):
            return self.base.of(entities)
        return self

    def structure(self, table: Table) -> tuple[object, ...]:
        """Return the structure of a table; tables of equal structure have the same object."""

        def shared() -> tuple[object, ...]:
            structure = table.structure
            return self.structures.setdefault(structure, structure)

        return self._structure_of.get((table,), (), shared)


class DynamoEngine:
    """DynamoDB, as planner, reviewer and façade see it."""

    name = "dynamodb"
    language = LANGUAGE
    is_planned = True
    varies_smoothly = True

    def __init__(self) -> None:
        self._workspaces: Memo[SharedSamples] = Memo(
            4
        )  # a few variants of a model at a time are used
        self._population: Memo[Evaluation] = Memo(1)  # asked for by each step of a proof

    @cached_property
    def reviewing(self) -> DynamoReviewing:
        """What it brings to the reviewer."""
        from tablewright.engines.dynamodb.reviewing import DynamoReviewing

        return DynamoReviewing()

    @cached_property
    def comparing(self) -> DynamoComparing:
        """What it brings to the comparison."""
        from tablewright.engines.dynamodb.comparing import DynamoComparing

        return DynamoComparing("DynamoDB")

    @property
    def connector(self) -> DynamoConnector:
        """What opens the doors to a DynamoDB."""
        from tablewright.engines.dynamodb.connector import DynamoConnector

        return DynamoConnector(self)

    @property
    def sizing_constants(self) -> tuple[Constant, ...]:
        """Nothing: no server is sized."""
        return ()

    def use_calibration(self, calibration: Calibration) -> None:
        """Do nothing: what a request takes is published."""

    def is_empty(self, design: Design) -> bool:
        """Whether a design has no tables."""
        return not dynamo(design).tables

    def is_billed_by_request(self, design: Design) -> bool:
        """Whether every table of a design is on demand."""
        return all(table.mode.kind is ModeKind.ON_DEMAND for table in dynamo(design).tables)

    def paid_as(self, design: Design, mode: str) -> Design:
        """Return a design with every table and index in one capacity mode."""
        from tablewright.engines.dynamodb.planning.modes import paid_as

        return paid_as(dynamo(design), CapacityMode(kind=ModeKind(mode)))

    def with_settings(
        self, design: Design, *, replicas: tuple[str, ...] = (), stream: str = ""
    ) -> Design:
        """Return a design with every table replicated to these regions, and with a stream.

        Raises:
            UsageError: a stream cannot hold that.
        """
        from tablewright.engines.dynamodb.settings import with_settings

        return with_settings(dynamo(design), replicas=replicas, stream=stream)

    def in_environment(self, design: Design, environment: str) -> DynamoDesign:
        """Return a design with the names that its tables have where `deploy --env` made them."""
        from tablewright.engines.dynamodb.settings import in_environment

        return in_environment(dynamo(design), environment)

    def promised_availability(self, design: Design, book: PriceBook) -> Decimal | None:
        """Return the per cent of a month that the SLA promises; more of global tables."""
        tables = dynamo(design).tables
        is_global = bool(tables) and all(table.replicas for table in tables)
        return book.quantity(f"aws.dynamodb.sla.{'global' if is_global else 'standard'}")

    def usual_design(self, model: Model) -> None:
        """Return none: a design is planned."""
        return

    @property
    def access(self) -> DatabaseAccess:
        """How a deployed one is reached."""
        from tablewright.engines.dynamodb.deployed import ACCESS

        return ACCESS

    def infrastructure(
        self, evaluation: Evaluation, environment: str, tags: tuple[tuple[str, str], ...]
    ) -> DatabaseShare:
        """Return the tables of a design, the rights of its patterns, the units expected."""
        from tablewright.engines.dynamodb.infrastructure import share_of

        return share_of(evaluation, environment, tags)

    def planning(self, evaluator: Evaluator, mode: str = "") -> DynamoPlanning:
        """Return what the planner is driven through."""
        from tablewright.engines.dynamodb.planning.planning import DynamoPlanning

        return DynamoPlanning(
            quotes=self,
            model=evaluator.model,
            book=evaluator.book,
            region=evaluator.region,
            mode=CapacityMode(kind=ModeKind(mode)) if mode else None,
        )

    def evaluate(
        self,
        model: Model,
        design: Design,
        users: int,
        book: PriceBook,
        *,
        region: str = "",
        free_tier: bool = False,
        sample_items: int | None = None,
        of_population: bool = False,
    ) -> Evaluation:
        """Return routes, resources and bill of a design at one scale.

        Args:
            model: the model the design belongs to.
            design: a DynamoDesign.
            users: the scale.
            book: prices.
            region: other than the model's.
            free_tier: whether the free tier is taken off, as lines of its own.
            sample_items: instances drawn for each entity; by default as many as it takes to bring
                the standard error of the bill below half a per cent.
            of_population: predict for the very instances that exist at this scale (up to 20,000 of
                each entity), not for all that might: what a proof is compared with.

        Where a price that is needed is not known the bill has no figure, and names it.
        """
        assert isinstance(design, DynamoDesign)
        work = self._workspace(model)
        place = region or model.region
        if of_population:

            def evaluate_population() -> Evaluation:
                counts = {e.name: work.sample.count(e.name, users) for e in model.entities}
                n = min(POPULATION_SAMPLE, max(counts.values(), default=1))
                return _evaluate(model, design, users, book, place, work, n, free_tier, counts)

            key = (users, place, free_tier, book)
            return self._population.get((model, design), key, evaluate_population)
        n = sample_items or FIRST_SAMPLE
        while True:
            evaluation = _evaluate(model, design, users, book, place, work, n, free_tier)
            enough = evaluation.bill_error <= WANTED_ERROR * max(evaluation.bill.total, ZERO)
            if enough or sample_items is not None or n >= LARGEST_SAMPLE:
                return evaluation
            n *= 4

    def quote(
        self, model: Model, design: Design, users: int, *, sample_items: int = FIRST_SAMPLE
    ) -> Quotation:
        """Return what each path, write and resource of a design takes at one scale."""
        assert isinstance(design, DynamoDesign)
        work = self._workspace(model)
        sizes = DesignSizes(model, design, work.sample, sample_items, work.shapes)
        return quote_design(Context(model, design, sizes, users))

    def describe(self, design: Design) -> DesignDescription:
        """Return a design as neutral values."""
        from tablewright.engines.dynamodb.description import describe

        return describe(dynamo(design))

    def aligned(self, before: Design, after: Design) -> Design:
        """Return a design with the names another file has for what is stored alike."""
        from tablewright.engines.dynamodb.matching import aligned

        return aligned(dynamo(before), dynamo(after))

    def _workspace(self, model: Model) -> SharedSamples:
        """Return what was sampled of a model; models may differ in their access patterns."""
        drawn_by = (model.seed, model.scales, model.horizon_days)
        return self._workspaces.get((model.entities,), drawn_by, lambda: self._new_workspace(model))

    def _new_workspace(self, model: Model) -> SharedSamples:
        """Return a workspace that takes over what it can from that of a model much like it."""
        whole = [work for work in self._workspaces if work.base is None]
        shared = [(alike(work.sample.model, model), work) for work in whole]
        unchanged, base = max(shared, key=lambda pair: len(pair[0]), default=(frozenset(), None))
        if base is None or not unchanged:
            return SharedSamples(sample=sample_of(model))
        return base.with_figures(model, unchanged)


def route_all(
    context: Context, patterns: Iterable[Pattern], work: SharedSamples | None = None
) -> tuple[Route, ...]:
    """Return the route of each pattern on the design of a context.

    A route depends on the structure of the tables that hold the pattern's entities, and on nothing
    else of the design: with a workspace, routes of designs whose tables are alike are found once.
    """
    reads = ReadRouter(context)
    writes = WriteRouter(context, reads)

    def find(pattern: Pattern) -> Route:
        return writes.route(pattern) if pattern.verb.is_write else reads.route(pattern)

    if work is None or context.sizes.is_population:
        return tuple(find(pattern) for pattern in patterns)
    return tuple(_kept(pattern, context, work, find) for pattern in patterns)


def _kept(
    pattern: Pattern, context: Context, work: SharedSamples, find: Callable[[Pattern], Route]
) -> Route:
    names = {pattern.entity, *(part.entity for part in pattern.parts)}
    tables: dict[int, Table] = {}
    for name in sorted(names):
        homes = [table for table, _ in context.homes.get(name, ())]
        homes += [table for table, _, _ in context.embeds.get(name, ())]
        tables.update((id(table), table) for table in homes)
    shapes = [shape for table in tables.values() for shape in table.shapes]
    work = work.of(names.union(*map(entities_in, shapes)))
    objects = (pattern, *(work.structure(table) for table in tables.values()))
    route = work.routes.get(objects, (context.users, context.sizes.n), lambda: find(pattern))
    if route.design == context.design.name:
        return route
    return replace(route, design=context.design.name)


def _evaluate(
    model: Model,
    design: DynamoDesign,
    users: int,
    book: PriceBook,
    region: str,
    work: SharedSamples,
    n: int,
    free_tier: bool,
    population: dict[str, int] | None = None,
) -> Evaluation:
    sizes = DesignSizes(
        model, design, work.sample, n, work.shapes, population, users if population else None
    )
    context = Context(model, design, sizes, users)
    routes = route_all(context, model.patterns, work)
    resources = resource_facts(context, work)
    loads = table_loads(context, routes, resources)
    bill, bill_error = _bill_or_why_none(loads, book, region, free_tier=free_tier), ZERO
    if bill.figure is not None:
        bill_error = _bill_error(context, routes, Rates(book, region))
    stated = [t.name for t in design.tables if t.usage or any(i.usage for i in t.indexes)]
    if stated:
        text = f"the usage of {', '.join(stated)} is stated in the file, the same at every scale"
        bill = replace(bill, assumptions=(*bill.assumptions, text))
    return Evaluation(
        model=model,
        design=design,
        users=users,
        routes=routes,
        resources=resources,
        bill=bill,
        sample_items=n,
        bill_error=bill_error,
        not_run=tuple(f"the cache of {t.name} ({t.cache})" for t in design.tables if t.cache),
    )


def _bill_or_why_none(
    loads: Sequence[TableLoad], book: PriceBook, region: str, *, free_tier: bool
) -> Bill:
    """Return the bill of tables, without a figure where a price is missing."""
    try:
        return bill_for(loads, book, region, free_tier=free_tier)
    except PriceUnknownError as unknown:
        missing = MissingPrice(key=unknown.key, region=unknown.region, reason=unknown.reason)
        return Bill(
            lines=(),
            region=region,
            prices_as_of=book.as_of or "",
            no_figure=missing.sentence,
            missing_price=missing,
        )


def resource_facts(context: Context, work: SharedSamples) -> tuple[ResourceFacts, ...]:
    """Return how many items of which size each table and index holds."""
    resource_factses: list[ResourceFacts] = []
    for table in context.design.tables:
        resource_factses.append(
            ResourceFacts(
                name=table.name, kind="table", shapes=_shape_facts(context, table, None, work)
            )
        )
        resource_factses += [
            ResourceFacts(
                name=f"{table.name}/{index.name}",
                kind="lsi" if index.is_local else "gsi",
                shapes=_shape_facts(context, table, index, work),
            )
            for index in table.indexes
        ]
        resource_factses += [
            ResourceFacts(
                name=f"{table.name}/{vector.name}",
                kind="vector",
                shapes=_shape_facts(context, table, vector, work),
            )
            for vector in table.vector_indexes
        ]
    return tuple(resource_factses)


def _shape_facts(
    context: Context, table: Table, index: Index | VectorIndex | None, work: SharedSamples
) -> tuple[ShapeFacts, ...]:
    shape_factses: list[ShapeFacts] = []
    for shape in table.shapes:
        sizes = context.size_of(table, shape)
        column: Sequence[int | None]
        if index is None:
            column = similar.written_sizes(table, sizes, sizes.items())
        elif isinstance(index, VectorIndex):
            column = similar.entries(sizes, index)
        else:
            column = sizes.entries(index)
        present = [size for size in column if size is not None]
        if not present:
            continue
        share = Decimal(len(present)) / len(column)
        key = (sizes.n, shape, table.keys, table.indexes, table.vector_indexes, index)
        place = work.of(entities_in(shape)).facts
        facts = place.get(key)
        if facts is None:
            facts = place[key] = size_facts(present)
        shape_factses.append(
            ShapeFacts(
                name=shape.name,
                entity=shape.entity,
                count=context.selectivity.instances(shape.entity) * share * shape.copies,
                sizes=facts,
            )
        )
    return tuple(shape_factses)


def table_loads(
    context: Context, routes: tuple[Route, ...], resources: tuple[ResourceFacts, ...]
) -> tuple[TableLoad, ...]:
    """Return what each table is charged for in a month."""
    model = context.model
    caches = CachesUnderLoad(context.design)
    units: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}
    objects: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}
    vectors: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}
    for route in routes:
        pattern = model.pattern(route.pattern)
        calls = model.calls_per_day(pattern, context.users) * DAYS_PER_MONTH
        for request in route.requests:
            answered = caches.answer(pattern, request, calls)
            for use in request.uses:
                retained = objects if use.dimension in ("get", "put", "delete") else units
                if use.dimension in (VECTOR_WRITE, VECTOR_SEARCH):
                    retained = vectors
                by_pattern = retained.setdefault(use.resource, {})
                reads, writes = by_pattern.get(route.pattern, (ZERO, ZERO))
                amount = use.units.mean * calls * (ONE - answered)
                if use.dimension in ("read", "get", VECTOR_SEARCH):
                    reads += amount
                elif use.dimension in ("write", "put", VECTOR_WRITE):
                    writes += amount
                by_pattern[route.pattern] = (reads, writes)
    facts = {resource.name: resource for resource in resources}
    stored = dict(object_bytes(context))
    return tuple(
        replace(
            _load(context, table, units, facts, routes),
            objects=_per_pattern(objects.get(f"{table.name}/{OBJECTS}", {})),
            object_gb=stored.get(table.name, ZERO) / GB,
            vectors=tuple(
                VectorLoad(
                    name=f"{table.name}/{index.name}",
                    units=_per_pattern(vectors.get(f"{table.name}/{index.name}", {})),
                    stored_bytes=facts[f"{table.name}/{index.name}"].stored_bytes,
                )
                for index in table.vector_indexes
            ),
            cache=caches.load_of(table),
        )
        for table in context.design.tables
    )


def _per_pattern(
    figures: Mapping[str, tuple[Decimal, Decimal]],
) -> tuple[PatternUnits, ...]:
    return tuple(
        PatternUnits(pattern=pattern, reads=reads, writes=writes)
        for pattern, (reads, writes) in figures.items()
    )


def _load(
    context: Context,
    table: Table,
    units: dict[str, dict[str, tuple[Decimal, Decimal]]],
    facts: dict[str, ResourceFacts],
    routes: tuple[Route, ...],
) -> TableLoad:
    names: list[tuple[str, Index | None]] = [(table.name, None)]
    names += [(f"{table.name}/{index.name}", index) for index in table.indexes]
    resources = tuple(
        ResourceLoad(
            name=name,
            kind=facts[name].kind,
            units=_stated_units(table.usage if index is None else index.usage)
            or _per_pattern(units.get(name, {})),
            stored_bytes=_stated_bytes(
                table.usage if index is None else index.usage, facts[name].stored_bytes
            ),
            mode=index.mode if index else None,
        )
        for name, index in names
    )
    table_gb = Decimal(resources[0].stored_bytes) / GB
    written = _written_gb(context, table, routes)
    return TableLoad(
        table=table.name,
        resources=resources,
        mode=table.mode,
        infrequent_access=table.infrequent_access,
        curve=load_curve(context.model),
        pitr=table.pitr_days is not None,
        backup_gb=table_gb * table.backups_kept,
        restore_gb=table_gb * table.restores_per_year / 12,
        export_gb=table_gb * table.exports_per_month,
        stream_reads=_stream_reads(context, table),
        replicas=table.replicas,
        strong_replicas=table.strong_replicas,
        witness=table.witness,
        replica_accounts=table.replica_accounts,
        replicated_gb=written if table.replicas else ZERO,
        expired_writes=_expired_writes(context, table) if table.replicas else ZERO,
    )


def _stated_units(usage: StatedUsage | None) -> tuple[PatternUnits, ...]:
    """Return the units the file states, which no pattern is charged for; () where it does not."""
    if usage is None or (usage.reads is None and usage.writes is None):
        return ()
    return (PatternUnits(pattern="", reads=usage.reads or ZERO, writes=usage.writes or ZERO),)


def _stated_bytes(usage: StatedUsage | None, computed: Decimal) -> Decimal:
    if usage is None or usage.stored_bytes is None:
        return computed
    return usage.stored_bytes


def _expired_writes(context: Context, table: Table) -> Decimal:
    """Return the write units a month of items that TTL deletes: as many as come in."""
    total = ZERO
    if table.ttl is None:
        return total
    for shape in table.shapes:
        entity = context.model.entity(shape.entity)
        if entity.retention_days is None or table.ttl not in shape.attributes:
            continue
        each = write_measure(context.size_of(table, shape).items(), None).mean
        count = context.selectivity.instances(entity.name) * shape.copies
        total += count / entity.retention_days * DAYS_PER_MONTH * each
    return total


STREAM_POLLS_PER_SECOND = Decimal(4)
"""Reads of one shard by one reader that is not Lambda (polling interval 250 ms): an assumption."""


def _stream_reads(context: Context, table: Table) -> Decimal:
    """Return the GetRecords requests a month of a table's stream readers, over one shard."""
    if table.stream is None:
        return ZERO
    return STREAM_POLLS_PER_SECOND * SECONDS_PER_MONTH * max(0, table.stream_readers - 1)


def _written_gb(context: Context, table: Table, routes: tuple[Route, ...]) -> Decimal:
    model = context.model
    total = ZERO
    for route in routes:
        pattern = model.pattern(route.pattern)
        if not pattern.verb.is_write:
            continue
        calls = model.calls_per_day(pattern, context.users) * DAYS_PER_MONTH
        for request in route.requests:
            if request.target == table.name and any(u.dimension == "write" for u in request.uses):
                total += request.bytes * request.calls * calls
    return total / GB


def _bill_error(context: Context, routes: tuple[Route, ...], rates: Rates) -> Decimal:
    """Return the standard error of the bill in USD.

    Errors are added up as if they were one: an upper bound, since patterns on the same entity share
    their sample.
    """
    total = ZERO
    for route in routes:
        pattern = context.model.pattern(route.pattern)
        calls = context.model.calls_per_day(pattern, context.users) * DAYS_PER_MONTH
        for dimension in ("read", "write"):
            error = route.units(dimension).error
            if error:
                total += error * calls * rates.usd(dimension)
    return total
