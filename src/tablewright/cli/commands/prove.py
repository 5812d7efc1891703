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
    from tablewright.design.values import DynamoDesign
    from tablewright.live import ProofRequest
    from tablewright.operate.workspace import Target, Workspace
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
@click.option("--by-resource", is_flag=True, help="Show tables and indexes too.")
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
    by_resource: bool,
) -> None:
    """Run every access pattern of a design and hold the meter beside the estimate.

    Without a target a fresh database in memory is created, seeded (1,000 users by default) and
    used; with one, the tables of `up` and the items of `seed`. Exits with 1 where an answer is
    wrong or a prediction is further from the meter than its error.
    """
    from tablewright import live
    from tablewright.api import Options
    from tablewright.operate.workspace import Workspace
    from tablewright.reports.as_json import as_data
    from tablewright.reports.proofs import proof_page

    session = open_file(file, Options())
    chosen = live.dynamo_design(session, design)
    scale = users or 1000
    if scale_down is not None:
        calls = sum(session.model.calls_per_day(p, scale) for p in session.model.patterns)
        requests = max(1, int(calls * Decimal(str(scale_down))))
    wanted = live.ProofRequest(users=scale, requests=requests, seed=seed, max_usd=_usd(max_usd))
    workspace = Workspace(session.file.path)
    if target.is_local and not target.data:
        with progress_bar("prove") as show:
            proof = live.proof_in_memory(session, chosen, wanted, lambda text: None, show)
    else:
        proof = _against(session, chosen, workspace, target, wanted)
    workspace.write_json(workspace.proof(chosen.name), as_data(proof, "proof"))
    out.show(proof, "proof", lambda: proof_page(proof, by_resource=by_resource))
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

    if not target.endpoint and not target.data:
        cost = live.proof_costs(session, design, wanted)
        click.echo(f"this will spend about {format_usd(cost)} USD", err=True)
        if cost > wanted.max_usd:
            raise UsageError(
                f"this would spend about {format_usd(cost)} USD, more than "
                f"{format_usd(wanted.max_usd)}",
                remedy="take fewer --users or --requests, or raise --max-usd",
            )
    with opened(workspace, design.name, target) as transport, progress_bar("prove") as show:
        live.require_tables(design, transport)
        keep = workspace.position(design.name, target)
        live.fill(session, design, transport, wanted.users, keep=keep, progress=show)
        shift = live.spend(session, design, wanted.users, keep)
        return live.prove(session, design, transport, replace(wanted, ttl_shift=shift), show)
