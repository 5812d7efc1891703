"""Compare the needs of a model with a whole deployment: its database, its parts, their zones.

In: the board, an architecture, what its offering was found to have. Out: one check for each need
and target, in words, and the hours that meeting it by work takes. What is not known is not met.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.compare.board import Board
from tablewright.compare.pricing import availability, placed
from tablewright.compare.values import Architecture, Availability, OfferingResult, Requirement
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.model.values import Need, NeedLevel

MINUTES_PER_MONTH = Decimal(730 * 60)
PLATFORM = "platform"
"""`options: {platform: aws}`: everything runs with this provider."""


@frozen
class NeedCheck:
    """One need of the model compared with a whole deployment.

    `result` is met, worked (met by work that `how` names), partly, missed or unknown.
    """

    need: str
    level: str
    """required or preferred."""
    why: str
    """Why it is needed, as the model says."""
    result: str
    how: str = ""
    """What meets it, or what is missing."""
    hours: Decimal = ZERO
    """Of work a month that meeting it takes."""

    @property
    def is_met(self) -> bool:
        """Whether the deployment has it, by itself or by work."""
        return self.result in ("met", "worked")

    @property
    def is_required(self) -> bool:
        """Whether what cannot do it is ruled out."""
        return self.level == NeedLevel.REQUIRED.value

    @property
    def title(self) -> str:
        """The need in words."""
        return self.need.replace("_", " ")


def minutes_away(percent: Decimal) -> Decimal:
    """Return the minutes of a month that a promise leaves unpromised.

    Example:
        >>> minutes_away(Decimal("99.99"))
        Decimal('4.38')
    """
    return (100 - percent) * MINUTES_PER_MONTH / 100


def need_checks(
    board: Board,
    architecture: Architecture,
    users: int,
    offerings: Sequence[OfferingResult],
) -> tuple[NeedCheck, ...]:
    """Return every need and target of the model compared with a whole deployment."""
    return board.keep(
        "needs", architecture.name, users, lambda: _checks(board, architecture, users, offerings)
    )


def _checks(
    board: Board, architecture: Architecture, users: int, offerings: Sequence[OfferingResult]
) -> tuple[NeedCheck, ...]:
    offering = next((o for o in offerings if o.offering.name == architecture.offering), None)
    scale = board.around(users)[1]
    database = board.database(architecture, scale)
    promised = availability(placed(architecture, database), board.book)
    lacks = dict(database.misses) if database is not None else {}
    checks = []
    for need in board.model.needs:
        if need.level is NeedLevel.NO:
            continue
        beside = dict(architecture.meets).get(need.name, "")
        if beside:
            result, how, hours = "met", f"by {beside}", ZERO
        elif need.name == "high_availability":
            result, how, hours = _zones(promised)
        else:
            result, how, hours = _of_offering(offering, need)
            if need.name in lacks and result != "missed":
                result, how, hours = "missed", lacks[need.name], ZERO
        checks.append(_check(need, result, how, hours))
    target = board.model.targets.availability
    if target is not None:
        result, how = availability_against(promised, target)
        checks.append(
            NeedCheck(
                need="availability",
                level=NeedLevel.REQUIRED.value,
                why=f"the target is {target} %",
                result=result,
                how=how,
            )
        )
    platform = board.model.options.get(PLATFORM, "")
    if platform:
        others = sorted(providers_of(board, architecture, scale) - {platform})
        checks.append(
            NeedCheck(
                need=PLATFORM,
                level=NeedLevel.REQUIRED.value,
                why=f"everything runs with {platform}",
                result="missed" if others else "met",
                how=f"parts of it run with {', '.join(others)}" if others else "",
            )
        )
    return tuple(checks)


def _check(need: Need, result: str, how: str, hours: Decimal) -> NeedCheck:
    return NeedCheck(
        need=need.name, level=need.level.value, why=need.why, result=result, how=how, hours=hours
    )


def _zones(promised: Availability) -> tuple[str, str, Decimal]:
    points = promised.single_points
    if points:
        return "missed", f"{' and '.join(points)} in one zone", ZERO
    return "met", "no part is alone in a zone", ZERO


def _of_offering(offering: OfferingResult | None, need: Need) -> tuple[str, str, Decimal]:
    requirement = _requirement(offering, need.name)
    if requirement is None or requirement.cell is None:
        return "unknown", "nothing is known of it", ZERO
    cell = requirement.cell
    if requirement.result == "partly" and cell.by:
        return "worked", f"by {cell.by}", cell.hours
    recalled = "" if cell.read else "as its manual is known, not read again"
    how = "; ".join(entry for entry in (cell.note, recalled) if entry)
    return requirement.result, how, ZERO


def _requirement(offering: OfferingResult | None, name: str) -> Requirement | None:
    if offering is None:
        return None
    return next((r for r in offering.requirements if r.need == name), None)


def availability_against(promised: Availability, target: Decimal) -> tuple[str, str]:
    """Return whether what its parts promise together reaches the target, and in which words.

    A target of availability is that of the whole: what a user asks passes every part. `check` and
    `compare` both ask here.

    Args:
        promised: of a whole deployment.
        target: per cent of a month.

    Returns:
        met, missed or unknown, and why.

    Example:
        >>> availability_against(Availability(percent=Decimal("99.94")), Decimal("99.99"))
        ('missed', 'its parts promise 99.940 %, 26 minutes away a month')
    """
    if promised.unpromised:
        return "missed", f"nothing is promised of {' and '.join(promised.unpromised)}"
    together = promised.percent.quantize(Decimal("0.001"))
    if promised.percent < target:
        away = minutes_away(promised.percent)
        return "missed", f"its parts promise {together} %, {away:,.0f} minutes away a month"
    if promised.unknown:
        return "unknown", f"no promise is known of {' and '.join(promised.unknown)}"
    return "met", f"its parts promise {together} %"


def providers_of(board: Board, architecture: Architecture, users: int) -> set[str]:
    """Return whom an option is paid to: aws, google, mongodb and so on."""
    database = board.database(architecture, users)
    names = {
        part.price.partition(".")[0]
        for part in architecture.components
        if part.price and not part.optional and not (part.database and database is not None)
    }
    if database is not None:
        names |= {line.price_key.partition(".")[0] for line in database.lines}
    return names
