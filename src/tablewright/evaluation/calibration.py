"""What a server was measured to take for the units of work that designs on servers are sized by.

In: YAML that `calibrate` wrote, or that ships with an engine. Out: a Calibration, and the YAML of
one. It knows no engine: names of figures are the engine's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tablewright.core.data import parse_yaml
from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen

FIELDS = frozenset({"engine", "version", "machine", "date", "constants", "not_measured"})
HEAD = "# What `tablewright calibrate` measured: servers of this engine are sized by it.\n"


@frozen
class Constant:
    """A figure that a server is sized with, its range, and where it comes from."""

    name: str
    value: Decimal
    light: Decimal
    heavy: Decimal
    unit: str
    label: str
    """source, measured or assumed."""
    source: str
    what: str
    group: str
    """server, or habits: what users do and the model does not say."""


@frozen
class MeasuredConstant:
    """A measured figure with the range it is used with."""

    name: str
    value: Decimal
    light: Decimal
    heavy: Decimal
    how: str
    """What was measured, in words with figures."""


@frozen
class Calibration:
    """What was measured on one server."""

    engine: str
    version: str
    """Of the server, as it says itself."""
    machine: str
    """System, processors: what it ran on."""
    date: str
    """YYYY-MM-DD."""
    constants: tuple[MeasuredConstant, ...]
    not_measured: tuple[tuple[str, str], ...] = ()
    """Constants that could not be measured there, each with the reason."""

    def __str__(self) -> str:
        """Return where and when it was measured."""
        return f"measured on {self.date} on {self.version}, {self.machine}"


def calibration_from(text: str, name: str) -> Calibration:
    """Return a calibration as a file has it.

    Args:
        text: the YAML.
        name: of the file, for messages.

    Raises:
        DataError: it is no calibration; the message names the file and the field.
    """
    data = parse_yaml(text, name)
    if not isinstance(data, Mapping) or set(data) != FIELDS:
        raise DataError(
            f"{name} is no calibration: it needs the fields {', '.join(sorted(FIELDS))}"
        )
    return Calibration(
        engine=str(data["engine"]),
        version=str(data["version"]),
        machine=str(data["machine"]),
        date=str(data["date"]),
        constants=tuple(
            _constant(key, fields, name) for key, fields in (data["constants"] or {}).items()
        ),
        not_measured=tuple(
            (str(key), str(why)) for key, why in (data["not_measured"] or {}).items()
        ),
    )


def _constant(key: str, fields: Any, name: str) -> MeasuredConstant:
    if not isinstance(fields, Mapping) or set(fields) != {"value", "light", "heavy", "how"}:
        raise DataError(f"{name}: `{key}` needs the fields value, light, heavy and how")
    try:
        value, light, heavy = (Decimal(str(fields[part])) for part in ("value", "light", "heavy"))
    except InvalidOperation:
        raise DataError(f"{name}: `{key}` has something else than figures") from None
    if not min(light, heavy) <= value <= max(light, heavy):
        raise DataError(f"{name}: the value of `{key}` lies outside of its range")
    return MeasuredConstant(name=key, value=value, light=light, heavy=heavy, how=str(fields["how"]))


def calibration_text(calibration: Calibration) -> str:
    """Return a calibration as YAML, to be read again.

    Example:
        >>> measured = MeasuredConstant(
        ...     name="cpu_us_row", value=Decimal("0.3"), light=Decimal("0.15"),
        ...     heavy=Decimal("0.6"), how="0.287"
        ... )
        >>> made = Calibration(
        ...     engine="postgresql", version="PostgreSQL 18.6", machine="Linux x86_64",
        ...     date="2026-11-30", constants=(measured,)
        ... )
        >>> calibration_from(calibration_text(made), "here") == made
        True
    """
    import json

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    lines = [
        f"engine: {calibration.engine}",
        f"version: {quoted(calibration.version)}",
        f"machine: {quoted(calibration.machine)}",
        f"date: {quoted(calibration.date)}",
        "constants:" if calibration.constants else "constants: {}",
    ]
    lines += [
        f"  {c.name}: {{value: {c.value}, light: {c.light}, heavy: {c.heavy}, "
        f"how: {quoted(c.how)}}}"
        for c in calibration.constants
    ]
    lines.append("not_measured:" if calibration.not_measured else "not_measured: {}")
    lines += [f"  {name}: {quoted(why)}" for name, why in calibration.not_measured]
    return HEAD + "\n".join(lines) + "\n"
