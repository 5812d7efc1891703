"""UpdateGlobalTableSettings: refused, because the settings of a table are its replica's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.faults import ValidationException

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UpdateGlobalTableSettings request."""
    raise ValidationException(
        "The local engine has one replica of a global table: change its settings by UpdateTable"
    )
