"""`up`: create the tables of a design, or change those that exist until they are as it says.

In: a session, a design, a target. Out: an UpView: what was done, or would be, and what cannot be.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from tablewright.core.errors import UsageError
from tablewright.engines.dynamodb.connector import Account
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.observation import observe
from tablewright.engines.dynamodb.provisioning import TableAction, apply_up, plan_up
from tablewright.evaluation.doors import Target
from tablewright.session import Session
from tablewright.verbs.database import Say, connected, dynamo_design, in_region, silent
from tablewright.verbs.on_engine import actions_of, bring_up, containers, is_elsewhere

ONLY_AMAZON = "only Amazon scales by itself: capacity stays at the minimum"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpView:
    """What was done to the tables of a design, or would be."""

    app: str
    design: str
    where: str
    dry_run: bool
    tables: int
    actions: tuple[TableAction, ...]
    refused: tuple[str, ...]
    """Changes that no operation makes; of a dry run only."""
    beyond: tuple[str, ...]
    """Settings that tables have and the design does not ask for."""
    not_offered: tuple[str, ...]
    """What the database does not offer and was left out."""
    auto_scaling: tuple[str, ...]


def up(
    session: Session,
    design: str,
    target: Target,
    *,
    dry_run: bool = False,
    allow_destroy: bool = False,
    adopt: bool = False,
    announce: Callable[[Account], None] | None = None,
    status: Callable[[], AbstractContextManager[Say]] = lambda: nullcontext(silent),
) -> UpView:
    """Bring the tables of a database to a design; a second run changes nothing.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.
        target: which database.
        dry_run: whether to return the plan and change nothing.
        allow_destroy: whether an index may be dropped.
        adopt: whether tables that were not made here are taken over.
        announce: is told whose account it is.
        status: opens what is told of each step.

    Raises:
        UsageError: something would have to be changed that cannot be, or would be lost.
        EngineError: the database refused.
    """
    elsewhere = is_elsewhere(session, design)
    if elsewhere is not None:
        where, steps, left_out = bring_up(
            session,
            elsewhere,
            target,
            dry_run=dry_run,
            allow_destroy=allow_destroy,
            adopt=adopt,
            announce=announce,
            status=status,
        )
        return UpView(
            app=session.model.app,
            design=elsewhere.name,
            where=where,
            dry_run=dry_run,
            tables=len(containers(session, elsewhere)),
            actions=actions_of(steps),
            refused=steps.refused,
            beyond=steps.beyond,
            not_offered=left_out,
            auto_scaling=(),
        )
    chosen = dynamo_design(session, design)
    not_offered: tuple[str, ...] = ()
    with connected(session, chosen, target, creates=not dry_run, announce=announce) as transport:
        observed = observe(transport, [t.name for t in chosen.tables])
        plan = plan_up(session.model, chosen, observed, adopt=adopt)
        if plan.refused and not dry_run:
            raise UsageError("; ".join(plan.refused))
        if plan.actions and not dry_run:
            with status() as say:
                not_offered = apply_up(plan, transport, say, allow_destroy=allow_destroy)
        scaled, unscaled = _scale(chosen, in_region(session, target), dry_run=dry_run)
        where = transport.description
    return UpView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        dry_run=dry_run,
        tables=len(chosen.tables),
        actions=plan.actions,
        refused=plan.refused,
        beyond=plan.beyond,
        not_offered=(*not_offered, *unscaled),
        auto_scaling=scaled,
    )


def _scale(
    design: DynamoDesign, target: Target, *, dry_run: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Set auto-scaling on Amazon; return what scales there, and what cannot scale elsewhere."""
    from tablewright.operate.scaling import apply_scaling, scaling_targets

    targets = scaling_targets(design)
    texts = tuple(f"{t.resource_id} ({t.least} to {t.most} {t.unit})" for t in targets)
    if not targets:
        return (), ()
    if target.is_local or target.endpoint:
        return (), tuple(f"auto-scaling of {text}: {ONLY_AMAZON}" for text in texts)
    if not dry_run:
        import boto3

        account = boto3.Session(
            profile_name=target.profile or None, region_name=target.region or None
        )
        apply_scaling(targets, account.client("application-autoscaling"), silent)
    return texts, ()
