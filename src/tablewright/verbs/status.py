"""`status`: the tables of a design as they are, and how they differ from it.

In: a session, a design, a target. Out: a StatusView.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.engines.dynamodb.connector import Account
from tablewright.engines.dynamodb.observation import ObservedTable, foreign, observe
from tablewright.engines.dynamodb.provisioning import UpPlan, plan_up
from tablewright.evaluation.doors import Target
from tablewright.operate.recovery.records import DrillRecord, read_drill
from tablewright.session import Session
from tablewright.verbs.database import connected, dynamo_design, workspace_of
from tablewright.verbs.on_engine import containers, is_elsewhere, look
from tablewright.verbs.seed import request_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStatus:
    """A table as it is."""

    table: str
    state: str
    """ACTIVE and so on, as the database says it; "missing" where there is none."""
    items: int = 0
    bytes: int = 0
    mode: str = ""
    indexes: tuple[tuple[str, str], ...] = ()
    """Name and state."""
    ttl: str = ""
    pitr: bool | None = None
    drift: tuple[str, ...] = ()
    """How it differs from the design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumedUnits:
    """What `seed` and `prove` have consumed of a table or index so far."""

    resource: str
    read: Decimal
    write: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """All tables of a design as they are."""

    app: str
    design: str
    where: str
    region: str
    tables: tuple[TableStatus, ...]
    beyond: tuple[str, ...]
    """Settings that tables have and the design does not ask for."""
    consumed: tuple[ConsumedUnits, ...]
    usd_so_far: Decimal
    """Of what was consumed, at on-demand prices."""
    is_as_designed: bool
    needs_adopting: bool
    """Some of the tables were not made here."""
    last_drill: DrillRecord | None
    """What the latest restore drill has shown; None where there was none."""


def status(
    session: Session,
    design: str,
    target: Target,
    *,
    announce: Callable[[Account], None] | None = None,
) -> StatusView:
    """Return the tables of a design as they are: state, size, indexes, mode, drift.

    Raises:
        EngineError: the database cannot be reached.
    """
    elsewhere = is_elsewhere(session, design)
    if elsewhere is not None:
        return _status_elsewhere(session, elsewhere, target, announce)
    chosen = dynamo_design(session, design)
    with connected(session, chosen, target, announce=announce) as transport:
        observed = observe(transport, [table.name for table in chosen.tables])
        where = transport.description
    plan = plan_up(session.model, chosen, observed, adopt=True)
    consumed = tuple(
        ConsumedUnits(resource=name, read=Decimal(units["read"]), write=Decimal(units["write"]))
        for name, units in workspace_of(session).units_so_far(chosen.name, target).items()
    )
    reads = sum((units.read for units in consumed), ZERO)
    writes = sum((units.write for units in consumed), ZERO)
    return StatusView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        region=session.region,
        tables=tuple(_table(table.name, observed, plan) for table in chosen.tables),
        beyond=plan.beyond,
        consumed=consumed,
        usd_so_far=request_cost(session, reads, writes),
        is_as_designed=not plan.actions and not plan.refused,
        needs_adopting=bool(foreign(session.model, observed)),
        last_drill=read_drill(workspace_of(session).drill(chosen.name)),
    )


def _status_elsewhere(
    session: Session,
    design: Design,
    target: Target,
    announce: Callable[[Account], None] | None,
) -> StatusView:
    """Return the tables or collections of a design for another engine as they are."""
    where, plan, observed = look(session, design, target, announce)
    tables = []
    for name in containers(session, design):
        drift = tuple(step.text for step in plan.steps if step.container == name)
        drift += tuple(text for text in plan.refused if text.startswith((f"{name} ", f"{name}.")))
        seen = observed.get(name)
        if seen is None:
            tables.append(TableStatus(table=name, state="missing", drift=()))
            continue
        tables.append(
            TableStatus(
                table=name,
                state=seen.state.upper(),
                items=seen.records or 0,
                bytes=seen.bytes or 0,
                indexes=tuple((index, state.upper()) for index, state in seen.indexes.items()),
                drift=drift,
            )
        )
    return StatusView(
        app=session.model.app,
        design=design.name,
        where=where,
        region=session.region,
        tables=tuple(tables),
        beyond=plan.beyond,
        consumed=(),
        usd_so_far=ZERO,
        is_as_designed=not plan.steps and not plan.refused,
        needs_adopting=any(seen.is_foreign for seen in observed.values()),
        last_drill=read_drill(workspace_of(session).drill(design.name)),
    )


def _table(name: str, observed: Mapping[str, ObservedTable], plan: UpPlan) -> TableStatus:
    refused = tuple(text for text in plan.refused if text.startswith(f"{name} "))
    table = observed.get(name)
    if table is None:
        return TableStatus(table=name, state="missing", drift=refused)
    return TableStatus(
        table=name,
        state=table.status,
        items=table.items,
        bytes=table.bytes,
        mode=table.mode,
        indexes=tuple(
            (index, description.get("IndexStatus", "ACTIVE"))
            for index, description in table.indexes.items()
        ),
        ttl=table.ttl or "",
        pitr=table.pitr,
        drift=(*(action.text for action in plan.actions if action.table == name), *refused),
    )
