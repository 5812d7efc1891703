"""`status`: the tables of a design as they are, and how they differ from it.

In: a session, a design, a target. Out: a StatusView.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.errors import EngineError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.evaluation.doors import Observed, ProvisionPlan, Target
from tablewright.operate.doctor.usage import usage_of
from tablewright.operate.recovery.records import DrillRecord, read_drill
from tablewright.session import Session
from tablewright.verbs.database import Announce, connector_of, containers, opened, workspace_of
from tablewright.verbs.population import unit_prices


@frozen
class TableStatus:
    """A table as it is."""

    table: str
    state: str
    """ACTIVE and so on, as the database says it; "missing" where there is none."""
    items: int | None = None
    """None where there is no table, or the database does not say."""
    bytes: int | None = None
    mode: str = ""
    indexes: tuple[tuple[str, str], ...] = ()
    """Name and state."""
    ttl: str = ""
    pitr: bool | None = None
    settings: tuple[str, ...] = ()
    """Capacity, encryption, recovery, protection, in words."""
    throttled: Decimal | None = None
    """Requests throttled in the last day, with those of its indexes; None where nobody says."""
    drift: tuple[str, ...] = ()
    """How it differs from the design."""


@frozen
class ConsumedUnits:
    """What `seed` and `prove` have consumed of a table or index so far."""

    resource: str
    read: Decimal
    write: Decimal


@frozen
class StatusView:
    """All tables of a design as they are."""

    app: str
    design: str
    where: str
    region: str
    tables: tuple[TableStatus, ...]
    throttles_unknown: str
    """Why nobody knows whether requests were throttled; "" where it is known."""
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
    metrics: tuple[str, ...] = (),
    endpoint: str = "",
    announce: Announce | None = None,
) -> StatusView:
    """Return the tables of a design as they are: state, size, indexes, mode, throttles, drift.

    Args:
        session: the model file.
        design: its design.
        target: which database.
        metrics: saved replies of CloudWatch, instead of asking it.
        endpoint: of a server of CloudWatch's API.
        announce: receives whose database it is.

    Raises:
        DataError: a file is no reply of CloudWatch.
        EngineError: the database cannot be reached.
    """
    chosen = session.design(design)
    throttled, unknown = _throttled(session, chosen, target, metrics, endpoint)
    with opened(session, chosen, target, announce=announce) as adapter:
        observed = adapter.describe()
        plan = adapter.plan_provision(adopt=True)
        where = adapter.description
    consumed = tuple(
        ConsumedUnits(resource=name, read=Decimal(units["read"]), write=Decimal(units["write"]))
        for name, units in workspace_of(session).units_so_far(chosen.name, target).items()
    )
    prices = unit_prices(session, chosen)
    return StatusView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        region=session.region,
        tables=tuple(
            _table(name, observed.get(name), plan, throttled)
            for name in containers(session, chosen)
        ),
        throttles_unknown=unknown,
        beyond=plan.beyond,
        consumed=consumed,
        usd_so_far=sum(
            (
                units.read * prices.get("read", ZERO) + units.write * prices.get("write", ZERO)
                for units in consumed
            ),
            ZERO,
        ),
        is_as_designed=not plan.drift and not plan.refused,
        needs_adopting=any(container.is_foreign for container in observed.values()),
        last_drill=read_drill(workspace_of(session).drill(chosen.name)),
    )


def _throttled(
    session: Session, design: Design, target: Target, metrics: tuple[str, ...], endpoint: str
) -> tuple[dict[str, Decimal] | None, str]:
    """Return throttled requests of the last day by table, or None and the reason.

    Whoever may not ask CloudWatch still sees the tables.
    """
    try:
        observations = connector_of(session, design).observations(
            design, target, region=session.region, files=metrics, endpoint=endpoint, days=1
        )
    except EngineError as problem:
        return None, problem.message
    if observations.series is None:
        if not unit_prices(session, design):
            return None, ""
        return None, "CloudWatch was not asked (--aws, or --metrics FILE)"
    sums: dict[str, Decimal] = {}
    for row in usage_of(observations.series, is_hourly=True):
        counted = (row.read_throttles or ZERO) + (row.write_throttles or ZERO)
        sums[row.table] = sums.get(row.table, ZERO) + counted
    return sums, ""


def _table(
    name: str,
    observed: Observed | None,
    plan: ProvisionPlan,
    throttled: dict[str, Decimal] | None,
) -> TableStatus:
    refused = tuple(text for text in plan.refused if text.startswith((f"{name} ", f"{name}.")))
    if observed is None:
        return TableStatus(table=name, state="missing", drift=refused)
    return TableStatus(
        table=name,
        state=observed.state.upper(),
        items=observed.records,
        bytes=observed.bytes,
        mode=observed.mode,
        indexes=tuple((index, state.upper()) for index, state in observed.indexes.items()),
        ttl=observed.ttl,
        pitr=observed.pitr,
        settings=observed.settings,
        throttled=None if throttled is None else throttled.get(name, ZERO),
        drift=(*(step.text for step in plan.drift if step.container == name), *refused),
    )
