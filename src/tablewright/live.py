"""The verbs that work on a database: one function each, beside those of `api`.

In: a session on a model file, a design, a transport. Out: values. They are a module of their own so
that verbs which only compute import no database code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tablewright.api import Session
from tablewright.bill.rates import Rates
from tablewright.core.errors import EngineError, UnsupportedError, UsageError
from tablewright.core.quantities import GB, ZERO, format_usd
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.codec import DynamoCodec
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.provisioning import apply_up, foreign, not_ours, observe, plan_up
from tablewright.engines.dynamodb.transport import (
    CountingTransport,
    LocalTransport,
    Reply,
    Transport,
)
from tablewright.evaluation.values import Evaluation
from tablewright.local.database import Database
from tablewright.operate.seed import Position, SeedPlan, apply_seed, plan_seed
from tablewright.operate.seed import Progress as SeedProgress
from tablewright.proof.runner import Proving, digest_of, planned_calls
from tablewright.proof.runner import prove as run_proof
from tablewright.proof.values import Proof
from tablewright.sample.sample import Sample
from tablewright.sample.world import World

MOST_IN_MEMORY = GB / 2
"""Bytes up to which the database of a proof is kept in memory."""
BEFORE_ANY_EXPIRY = 1.0
"""Seconds since 1970 in a proof's own database, so that no sampled item has expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRequest:
    """What `prove` is told: the population, the calls, the most it may spend."""

    users: int = 1000
    requests: int = 10_000
    seed: int = 1
    max_usd: Decimal = Decimal(1)
    ttl_shift: int = 0
    """Seconds by which the expiry of seeded items was moved on, as `spend` says."""


def dynamo_design(session: Session, name: str = "") -> DynamoDesign:
    """Return a design that can be created as DynamoDB tables.

    Raises:
        UnsupportedError: the design is for another engine.
    """
    design = session.design(name)
    if not isinstance(design, DynamoDesign):
        able = [f"`{one.name}`" for one in session.designs if isinstance(one, DynamoDesign)]
        raise UnsupportedError(
            f"the design `{design.name}` is for {design.engine}: only designs for dynamodb can be "
            "created, filled and proved",
            remedy=f"choose {' or '.join(able)}" if able else "make one with `tablewright plan`",
        )
    return design


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
    progress: SeedProgress | None = None,
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
    fresh = _start(session, design, users, ttl_shift=shift)
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
    return plan_seed(_engine(session).connector, codec, sample, evaluation, write)


def _engine(session: Session) -> DynamoEngine:
    engine = session.engines["dynamodb"]
    assert isinstance(engine, DynamoEngine)
    return engine


def _start(session: Session, design: DynamoDesign, users: int, *, ttl_shift: int = 0) -> Position:
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
    kept = max((e.retention_days or ZERO for e in session.model.entities), default=ZERO)
    return int(time.time()) - sample.until + int(kept or session.model.horizon_days) * 86_400


def prove(
    session: Session,
    design: DynamoDesign,
    transport: Transport,
    wanted: ProofRequest,
    progress: SeedProgress | None = None,
    evaluation: Evaluation | None = None,
) -> Proof:
    """Run the workload on a database that was seeded at `wanted.users`; return the proof.

    `evaluation` is that of the population, where it is at hand.
    """
    evaluation = evaluation or population(session, design, wanted.users)
    world = World(session.model, Sample(session.model), wanted.users)
    codec = DynamoCodec(session.model, design, wanted.ttl_shift)
    return run_proof(
        Proving(
            evaluation=evaluation,
            world=world,
            adapter=DynamoAdapter(session.model, design, transport, codec=codec),
            predictor=_engine(session).connector.predictor(evaluation, world),
            requests=wanted.requests,
            seed=wanted.seed,
            digest=digest_of(session.file.source),
            ttl_shift=wanted.ttl_shift,
            progress=progress,
        )
    )


def proof_costs(session: Session, design: DynamoDesign, wanted: ProofRequest) -> Decimal:
    """Return what a proof would spend on a real account: seeding and calls, in USD."""
    evaluation = population(session, design, wanted.users)
    sample = Sample(session.model)
    plan = seed_plan(session, design, sample, evaluation)
    world = World(session.model, sample, wanted.users)
    calls = planned_calls(evaluation, world, requests=wanted.requests, seed=wanted.seed)
    units = {"read": ZERO, "write": ZERO}
    for route in evaluation.routes:
        for dimension in units:
            units[dimension] += route.units(dimension).mean * calls.get(route.pattern, 0)
    return (plan.usd or ZERO) + request_cost(session, units["read"], units["write"])


def capped(session: Session, transport: Transport, max_usd: Decimal) -> CappedTransport:
    """Return a transport that stops once requests cost more than `max_usd`."""
    rates = Rates(session.book(), session.region)
    usd = {kind: rates.usd(kind) for kind in ("read", "write")}
    return CappedTransport(transport, usd=usd, max_usd=max_usd)


def request_cost(session: Session, reads: Decimal, writes: Decimal) -> Decimal:
    """Return what units cost on-demand, in USD."""
    return Rates(session.book(), session.region).of_units(reads, writes)


@dataclass(kw_only=True)
class CappedTransport(CountingTransport):
    """A transport that refuses to go on once what was consumed through it costs too much."""

    usd: Mapping[str, Decimal]
    """Price of a unit, by dimension."""
    max_usd: Decimal

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request.

        Raises:
            EngineError: what was consumed before costs more than allowed.
        """
        consumed = self.consumed()
        spent = sum((one.units * self.usd[one.dimension] for one in consumed), ZERO)
        if spent > self.max_usd:
            raise EngineError(
                f"stopped: {format_usd(spent)} USD were spent, more than "
                f"{format_usd(self.max_usd)}",
                remedy="take fewer --users or --requests, or raise --max-usd; remove the tables "
                "with `tablewright down`",
            )
        return super().send(operation, parameters, label=label)


def proof_in_memory(
    session: Session,
    design: DynamoDesign,
    wanted: ProofRequest,
    say: Callable[[str], None],
    progress: SeedProgress | None = None,
) -> Proof:
    """Create a design in a fresh database, seed it, run the workload.

    The database is in memory; one of more than half a gigabyte is in a temporary file.
    """
    evaluation = population(session, design, wanted.users)
    is_large = sum((one.stored_bytes for one in evaluation.resources), ZERO) > MOST_IN_MEMORY
    with ExitStack() as stack:
        path, place = None, "in memory"
        if is_large:
            folder = stack.enter_context(TemporaryDirectory(prefix="tablewright-"))
            path, place = Path(folder) / "proof.db", "in a temporary file"
        database = stack.enter_context(Database(path, clock=lambda: BEFORE_ANY_EXPIRY))
        transport = LocalTransport(database, f"the local engine, {place}")
        apply_up(plan_up(session.model, design, {}), transport, say)
        fill(session, design, transport, wanted.users, progress=progress, evaluation=evaluation)
        return prove(session, design, transport, wanted, progress, evaluation)


def seeded_users(session: Session, design: DynamoDesign, keep: Path) -> int | None:
    """Return for how many users the local tables of a design were seeded.

    None where they were not, where a proof has changed the items since, or where the model file is
    another one by now.
    """
    position = Position.kept(keep)
    if position is None or position.spent:
        return None
    expected = _start(session, design, position.users)
    same = (position.digest, position.design) == (expected.digest, expected.design)
    return position.users if same else None


def proof_on_copy(
    session: Session,
    design: DynamoDesign,
    path: Path,
    keep: Path,
    wanted: ProofRequest,
    progress: SeedProgress | None = None,
) -> Proof:
    """Run the workload on a copy of the local tables, so that these stay as they were seeded.

    A seeding that was interrupted is finished first.

    Args:
        session: a session on the model file.
        design: the design of the tables.
        path: the local engine's file.
        keep: the file that keeps how far the seeding came.
        wanted: the population of the seeding, the calls.
        progress: told of items and calls done.
    """
    beside = path.with_suffix(".proof.db")
    _remove(beside)  # left by a killed process
    try:
        with Database(path) as database:
            original = LocalTransport(database)
            require_tables(session, design, original)
            evaluation = population(session, design, wanted.users)
            fill(
                session,
                design,
                original,
                wanted.users,
                keep=keep,
                progress=progress,
                evaluation=evaluation,
            )
            database.copy_to(beside)
        position = Position.kept(keep)
        shift = position.ttl_shift if position is not None else 0
        with Database(beside) as database:
            transport = LocalTransport(database, f"a copy of the local engine's {path.name}")
            shifted = replace(wanted, ttl_shift=shift)
            return prove(session, design, transport, shifted, progress, evaluation)
    finally:
        _remove(beside)


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def require_tables(session: Session, design: DynamoDesign, transport: Transport) -> None:
    """Check that the tables of a design exist, and are ours, before anything is written to them.

    Raises:
        UsageError: some do not, or were made by somebody else.
    """
    found = observe(transport, [table.name for table in design.tables])
    strange = foreign(session.model, found)
    if strange:
        raise UsageError(
            f"{not_ours(session.model, strange)}: nothing is written",
            remedy="choose other tables, or take these over with `tablewright up --adopt`",
        )
    missing = [table.name for table in design.tables if table.name not in found]
    if missing:
        raise UsageError(
            f"{transport.description} has no {', '.join(missing)}",
            remedy="create the tables first: `tablewright up` with the same options",
        )


def spend(session: Session, design: DynamoDesign, users: int, keep: Path) -> int:
    """Mark seeded items as used up: a proof is about to change them.

    Returns:
        By how many seconds their expiry was moved on.

    Raises:
        UsageError: an earlier proof has changed them already.
    """
    position = Position.load(keep, _start(session, design, users))
    if position.spent:
        raise UsageError(
            "an earlier proof has changed the items of these tables",
            remedy="remove them with `tablewright down`, then `up` and `prove` again",
        )
    position.spent = True
    position.save(keep)
    return position.ttl_shift
