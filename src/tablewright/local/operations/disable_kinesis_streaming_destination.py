"""DisableKinesisStreamingDestination: stop sending the changes of a table to a Kinesis stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import destinations
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DisableKinesisStreamingDestination request."""
    request = check_request("disable_kinesis_streaming_destination", request)
    with engine.store.writing:
        return destinations.disable(engine, request)
