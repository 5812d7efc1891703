"""A load of nothing, to be changed one figure at a time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.engines.servers.load import Load
from tablewright.model.statistics import LoadCurve


def a_load(**changes: Any) -> Load:
    nothing = Decimal(0)
    base = Load(
        operations_mean=nothing,
        operations_peak=nothing,
        writes_mean=nothing,
        writes_peak=nothing,
        processors_mean=nothing,
        processors_peak=nothing,
        data_bytes=nothing,
        disk_bytes=nothing,
        memory_bytes=nothing,
        hot_bytes=nothing,
        touches_peak=nothing,
        touches_mean=nothing,
        connections=Decimal(10),
        returned_gb=nothing,
        written_gb=nothing,
        curve=LoadCurve(),
        commands_per_month=nothing,
    )
    return replace(base, **changes)
