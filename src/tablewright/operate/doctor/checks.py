"""The checks that are the same for every engine: drift, record sizes, backups, rates, the bill.

In: an adapter, an evaluation, what was observed. Out: findings. Nothing is changed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tablewright.core.quantities import format_number, plain
from tablewright.evaluation.doors import Adapter, ProvisionPlan
from tablewright.evaluation.health import (
    NOTE,
    SEVERE,
    WARNING,
    HealthFinding,
    ObservedCalls,
    RecordSizes,
)
from tablewright.operate.recovery.records import BackupRecord, DrillRecord

SIZE_SHARE = Decimal("0.75")
"""Of the limit: 300 KB of the 400 KB of a DynamoDB item."""
LARGEST_SHOWN = 10
STEP_BYTES = 16
"""To which sizes are rounded up in percentiles, so that memory does not grow with the records."""
OLD_BACKUP_DAYS, OLD_DRILL_DAYS = 7, 100
FAR_OFF = Decimal(2)
"""Times by which an observed rate differs from the model's before it is reported."""
FEWEST_CALLS = Decimal(10)
OVER_BILL = Decimal("1.5")


def drift(plan: ProvisionPlan, design: str, missing: Sequence[str]) -> Iterator[HealthFinding]:
    """Yield how what exists differs from the design."""
    up = f"tablewright up --design {design}"
    for name in missing:
        yield HealthFinding(
            check="drift",
            urgency=SEVERE,
            place=name,
            says="it does not exist",
            evidence="the design has it, the database does not",
            fix=up,
        )
    for step in plan.drift:
        if step.container not in missing:
            yield HealthFinding(
                check="drift",
                urgency=WARNING,
                place=step.container,
                says=f"differs from the design: {step.text}",
                evidence="the definition of the database beside the design",
                fix=f"{up} --allow-destroy" if step.destroys else up,
            )
    for text in plan.refused:
        yield HealthFinding(
            check="drift",
            urgency=SEVERE,
            place=text.partition(" ")[0].rstrip(":,"),
            says=text,
            evidence="no statement changes this in place",
            fix="tablewright migrate --from the design that matches --to this one",
        )
    for text in plan.beyond:
        yield HealthFinding(
            check="drift",
            urgency=NOTE,
            place=text.partition(" ")[0].rstrip(":,"),
            says=f"{text}: not in the design",
            evidence="the definition of the database beside the design",
            fix="write it into the design, or remove it",
        )


@dataclass
class _Sizes:
    """The sizes of records as they pass."""

    records: int = 0
    largest: int = 0
    steps: dict[int, int] = field(default_factory=dict)
    keys: list[tuple[int, str]] = field(default_factory=list)

    def add(self, size: int, key: str) -> None:
        self.records += 1
        self.largest = max(self.largest, size)
        step = -(-size // STEP_BYTES) * STEP_BYTES
        self.steps[step] = self.steps.get(step, 0) + 1
        if len(self.keys) < LARGEST_SHOWN or size > self.keys[-1][0]:
            self.keys = sorted([*self.keys, (size, key)], key=lambda pair: (-pair[0], pair[1]))
            del self.keys[LARGEST_SHOWN:]

    def percentile(self, percent: int) -> int:
        """Return the size that so many of a hundred records do not exceed."""
        due = -(-self.records * percent // 100)
        seen = 0
        for step in sorted(self.steps):
            seen += self.steps[step]
            if seen >= due:
                return min(step, self.largest)
        return 0


def record_sizes(adapter: Adapter, container: str, most: int) -> RecordSizes | None:
    """Return how big the records of a container are; None where size is of no matter.

    Args:
        adapter: the database.
        container: table or collection.
        most: how many records are read at the most; 0 for all.
    """
    codec = adapter.codec
    sizes = _Sizes()
    is_partial = False
    for position, page in adapter.scan(container):
        for content in page:
            size = codec.content_bytes(content)
            if size is None:
                return None
            sizes.add(size, codec.key_text(container, content))
        if most and sizes.records >= most and position is not None:
            is_partial = True
            break
    return RecordSizes(
        container=container,
        records=sizes.records,
        p50=sizes.percentile(50),
        p95=sizes.percentile(95),
        p99=sizes.percentile(99),
        largest=sizes.largest,
        keys=tuple((key, size) for size, key in sizes.keys),
        is_partial=is_partial,
    )


def oversized(sizes: RecordSizes, limit: int, limit_name: str) -> Iterator[HealthFinding]:
    """Yield a finding where records come near the limit of one."""
    if sizes.largest <= limit * SIZE_SHARE:
        return
    near = [f"{key} ({size:,} B)" for key, size in sizes.keys if size > limit * SIZE_SHARE]
    yield HealthFinding(
        check="record-size",
        urgency=SEVERE,
        place=sizes.container,
        says=f"records come near the limit of {limit_name}: writes that grow them will fail",
        evidence=f"largest {sizes.largest:,} B of {limit:,}; p99 {sizes.p99:,} B of "
        f"{sizes.records:,} records; {', '.join(near[:3])}",
        fix="compress the long attribute (`compress`), keep it in S3 (`offload`), give a list "
        "items of its own (tablewright plan, then migrate), or move old entries away "
        "(tablewright archive)",
    )


def backups(
    records: Sequence[BackupRecord],
    drill: DrillRecord | None,
    *,
    has_window: bool,
    now: datetime.datetime,
) -> Iterator[HealthFinding]:
    """Yield what is wrong with backups and with how they were tried."""
    newest = max((record.taken for record in records), default="")
    age = _days(newest, now)
    if not has_window and (age is None or age > OLD_BACKUP_DAYS):
        yield HealthFinding(
            check="backup",
            urgency=WARNING,
            place="database",
            says="there is no backup" if age is None else f"the newest backup is {age} days old",
            evidence="neither point-in-time recovery of every table nor a backup made here; "
            "backups of other tools are not known",
            fix="tablewright backup",
        )
    tried = _days(drill.when if drill is not None else "", now)
    if drill is not None and not drill.is_passed:
        yield HealthFinding(
            check="restore-drill",
            urgency=SEVERE,
            place="database",
            says="the last restore drill failed",
            evidence=f"drill of {drill.when}: {drill.method}",
            fix="tablewright backup, then tablewright restore --drill",
        )
    elif tried is None or tried > OLD_DRILL_DAYS:
        yield HealthFinding(
            check="restore-drill",
            urgency=NOTE,
            place="database",
            says="nobody knows how long a recovery takes"
            if tried is None
            else f"the last restore drill is {tried} days old",
            evidence="no record of a drill beside the model file",
            fix="tablewright restore --drill",
        )


def _days(moment: str, now: datetime.datetime) -> int | None:
    if not moment:
        return None
    return (now - datetime.datetime.fromisoformat(moment)).days


def rates(calls: Sequence[ObservedCalls]) -> Iterator[HealthFinding]:
    """Yield where observed requests are far from what the model expects."""
    for each in calls:
        observed, expected = each.observed_per_day, each.expected_per_day
        if max(observed, expected) < FEWEST_CALLS:
            continue
        if expected and expected / FAR_OFF < observed < expected * FAR_OFF:
            continue
        shown = f"{format_number(observed, 0)} {each.operation} a day"
        if not expected:
            says = f"{shown} that no access pattern of the model makes"
        elif not observed:
            says = f"no {each.operation}, where the model expects {format_number(expected, 0)}"
        else:
            says = f"{shown}, {plain(round(observed / expected, 2))} times what the model expects"
        yield HealthFinding(
            check="rates",
            urgency=WARNING if observed > expected else NOTE,
            place=each.place,
            says=says,
            evidence=f"requests observed beside {', '.join(each.patterns) or 'no pattern'}: "
            f"{format_number(expected, 0)} a day at the number of users asked for",
            fix="tablewright doctor --write-rates"
            if each.patterns
            else "add the access pattern to the model",
        )


def bill(
    observed_usd: Decimal, expected_usd: Decimal | None, source: str
) -> Iterator[HealthFinding]:
    """Yield a finding where the bill of a month is far over the estimate."""
    if expected_usd is None:
        return
    if observed_usd <= expected_usd * OVER_BILL or observed_usd - expected_usd < 1:
        return
    times = plain(round(observed_usd / expected_usd, 1)) if expected_usd else "many"
    yield HealthFinding(
        check="bill",
        urgency=WARNING,
        place="bill",
        says=f"the bill is {times} times the estimate",
        evidence=f"{source}: {plain(round(observed_usd, 2))} USD a month; the model: "
        f"{plain(round(expected_usd, 2))} USD",
        fix="tablewright cost --by pattern beside the usage types of the bill; then doctor "
        "--write-rates",
    )
