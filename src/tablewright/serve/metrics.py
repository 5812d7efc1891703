"""Metrics of a data API in the text format of Prometheus.

In: requests as they end, the bill of the store. Out: the page. Labels are names of patterns and
status codes, never values of a request. Format: prometheus.io, "Exposition formats", 0.0.4.
"""

from __future__ import annotations

import threading
from collections import Counter

from tablewright.core.quantities import plain
from tablewright.store.metering import RunningUse

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class RequestMetrics:
    """Counts requests and their seconds; safe across threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._seconds: Counter[str] = Counter()

    def add(self, pattern: str, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        with self._lock:
            self._requests[pattern, status] += 1
            self._seconds[pattern] += seconds  # type: ignore[assignment]
            for bound in BUCKETS:
                if seconds <= bound:
                    self._buckets[pattern, bound] += 1

    def page(self, bill: RunningUse) -> str:
        """Return all metrics with what the store's calls have consumed."""
        lines = ["# HELP tablewright_requests_total Requests by pattern and status.", ""]
        lines[-1] = "# TYPE tablewright_requests_total counter"
        with self._lock:
            requests, buckets = dict(self._requests), dict(self._buckets)
            seconds = dict(self._seconds)
        for (pattern, status), count in sorted(requests.items()):
            labels = f'pattern="{pattern}",status="{status}"'
            lines.append(f"tablewright_requests_total{{{labels}}} {count}")
        lines += _latency(requests, buckets, seconds)
        return "\n".join([*lines, *_consumption(bill), ""])


def _latency(
    requests: dict[tuple[str, int], int],
    buckets: dict[tuple[str, float], int],
    seconds: dict[str, int],
) -> list[str]:
    name = "tablewright_request_seconds"
    lines = [f"# HELP {name} Duration of requests.", f"# TYPE {name} histogram"]
    for pattern in sorted(seconds):
        total = sum(count for (each, _), count in requests.items() if each == pattern)
        for bound in BUCKETS:
            count = buckets.get((pattern, bound), 0)
            lines.append(f'{name}_bucket{{pattern="{pattern}",le="{bound}"}} {count}')
        lines.append(f'{name}_bucket{{pattern="{pattern}",le="+Inf"}} {total}')
        lines.append(f'{name}_sum{{pattern="{pattern}"}} {seconds[pattern]:.6f}')
        lines.append(f'{name}_count{{pattern="{pattern}"}} {total}')
    return lines


def _consumption(bill: RunningUse) -> list[str]:
    units, usd = "tablewright_units_total", "tablewright_usd_total"
    lines = [f"# HELP {units} Read and write units consumed.", f"# TYPE {units} counter"]
    uses = sorted(bill.patterns.items())
    for pattern, use in uses:
        for dimension in ("read", "write"):
            labels = f'pattern="{pattern}",dimension="{dimension}"'
            lines.append(f"{units}{{{labels}}} {plain(use.of(dimension))}")
    lines += [f"# HELP {usd} US dollars, where requests have a price.", f"# TYPE {usd} counter"]
    for pattern, _ in uses:
        cost = bill.usd_of(pattern)
        if cost is not None:
            lines.append(f'{usd}{{pattern="{pattern}"}} {plain(cost)}')
    return lines
