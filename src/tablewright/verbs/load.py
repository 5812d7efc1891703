"""`prove --clients`: call a database at the rate of a model, and see how it bears it.

In: a session, a design, a target, how many clients for how long. Out: a LoadRun, which is stored
beside the model file.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.plain_data import plain_data
from tablewright.core.quantities import ONE, ZERO
from tablewright.evaluation.doors import Target
from tablewright.proof.load import (
    callable_rates,
    expected_calls,
    require_some_calls,
    run_load,
)
from tablewright.proof.load_values import LoadPlan, LoadRun
from tablewright.session import Session
from tablewright.verbs.database import Announce, Progress, Say, no_progress, silent, workspace_of
from tablewright.verbs.population import population
from tablewright.verbs.prove import (
    ProofRequest,
    calls_usd,
    proof_users,
    proving_of,
    seeded_target,
    seeded_temporary,
)

DEFAULT_CLIENTS = 8
DEFAULT_SECONDS = Decimal(30)


@frozen
class LoadRequest:
    """What the load mode of `prove` receives."""

    clients: int = DEFAULT_CLIENTS
    seconds: Decimal = DEFAULT_SECONDS
    spike: Decimal = ONE
    """What the rate is multiplied with in the middle third of the time."""
    per_second: Decimal | None = None
    """Calls a second; the model's peak at the number of users unless given."""
    users: int | None = None
    seed: int = 1
    max_usd: Decimal = ONE


def load(
    session: Session,
    design: str,
    target: Target,
    request: LoadRequest,
    *,
    announce: Announce | None = None,
    say: Say = silent,
    progress: Callable[[], AbstractContextManager[Progress]] = no_progress,
) -> LoadRun:
    """Call every pattern of a design at the rate of the model for some time.

    Without a target it runs on a temporary database; elsewhere on the tables and items there.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.
        target: which database.
        request: how many clients, how long, how often.
        announce: receives whose database it is.
        say: receives what it will spend, and the number of users.
        progress: opens what receives items and seconds done.

    Raises:
        UsageError: there is nothing to call, it would spend too much, or there are no tables.
        EngineError: the database refused or went away.
    """
    chosen = session.design(design)
    is_default = target.is_local and not target.data
    users = proof_users(session, chosen, target, request.users, say)
    proof_request = ProofRequest(users=users, seed=request.seed, max_usd=request.max_usd)
    evaluation = population(session, chosen, users)
    rates = callable_rates(evaluation)
    rate = sum(rates.values(), ZERO) if request.per_second is None else request.per_second
    plan = LoadPlan(
        clients=request.clients, seconds=request.seconds, per_second=rate, spike=request.spike
    )
    require_some_calls(plan, rates)
    with progress() as show:
        if is_default:
            with seeded_temporary(session, chosen, users, show) as (adapter, seeded):
                run = run_load(
                    proving_of(session, chosen, adapter, proof_request, show, seeded), plan
                )
        else:
            with seeded_target(
                session,
                chosen,
                target,
                proof_request,
                cost=lambda: calls_usd(session, chosen, evaluation, expected_calls(plan, rates)),
                announce=announce,
                say=say,
                progress=show,
            ) as (adapter, shifted, seeded):
                run = run_load(proving_of(session, chosen, adapter, shifted, show, seeded), plan)
    workspace = workspace_of(session)
    workspace.write_json(workspace.load(run.design), plain_data(run))
    return run
