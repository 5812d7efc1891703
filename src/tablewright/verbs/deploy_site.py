"""What `deploy` writes down, put together from the model, the comparison and the chosen design.

In: a session, an option of its comparison, what is added. Out: a `Site`, with the lines of the
deployed design's own bill, so that what is written is what is priced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from tablewright.bill.bill import Line
from tablewright.compare.decision import Candidates
from tablewright.compare.values import ArchitectureResult, Priced
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO
from tablewright.deploy.database import DatabaseAccess
from tablewright.deploy.extras import EXTRAS
from tablewright.deploy.option import Part, Site
from tablewright.deploy.program import Program, read_program
from tablewright.design.values import Design
from tablewright.operate.recovery.records import read_drill
from tablewright.session import Session, in_backticks
from tablewright.verbs.database import workspace_of

TABLES = "aws.dynamodb."


@frozen
class DeployRequest:
    """What a caller wants beside the option itself."""

    environment: str
    additions: tuple[str, ...] = ()
    """Optional parts of the option by name, and extras."""
    tags: tuple[tuple[str, str], ...] = ()


def program_of(session: Session) -> Program:
    """Return what the model file says of the program.

    Raises:
        UsageError: it says what nobody knows.
    """
    patterns = [pattern.name for pattern in session.model.patterns]
    entities = [entity.name for entity in session.model.entities]
    place = f"{session.file.path}: deploy"
    return read_program(session.model.deployment, patterns, place, entities)


def site_of(
    session: Session,
    options: Candidates,
    result: ArchitectureResult,
    request: DeployRequest,
    design: Design | None = None,
) -> Site:
    """Return the option as it is written down.

    Args:
        session: the model file.
        options: as they are priced.
        result: the chosen one.
        request: the environment, additions and tags.
        design: the deployed design; its own bill replaces that of the compared one.

    Raises:
        UnsupportedError: a price is not known in the region.
        UsageError: an addition that the option does not have.
    """
    model = session.model
    priced = result.at(session.users)
    if not priced.is_priced:
        raise UnsupportedError(
            f"the option `{result.architecture.name}` is not priced in {session.region}: no price "
            f"of {', '.join(priced.needs)}",
            remedy="choose another region or option",
        )
    lines, usd = _lines(session, priced, design)
    added = _added(result, priced, request.additions)
    workload = options.board.figures(session.users)
    return Site(
        app=model.app,
        title=model.title or model.app,
        option=result.architecture.name,
        environment=request.environment,
        region=session.region,
        engine=result.architecture.engine,
        access=_access(session, result.architecture.engine),
        design=design.name if design is not None else "",
        version=getattr(design, "version", ""),
        parts=tuple(_part(line) for line in (*lines, *added)),
        users=session.users,
        peak_requests_per_second=_peak(session),
        mean_requests_per_second=_mean(session),
        usd_per_month=usd + sum((line.amount for line in added), ZERO),
        latency_ms=int(model.targets.latency_p99_ms or 0),
        work_ms=int(workload["function_seconds"] * 1000),
        function_mb=int(workload["function_mb"]),
        program=program_of(session),
        extras=tuple(name for name in request.additions if name in EXTRAS),
        measured_recovery=_measured_recovery(session, design),
        tags=request.tags,
    )


def _access(session: Session, engine: str) -> DatabaseAccess:
    """Return how the database of an option is reached; nothing of one that is only priced."""
    return session.engines[engine].access if engine in session.engines else DatabaseAccess()


def _measured_recovery(session: Session, design: Design | None) -> str:
    """Return what the last drill of a restore of this design has shown; "" without one."""
    if design is None:
        return ""
    drill = read_drill(workspace_of(session).drill(design.name))
    if drill is None:
        return ""
    outcome = "passed" if drill.is_passed else "failed"
    return (
        f"The drill of {drill.when} {outcome}: {drill.records:,} records were back "
        f"{drill.recovery_seconds} s after the restore began ({drill.method}), as of "
        f"{drill.recovery_point}."
    )


def _part(line: Line) -> Part:
    return Part(
        name=line.where,
        title=line.what,
        price_key=line.price_key,
        quantity=line.quantity,
        unit=line.unit,
        region=line.region,
        usd_per_month=line.amount,
    )


def _lines(
    session: Session, priced: Priced, design: Design | None
) -> tuple[tuple[Line, ...], Decimal]:
    """Return the lines of an option with those of the deployed design, and its total."""
    if design is None or not session.engine_of(design).is_billed_by_request(design):
        return priced.lines, priced.total
    compared = [line for line in priced.lines if line.price_key.startswith(TABLES)]
    remaining = [line for line in priced.lines if not line.price_key.startswith(TABLES)]
    bill = session.evaluate(design).bill
    if bill.figure is None:
        return priced.lines, priced.total
    design_lines = bill.lines
    total = priced.total - _sum(compared) + _sum(design_lines)
    return (*design_lines, *remaining), total


def _sum(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), ZERO)


def _added(
    result: ArchitectureResult, priced: Priced, additions: Sequence[str]
) -> tuple[Line, ...]:
    optional: dict[str, list[Line]] = {}
    for line in priced.optional:
        optional.setdefault(line.resource, []).append(line)
    added: list[Line] = []
    parents = {name: _parent(name, optional) for name in optional}
    for name in dict.fromkeys(additions):
        if name in optional:
            added += [line for part in optional if parents[part] == name for line in optional[part]]
        elif name not in EXTRAS:
            known = [*(part for part in optional if parents[part] == part), *EXTRAS]
            close = nearest(name, known)
            raise UsageError(
                f"`{name}` cannot be added to the option `{result.architecture.name}`",
                remedy=f"did you mean `{close}`?" if close else f"it has {in_backticks(known)}",
            )
    return tuple(added)


def _parent(name: str, optional: Collection[str]) -> str:
    """Return the part that an optional part belongs to: `nat_data` is added with `nat`."""
    parent = name.partition("_")[0]
    return parent if parent in optional else name


def _peak(session: Session) -> Decimal:
    """Return calls a second of all patterns at their peaks."""
    model, users = session.model, session.users
    rates = (model.calls_per_second(p, users) * max(ONE, p.peak) for p in model.patterns)
    return sum(rates, ZERO)


def _mean(session: Session) -> Decimal:
    """Return calls a second of all patterns, over a day."""
    model, users = session.model, session.users
    return sum((model.calls_per_second(p, users) for p in model.patterns), ZERO)
