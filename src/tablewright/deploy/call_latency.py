"""How long a call of the program may take before an alarm goes off.

In: a site. Out: milliseconds that 99 of 100 calls keep, and the sum they are made of; None where
the model names no target. The target of the database alone is none of the API: a call also passes
the API's gateway or a balancer, the program works on it, and a function may have to be started.
"""

from __future__ import annotations

from collections.abc import Iterator

from tablewright.core.frozen import frozen
from tablewright.deploy.alarm_values import PERIOD_SECONDS
from tablewright.deploy.compute import FUNCTION, kind_of
from tablewright.deploy.option import Site

HTTP_API_MS = 10
"""What an HTTP API adds to 99 of 100 calls at most: AWS Compute Blog, "Building faster, lower cost,
better APIs: HTTP APIs now generally available", 2020-03."""
REST_API_MS = 25
"""The same of a REST API: an HTTP API takes up to 60 % less (same source), 10 / 0.4."""
BETWEEN_ZONES_MS = 10
"""A single-digit number of milliseconds: AWS Fault Isolation Boundaries, "Availability Zones"."""
START_MS = 1000
"""To start a function takes between less than 100 ms and more than 1 s, and under 1 % of calls need
it where there are many: AWS Lambda Operator Guide, "Lambda execution environments"."""
CALLS_FOR_P99 = 1000
"""Fewer samples do not make a 99th percentile: Amazon CloudWatch User Guide, "Percentile-based
alarms and low data samples", 10 / (1 - 0.99). The slowest call decides then."""
LATENCY_PERIODS = 3
"""Periods in a row that have to be slow."""


@frozen
class CallLatency:
    """What 99 of 100 calls may take."""

    ms: int
    reason: str
    """Who says so, or the sum."""


def call_latency(site: Site) -> CallLatency | None:
    """Return what calls may take: the API's own target, else the database's and the way there."""
    if site.program.latency_p99_ms:
        return CallLatency(
            ms=site.program.latency_p99_ms, reason="deploy.latency_p99_ms of the model"
        )
    if not site.latency_ms:
        return None
    terms = list(_terms(site))
    words = " + ".join(f"{ms} {text}" for ms, text in terms)
    return CallLatency(ms=sum(ms for ms, _ in terms), reason=f"ms: {words}")


def _terms(site: Site) -> Iterator[tuple[int, str]]:
    yield site.latency_ms, "target of the database"
    yield site.work_ms, "work of the program, as priced"
    if kind_of(site) != FUNCTION:
        yield BETWEEN_ZONES_MS, "between zones"
        return
    if site.has("aws.api-gateway.rest"):
        yield REST_API_MS, "the REST API's own"
    else:
        yield HTTP_API_MS, "the HTTP API's own"
    calls = site.mean_requests_per_second * PERIOD_SECONDS * LATENCY_PERIODS
    if calls < CALLS_FOR_P99:
        yield START_MS, f"start of a function: under {CALLS_FOR_P99:,} calls are no percentile"
