"""Reach the database that a verb works on, and check that it is ours, before anything is written.

In: a session, a design, a target. Out: a transport that counts what is consumed through it. What
was consumed is added to what `status` shows, also after a failure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.engines.dynamodb.connector import Account, account_of, transport_to
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.observation import foreign, observe
from tablewright.engines.dynamodb.provisioning import not_ours
from tablewright.engines.dynamodb.transport import CountingTransport, LocalTransport, Transport
from tablewright.evaluation.doors import Target
from tablewright.operate.workspace import Workspace
from tablewright.session import Session

Say = Callable[[str], None]
"""Is told, in a line, what is being done."""

Progress = Callable[[int, int, str], None]
"""Is told how many are done, of how many, and of what."""


def silent(_: str) -> None:
    """Say nothing."""


def workspace_of(session: Session) -> Workspace:
    """Return the folder beside the model file that keeps databases and records."""
    return Workspace(session.file.path)


def dynamo_design(session: Session, name: str = "") -> DynamoDesign:
    """Return a design that can be created as DynamoDB tables.

    Raises:
        UnsupportedError: the design is for another engine.
    """
    design = session.design(name)
    if not isinstance(design, DynamoDesign):
        names = [f"`{d.name}`" for d in session.designs if isinstance(d, DynamoDesign)]
        raise UnsupportedError(
            f"the design `{design.name}` is for {design.engine}: only designs for dynamodb can be "
            "created, filled and proved",
            remedy=f"choose {' or '.join(names)}"
            if names
            else "make one with `tablewright plan --write`",
        )
    return design


@contextmanager
def connected(
    session: Session,
    design: DynamoDesign,
    target: Target,
    *,
    creates: bool = False,
    announce: Callable[[Account], None] | None = None,
) -> Iterator[CountingTransport]:
    """Open the database of a target, and close it at the end.

    Args:
        session: the model file.
        design: the design whose database it is.
        target: which database.
        creates: whether a file of the local engine is made where there is none.
        announce: is told whose account it is, before anything is sent.
    """
    workspace = workspace_of(session)
    reached = in_region(session, target)
    transport = transport_to(reached, workspace.database(design.name), creates=creates)
    try:
        account = account_of(transport, reached)
        if account is not None and announce is not None:
            announce(account)
        counting = CountingTransport(transport)
        try:
            yield counting
        finally:
            if counting.sums:
                workspace.add_units(design.name, target, counting.consumed())
    finally:
        if isinstance(transport, LocalTransport):
            transport.database.close()


def in_region(session: Session, target: Target) -> Target:
    """Return a target with its region: its own, else that of the environment, else the model's."""
    if target.is_local or target.region or target.profile:
        return target
    configured = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return replace(target, region=configured or session.region)


def require_tables(session: Session, design: DynamoDesign, transport: Transport) -> None:
    """Check that the tables of a design exist, and are ours, before anything is written to them.

    Raises:
        UsageError: some do not, or were made by somebody else.
    """
    observed = observe(transport, [table.name for table in design.tables])
    other_foreign = foreign(session.model, observed)
    if other_foreign:
        raise UsageError(
            f"{not_ours(session.model, other_foreign)}: nothing is written",
            remedy="choose other tables, or take these over with `tablewright up --adopt`",
        )
    missing = [table.name for table in design.tables if table.name not in observed]
    if missing:
        raise UsageError(
            f"{transport.description} has no {', '.join(missing)}",
            remedy="create the tables first: `tablewright up` with the same options",
        )
