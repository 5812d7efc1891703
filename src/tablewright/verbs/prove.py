"""`prove`: run the workload of a design, check every answer, meter every request.

In: a session, a design, a target, what to run. Out: a Proof, which is stored beside the model file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.machine import this_machine, today
from tablewright.core.quantities import ZERO, format_usd
from tablewright.design.values import Design
from tablewright.evaluation.doors import Adapter, SpendingCap, Target
from tablewright.evaluation.values import Evaluation
from tablewright.operate.provision import apply_provision, require_containers
from tablewright.operate.seed import Position
from tablewright.proof.kept_limits import all_kept_limits
from tablewright.proof.lost_updates import all_lost_updates
from tablewright.proof.runner import Proving, planned_calls
from tablewright.proof.runner import prove as run_proof
from tablewright.proof.scans import compared_with_scans
from tablewright.proof.stored import proof_data
from tablewright.proof.values import Proof, digest_of
from tablewright.sample.sample import Sample
from tablewright.sample.world import World
from tablewright.session import Session
from tablewright.verbs.database import (
    Announce,
    Progress,
    Say,
    connector_of,
    no_progress,
    opened,
    silent,
    workspace_of,
)
from tablewright.verbs.population import (
    default_users,
    fill,
    population,
    position_of,
    seed_plan,
    seeding_start,
    unit_prices,
)
from tablewright.verbs.proofs import ProofView, proof_view


@frozen
class ProofRequest:
    """What `prove` receives: the population, the calls, the most it may spend."""

    users: int = 1000
    requests: int = 10_000
    seed: int = 1
    max_usd: Decimal = Decimal(1)
    ttl_shift: int = 0
    """Seconds by which the expiry of seeded records was moved on."""
    scans: bool = False
    """Whether every table is read whole once, beside the calls that ask by a key."""


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
    scans: bool = False,
    announce: Announce | None = None,
    say: Say = silent,
    progress: Callable[[], AbstractContextManager[Progress]] = no_progress,
) -> ProofView:
    """Run every access pattern of a design and compare the meter with the estimate.

    Without a target it runs on a copy of what was seeded in the embedded database, or on a new
    temporary one; elsewhere on the tables and items there. The proof is stored for `report`.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.
        target: which database.
        users: the population; as seeded, else 1,000 or fewer, unless given.
        requests: total calls, split by pattern rate.
        scale_down: instead of `requests`: this share of one day's calls.
        seed: random seed of the workload.
        max_usd: the most it may spend on an account.
        scans: whether every table is read whole once, beside the calls that ask by a key.
        announce: receives whose database it is.
        say: receives what it will spend, and why there are fewer users.
        progress: opens what receives items and calls done.

    Raises:
        UsageError: it would spend more than `max_usd`, or the tables do not exist.
        EngineError: the database refused or went away.
    """
    chosen = session.design(design)
    is_default = target.is_local and not target.data
    seeded = seeded_users(session, chosen, target) if is_default else None
    scale = proof_users(session, chosen, target, users, say)
    request = ProofRequest(
        users=scale,
        requests=_requests(session, scale, requests, scale_down),
        seed=seed,
        max_usd=max_usd,
        scans=scans,
    )
    proof: Proof | None = None
    with progress() as show:
        if not is_default:
            proof = _proof_on_target(session, chosen, target, request, announce, say, show)
        elif seeded == scale:
            proof = proof_on_copy(session, chosen, target, request, show)
        if proof is None:
            proof = proof_on_new(session, chosen, request, show)
    store_proof(session, proof)
    return proof_view(proof, is_stale=False)


def proof_users(
    session: Session, design: Design, target: Target, users: int | None, say: Say
) -> int:
    """Return the population of a proof: as asked for, as seeded, else the default."""
    is_default = target.is_local and not target.data
    seeded = seeded_users(session, design, target) if is_default and users is None else None
    return users or seeded or default_users(session, design, say)


def _requests(session: Session, users: int, requests: int, scale_down: Decimal | None) -> int:
    """Return how many calls to make: as many as asked for, or a share of one day's."""
    if scale_down is None:
        return requests
    calls = sum(session.model.calls_per_day(p, users) for p in session.model.patterns)
    return max(1, int(calls * scale_down))


def store_proof(session: Session, proof: Proof) -> None:
    """Write the latest proof of a design beside the model file."""
    workspace = workspace_of(session)
    workspace.write_json(workspace.proof(proof.design), proof_data(proof))


def _proof_on_target(
    session: Session,
    design: Design,
    target: Target,
    request: ProofRequest,
    announce: Announce | None,
    say: Say,
    progress: Progress,
) -> Proof:
    """Run the workload on the tables of an endpoint, a file or an account."""
    with seeded_target(
        session,
        design,
        target,
        request,
        cost=lambda: proof_costs(session, design, request),
        announce=announce,
        say=say,
        progress=progress,
    ) as (adapter, shifted, evaluation):
        return prove_on(session, design, adapter, shifted, progress, evaluation)


@contextmanager
def seeded_target(
    session: Session,
    design: Design,
    target: Target,
    request: ProofRequest,
    *,
    cost: Callable[[], Decimal],
    announce: Announce | None,
    say: Say,
    progress: Progress,
) -> Iterator[tuple[Adapter, ProofRequest, Evaluation]]:
    """Reach the tables of an endpoint, a file or an account, with every instance written.

    What is about to run there changes them: they are marked as used up.

    Args:
        session: the model file.
        design: the design.
        target: which database.
        request: the population, the most to spend.
        cost: works out what it would spend on an account, in USD.
        announce: receives whose database it is.
        say: receives what it will spend.
        progress: receives items done.

    Raises:
        UsageError: it would spend too much, the tables do not exist, or were changed before.
        EngineError: the database refused or went away.
    """
    prices = unit_prices(session, design)
    cap = None
    if prices and not target.is_local and not target.endpoint:
        cap = SpendingCap(usd=prices, max_usd=request.max_usd)
        usd = cost()
        say(f"this will spend about {format_usd(usd)} USD")
        if usd > request.max_usd:
            raise UsageError(
                f"this would spend about {format_usd(usd)} USD, more than "
                f"{format_usd(request.max_usd)}",
                remedy="take fewer --users or --requests, or raise --max-usd",
            )
    keep = workspace_of(session).position(design.name, target)
    position = position_of(session, design, request.users, keep)
    with opened(
        session, design, target, expiry_shift=position.ttl_shift, cap=cap, announce=announce
    ) as adapter:
        require_containers(adapter, session.model.app)
        evaluation = population(session, design, request.users)
        plan = seed_plan(session, design, evaluation)
        fill(session, adapter, plan, position=position, keep=keep, progress=progress)
        spend(position, keep)
        yield adapter, replace(request, ttl_shift=position.ttl_shift), evaluation


def prove_on(
    session: Session,
    design: Design,
    adapter: Adapter,
    request: ProofRequest,
    progress: Progress | None = None,
    evaluation: Evaluation | None = None,
) -> Proof:
    """Run the workload on a database that was seeded at `request.users`; return the proof.

    Args:
        session: the model file.
        design: the design.
        adapter: the database; its codec moves expiry on as the request says.
        request: the population of the seeding, the calls.
        progress: told of calls done.
        evaluation: of the population, where it is at hand.
    """
    proving = proving_of(session, design, adapter, request, progress, evaluation)
    proof = run_proof(proving)
    failed = {result.pattern for result in proof.patterns if result.failures}
    proof = replace(
        proof,
        lost_updates=all_lost_updates(proving, failed),
        kept_limits=all_kept_limits(proving, failed),
    )
    if request.scans:
        routes = proving.evaluation.routes
        proof = replace(proof, scans=compared_with_scans(adapter, routes, proof.patterns))
    return proof


def proving_of(
    session: Session,
    design: Design,
    adapter: Adapter,
    request: ProofRequest,
    progress: Progress | None = None,
    evaluation: Evaluation | None = None,
) -> Proving:
    """Return what a proof is made of, on a database that was seeded at `request.users`."""
    evaluation = evaluation or population(session, design, request.users)
    world = World(session.model, Sample(session.model), request.users)
    return Proving(
        evaluation=evaluation,
        world=world,
        adapter=adapter,
        predictor=connector_of(session, design).predictor(evaluation, world),
        requests=request.requests,
        seed=request.seed,
        digest=digest_of(session.file.source),
        ttl_shift=request.ttl_shift,
        progress=progress,
        date=today(),
        machine=this_machine(),
    )


def proof_costs(session: Session, design: Design, request: ProofRequest) -> Decimal:
    """Return what a proof would spend on a real account: seeding and calls, in USD."""
    evaluation = population(session, design, request.users)
    world = World(session.model, Sample(session.model), request.users)
    calls = planned_calls(evaluation, world, requests=request.requests, seed=request.seed)
    return calls_usd(session, design, evaluation, {n: Decimal(c) for n, c in calls.items()})


def calls_usd(
    session: Session, design: Design, evaluation: Evaluation, calls: Mapping[str, Decimal]
) -> Decimal:
    """Return what seeding and so many calls of each pattern would spend on an account, in USD."""
    total = seed_plan(session, design, evaluation).usd or ZERO
    for dimension, usd in unit_prices(session, design).items():
        for route in evaluation.routes:
            total += route.units(dimension).mean * calls.get(route.pattern, ZERO) * usd
    return total


def proof_on_new(
    session: Session, design: Design, request: ProofRequest, progress: Progress | None = None
) -> Proof:
    """Create a design in a temporary database, seed it, run the workload."""
    with seeded_temporary(session, design, request.users, progress) as (adapter, evaluation):
        return prove_on(session, design, adapter, request, progress, evaluation)


@contextmanager
def seeded_temporary(
    session: Session, design: Design, users: int, progress: Progress | None = None
) -> Iterator[tuple[Adapter, Evaluation]]:
    """Create a design in a temporary database, with every instance written."""
    evaluation = population(session, design, users)
    plan = seed_plan(session, design, evaluation)
    stored = sum((resource.stored_bytes for resource in evaluation.resources), ZERO)
    adapter = connector_of(session, design).temporary(session.model, design, stored)
    with closing(adapter):
        apply_provision(adapter.plan_provision(), adapter, silent)
        fill(session, adapter, plan, progress=progress)
        yield adapter, evaluation


def seeded_users(session: Session, design: Design, target: Target) -> int | None:
    """Return for how many users the embedded database of a design was seeded.

    None where it was not, where a proof has changed the records since, or where the model file is
    another one by now.
    """
    position = Position.kept(workspace_of(session).position(design.name, target))
    if position is None or position.spent:
        return None
    expected = seeding_start(session, design, position.users)
    same = (position.digest, position.design) == (expected.digest, expected.design)
    return position.users if same else None


def proof_on_copy(
    session: Session,
    design: Design,
    target: Target,
    request: ProofRequest,
    progress: Progress | None = None,
) -> Proof | None:
    """Run the workload on a copy of the embedded database, which stays as it was seeded.

    A seeding that was interrupted is finished first. None where the engine copies none.
    """
    workspace = workspace_of(session)
    keep = workspace.position(design.name, target)
    position = position_of(session, design, request.users, keep)
    evaluation = population(session, design, request.users)
    plan = seed_plan(session, design, evaluation)

    def prepare(original: Adapter) -> None:
        require_containers(original, session.model.app)
        fill(session, original, plan, position=position, keep=keep, progress=progress)

    adapter = connector_of(session, design).copied(
        session.model, design, workspace.folder, prepare, expiry_shift=position.ttl_shift
    )
    if adapter is None:
        return None
    with closing(adapter):
        request = replace(request, ttl_shift=position.ttl_shift)
        return prove_on(session, design, adapter, request, progress, evaluation)


def spend(position: Position, keep: Path) -> None:
    """Mark seeded records as used up: a proof is about to change them.

    Raises:
        UsageError: an earlier proof has changed them already.
    """
    if position.spent:
        raise UsageError(
            "an earlier proof has changed what is stored there",
            remedy="remove it with `tablewright down`, then `up` and `prove` again",
        )
    position.spent = True
    position.save(keep)
