"""`usage`: what tables consume and where requests are throttled, by the day or the hour.

In: a session, a design, a target. Out: a UsageView: units and throttles of each table and period,
provisioned capacity beside what would have fitted, what is free of it, and the commands that ask
the service for the same.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from tablewright.bill.bill import Allowance
from tablewright.bill.rates import Rates
from tablewright.compare.pricing import allowances
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.evaluation.doors import Target
from tablewright.evaluation.health import CapacityUse, Observations
from tablewright.operate.doctor.usage import PeriodUsage, metered_here, usage_of
from tablewright.session import Session, in_backticks
from tablewright.verbs.compare import deployment_options
from tablewright.verbs.database import Announce, connector_of, containers, opened, workspace_of
from tablewright.verbs.population import unit_prices

HERE = "what the verbs consumed here"


@frozen
class UsageOptions:
    """What is asked for, and where it comes from."""

    table: str = ""
    """Of this table alone; "" for all."""
    is_hourly: bool = False
    days: int = 14
    metrics: tuple[str, ...] = ()
    """Saved replies of CloudWatch."""
    endpoint: str = ""
    """Of a server of CloudWatch's API."""


@frozen
class AllowanceRow:
    """What is free of something in a month, beside what the model uses of it."""

    option: str
    """The deployment option it is part of; "" for the tables of the design themselves."""
    what: str
    kind: str
    """always, 12-month or credit."""
    used: Decimal
    free: Decimal
    unit: str
    source: str


@frozen
class UsageView:
    """What was consumed, throttled, and is free."""

    app: str
    design: str
    where: str
    region: str
    users: int
    is_metered: bool
    """Whether the database charges by units at all."""
    source: str
    """Who has counted; "" where nobody has."""
    is_hourly: bool
    rows: tuple[PeriodUsage, ...]
    capacity: tuple[CapacityUse, ...]
    allowances: tuple[AllowanceRow, ...]
    bounds: tuple[tuple[str, str], ...]
    """Of each deployment option on a server: the resource that is used most, in words."""
    commands: tuple[tuple[str, str], ...]
    """Table and command that asks the service itself."""


def usage(
    session: Session,
    design: str,
    target: Target,
    options: UsageOptions,
    *,
    announce: Announce | None = None,
) -> UsageView:
    """Return what the tables of a design consumed.

    Raises:
        DataError: a file is no reply of CloudWatch.
        EngineError: the database or CloudWatch refused.
        UsageError: the design has no such table.
    """
    chosen = session.design(design)
    _checked(session, chosen, options.table)
    observations = _observed(session, chosen, target, options)
    with opened(session, chosen, target, announce=announce) as adapter:
        rates = Rates(session.book(), session.region)
        examination = adapter.examine(session.evaluate(chosen), observations, rates)
        where = adapter.description

    def is_wanted(place: str) -> bool:
        return not options.table or place.partition("/")[0] == options.table

    listed, bounds = _free(session, chosen)
    return UsageView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        region=session.region,
        users=session.users,
        is_metered=bool(unit_prices(session, chosen)),
        source=observations.source,
        is_hourly=options.is_hourly,
        rows=tuple(
            row
            for row in usage_of(observations.series or (), is_hourly=options.is_hourly)
            if is_wanted(row.table)
        ),
        capacity=tuple(use for use in examination.capacity if is_wanted(use.place)),
        allowances=listed,
        bounds=bounds,
        commands=tuple(pair for pair in observations.commands if is_wanted(pair[0])),
    )


def _checked(session: Session, design: Design, table: str) -> None:
    known = containers(session, design)
    if table and table not in known:
        close = nearest(table, list(known))
        raise UsageError(
            f"the design `{design.name}` has no table `{table}`",
            remedy=f"did you mean `{close}`?" if close else f"it has {in_backticks(known)}",
        )


def _observed(
    session: Session, design: Design, target: Target, options: UsageOptions
) -> Observations:
    """Return what the service knows, else what was metered here."""
    observations = connector_of(session, design).observations(
        design,
        target,
        region=session.region,
        files=options.metrics,
        endpoint=options.endpoint,
        days=options.days,
    )
    if observations.series is not None:
        return observations
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=options.days)
    hours = workspace_of(session).units_by_hour(design.name, target)
    series = tuple(metered_here(hours, since))
    return replace(observations, series=series, source=HERE) if series else observations


def _free(
    session: Session, design: Design
) -> tuple[tuple[AllowanceRow, ...], tuple[tuple[str, str], ...]]:
    """Return what is free of the tables and of every deployment option that runs the engine."""
    options = deployment_options(session)
    workload = options.board.figures(session.users)
    rows = [*_rows("", session.evaluate(design).bill.allowances)]
    bounds: list[tuple[str, str]] = []
    for result in options.results:
        if result.architecture.engine != design.engine:
            continue
        priced, name = result.at(session.users), result.architecture.name
        rows += _rows(name, tuple(allowances(result.architecture, priced, workload)))
        if priced.bound_by:
            bounds.append((name, f"{priced.offer}: {priced.bound_by}"))
    return tuple(rows), tuple(bounds)


def _rows(option: str, listed: tuple[Allowance, ...]) -> Iterator[AllowanceRow]:
    for allowance in listed:
        yield AllowanceRow(
            option=option,
            what=allowance.what,
            kind=allowance.kind,
            used=allowance.used,
            free=allowance.free,
            unit=allowance.unit,
            source=allowance.source,
        )
