"""`up`: create the tables of a design, or change those that exist until they are as it says.

In: a session, a design, a target. Out: an UpView: what was done, or would be, and what cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.evaluation.doors import ProvisionStep, Target
from tablewright.operate.provision import apply_provision
from tablewright.session import Session
from tablewright.verbs.database import Announce, Say, containers, opened, silent


@frozen
class UpAction:
    """One change: a request with its parameters, in words, and whether it destroys anything."""

    text: str
    table: str
    operation: str
    """Such as CreateTable; "SQL" or "command" where the parameters say it."""
    parameters: Mapping[str, Any]
    destroys: bool = False


@frozen
class UpView:
    """What was done to the tables of a design, or would be."""

    app: str
    design: str
    where: str
    dry_run: bool
    tables: int
    actions: tuple[UpAction, ...]
    refused: tuple[str, ...]
    """Changes that no operation makes; of a dry run only."""
    beyond: tuple[str, ...]
    """Settings that tables have and the design does not ask for."""
    not_offered: tuple[str, ...]
    """What the database does not offer and was left out."""
    auto_scaling: tuple[str, ...]
    names: tuple[str, ...] = ()
    """The tables or collections of the design."""
    users: int = 0
    """The number of users that `costs` are for."""
    costs: tuple[tuple[str, Decimal], ...] = ()
    """USD a month of each table, or of the server; empty where that is not known."""


def up(
    session: Session,
    design: str,
    target: Target,
    *,
    dry_run: bool = False,
    allow_destroy: bool = False,
    adopt: bool = False,
    announce: Announce | None = None,
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
        announce: receives whose database it is.
        status: opens what receives each step.

    Raises:
        UsageError: something would have to be changed that cannot be, or would be lost.
        EngineError: the database refused.
    """
    chosen = session.design(design)
    left_out: tuple[str, ...] = ()
    with opened(session, chosen, target, creates=not dry_run, announce=announce) as adapter:
        plan = adapter.plan_provision(adopt=adopt)
        if plan.refused and not dry_run:
            raise UsageError("; ".join(plan.refused))
        if plan.steps and not dry_run:
            with status() as say:
                left_out = apply_provision(plan, adapter, say, allow_destroy=allow_destroy)
        if not dry_run:
            for step in plan.repeated:
                adapter.provision(step, silent)
        where = adapter.description
    names = containers(session, chosen)
    return UpView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        dry_run=dry_run,
        tables=len(names),
        actions=tuple(map(_action, plan.steps)),
        refused=plan.refused,
        beyond=plan.beyond,
        not_offered=(*left_out, *plan.not_offered),
        auto_scaling=tuple(step.text for step in plan.repeated),
        names=tuple(names),
        users=session.users,
        costs=_costs(session, chosen),
    )


def _costs(session: Session, design: Design) -> tuple[tuple[str, Decimal], ...]:
    """Return USD a month of each part that the bill names, at the users of the session."""
    bill = session.evaluate(design).bill
    if bill.figure is None:
        return ()
    sums: dict[str, Decimal] = {}
    for line in bill.lines:
        sums[line.where] = sums.get(line.where, ZERO) + line.amount
    return tuple(sums.items())


def _action(step: ProvisionStep) -> UpAction:
    return UpAction(
        text=step.text,
        table=step.container,
        operation=step.operation,
        parameters=step.parameters,
        destroys=step.destroys,
    )
