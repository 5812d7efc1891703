"""Who is told of a changed item, inside the write that changes it.

In: a table that is watched, the item before and after. Out: a stream record, a
line of history, a record for Kinesis, a change on its way to other regions.
A write that leaves the item as it was is no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import destinations, history, replication, streams

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table


def record_change(
    engine: LocalEngine,
    table: Table,
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
    by_service: bool,
) -> None:
    """Tell all who watch a table of a change. Inside the write."""
    if old == new:
        return
    if table.has_stream:
        streams.record(engine, table, old, new, by_service=by_service)
    if table.history is not None:
        history.record(engine, table, old, new)
    if table.is_sending:
        destinations.send(engine, table, old, new, by_service=by_service)
    if table.replicas:
        replication.record(engine, table, old, new)
