"""The gate between two databases: when an application may switch over, and the way back.

In: a migration, limits, the units that the copy was estimated to take. Out: conditions, each open,
shut or not assessed, with what was seen; and, once all are open, a follower in the other direction,
which keeps the database that was left as it would have been.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Record
from tablewright.migrate.transform import Transform
from tablewright.migrate.verification import Verification
from tablewright.operate.following import POSITION, Followed, Follower
from tablewright.operate.migration import WRITTEN_UNITS, Migration
from tablewright.operate.reading import Reader, containers_of
from tablewright.operate.staging import SOURCE

REVERSE = "position of changes after the switch"
FINISHED = "finished"
TOLERANCE = Decimal("0.1")
"""By how much of the estimate the copy may have taken more."""


@frozen
class GateCondition:
    """One condition of the gate."""

    name: str
    is_open: bool | None
    """None where it cannot be assessed."""
    text: str


@frozen
class Cutover:
    """What came of asking for the switch."""

    conditions: tuple[GateCondition, ...]
    is_open: bool
    way_back: str = ""


def conditions(
    work: Migration,
    verification: Verification,
    followed: Followed | None,
    *,
    most_lag_seconds: float,
    estimated_units: Decimal | None,
    wrong_patterns: Sequence[str],
) -> tuple[GateCondition, ...]:
    """Return the conditions of the gate.

    Args:
        work: the migration.
        verification: of both sides, just made.
        followed: what following did just before; None where the source is not followed.
        most_lag_seconds: how old the last change may have been.
        estimated_units: write units that the copy was estimated to take; None where none are
            charged.
        wrong_patterns: read patterns that a side answers wrongly.
    """
    missing = [
        entity
        for entity in work.transform.top_entities
        if not work.staging.position("write", entity)[2]
    ]
    return (
        GateCondition(
            name="copied",
            is_open=not missing,
            text=f"not written: {', '.join(missing)}" if missing else "everything is written",
        ),
        _lag(followed, most_lag_seconds),
        GateCondition(
            name="verified",
            is_open=verification.is_clean,
            text="both sides hold the same"
            if verification.is_clean
            else f"{verification.differing:,} instances differ",
        ),
        GateCondition(
            name="answers",
            is_open=not wrong_patterns,
            text=f"answered wrongly: {', '.join(wrong_patterns)}"
            if wrong_patterns
            else "the read patterns are answered rightly on both sides",
        ),
        _cost(work.staging.fact(WRITTEN_UNITS), estimated_units),
    )


def _lag(followed: Followed | None, most_seconds: float) -> GateCondition:
    if followed is None:
        text = "the source is not followed; it was read again and must not be written to any more"
        return GateCondition(name="lag", is_open=None, text=text)
    return GateCondition(
        name="lag",
        is_open=followed.lag_seconds <= Decimal(str(most_seconds)),
        text=f"{followed.lag_seconds:.1f} s where {most_seconds:g} s are allowed",
    )


def _cost(written: str | None, estimated: Decimal | None) -> GateCondition:
    if written is None or estimated is None or not estimated:
        return GateCondition(name="cost", is_open=None, text="writes are not charged by the unit")
    units = Decimal(written)
    return GateCondition(
        name="cost",
        is_open=units <= estimated * (1 + TOLERANCE),
        text=f"the copy took {units:,.0f} write units, {estimated:,.0f} were estimated",
    )


def finish(work: Migration, gate: tuple[GateCondition, ...]) -> Cutover:
    """Open the way if every condition allows it: note the switch, and begin to follow the target.

    A condition that cannot be assessed does not keep the gate shut, and is shown.
    """
    if any(condition.is_open is False for condition in gate):
        return Cutover(conditions=gate, is_open=False)
    staging = work.staging
    if staging.fact(FINISHED) is None:
        moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        staging.keep_fact(FINISHED, moment)
    if staging.fact(REVERSE) is not None:
        return Cutover(conditions=gate, is_open=True, way_back=FOLLOWED)
    if work.transform.renaming.names:
        return Cutover(conditions=gate, is_open=True, way_back=RENAMED)
    try:
        position = work.target.follow_from(containers_of(work.transform.target))
    except UnsupportedError as problem:
        reason = f"the target cannot be followed ({problem.message}): what is written from now on "
        return Cutover(conditions=gate, is_open=True, way_back=reason + "is lost on the way back")
    staging.keep_fact(REVERSE, position)
    return Cutover(conditions=gate, is_open=True, way_back=FOLLOWED)


FOLLOWED = "the target is followed from now on: run `--follow` to bring its changes to the source"
RENAMED = "fields are renamed on the way: going back loses what is written from now on"


def reverse_follower(work: Migration) -> Follower:
    """Return what brings the changes of the target to the source, after the switch."""
    transform = Transform(
        work.transform.model,
        work.transform.target,
        work.transform.source,
        answers=work.transform.answers,
    )
    reader = Reader(SOURCE, work.target, transform, work.staging)

    def records(entity: str, row: dict[str, Any]) -> Iterable[Record]:
        children = partial(reader.children, entity, row)
        return transform.target.encode(entity, row, children)

    return Follower(
        work.target, work.source, transform, work.staging, reader, records, fact=REVERSE
    )


def is_followed(work: Migration) -> bool:
    """Whether the source is followed, and the switch has not been made."""
    return work.staging.fact(POSITION) is not None and work.staging.fact(FINISHED) is None
