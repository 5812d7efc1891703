"""The constants that servers are sized with: values, ranges, and where each comes from.

In: `sizing.yaml`, the calibration that ships with an engine, one of the user's own. Out: Constants,
and Figures in one case of their ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from tablewright.core.data import read_text, read_yaml
from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen
from tablewright.evaluation.calibration import Calibration, Constant, calibration_from

ENDS = ("light", "heavy")
LEAST_CACHE_GB = Decimal("0.5")
"""MongoDB gives its cache 256 MB at least, which is the share of so much."""
CALIBRATED = ("postgresql",)
"""Engines that ship with a calibration."""
LABELS = ("source", "measured", "assumed")


@cache
def shipped_calibration(engine: str) -> Calibration | None:
    """Return what was measured for an engine and ships with it; None where nothing was."""
    if engine not in CALIBRATED:
        return None
    name = f"{engine}/calibration.yaml"
    text = read_text(f"tablewright.engines.{engine}", "calibration.yaml")
    return calibration_from(text, name)


@cache
def constants(engine: str, calibration: Calibration | None = None) -> tuple[Constant, ...]:
    """Return the constants of an engine, those of all engines first.

    Args:
        engine: its name.
        calibration: what was measured elsewhere than what ships with the engine.

    Raises:
        DataError: the data file has a field it should not have, or lacks one; the calibration has
            a constant that there is not.
    """
    data = read_yaml("tablewright.engines.servers", "sizing.yaml")
    measured = _measured(engine, calibration)
    constants = []
    for name, fields in {**data["common"], **data[engine]}.items():
        whole = {**fields, **measured.pop(name, {})}
        if set(whole) != {"value", "light", "heavy", "unit", "label", "source", "what"}:
            raise DataError(f"servers/sizing.yaml: `{name}` has the fields {sorted(whole)}")
        if whole["label"] not in LABELS:
            raise DataError(f"servers/sizing.yaml: the label of `{name}` is none of {LABELS}")
        value, light, heavy = (Decimal(str(whole[case])) for case in ("value", *ENDS))
        constants.append(
            Constant(
                name=name,
                value=value,
                light=light,
                heavy=heavy,
                unit=str(whole["unit"]),
                label=whole["label"],
                source=str(whole["source"]),
                what=str(whole["what"]),
                group="habits" if _is_habit(fields) else "server",
            )
        )
    if measured:
        unknown = ", ".join(sorted(measured))
        raise DataError(f"the calibration of {engine} has constants that there are not: {unknown}")
    return tuple(constants)


def _measured(engine: str, calibration: Calibration | None) -> dict[str, dict[str, Any]]:
    """Return the fields of constants that were measured: what ships, then what was given."""
    fields: dict[str, dict[str, Any]] = {}
    for source in (shipped_calibration(engine), calibration):
        for constant in source.constants if source is not None else ():
            fields[constant.name] = {
                "value": constant.value,
                "light": constant.light,
                "heavy": constant.heavy,
                "label": "measured",
                "source": f"{source}: {constant.how}",
            }
    return fields


def _is_habit(fields: Mapping[str, Any]) -> bool:
    return str(fields.get("source", "")).startswith("a habit of ")


def figures(
    engine: str,
    case: str = "value",
    own: Mapping[str, Decimal] | None = None,
    calibration: Calibration | None = None,
) -> Figures:
    """Return the constants of an engine in one case: value, light, heavy, or one of `CASES`."""
    group, _, end = case.rpartition("-")
    stored = {}
    for constant in constants(engine, calibration):
        position = end if group in ("", constant.group) else "value"
        stored[constant.name] = Decimal(getattr(constant, position))
    return Figures(held={**stored, **(own or {})}, case=case)


@frozen(slots=False)
class Figures:
    """Constants by name."""

    held: Mapping[str, Decimal]
    case: str = "value"

    def __getitem__(self, name: str) -> Decimal:
        return self.held[name]

    def cache_gb(self, memory_gb: Decimal) -> Decimal:
        """Return how much of a server's memory holds data, in GB."""
        own_key = max(LEAST_CACHE_GB, memory_gb - self["cache_beyond_gb"]) * self["cache_share"]
        return own_key + memory_gb * self["file_cache_share"]
