"""`prove`: run the workload of a design, check every answer, meter every request."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from tablewright.cli.commands._database import database_options, opened, progress_bar
from tablewright.cli.main import MISSED
from tablewright.cli.options import design_option, file_argument, open_file, users_option
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.api import Session
    from tablewright.engines.dynamodb.design import DynamoDesign
    from tablewright.engines.dynamodb.transport import Transport
    from tablewright.evaluation.doors import Target
    from tablewright.live import ProofRequest
    from tablewright.operate.workspace import Workspace
    from tablewright.proof.values import Proof


@click.command()
@file_argument
@design_option
@users_option
@database_options
@click.option(
    "--requests",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Calls in all, shared out by the patterns' rates.",
)
@click.option(
    "--scale-down",
    type=click.FloatRange(min=0, min_open=True),
    help="Instead of --requests: this share of one day's calls.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the workload.")
@click.option(
    "--max-usd",
    default="1",
    show_default=True,
    help="Refuse to spend more than this on a real account.",
)
@verb
def command(
    out: Output,
    file: str,
    design: str,
    users: int | None,
    target: Target,
    requests: int,
    scale_down: float | None,
    seed: int,
    max_usd: str,
) -> None:
    """Run every access pattern of a design and hold the meter beside the estimate.

    Without a target it runs on a copy of what `up` and `seed` made on the local engine, or on a
    fresh database in memory (1,000 users by default) where they made nothing; with one, on the
    tables and items there. Exits with 1 where an answer is wrong or a prediction is further from
    the meter than its error.
    """
    from tablewright import live
    from tablewright.api import Options
    from tablewright.operate.workspace import Workspace
    from tablewright.reports.as_json import as_data
    from tablewright.reports.proofs import proof_page
    from tablewright.reports.text import write_text

    session = open_file(file, Options())
    chosen = live.dynamo_design(session, design)
    workspace = Workspace(session.file.path)
    is_own = target.is_local and not target.data
    keep = workspace.position(chosen.name, target)
    seeded = live.seeded_users(session, chosen, keep) if is_own else None
    scale = users or seeded or 1000
    if scale_down is not None:
        calls = sum(session.model.calls_per_day(p, scale) for p in session.model.patterns)
        requests = max(1, int(calls * Decimal(str(scale_down))))
    wanted = live.ProofRequest(users=scale, requests=requests, seed=seed, max_usd=_usd(max_usd))
    if not is_own:
        proof = _against(session, chosen, workspace, target, wanted)
    elif seeded == scale:
        with progress_bar("prove") as show:
            path = workspace.database(chosen.name)
            proof = live.proof_on_copy(session, chosen, path, keep, wanted, show)
    else:
        with progress_bar("prove") as show:
            proof = live.proof_in_memory(session, chosen, wanted, lambda text: None, show)
    verdict = {"is_right": proof.is_right, "agrees": proof.agrees}
    data = {**as_data(proof, "proof"), **verdict}
    workspace.write_json(workspace.proof(chosen.name), data)
    if out.as_json:
        out.data(data)
    else:
        out.text(write_text(proof_page(proof), width=out.width, color=out.color))
    if not (proof.is_right and proof.agrees):
        raise click.exceptions.Exit(MISSED)


def _usd(text: str) -> Decimal:
    from decimal import InvalidOperation

    try:
        return Decimal(text)
    except InvalidOperation:
        raise click.BadParameter(
            f"`{text}` is not an amount in USD", param_hint="--max-usd"
        ) from None


def _against(
    session: Session,
    design: DynamoDesign,
    workspace: Workspace,
    target: Target,
    wanted: ProofRequest,
) -> Proof:
    from tablewright import live
    from tablewright.core.errors import UsageError
    from tablewright.core.quantities import format_usd

    is_charged = not target.endpoint and not target.data
    if is_charged:
        cost = live.proof_costs(session, design, wanted)
        click.echo(f"this will spend about {format_usd(cost)} USD", err=True)
        if cost > wanted.max_usd:
            raise UsageError(
                f"this would spend about {format_usd(cost)} USD, more than "
                f"{format_usd(wanted.max_usd)}",
                remedy="take fewer --users or --requests, or raise --max-usd",
            )
    with opened(workspace, design.name, target) as counting, progress_bar("prove") as show:
        live.require_tables(session, design, counting)
        transport: Transport = (
            live.capped(session, counting, wanted.max_usd) if is_charged else counting
        )
        keep = workspace.position(design.name, target)
        users, evaluation = wanted.users, live.population(session, design, wanted.users)
        live.fill(
            session, design, transport, users, keep=keep, progress=show, evaluation=evaluation
        )
        shifted = replace(wanted, ttl_shift=live.spend(session, design, users, keep))
        return live.prove(session, design, transport, shifted, show, evaluation)
