"""`prove`: run the workload of a design, check every answer, meter every request.

In: a session, a design, a target, what to run. Out: a Proof, which is stored beside the model file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tablewright.bill.rates import Rates
from tablewright.core.errors import EngineError, UsageError
from tablewright.core.quantities import GB, ZERO, format_usd
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.codec import DynamoCodec
from tablewright.engines.dynamodb.connector import Account
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.transport import (
    CountingTransport,
    LocalTransport,
    Reply,
    Transport,
)
from tablewright.evaluation.doors import Target
from tablewright.evaluation.values import Evaluation
from tablewright.local.database import Database
from tablewright.operate.seed import Position
from tablewright.proof.runner import Proving, digest_of, planned_calls
from tablewright.proof.runner import prove as run_proof
from tablewright.proof.stored import proof_data
from tablewright.proof.values import Proof
from tablewright.sample.sample import Sample
from tablewright.sample.world import World
from tablewright.session import Session
from tablewright.verbs.database import (
    Progress,
    Say,
    connected,
    dynamo_design,
    require_tables,
    silent,
    workspace_of,
)
from tablewright.verbs.on_engine import is_elsewhere, prove_design
from tablewright.verbs.proofs import ProofView, proof_view
from tablewright.verbs.seed import (
    DEFAULT_USERS,
    dynamo_engine,
    fill,
    population,
    request_cost,
    seed_plan,
    seeding_start,
)

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


def prove(
    session: Session,
    design: str,
    target: Target,
    *,
    users: int | None = None,
    requests: int = 10_000,
    scale_down: Decimal | None = None,
    seed: int = 1,
    max_usd: Decimal = Decimal(1),
    announce: Callable[[Account], None] | None = None,
    say: Say = silent,
    progress: Callable[[], AbstractContextManager[Progress]] | None = None,
) -> ProofView:
    """Run every access pattern of a design and compare the meter with the estimate.

    On the local engine it runs on a copy of what was seeded there, or on a fresh database in
    memory; elsewhere on the tables and items there. The proof is stored for `report`.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.
        target: which database.
        users: the population; as seeded, else 1,000, unless given.
        requests: total calls, split by pattern rate.
        scale_down: instead of `requests`: this share of one day's calls.
        seed: random seed of the workload.
        max_usd: the most it may spend on an account.
        announce: is told whose account it is.
        say: is told what it will spend.
        progress: opens what is told of items and calls done.

    Raises:
        UsageError: it would spend more than `max_usd`, or the tables do not exist.
        EngineError: the database refused or went away.
    """
    elsewhere = is_elsewhere(session, design)
    if elsewhere is not None:
        population_size = users or DEFAULT_USERS
        with (progress or (lambda: nullcontext(_no_progress)))() as show:
            proof = prove_design(
                session,
                elsewhere,
                target,
                users=population_size,
                requests=_requests(session, population_size, requests, scale_down),
                seed=seed,
                announce=announce,
                progress=show,
            )
        store_proof(session, proof)
        return proof_view(proof, is_stale=False)
    chosen = dynamo_design(session, design)
    workspace = workspace_of(session)
    is_default = target.is_local and not target.data
    keep = workspace.position(chosen.name, target)
    seeded = seeded_users(session, chosen, keep) if is_default else None
    scale = users or seeded or DEFAULT_USERS
    requests = _requests(session, scale, requests, scale_down)
    request = ProofRequest(users=scale, requests=requests, seed=seed, max_usd=max_usd)
    with (progress or (lambda: nullcontext(_no_progress)))() as show:
        if not is_default:
            proof = _proof_on_target(session, chosen, target, request, announce, say, show)
        elif seeded == scale:
            path = workspace.database(chosen.name)
            proof = proof_on_copy(session, chosen, path, keep, request, show)
        else:
            proof = proof_in_memory(session, chosen, request, silent, show)
    store_proof(session, proof)
    return proof_view(proof, is_stale=False)


def _requests(session: Session, users: int, requests: int, scale_down: Decimal | None) -> int:
    """Return how many calls to make: as many as asked for, or a share of one day's."""
    if scale_down is None:
        return requests
    calls = sum(session.model.calls_per_day(p, users) for p in session.model.patterns)
    return max(1, int(calls * scale_down))


def _no_progress(done: int, total: int, name: str) -> None:
    pass


def store_proof(session: Session, proof: Proof) -> None:
    """Write the latest proof of a design beside the model file."""
    workspace = workspace_of(session)
    workspace.write_json(workspace.proof(proof.design), proof_data(proof))


def _proof_on_target(
    session: Session,
    design: DynamoDesign,
    target: Target,
    request: ProofRequest,
    announce: Callable[[Account], None] | None,
    say: Say,
    progress: Progress,
) -> Proof:
    """Run the workload on the tables of an endpoint, a file or an account."""
    is_charged = not target.endpoint and not target.data
    if is_charged:
        cost = proof_costs(session, design, request)
        say(f"this will spend about {format_usd(cost)} USD")
        if cost > request.max_usd:
            raise UsageError(
                f"this would spend about {format_usd(cost)} USD, more than "
                f"{format_usd(request.max_usd)}",
                remedy="take fewer --users or --requests, or raise --max-usd",
            )
    with connected(session, design, target, announce=announce) as counting:
        require_tables(session, design, counting)
        transport: Transport = (
            capped(session, counting, request.max_usd) if is_charged else counting
        )
        keep = workspace_of(session).position(design.name, target)
        evaluation = population(session, design, request.users)
        fill(
            session,
            design,
            transport,
            request.users,
            keep=keep,
            progress=progress,
            evaluation=evaluation,
        )
        shifted = replace(request, ttl_shift=spend(session, design, request.users, keep))
        return prove_on(session, design, transport, shifted, progress, evaluation)


def prove_on(
    session: Session,
    design: DynamoDesign,
    transport: Transport,
    request: ProofRequest,
    progress: Progress | None = None,
    evaluation: Evaluation | None = None,
) -> Proof:
    """Run the workload on a database that was seeded at `request.users`; return the proof.

    `evaluation` is that of the population, where it is at hand.
    """
    evaluation = evaluation or population(session, design, request.users)
    world = World(session.model, Sample(session.model), request.users)
    codec = DynamoCodec(session.model, design, request.ttl_shift)
    return run_proof(
        Proving(
            evaluation=evaluation,
            world=world,
            adapter=DynamoAdapter(session.model, design, transport, codec=codec),
            predictor=dynamo_engine(session).connector.predictor(evaluation, world),
            requests=request.requests,
            seed=request.seed,
            digest=digest_of(session.file.source),
            ttl_shift=request.ttl_shift,
            progress=progress,
        )
    )


def proof_costs(session: Session, design: DynamoDesign, request: ProofRequest) -> Decimal:
    """Return what a proof would spend on a real account: seeding and calls, in USD."""
    evaluation = population(session, design, request.users)
    sample = Sample(session.model)
    plan = seed_plan(session, design, sample, evaluation)
    world = World(session.model, sample, request.users)
    calls = planned_calls(evaluation, world, requests=request.requests, seed=request.seed)
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
        spent = sum((units.units * self.usd[units.dimension] for units in consumed), ZERO)
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
    request: ProofRequest,
    say: Say,
    progress: Progress | None = None,
) -> Proof:
    """Create a design in a fresh database, seed it, run the workload.

    The database is in memory; one of more than half a gigabyte is in a temporary file.
    """
    evaluation = population(session, design, request.users)
    is_large = (
        sum((resource.stored_bytes for resource in evaluation.resources), ZERO) > MOST_IN_MEMORY
    )
    with ExitStack() as stack:
        path, place = None, "in memory"
        if is_large:
            folder = stack.enter_context(TemporaryDirectory(prefix="tablewright-"))
            path, place = Path(folder) / "proof.db", "in a temporary file"
        database = stack.enter_context(Database(path, clock=lambda: BEFORE_ANY_EXPIRY))
        transport = LocalTransport(database, f"the local engine, {place}")
        apply_up(plan_up(session.model, design, {}), transport, say)
        fill(session, design, transport, request.users, progress=progress, evaluation=evaluation)
        return prove_on(session, design, transport, request, progress, evaluation)


def seeded_users(session: Session, design: DynamoDesign, keep: Path) -> int | None:
    """Return for how many users the local tables of a design were seeded.

    None where they were not, where a proof has changed the items since, or where the model file is
    another one by now.
    """
    position = Position.kept(keep)
    if position is None or position.spent:
        return None
    expected = seeding_start(session, design, position.users)
    same = (position.digest, position.design) == (expected.digest, expected.design)
    return position.users if same else None


def proof_on_copy(
    session: Session,
    design: DynamoDesign,
    path: Path,
    keep: Path,
    request: ProofRequest,
    progress: Progress | None = None,
) -> Proof:
    """Run the workload on a copy of the local tables, so that these stay as they were seeded.

    A seeding that was interrupted is finished first.

    Args:
        session: a session on the model file.
        design: the design of the tables.
        path: the local engine's file.
        keep: the file that keeps how far the seeding came.
        request: the population of the seeding, the calls.
        progress: told of items and calls done.
    """
    beside = path.with_suffix(".proof.db")
    _remove(beside)  # left by a killed process
    try:
        with Database(path) as database:
            original = LocalTransport(database)
            require_tables(session, design, original)
            evaluation = population(session, design, request.users)
            fill(
                session,
                design,
                original,
                request.users,
                keep=keep,
                progress=progress,
                evaluation=evaluation,
            )
            database.copy_to(beside)
        position = Position.kept(keep)
        shift = position.ttl_shift if position is not None else 0
        with Database(beside) as database:
            transport = LocalTransport(database, f"a copy of the local engine's {path.name}")
            shifted = replace(request, ttl_shift=shift)
            return prove_on(session, design, transport, shifted, progress, evaluation)
    finally:
        _remove(beside)


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def spend(session: Session, design: DynamoDesign, users: int, keep: Path) -> int:
    """Mark seeded items as used up: a proof is about to change them.

    Returns:
        By how many seconds their expiry was moved on.

    Raises:
        UsageError: an earlier proof has changed them already.
    """
    position = Position.load(keep, seeding_start(session, design, users))
    if position.spent:
        raise UsageError(
            "an earlier proof has changed the items of these tables",
            remedy="remove them with `tablewright down`, then `up` and `prove` again",
        )
    position.spent = True
    position.save(keep)
    return position.ttl_shift
