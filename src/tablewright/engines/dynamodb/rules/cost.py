"""Predicates about what is paid for needlessly; what each rule means is in `rules/cost.yaml`."""

from __future__ import annotations

from decimal import Decimal

from tablewright.capacity.units import Consistency
from tablewright.core.quantities import (
    DAYS_PER_MONTH,
    GB,
    HOURS_PER_MONTH,
    ONE,
    SECONDS_PER_DAY,
    ZERO,
    decimals,
    format_bytes,
    format_usd,
    percent,
)
from tablewright.design import changes as model_changes
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.setting_changes import SetTableClass
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.model.statistics import harmonic
from tablewright.model.values import Pattern, Verb
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Missing, Verdict

_CACHE_BYTES = Decimal(1_500_000_000)
"""Memory of the smallest cache node that holds entries (2 GB, less what the node itself needs)."""


def ddb_cst_001(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """The other table class would be cheaper."""
    table, tariff = place.table, f.tariff
    if table.mode.reserved_years:
        return None
    if None in (tariff.storage_gb, tariff.ia_storage_gb, tariff.ia_factor):
        return Missing("prices of both table classes")
    assert tariff.storage_gb is not None
    assert tariff.ia_storage_gb is not None
    assert tariff.ia_factor is not None
    names = [place.name, *(f"{place.name}/{index.name}" for index in table.indexes)]
    stored = sum((f.stored_bytes(n) for n in names), ZERO) / GB * tariff.storage_gb
    writes = sum((f.mean_units(n, "write") for n in names), ZERO)
    reads = sum((f.mean_units(n, "read") for n in names), ZERO)
    requests = _in_standard(f, place, writes, reads)
    if requests is None:
        return Missing("prices of requests")
    gain = stored * (ONE - tariff.ia_storage_gb / tariff.storage_gb) - requests * (
        tariff.ia_factor - ONE
    )
    wrong = gain > 0 if not table.infrequent_access else gain < -f.k["mode_margin"] * requests
    if not wrong or abs(gain) < f.k["min_save"]:
        return CLEAR
    other = "Standard-IA" if not table.infrequent_access else "Standard"
    change = SetTableClass(table=table.name, infrequent_access=not table.infrequent_access)
    return Hit(
        evidence=(
            f"in Standard, storage of {table.name} is {format_usd(stored)} and requests are "
            f"{format_usd(requests)} USD a month; {other} is cheaper"
        ),
        values={"estimate": abs(gain)},
        options=lambda: [FixOption(changes=(change,))],
    )


def _in_standard(
    f: DynamoFacts, place: TableOrIndex, writes: Decimal, reads: Decimal
) -> Decimal | None:
    write, read = f.price_of_writes(place.table, writes), f.price_of_reads(place.table, reads)
    if write is None or read is None:
        return None
    factor = f.tariff.ia_factor if place.table.infrequent_access else ONE
    return None if not factor else (write + read) / factor


def ddb_cst_002(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """Strong reads that could be eventual."""
    if pattern.verb.is_write or pattern.consistency is not Consistency.STRONG:
        return None
    route = f.route(pattern)
    if route is None or not route.is_served or "/" in route.target:
        return None
    if pattern.staleness_ms is None:
        return Missing("how stale the answer may be (`staleness_ms`)")
    if pattern.staleness_ms < 1000:
        return CLEAR
    change = model_changes.ChangeConsistency(pattern=pattern.name, consistency=Consistency.EVENTUAL)
    return Hit(
        evidence=(
            f"{pattern.name} reads strongly "
            f"{decimals(f.rate(pattern) * SECONDS_PER_DAY)} times a day, though "
            f"{decimals(pattern.staleness_ms)} ms of staleness are allowed"
        ),
        options=lambda: [FixOption(changes=(change,))],
    )


def ddb_cst_003(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A transaction around one thing."""
    if pattern.verb is Verb.TRANSACT:
        return _single_write(pattern)
    if pattern.verb.is_write or pattern.consistency is not Consistency.TRANSACTIONAL:
        return None
    if pattern.verb is not Verb.GET or pattern.batch > 1:
        return CLEAR
    change = model_changes.ChangeConsistency(pattern=pattern.name, consistency=Consistency.STRONG)
    return Hit(
        evidence=f"{pattern.name} reads one item in a transaction; a strong read costs half",
        options=lambda: [FixOption(changes=(change,))],
    )


def _single_write(pattern: Pattern) -> Verdict:
    if len(pattern.parts) != 1 or pattern.parts[0].batch > 1:
        return CLEAR
    change = model_changes.SingleWrite(pattern=pattern.name)
    return Hit(
        evidence=f"{pattern.name} is a transaction of one write; a conditional write costs half",
        options=lambda: [FixOption(changes=(change,))],
    )


def ddb_cst_004(f: DynamoFacts, place: TableOrIndex) -> Verdict:
    """A cache in front of popular keys."""
    gets = [
        p
        for p in f.readers(place.name)
        if not p.verb.is_write and p.consistency is Consistency.EVENTUAL
    ]
    if not gets or place.table.cache:
        return None
    tolerant = [p for p in gets if p.staleness_ms is not None and p.staleness_ms >= 1000]
    if not tolerant:
        if all(p.staleness_ms is not None for p in gets):
            return CLEAR
        return Missing("how stale answers may be (`staleness_ms`)")
    if f.tariff.cache_node_hour is None:
        return Missing("price of a cache node")
    cost = f.price_of_reads(
        place.table,
        sum((f.rate(p) * f.units_of(p)[place.name, "read"] for p in tolerant), ZERO),
    )
    entries, size = f.entries(place.name), f.mean_size(place.name)
    if cost is None or not entries or not size:
        return None
    fits = max(1, int(min(entries, _CACHE_BYTES / size)))
    skew = float(f.default_skew)
    share = harmonic(fits, skew) / harmonic(max(1, int(entries)), skew)
    hits = Decimal(repr(round(share, 9)))
    nodes = 2 * f.tariff.cache_node_hour * HOURS_PER_MONTH
    limits = [slo for p in tolerant for slo in (f.slo(p),) if slo is not None]
    too_slow = bool(limits) and min(limits) < f.k["call_ms"]
    if hits * cost <= nodes and not too_slow:
        return CLEAR
    return Hit(
        evidence=(
            f"a cache would answer about {percent(hits)} of {format_usd(cost)} USD of reads of "
            f"{place.name} a month; two nodes cost {format_usd(nodes)}"
        ),
        values={
            "too_slow": too_slow,
            "estimate": hits * cost - nodes,
            "table": f.cost_of_table(place.table.name),
        },
    )


def ddb_cst_005(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """A report that scans what users wait for."""
    if pattern.purpose not in ("batch", "report"):
        return None
    route = f.route(pattern)
    if route is None or not route.is_served:
        return None
    if route.operation != "scan":
        return CLEAR
    place = f.place(route.target)
    if place is None:
        return None
    per_run = f.units(pattern, "read")
    cost = f.price_of_reads(place.table, f.rate(pattern) * per_run)
    online = sum(
        (
            f.peak(p) * f.units_of(p)[place.name, "read"]
            for p in f.readers(place.name)
            if p.purpose == "online"
        ),
        ZERO,
    )
    needed = per_run / f.k["report_window_s"]
    runs = f.rate(pattern) * SECONDS_PER_DAY * DAYS_PER_MONTH
    return Hit(
        evidence=(
            f"{pattern.name} scans {format_bytes(f.item_bytes(place.name))} of {place.name} "
            f"{decimals(runs)} times a month, {decimals(per_run)} read units each: "
            f"{decimals(needed)} a second for an hour"
        ),
        values={
            "needed": needed,
            "online": online,
            "cost": cost,
        },
    )


def any_fit_003(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """Counting and adding up what is stored at every call."""
    if pattern.verb is not Verb.AGGREGATE or pattern.purpose != "online":
        return None
    route = f.route(pattern)
    if route is None or not route.is_served:
        return None
    matched = f.matched(pattern)
    if route.operation == "scan":
        matched = max(matched, f.entries(route.target))
    read = matched * f.mean_size(route.target)
    if matched < f.k["agg_rows"] and read <= f.k["page_bytes"]:
        return CLEAR
    slo = f.slo(pattern)
    pages = max(ONE, read / f.k["page_bytes"])
    cost = f.cost_of_pattern(pattern.name)
    return Hit(
        evidence=(
            f"{pattern.name} reads {decimals(matched)} items ({format_bytes(read)}) for one "
            f"figure, {decimals(f.rate(pattern) * SECONDS_PER_DAY)} times a day: "
            f"{format_usd(cost)} USD a month"
        ),
        values={
            "share": cost / f.cost if f.cost else None,
            "too_slow": slo is not None and pages * f.k["scan_page_ms"] > slo,
        },
    )
