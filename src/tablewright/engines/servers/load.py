"""What a workload asks of a server: commands, processors, memory, disk, connections.

In: homes, the work of each pattern, constants. Out: a `Load`. The model is simple and says so:
processors by work, memory by the pages that are hot, disk by bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB, ONE, SECONDS_PER_MONTH, ZERO
from tablewright.engines.servers.constants import Figures
from tablewright.engines.servers.homes import Home
from tablewright.engines.servers.work import Work
from tablewright.model.statistics import LoadCurve, has_peak, load_curve
from tablewright.model.values import Model


@frozen
class Hurried:
    """A pattern that misses its latency target when none of its pages is in memory.

    It reads one page after the other, as it learns from each where the next lies.
    """

    pattern: str
    pages: Decimal
    target_ms: Decimal


@frozen
class Load:
    """What a workload asks of a server."""

    operations_mean: Decimal
    """Commands a second."""
    operations_peak: Decimal
    writes_mean: Decimal
    writes_peak: Decimal
    processors_mean: Decimal
    """Processors kept busy."""
    processors_peak: Decimal
    data_bytes: Decimal
    """Rows and index entries, uncompressed and without free space."""
    disk_bytes: Decimal
    """As they lie on disk: compressed, with free space."""
    memory_bytes: Decimal
    """As they lie in memory."""
    hot_bytes: Decimal
    """Of those, the pages touched within the hot window at the peak."""
    touches_peak: Decimal
    """Pages touched a second at the peak."""
    touches_mean: Decimal
    connections: Decimal
    returned_gb: Decimal
    """Sent to the application in a month."""
    written_gb: Decimal
    """Rows and entries written in a month."""
    curve: LoadCurve
    commands_per_month: Decimal
    hurried: Hurried | None = None
    """What has no time for the disk: with it hot pages have to be in memory, however many
    operations the disk has."""
    vector_bytes: Decimal = ZERO
    """Indexes of vectors in the memory of search nodes."""
    searches_peak: Decimal = ZERO
    """Searches a second on search nodes, at the peak."""

    def iops(
        self,
        cache_bytes: Decimal,
        figures: Figures,
        *,
        peak: bool = True,
        per_write: str = "iops_per_write",
    ) -> Decimal:
        """Return disk operations a second, given so much memory for data.

        Of hot pages those miss that do not fit; of the touches that go to older rows, the share
        that is not in memory.
        """
        retained = min(ONE, cache_bytes / self.hot_bytes) if self.hot_bytes else ONE
        outside = ZERO
        if self.memory_bytes > cache_bytes:
            outside = ONE - cache_bytes / self.memory_bytes
        missed = min(ONE, (ONE - retained) + outside * figures["cold_share"])
        touches = self.touches_peak if peak else self.touches_mean
        writes = self.writes_peak if peak else self.writes_mean
        return touches * missed + writes * figures[per_write]

    def times(self, factor: Decimal, figures: Figures) -> Load:
        """Return the load of so many times the users, each doing and storing what one does now."""
        grown: dict[str, Any] = {
            each.name: value * factor
            for each in fields(self)
            if isinstance(value := getattr(self, each.name), Decimal)
        }
        grown["connections"] = _connections(self.operations_peak * factor, figures)
        return replace(self, **grown)


def _connections(operations_peak: Decimal, figures: Figures) -> Decimal:
    """Return the open connections: twice those that are busy, and at least what pools hold open."""
    busy = operations_peak * figures["call_ms"] / 1000
    return max(figures["least_connections"], busy * 2)


def load_of(
    model: Model,
    users: int,
    works: Mapping[str, Work],
    homes: Sequence[Home],
    disk_bytes: Decimal,
    figures: Figures,
) -> Load:
    """Return what the patterns ask for at one scale."""
    busiest = ONE if has_peak(model) else figures["unstated_peak"]
    mean = _Sum()
    peak = _Sum()
    touched: dict[str, Decimal] = {}
    touches = ZERO
    hurried: list[Hurried] = []
    for pattern in model.patterns:
        work = works[pattern.name]
        rate = model.calls_per_second(pattern, users)
        high = rate * pattern.peak * busiest if pattern.purpose == "online" else rate
        mean.add(work, rate, figures)
        peak.add(work, high, figures)
        pages = sum((pages for _, pages in work.touches), ZERO)
        touches += pages * high
        wanted = model.latency_target_ms(pattern)
        if wanted is not None and pages * figures["disk_read_ms"] + figures["call_ms"] > wanted:
            hurried.append(Hurried(pattern=pattern.name, pages=pages, target_ms=wanted))
        if pattern.purpose == "online":  # reports and batches read from disk what is not hot
            for name, pages in work.touches:
                touched[name] = touched.get(name, ZERO) + pages * high
    hot = _hot_bytes(homes, touched, figures["hot_window_hours"] * 3600, figures["active_days"])
    seconds = SECONDS_PER_MONTH
    data = sum((home.rows * home.row_bytes for home in homes), ZERO)
    data += sum((i.entries * i.entry_bytes for home in homes for i in home.indexes), ZERO)
    return Load(
        operations_mean=mean.commands,
        operations_peak=peak.commands,
        writes_mean=mean.writes,
        writes_peak=peak.writes,
        processors_mean=mean.cpu,
        processors_peak=peak.cpu,
        data_bytes=data,
        disk_bytes=disk_bytes,
        memory_bytes=memory_bytes(homes),
        hot_bytes=hot,
        touches_peak=touches,
        touches_mean=mean.touches,
        connections=_connections(peak.commands, figures),
        returned_gb=mean.returned * seconds / GB,
        written_gb=mean.written * seconds / GB,
        curve=load_curve(model, busiest),
        commands_per_month=mean.commands * seconds,
        hurried=max(hurried, key=lambda call: call.pages / call.target_ms, default=None),
        vector_bytes=sum((i.stored_bytes for home in homes for i in home.vector_indexes), ZERO),
        searches_peak=peak.searches,
    )


class _Sum:
    def __init__(self) -> None:
        self.commands = self.writes = self.cpu = self.returned = self.written = ZERO
        self.touches = self.searches = ZERO

    def add(self, work: Work, rate: Decimal, figures: Figures) -> None:
        """Add a pattern's work at so many calls a second."""
        self.commands += work.commands * rate
        self.writes += work.row_writes * rate
        self.returned += work.returned_bytes * rate
        self.written += work.written_bytes * rate
        self.searches += work.vector_searches * rate
        self.touches += sum((pages for _, pages in work.touches), ZERO) * rate
        self.cpu += processor_us(work, figures) * rate / 1_000_000


def processor_us(work: Work, figures: Figures) -> Decimal:
    """Return the microseconds of one processor that one call takes."""
    return (
        work.commands * figures["cpu_us_command"]
        + work.entries * figures["cpu_us_entry"]
        + work.rows * figures["cpu_us_row"]
        + (work.row_bytes + work.written_bytes) / 1024 * figures["cpu_us_kb"]
        + work.sorted_rows * figures["cpu_us_sort"]
        + work.row_writes * figures["cpu_us_write"]
        + work.entry_writes * figures["cpu_us_entry_write"]
    )


def _hot_bytes(
    homes: Sequence[Home], touched: Mapping[str, Decimal], seconds: Decimal, active_days: Decimal
) -> Decimal:
    """Return the bytes of the pages that are touched within a time, each page alike.

    Of rows that pile up with time only the newest count, those of the active days; of an index the
    newest entries, where they lie together.
    """
    total = ZERO
    for home in homes:
        newest = min(ONE, active_days / home.days) if home.days else ONE
        parts = [(home.name, home.stored_bytes * newest)]
        parts += [
            (f"{home.name}/{index.name}", index.stored_bytes * (newest if index.by_time else ONE))
            for index in home.indexes
        ]
        for name, stored in parts:
            pages = stored / home.page_bytes
            times = touched.get(name, ZERO) * seconds
            if pages > 0 and times > 0:
                share = 1 - math.exp(-min(700.0, float(times / pages)))
                total += stored * Decimal(share)
    return total


def memory_bytes(homes: Sequence[Home]) -> Decimal:
    """Return the bytes of rows and index entries as they lie in memory."""
    rows = sum((home.stored_bytes for home in homes), ZERO)
    return rows + sum((i.stored_bytes for home in homes for i in home.indexes), ZERO)
