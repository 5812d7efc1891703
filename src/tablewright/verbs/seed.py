"""`seed`: fill the tables of a design with sampled items, or with records of a file.

In: a session, a design, a target, a number of users. Out: a SeedView.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tablewright.bill.rates import Rates
from tablewright.core.errors import UsageError
from tablewright.core.quantities import SECONDS_PER_DAY, ZERO
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.codec import DynamoCodec
from tablewright.engines.dynamodb.connector import Account
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.transport import Transport
from tablewright.evaluation.doors import Target
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Kind
from tablewright.operate.records import apply_records, checked
from tablewright.operate.seed import Position, SeedPlan, apply_seed, plan_seed
from tablewright.proof.runner import digest_of
from tablewright.sample.sample import Sample
from tablewright.session import Session
from tablewright.verbs import on_engine
from tablewright.verbs.database import (
    Progress,
    connected,
    dynamo_design,
    require_tables,
    workspace_of,
)
from tablewright.verbs.on_engine import is_elsewhere

DEFAULT_USERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedPart:
    """The items of one entity in one table."""

    table: str
    entity: str
    items: int
    write_units: Decimal | None
    """Of all of them; None where writes are not charged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedView:
    """What was written, or would be."""

    app: str
    design: str
    region: str
    users: int
    where: str
    """Which database; "" of a dry run."""
    dry_run: bool
    items: int
    """Of the whole population, or of the file."""
    written: int
    write_units: Decimal | None
    """Of the whole population; None for a file, whose units are metered as they are written."""
    usd: Decimal | None
    """Of `write_units`, at on-demand prices."""
    parts: tuple[SeedPart, ...] = ()
    source: str = ""
    """The file that was loaded, instead of sampled items."""
    entity: str = ""
    """Of the records of the file."""


def seed(
    session: Session,
    design: str,
    target: Target,
    *,
    users: int | None = None,
    units_per_second: Decimal | None = None,
    dry_run: bool = False,
    announce: Callable[[Account], None] | None = None,
    before_writing: Callable[[SeedView], None] | None = None,
    progress: Callable[[], AbstractContextManager[Progress]] | None = None,
) -> SeedView:
    """Write the sampled items of a number of users that are not written yet.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.
        target: which database.
        users: 1,000 unless given.
        units_per_second: at most so many write units a second.
        dry_run: whether to return what it takes and write nothing.
        announce: is told whose account it is.
        before_writing: is told what it takes before the first item is written.
        progress: opens what is told of items done.

    Raises:
        UsageError: the tables do not exist, or were not made here.
        EngineError: the database refused or went away; what was acknowledged is recorded.
    """
    scale = users or DEFAULT_USERS
    elsewhere = is_elsewhere(session, design)
    if elsewhere is not None:
        steps, _ = on_engine.seeding(session, elsewhere, scale)
        view = _planned(session, elsewhere.name, scale, steps)
        if dry_run:
            return view
        if before_writing is not None:
            before_writing(view)
        where, count = on_engine.seed_database(
            session,
            elsewhere,
            target,
            steps,
            records_per_second=units_per_second,
            announce=announce,
            progress=progress or _no_progress,
        )
        return _with(view, where=where, written=count)
    chosen = dynamo_design(session, design)
    evaluation = population(session, chosen, scale)
    plan = seed_plan(session, chosen, Sample(session.model), evaluation)
    planned = _planned(session, chosen.name, scale, plan)
    if dry_run:
        return planned
    if before_writing is not None:
        before_writing(planned)
    with (
        connected(session, chosen, target, announce=announce) as transport,
        (progress or _no_progress)() as show,
    ):
        require_tables(session, chosen, transport)
        _, written = fill(
            session,
            chosen,
            transport,
            scale,
            keep=workspace_of(session).position(chosen.name, target),
            units_per_second=units_per_second,
            progress=show,
            evaluation=evaluation,
        )
        where = transport.description
    return _with(planned, where=where, written=written)


def _no_progress() -> AbstractContextManager[Progress]:
    return nullcontext(lambda done, total, name: None)


def _planned(session: Session, design: str, users: int, plan: SeedPlan) -> SeedView:
    return SeedView(
        app=session.model.app,
        design=design,
        region=session.region,
        users=users,
        where="",
        dry_run=True,
        items=plan.items,
        written=0,
        write_units=plan.units,
        usd=plan.usd,
        parts=tuple(
            SeedPart(
                table=part.table,
                entity=part.entity,
                items=part.count,
                write_units=None if part.units is None else part.units * part.count,
            )
            for part in plan.parts
        ),
    )


def _with(view: SeedView, *, where: str, written: int) -> SeedView:
    from dataclasses import replace

    return replace(view, where=where, written=written, dry_run=False)


def load_records(
    session: Session,
    design: str,
    target: Target,
    *,
    source: Path,
    entity: str,
    units_per_second: Decimal | None = None,
    dry_run: bool = False,
    announce: Callable[[Account], None] | None = None,
    progress: Callable[[], AbstractContextManager[Progress]] | None = None,
) -> SeedView:
    """Load the records of a JSON, NDJSON or CSV file as instances of an entity.

    Raises:
        UsageError: no such entity, a record that does not fit it, or missing tables.
        EngineError: the database refused or went away; what was acknowledged is recorded.
    """
    names = [e.name for e in session.model.entities]
    if entity not in names:
        raise UsageError(
            f"`{entity}` is no entity of the model" if entity else "--from needs --entity",
            remedy=f"choose one of {', '.join(names)}",
        )
    items, where = 0, ""
    elsewhere = is_elsewhere(session, design)
    if elsewhere is not None:
        where, items = on_engine.load_file(
            session,
            elsewhere,
            target,
            source=source,
            entity=entity,
            dry_run=dry_run,
            announce=announce,
            progress=progress or _no_progress,
        )
    elif dry_run:
        items = checked(session.model.entity(entity), source)
    else:
        chosen = dynamo_design(session, design)
        with (
            connected(session, chosen, target, announce=announce) as transport,
            (progress or _no_progress)() as show,
        ):
            require_tables(session, chosen, transport)
            items = apply_records(
                DynamoAdapter(session.model, chosen, transport, units_per_second=units_per_second),
                session.model,
                chosen.name,
                entity,
                source,
                keep=workspace_of(session).loading(chosen.name, target),
                progress=show,
            )
            where = transport.description
    return SeedView(
        app=session.model.app,
        design=session.design(design).name,
        region=session.region,
        users=0,
        where=where,
        dry_run=dry_run,
        items=items,
        written=0 if dry_run else items,
        write_units=None,
        usd=None,
        source=str(source),
        entity=entity,
    )


def population(session: Session, design: DynamoDesign, users: int) -> Evaluation:
    """Return the evaluation of the very instances that are seeded at a number of users."""
    engine = session.engines["dynamodb"]
    assert isinstance(engine, DynamoEngine)
    return engine.evaluate(
        session.model,
        design,
        users,
        session.book(),
        region=session.region,
        of_population=True,
    )


def fill(
    session: Session,
    design: DynamoDesign,
    transport: Transport,
    users: int,
    *,
    keep: Path | None = None,
    units_per_second: Decimal | None = None,
    progress: Progress | None = None,
    evaluation: Evaluation | None = None,
) -> tuple[SeedPlan, int]:
    """Write the sampled items of a scale that are not written yet; return the plan and how many.

    `evaluation` is that of the population, where it is at hand.

    Raises:
        EngineError: the database refused or went away; what was acknowledged is kept.
    """
    evaluation = evaluation or population(session, design, users)
    sample = Sample(session.model)
    shift = 0 if keep is None else _later_expiry(session, sample)
    fresh = seeding_start(session, design, users, ttl_shift=shift)
    position = Position.load(keep, fresh) if keep is not None else fresh
    codec = DynamoCodec(session.model, design, position.ttl_shift)
    adapter = DynamoAdapter(
        session.model, design, transport, codec=codec, units_per_second=units_per_second
    )
    plan = seed_plan(session, design, sample, evaluation)
    written = apply_seed(plan, adapter, sample, position=position, keep=keep, progress=progress)
    return plan, written


def seed_plan(
    session: Session, design: DynamoDesign, sample: Sample, evaluation: Evaluation
) -> SeedPlan:
    """Return what filling a design takes."""
    write = Rates(session.book(), session.region).usd("write")
    codec = DynamoCodec(session.model, design)
    return plan_seed(dynamo_engine(session).connector, codec, sample, evaluation, write)


def dynamo_engine(session: Session) -> DynamoEngine:
    """Return the engine of DynamoDB designs."""
    engine = session.engines["dynamodb"]
    assert isinstance(engine, DynamoEngine)
    return engine


def seeding_start(
    session: Session, design: DynamoDesign, users: int, *, ttl_shift: int = 0
) -> Position:
    """Return where the seeding of a design begins, with what tells it from another seeding."""
    return Position(
        digest=digest_of(session.file.source),
        design=design.name,
        users=users,
        seed=session.model.seed,
        ttl_shift=ttl_shift,
    )


def _later_expiry(session: Session, sample: Sample) -> int:
    """Return how far sampled expiry has to move for items to live out their retention from now."""
    model = session.model
    expiring = [e for e in model.entities if any(a.kind is Kind.EPOCH for a in e.attributes)]
    retained = max((e.retention_days or model.horizon_days for e in expiring), default=ZERO)
    return int(time.time()) - sample.until + int(retained * SECONDS_PER_DAY)


def request_cost(session: Session, reads: Decimal, writes: Decimal) -> Decimal:
    """Return what units cost on-demand, in USD."""
    return Rates(session.book(), session.region).of_units(reads, writes)
