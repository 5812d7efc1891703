"""What a plan may be told: scales, limits, names and preferences, from the options of the model.

In: a model. Out: `Settings`, or a UsageError that names the option.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.model.values import Model
from tablewright.plan.values import ROUND_TRIP_MS, Scale

SAMPLE_ITEMS = 128
"""Instances drawn for each entity while searching; the result is evaluated with more."""


@frozen(slots=False)
class Settings:
    """What the search may be told; `of` takes it from the model file."""

    scales: tuple[Scale, ...]
    sample_items: int = SAMPLE_ITEMS
    most_tables: int | None = None
    most_structures: int | None = None
    single_table: str = ""
    """prefer, avoid, or nothing."""
    prefix: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Table names by entity."""
    round_trip_ms: Decimal = ROUND_TRIP_MS
    latency_p99_ms: Decimal | None = None
    """The model's target, for patterns that people wait for and that have none of their own."""
    objects: str = "needed"
    """What may lie in object storage: what is `needed` there, `allow` anything large, `avoid`."""
    modes: str = "safe"
    """safe: at no scale more than on-demand; cheapest: at the planned one; or on-demand."""
    seconds: float = 60.0
    bounded_scans: bool = True
    """Whether a table may be scanned that does not grow with the users: not where tables are
    joined, since a scan reads the items of all of them."""

    @classmethod
    def of(cls, model: Model, users: int) -> Settings:
        """Return the settings the model file asks for.

        Raises:
            UsageError: an option has a value it cannot have.
        """
        options = model.options
        single = options.get("single_table", "")
        if single not in ("", "prefer", "avoid"):
            raise UsageError(
                f"the option `single_table` is `{single}`",
                remedy="write prefer or avoid",
            )
        modes = options.get("capacity", "safe")
        if modes not in ("safe", "cheapest", "on-demand"):
            raise UsageError(
                f"the option `capacity` is `{modes}`",
                remedy="write safe, cheapest or on-demand",
            )
        objects = options.get("object_storage", "needed")
        if objects not in ("needed", "allow", "avoid"):
            raise UsageError(
                f"the option `object_storage` is `{objects}`",
                remedy="write needed, allow or avoid",
            )
        names = {
            key.partition(".")[2]: value
            for key, value in options.items()
            if key.startswith("names.")
        }
        return cls(
            scales=_weights(options) or (Scale(users=users),),
            most_tables=_whole(options, "max_tables"),
            single_table=single,
            prefix=options.get("table_prefix", ""),
            names=names,
            round_trip_ms=_milliseconds(options, "round_trip_ms") or ROUND_TRIP_MS,
            latency_p99_ms=model.targets.latency_p99_ms,
            objects=objects,
            modes=modes,
        )


def _whole(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(f"the option `{name}` is `{text}`", remedy="write a number, such as 3")
    return int(text)


def _milliseconds(options: Mapping[str, str], name: str) -> Decimal | None:
    text = options.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"\d+(\.\d+)?", text) or Decimal(text) == 0:
        raise UsageError(f"the option `{name}` is `{text}`", remedy="write a number, such as 10")
    return Decimal(text)


def _weights(options: Mapping[str, str]) -> tuple[Scale, ...]:
    result = []
    for key, value in options.items():
        head, _, users = key.partition(".")
        if head != "weights":
            continue
        try:
            result.append(Scale(users=int(users), weight=Decimal(value)))
        except (ValueError, ArithmeticError):
            raise UsageError(
                f"the option `{key}` is `{value}`", remedy="write weights: {1000: 0.3, 10000: 0.7}"
            ) from None
    return tuple(sorted(result, key=lambda s: s.users))
