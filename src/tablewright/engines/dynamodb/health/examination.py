"""What is wrong with DynamoDB tables as they run.

In: the tables as described, the design with its evaluation, what CloudWatch says. Out: findings
with evidence and the command that fixes them. Pure: whoever calls it has asked the service. What
could not be asked is listed as unchecked, never taken for healthy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tablewright.bill.rates import Rates
from tablewright.core.quantities import GB, HOURS_PER_MONTH, ZERO, format_number, format_usd, plain
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.health.capacity import TARGET_UTILIZATION, capacity_use
from tablewright.engines.dynamodb.health.metrics import (
    ALARMS_RIGHT,
    CAUSES,
    CONSUMED,
    LATENCY,
    METRICS_RIGHT,
    THROTTLES,
)
from tablewright.engines.dynamodb.observation import ObservedTable
from tablewright.evaluation.expected import expected_requests
from tablewright.evaluation.health import (
    NOTE,
    SEVERE,
    WARNING,
    Examination,
    HealthFinding,
    Observations,
    ObservedCalls,
)
from tablewright.evaluation.values import Evaluation

HOT_KEY = "KeyRangeThroughput"
UNUSED_DAYS = Decimal(7)
"""Days without a read after which an index is called unused: it saw every day of a week."""
QUOTA_SHARE = Decimal("0.8")
CHEAPER = Decimal("0.8")
"""Another capacity mode is advised where it would have cost at most this share."""
FREE_GB = 25
"""Stored bytes that are always free: Amazon DynamoDB pricing, read 2026-11."""


class TableExamination:
    """The examination of one design's tables."""

    def __init__(
        self,
        evaluation: Evaluation,
        tables: Mapping[str, ObservedTable],
        observations: Observations,
        rates: Rates,
    ) -> None:
        design = evaluation.design
        assert isinstance(design, DynamoDesign)
        self.evaluation, self.design = evaluation, design
        self.tables, self.observations, self.rates = tables, observations, rates
        self.unchecked: list[tuple[str, str]] = []

    def run(self, quotas: Mapping[str, int]) -> Examination:
        """Return everything that is wrong.

        Args:
            quotas: of DescribeLimits; empty where it was not asked.
        """
        findings = [*self._settings(), *self._alarms(), *self._metrics()]
        findings += [*self._quotas(quotas), *self._free_tier()]
        return Examination(
            findings=tuple(findings),
            unchecked=tuple(self.unchecked),
            calls=tuple(self._calls()),
            throttled={
                each.resource: each.total
                for each in self.observations.series or ()
                if each.metric in THROTTLES and each.total
            },
            capacity=tuple(capacity_use(self.tables, self.observations)),
        )

    # ------------------------------------------------------------ settings

    def _settings(self) -> Iterator[HealthFinding]:
        up = f"tablewright up --design {self.design.name}"
        for name, table in self.tables.items():
            if table.pitr is False:
                yield HealthFinding(
                    check="recovery",
                    urgency=SEVERE,
                    place=name,
                    says="point-in-time recovery is off: a mistaken write cannot be undone",
                    evidence="DescribeContinuousBackups: PointInTimeRecoveryStatus is not ENABLED",
                    fix=f"write `pitr: 35d` at the table {name} of the design, then {up}",
                )
            elif table.pitr is None:
                self.unchecked.append((f"{name}: recovery", "the server does not say"))
            if not table.description.get("DeletionProtectionEnabled"):
                yield HealthFinding(
                    check="deletion-protection",
                    urgency=WARNING,
                    place=name,
                    says="one call deletes the table: deletion protection is off",
                    evidence="DescribeTable: DeletionProtectionEnabled is not true",
                    fix=f"write `deletion_protection: true` at the table {name}, then {up}",
                )
            yield from self._expiry(name, table, up)

    def _expiry(self, name: str, table: ObservedTable, up: str) -> Iterator[HealthFinding]:
        if table.ttl is None:
            self.unchecked.append((f"{name}: expiry", "the server does not say"))
            return
        if table.ttl:
            return
        for shape in self.design.table(name).shapes:
            entity = self.evaluation.model.entity(shape.entity)
            if entity.retention_days is None:
                continue
            named = self.design.table(name).ttl or entity.expiry or "an epoch attribute"
            yield HealthFinding(
                check="expiry",
                urgency=SEVERE if self.design.table(name).ttl else WARNING,
                place=name,
                says=f"{entity.name} is to be kept {plain(entity.retention_days)} days, and "
                "nothing removes it: TTL is off",
                evidence="DescribeTimeToLive: TimeToLiveStatus is not ENABLED",
                fix=f"{up} (its TTL is {named}), or tablewright archive --entity {entity.name}",
            )
            return

    # ------------------------------------------------------------ alarms

    def _alarms(self) -> Iterator[HealthFinding]:
        alarms = self.observations.alarms
        if alarms is None:
            why = "CloudWatch was not asked for its alarms"
            self.unchecked.append(("alarms", self._refusal(ALARMS_RIGHT) or why))
            return
        for name in self.tables:
            watched = {
                metric
                for alarm in alarms
                if name in alarm.tables and alarm.has_actions
                for metric in alarm.metrics
            }
            if not watched & {*THROTTLES, *CAUSES, "ThrottledRequests"}:
                yield HealthFinding(
                    check="alarms",
                    urgency=WARNING,
                    place=name,
                    says="nobody is told when requests are throttled",
                    evidence="DescribeAlarms: no alarm with an action on a throttle metric of "
                    f"{name}",
                    fix="tablewright deploy --out deploy, whose stack has the alarms",
                )
            if not any(metric in CONSUMED for metric in watched):
                yield HealthFinding(
                    check="consumption-alarms",
                    urgency=NOTE,
                    place=name,
                    says="nobody is told when it consumes far more than the model expects",
                    evidence="DescribeAlarms: no alarm with an action on consumed units",
                    fix="tablewright deploy --out deploy, whose stack has the alarms",
                )

    # ------------------------------------------------------------ metrics

    def _metrics(self) -> Iterator[HealthFinding]:
        if self.observations.series is None:
            reason = self._refusal(METRICS_RIGHT) or (
                "CloudWatch was not asked; say --aws or --metrics FILE"
            )
            for check in ("throttles", "hot keys", "unused indexes", "capacity mode", "rates"):
                self.unchecked.append((check, reason))
            return
        for name, table in self.tables.items():
            for index in ("", *table.indexes):
                yield from self._throttles(name, index)
            yield from self._unused(name, table)
            yield from self._mode(name, table)

    def _refusal(self, right: str) -> str:
        """Return that a right is missing; "" where it was not refused."""
        is_refused = any(right == each for each, _ in self.observations.refused)
        return f"the caller lacks {right}" if is_refused else ""

    def _throttles(self, name: str, index: str) -> Iterator[HealthFinding]:
        place = f"{name}/{index}" if index else name
        causes = {
            cause: sum((s.total for s in self.observations.of(cause, name, index)), ZERO)
            for cause in CAUSES
        }
        hot = sum((count for cause, count in causes.items() if HOT_KEY in cause), ZERO)
        if hot:
            yield HealthFinding(
                check="hot-key",
                urgency=SEVERE,
                place=place,
                says="a key or key range takes more than a partition serves",
                evidence=f"{format_number(hot, 0)} KeyRangeThroughputThrottleEvents "
                f"({self._span(name, index)})",
                fix=f"tablewright explain {self._busiest(place)}; then spread the key over shards, "
                "or let a cache take the reads",
            )
        for metric, word in zip(THROTTLES, ("read", "write"), strict=True):
            total = sum((s.total for s in self.observations.of(metric, name, index)), ZERO)
            named = [
                f"{format_number(count, 0)} {cause}"
                for cause, count in causes.items()
                if count and cause.lower().startswith(word)
            ]
            if total:
                yield HealthFinding(
                    check="throttles",
                    urgency=SEVERE,
                    place=place,
                    says=f"{word}s are throttled",
                    evidence=f"{format_number(total, 0)} {metric} ({self._span(name, index)})"
                    + (f": {', '.join(named)}" if named else ""),
                    fix=self._more_capacity(name, index, causes),
                )

    def _span(self, name: str, index: str) -> str:
        days = max(
            (s.days for s in self.observations.series or () if (s.table, s.index) == (name, index)),
            default=ZERO,
        )
        return f"{self.observations.source}, {format_number(days, 1)} days seen"

    def _more_capacity(self, name: str, index: str, causes: Mapping[str, Decimal]) -> str:
        if any(count for cause, count in causes.items() if "AccountLimit" in cause):
            return "ask AWS Support for a higher quota of the account"
        table = self.design.table(name)
        mode = (table.index(index).mode if index else None) or table.mode
        if mode.kind.value == "on-demand":
            return (
                f"tablewright explain {self._busiest(f'{name}/{index}' if index else name)}: "
                "on-demand throttles a hot key, a set maximum, or more than twice the last peak"
            )
        return (
            f"raise the capacity of {name} in the design, or make it on-demand, then tablewright "
            f"up --design {self.design.name}"
        )

    def _busiest(self, place: str) -> str:
        """Return the access pattern that takes most units of a place."""
        best, most = "PATTERN", ZERO
        for route in self.evaluation.routes:
            pattern = self.evaluation.model.pattern(route.pattern)
            calls = self.evaluation.model.calls_per_day(pattern, self.evaluation.users)
            units = sum(
                (
                    use.units.mean
                    for request in route.requests
                    for use in request.uses
                    if use.resource == place
                ),
                ZERO,
            )
            if units * calls > most:
                best, most = route.pattern, units * calls
        return best

    def _unused(self, name: str, table: ObservedTable) -> Iterator[HealthFinding]:
        for index in table.indexes:
            reads = self.observations.of(CONSUMED[0], name, index)
            writes = self.observations.of(CONSUMED[1], name, index)
            days = max((series.days for series in (*reads, *writes)), default=ZERO)
            of_table = [
                series
                for metric in CONSUMED
                for series in self.observations.of(metric, name)
                if series.points
            ]
            if not of_table or days < UNUSED_DAYS:
                self.unchecked.append(
                    (f"{name}/{index}: unused index", f"{format_number(days, 1)} days are known")
                )
                continue
            if sum((series.total for series in reads), ZERO):
                continue
            by_resource = self.evaluation.bill.sum_by("resource")
            usd = by_resource.get(f"{name}/{index}", ZERO)
            yield HealthFinding(
                check="unused-index",
                urgency=WARNING,
                place=f"{name}/{index}",
                says="the index is written and never read"
                + (f": {format_usd(usd)} USD a month" if usd else ""),
                evidence=f"0 ConsumedReadCapacityUnits in {format_number(days, 1)} days "
                f"({self.observations.source})",
                fix=f"remove {index} from the design, then tablewright up --design "
                f"{self.design.name} --allow-destroy",
            )

    # ------------------------------------------------------------ capacity mode

    def _mode(self, name: str, table: ObservedTable) -> Iterator[HealthFinding]:
        """Compare what the hours on record cost on-demand and provisioned."""
        per_hour = [self._hourly(name, metric) for metric in CONSUMED]
        hours = max(len(series) for series in per_hour)
        if hours < 24 * UNUSED_DAYS:
            self.unchecked.append((f"{name}: capacity mode", f"{hours} hours are known, not 168"))
            return
        on_demand = provisioned = ZERO
        words = (("read", "read_hour"), ("write", "write_hour"))
        for series, (unit, unit_hour) in zip(per_hour, words, strict=True):
            price, price_hour = self.rates.known(unit), self.rates.known(unit_hour)
            if price is None or price_hour is None:
                self.unchecked.append((f"{name}: capacity mode", "a price is not known"))
                return
            on_demand += sum(series, ZERO) * price
            # capacity for the busiest hour, all the time: what needs no scaling to be right
            largest = max(series, default=ZERO) / 3600 / TARGET_UTILIZATION
            units = max(Decimal(1), largest.to_integral_value("ROUND_CEILING"))
            provisioned += units * price_hour * hours
        month = HOURS_PER_MONTH / hours
        is_on_demand = table.mode == "PAY_PER_REQUEST"
        paid, other = (on_demand, provisioned) if is_on_demand else (provisioned, on_demand)
        if other > paid * CHEAPER:
            return
        better = "provisioned" if is_on_demand else "on-demand"
        saving = (paid - other) * month
        yield HealthFinding(
            check="capacity-mode",
            urgency=NOTE,
            place=name,
            says=f"{better} would have cost {_usd(saving)} USD a month less",
            evidence=f"{hours} hours of consumed units: {_usd(paid * month)} USD a month as it is, "
            f"{_usd(other * month)} {better} at {plain(TARGET_UTILIZATION * 100)} % of the busiest "
            "hour; peaks within an hour are not seen",
            fix=f"tablewright cost --mode {'auto-scaling' if is_on_demand else 'on-demand'}, then "
            f"set `mode` of {name}",
        )

    def _hourly(self, name: str, metric: str) -> list[Decimal]:
        """Return units of each hour, those of a table's indexes with its own."""
        hours: dict[int, Decimal] = {}
        for index in ("", *self.tables[name].indexes):
            for series in self.observations.of(metric, name, index):
                for moment, value in series.points:
                    hours[moment // 3600] = hours.get(moment // 3600, ZERO) + value
        if not hours:
            return []
        return [hours.get(hour, ZERO) for hour in range(min(hours), max(hours) + 1)]

    # ------------------------------------------------------------ limits

    def _quotas(self, quotas: Mapping[str, int]) -> Iterator[HealthFinding]:
        if not quotas:
            self.unchecked.append(("quotas", "DescribeLimits was not answered"))
            return
        for metric, word in zip(CONSUMED, ("Read", "Write"), strict=True):
            for name in self.tables:
                busiest = max(
                    (
                        series.largest / series.period_seconds
                        for index in ("", *self.tables[name].indexes)
                        for series in self.observations.of(metric, name, index)
                    ),
                    default=ZERO,
                )
                most = quotas.get(f"TableMax{word}CapacityUnits", 0)
                if most and busiest > most * QUOTA_SHARE:
                    yield HealthFinding(
                        check="quota",
                        urgency=SEVERE,
                        place=name,
                        says=f"{word.lower()}s are near the quota of a table",
                        evidence=f"{format_number(busiest, 0)} units a second of "
                        f"{most:,} in the busiest period",
                        fix="ask for a higher quota: Service Quotas, DynamoDB, table-level "
                        f"{word.lower()} throughput",
                    )

    def _free_tier(self) -> Iterator[HealthFinding]:
        stored = Decimal(sum(table.bytes for table in self.tables.values())) / GB
        if stored > FREE_GB * QUOTA_SHARE and stored < FREE_GB:
            yield HealthFinding(
                check="free-tier",
                urgency=NOTE,
                place="storage",
                says=f"the free {FREE_GB} GB are nearly used",
                evidence=f"DescribeTable: {format_number(stored, 1)} GB in these tables; other "
                "tables of the account in this region count too",
                fix="tablewright archive, or expect tablewright cost without --free-tier",
            )

    # ------------------------------------------------------------ rates

    def _calls(self) -> Iterator[ObservedCalls]:
        """Yield requests a day by table and operation, beside what the model expects."""
        expected: dict[tuple[str, str], dict[str, Decimal]] = {}
        for (target, operation), patterns in expected_requests(self.evaluation).items():
            merged = expected.setdefault((target.partition("/")[0], operation), {})
            for name, calls in patterns.items():
                merged[name] = merged.get(name, ZERO) + calls
        known = self._days_known()
        seen: dict[tuple[str, str], Decimal] = {}
        for series in self.observations.series or ():
            if series.metric == LATENCY and series.table in self.tables and known:
                place = (series.table, series.operation)
                seen[place] = seen.get(place, ZERO) + series.total / known
        for place in sorted({*expected, *seen} if known else ()):
            patterns = expected.get(place, {})
            if place[0] in self.tables:
                yield ObservedCalls(
                    place=place[0],
                    operation=place[1],
                    observed_per_day=seen.get(place, ZERO),
                    expected_per_day=sum(patterns.values(), ZERO),
                    patterns=tuple(sorted(patterns)),
                )

    def _days_known(self) -> Decimal:
        """Return the days that requests are known of: a quiet hour has no value of its own."""
        points = [
            moment
            for series in self.observations.series or ()
            if series.metric == LATENCY
            for moment, _ in series.points
        ]
        if not points:
            return ZERO
        return Decimal(max(points) - min(points) + 3600) / (24 * 3600)


def _usd(amount: Decimal) -> str:
    return f"{amount:.2f}"


def quotas_of(answer: Mapping[str, Any] | None) -> dict[str, int]:
    """Return the quotas of a reply of DescribeLimits."""
    if answer is None:
        return {}
    return {name: int(value) for name, value in answer.items() if name.endswith("Units")}
