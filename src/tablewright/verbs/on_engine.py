"""The verbs that work on a database, through the doors of whichever engine a design is for.

In: a session, a design, a target. Out: the same views as on DynamoDB, whose account, prices and
capacity are the business of the verbs themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.provisioning import TableAction
from tablewright.evaluation.doors import Adapter, Connector, Observed, ProvisionPlan, Target
from tablewright.evaluation.values import Evaluation
from tablewright.operate.provision import apply_provision, require_containers
from tablewright.operate.records import apply_records, checked
from tablewright.operate.seed import Position, SeedPlan, apply_seed, plan_seed
from tablewright.proof.runner import Proving, digest_of
from tablewright.proof.runner import prove as run_proof
from tablewright.proof.values import Proof
from tablewright.sample.sample import Sample
from tablewright.sample.world import World
from tablewright.session import Session
from tablewright.verbs.database import Progress, Say, workspace_of

Announce = Callable[[Any], None]
"""Is told which server it is, before anything is sent there."""


def is_elsewhere(session: Session, name: str) -> Design | None:
    """Return a design that is for another engine than DynamoDB; None for one that is.

    Raises:
        UsageError: there is no such design.
    """
    design = session.design(name)
    return None if isinstance(design, DynamoDesign) else design


def connector_of(session: Session, design: Design) -> Connector:
    """Return what opens the doors to a database of a design's engine.

    Raises:
        UnsupportedError: the engine is only priced.
    """
    return session.engines[design.engine].connector


@contextmanager
def opened(
    session: Session,
    design: Design,
    target: Target,
    *,
    creates: bool = False,
    announce: Announce | None = None,
) -> Iterator[Adapter]:
    """Reach the database of a target, and give it back at the end; the server is named first."""
    connector = connector_of(session, design)
    folder = workspace_of(session).folder
    adapter = connector.connect(session.model, design, target, folder, creates=creates)
    try:
        if announce is not None and not adapter.is_local:
            announce(adapter.description)
        yield adapter
    finally:
        adapter.close()


def containers(session: Session, design: Design) -> tuple[str, ...]:
    """Return the tables or collections of a design."""
    kinds = connector_of(session, design).codec(session.model, design).kinds
    return tuple(dict.fromkeys(kind.container for kind in kinds))


# ---------------------------------------------------------------- up, status, down


def bring_up(
    session: Session,
    design: Design,
    target: Target,
    *,
    dry_run: bool,
    allow_destroy: bool,
    adopt: bool,
    announce: Announce | None,
    status: Callable[[], AbstractContextManager[Say]],
) -> tuple[str, ProvisionPlan, tuple[str, ...]]:
    """Bring a database to a design; return where it is, what was planned, what was left out."""
    left_out: tuple[str, ...] = ()
    with opened(session, design, target, creates=not dry_run, announce=announce) as adapter:
        plan = adapter.plan_provision(adopt=adopt)
        if plan.refused and not dry_run:
            raise UsageError("; ".join(plan.refused))
        if plan.steps and not dry_run:
            with status() as say:
                left_out = apply_provision(plan, adapter, say, allow_destroy=allow_destroy)
        return adapter.description, plan, left_out


def actions_of(plan: ProvisionPlan) -> tuple[TableAction, ...]:
    """Return the steps of a plan as actions: the statement is a parameter."""
    return tuple(
        TableAction(
            text=step.text,
            table=step.container,
            operation="SQL" if isinstance(step.statement, str) else "command",
            parameters={"sql": step.statement}
            if isinstance(step.statement, str)
            else dict(step.statement),
            destroys=step.destroys,
        )
        for step in plan.steps
    )


def look(
    session: Session, design: Design, target: Target, announce: Announce | None
) -> tuple[str, ProvisionPlan, dict[str, Observed]]:
    """Return where a database is, how it differs from a design, and what exists."""
    with opened(session, design, target, announce=announce) as adapter:
        observed = dict(adapter.describe())
        return adapter.description, adapter.plan_provision(adopt=True), observed


def take_down(
    session: Session,
    design: Design,
    target: Target,
    *,
    is_confirmed: bool,
    announce: Announce | None,
    status: Callable[[], AbstractContextManager[Say]],
) -> tuple[str, dict[str, Observed]]:
    """Remove the tables of a design where that is confirmed; return where, and what there was."""
    with opened(session, design, target, announce=announce) as adapter:
        observed = dict(adapter.describe())
        other_observed = [name for name, container in observed.items() if container.is_foreign]
        if other_observed:
            raise UsageError(
                f"{', '.join(other_observed)}: not made here for {session.model.app}; "
                "nothing is removed",
                remedy="remove them with the tools they were made with, or take them over first "
                "with `tablewright up --adopt`",
            )
        if is_confirmed:
            with status() as say:
                adapter.destroy(list(observed), say)
        return adapter.description, observed


# ---------------------------------------------------------------- seed, prove


def seeding(session: Session, design: Design, users: int) -> tuple[SeedPlan, Evaluation]:
    """Return what filling a design takes, and the evaluation of the population."""
    connector = connector_of(session, design)
    model = session.model
    evaluation = connector.population(model, design, users, session.book(), region=session.region)
    codec = connector.codec(model, design)
    return plan_seed(connector, codec, Sample(model), evaluation, ZERO), evaluation


def _start(session: Session, design: Design, users: int) -> Position:
    digest = digest_of(session.file.source)
    return Position(digest=digest, design=design.name, users=users, seed=session.model.seed)


def fill(
    session: Session,
    design: Design,
    adapter: Adapter,
    plan: SeedPlan,
    *,
    keep: Path | None,
    progress: Progress | None,
) -> int:
    """Write the sampled instances that are not written yet; return how many records."""
    fresh = _start(session, design, plan.users)
    position = Position.load(keep, fresh) if keep is not None else fresh
    sample = Sample(session.model)
    return apply_seed(plan, adapter, sample, position=position, keep=keep, progress=progress)


def seed_database(
    session: Session,
    design: Design,
    target: Target,
    plan: SeedPlan,
    *,
    records_per_second: Decimal | None,
    announce: Announce | None,
    progress: Callable[[], AbstractContextManager[Progress]],
) -> tuple[str, int]:
    """Fill the database of a target; return where it is and how many records were written."""
    keep = workspace_of(session).position(design.name, target)
    with opened(session, design, target, announce=announce) as adapter, progress() as show:
        require_containers(adapter, session.model.app)
        adapter.units_per_second = records_per_second
        written = fill(session, design, adapter, plan, keep=keep, progress=show)
        return adapter.description, written


def load_file(
    session: Session,
    design: Design,
    target: Target,
    *,
    source: Path,
    entity: str,
    dry_run: bool,
    announce: Announce | None,
    progress: Callable[[], AbstractContextManager[Progress]],
) -> tuple[str, int]:
    """Load the user's records; return where, and how many."""
    if dry_run:
        return "", checked(session.model.entity(entity), source)
    keep = workspace_of(session).loading(design.name, target)
    with opened(session, design, target, announce=announce) as adapter, progress() as show:
        require_containers(adapter, session.model.app)
        count = apply_records(
            adapter, session.model, design.name, entity, source, keep=keep, progress=show
        )
        return adapter.description, count


def prove_design(
    session: Session,
    design: Design,
    target: Target,
    *,
    users: int,
    requests: int,
    seed: int,
    announce: Announce | None,
    progress: Progress | None,
) -> Proof:
    """Run every pattern: on a temporary database, or on what a target has.

    Raises:
        UsageError: a target lacks the tables, or an earlier proof has changed the rows there.
        EngineError: the database refused or went away.
    """
    plan, evaluation = seeding(session, design, users)
    is_temporary = target.is_local and not target.data
    if is_temporary:
        stored = sum((facts.stored_bytes for facts in evaluation.resources), ZERO)
        adapter = connector_of(session, design).temporary(session.model, design, stored)
        database: AbstractContextManager[Adapter] = _closing(adapter)
    else:
        database = opened(session, design, target, announce=announce)
    with database as adapter:
        if is_temporary:
            apply_provision(adapter.plan_provision(), adapter, lambda text: None)
            fill(session, design, adapter, plan, keep=None, progress=progress)
        else:
            require_containers(adapter, session.model.app)
            keep = workspace_of(session).position(design.name, target)
            fill(session, design, adapter, plan, keep=keep, progress=progress)
            _spend(session, design, users, keep)
        world = World(session.model, Sample(session.model), users)
        return run_proof(
            Proving(
                evaluation=evaluation,
                world=world,
                adapter=adapter,
                predictor=connector_of(session, design).predictor(evaluation, world),
                requests=requests,
                seed=seed,
                digest=digest_of(session.file.source),
                progress=progress,
            )
        )


@contextmanager
def _closing(adapter: Adapter) -> Iterator[Adapter]:
    try:
        yield adapter
    finally:
        adapter.close()


def _spend(session: Session, design: Design, users: int, keep: Path) -> None:
    position = Position.load(keep, _start(session, design, users))
    if position.spent:
        raise UsageError(
            "an earlier proof has changed what is stored there",
            remedy="remove it with `tablewright down`, then `up` and `prove` again",
        )
    replace(position, spent=True).save(keep)


def no_progress() -> AbstractContextManager[Progress]:
    """Tell nobody."""
    return nullcontext(lambda done, total, name: None)
