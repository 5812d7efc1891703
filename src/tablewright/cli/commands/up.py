"""`up`: create the tables of a design, or change those that exist until they are as it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tablewright.cli.commands._database import database_options, opened, status_line
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.engines.dynamodb.design import DynamoDesign
    from tablewright.evaluation.doors import Target


@click.command()
@file_argument
@design_option
@database_options
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
@click.option("--allow-destroy", is_flag=True, help="Allow an index to be dropped.")
@click.option("--adopt", is_flag=True, help="Take over tables that were not made here.")
@verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    dry_run: bool,
    allow_destroy: bool,
    adopt: bool,
) -> None:
    """Create the tables of a design, or bring those that exist to it.

    Without a target it is the local engine, in a file beside the model. A second run changes
    nothing, and says so.
    """
    from tablewright import live
    from tablewright.api import Options
    from tablewright.core.errors import UsageError
    from tablewright.engines.dynamodb.provisioning import apply_up, observe, plan_up
    from tablewright.operate.workspace import Workspace

    session = open_file(file, Options())
    chosen = live.dynamo_design(session, design)
    workspace = Workspace(session.file.path)
    with opened(workspace, chosen.name, target, creates=not dry_run) as transport:
        observed = observe(transport, [t.name for t in chosen.tables])
        plan = plan_up(session.model, chosen, observed, adopt=adopt)
        passed: tuple[str, ...] = ()
        if plan.refused and not dry_run:
            raise UsageError("; ".join(plan.refused))
        if plan.actions and not dry_run:
            with status_line(is_local=target.is_local) as say:
                passed = apply_up(plan, transport, say, allow_destroy=allow_destroy)
        scaled, unscaled = _scale(chosen, target, dry_run=dry_run, say=out.note)
        where = transport.description
    data = {
        "schema": "tablewright/up/1",
        "design": chosen.name,
        "where": where,
        "dry_run": dry_run,
        "actions": [
            {
                "text": a.text,
                "operation": a.operation,
                "parameters": dict(a.parameters),
                "destroys": a.destroys,
            }
            for a in plan.actions
        ],
        "refused": list(plan.refused),
        "beyond": list(plan.beyond),
        "not_offered": [*passed, *unscaled],
        "auto_scaling": scaled,
    }
    if out.as_json:
        out.data(data)
        return
    lines = [f"{session.model.app} · {chosen.name} · {where}", ""]
    if not plan.actions and not plan.refused:
        lines.append("Nothing to do: every table is as the design says.")
    word = "Would" if dry_run else "Done:"
    lines += [f"{word} {a.text}" for a in plan.actions if not any(a.text in p for p in passed)]
    lines += [f"Cannot: {text}" for text in plan.refused]
    lines += [f"{word} scale {text}" for text in scaled]
    lines += [f"Passed by: {text}" for text in (*passed, *unscaled)]
    lines += [f"Left as it is: {text}, and the design does not say so" for text in plan.beyond]
    if plan.actions and not dry_run:
        ready = "1 table is" if len(chosen.tables) == 1 else f"{len(chosen.tables)} tables are"
        lines += ["", f"{ready} ready. Next: tablewright seed"]
    out.text("\n".join(lines))


def _scale(
    design: DynamoDesign, target: Target, *, dry_run: bool, say: Callable[[str], None]
) -> tuple[list[str], list[str]]:
    """Set auto-scaling on Amazon; return what scales there, and what cannot scale elsewhere."""
    from tablewright.operate.scaling import apply_scaling, scaling_targets

    targets = scaling_targets(design)
    listed = [f"{one.resource_id} ({one.least} to {one.most} {one.unit})" for one in targets]
    if not targets:
        return [], []
    if target.is_local or target.endpoint:
        only = "only Amazon scales by itself: capacity stays at the least"
        return [], [f"auto-scaling of {text}: {only}" for text in listed]
    if not dry_run:
        import boto3

        session = boto3.Session(
            profile_name=target.profile or None, region_name=target.region or None
        )
        apply_scaling(targets, session.client("application-autoscaling"), say)
    return listed, []
