"""Read the capacity mode of a table or index.

In: the fields of a table. Out: a `CapacityMode`; what is wrong is noted.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.engines.dynamodb.design import (
    CapacityMode,
    ModeKind,
)
from tablewright.model.nodes import Reading
from tablewright.model.shapes import Fields


def recovery_days(value: Any) -> int | None:
    """Return the days of point-in-time recovery, None where it is off; `true` is 35."""
    if value is None or value is False:
        return None
    return 35 if value is True else int(value)


def read_mode(fields: Fields, reading: Reading) -> CapacityMode:
    """Return the capacity mode; what contradicts itself is noted."""
    mode = _paid_mode(fields, reading)
    value = fields.get("mode")
    warm = value.get("warm") if isinstance(value, Fields) else None
    if warm is None:
        return mode
    if "reads" not in warm and "writes" not in warm:
        reading.error(
            "incomplete",
            "warm throughput states no units",
            fields.at("mode"),
            "write warm: {reads: 20000, writes: 8000}",
        )
    _whole_units(
        warm, ("reads", "writes"), "leave it out where what a table has is enough", reading
    )
    return replace(mode, warm_reads=warm.get("reads"), warm_writes=warm.get("writes"))


def _whole_units(stated: Fields, names: tuple[str, ...], remedy: str, reading: Reading) -> None:
    for name in names:
        units = stated.get(name, Decimal(1))
        if units < 1 or units != units.to_integral_value():
            reading.error(
                "bad-mode",
                f"{name} is not a whole number of units a second, 1 or more",
                stated.at(name),
                remedy,
            )


def _paid_mode(fields: Fields, reading: Reading) -> CapacityMode:
    value = fields.get("mode")
    reserved = fields.get("reserved", 0)
    if not isinstance(value, Fields):
        if reserved:
            reading.error(
                "bad-mode",
                "reserved capacity is given, but the mode is on-demand",
                fields.at("reserved"),
                "reserve provisioned capacity: mode: {rcu: 100, wcu: 50, reserved: 1y}",
            )
        return CapacityMode()
    reserved = value.get("reserved", reserved)
    if reserved and str(fields.get("class", "standard")) == "infrequent-access":
        reading.error(
            "bad-mode",
            "reserved capacity is for tables of the class standard, not infrequent-access",
            value.at("reserved") if "reserved" in value else fields.at("reserved"),
            "take `reserved` or `class` away",
        )
    if "on_demand" in value:
        return _capped(fields, value, reading)
    scaling = value.get("auto_scaling")
    fixed = "rcu" in value or "wcu" in value
    if scaling is None and not fixed and not reserved and "warm" in value:
        return CapacityMode()
    if ("auto_scaling" in value) == fixed:
        reading.error(
            "bad-mode",
            "a capacity mode is either fixed units or auto scaling"
            + (", and both are given" if fixed else ""),
            fields.at("mode"),
            "write {rcu: 5, wcu: 2}, or "
            "{auto_scaling: {min_rcu: 5, max_rcu: 500, min_wcu: 5, max_wcu: 500}}",
        )
        return CapacityMode()
    if scaling is not None:
        for low, high in (("min_rcu", "max_rcu"), ("min_wcu", "max_wcu")):
            if scaling.get(low, Decimal(0)) > scaling.get(high, Decimal(10**9)):
                reading.error(
                    "bad-mode",
                    f"auto scaling has a {low} above its {high}",
                    scaling.at(low),
                    "write the smaller one as the minimum",
                )
        return CapacityMode(
            kind=ModeKind.AUTO_SCALING,
            rcu=scaling.get("min_rcu"),
            wcu=scaling.get("min_wcu"),
            max_rcu=scaling.get("max_rcu"),
            max_wcu=scaling.get("max_wcu"),
            target=scaling.get("target", Decimal("0.7")),
            reserved_years=reserved,
        )
    for unit in ("rcu", "wcu"):
        if unit not in value:
            reading.error(
                "incomplete",
                f"provisioned capacity needs both rcu and wcu; `{unit}` is missing",
                fields.at("mode"),
                "write {rcu: 5, wcu: 2}",
            )
    return CapacityMode(
        kind=ModeKind.PROVISIONED,
        rcu=value.get("rcu"),
        wcu=value.get("wcu"),
        reserved_years=reserved,
    )


def _capped(fields: Fields, value: Fields, reading: Reading) -> CapacityMode:
    """Return on-demand with its maximum, whole request units of at least 1."""
    beside = [name for name in ("rcu", "wcu", "auto_scaling", "reserved") if name in value]
    if beside or "reserved" in fields:
        reading.error(
            "bad-mode",
            f"a mode that is on-demand takes no `{(beside or ['reserved'])[0]}`",
            fields.at("mode"),
            "write {on_demand: {max_reads: 1000, max_writes: 500}}",
        )
        return CapacityMode()
    maximum = value.get("on_demand")
    if "max_reads" not in maximum and "max_writes" not in maximum:
        reading.error(
            "incomplete",
            "on_demand states no maximum",
            fields.at("mode"),
            "write {on_demand: {max_reads: 1000, max_writes: 500}}, or on-demand for none",
        )
    _whole_units(
        maximum, ("max_reads", "max_writes"), "leave it out where there is no maximum", reading
    )
    return CapacityMode(max_rcu=maximum.get("max_reads"), max_wcu=maximum.get("max_writes"))
