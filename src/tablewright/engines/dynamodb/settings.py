"""A design with the same settings on every table: replicas in other regions, a stream.

In: a design. Out: another; the design that was given is unchanged.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.core.errors import UsageError
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.design_grammar import STREAM_VIEWS


def with_settings(
    design: DynamoDesign, *, replicas: tuple[str, ...] = (), stream: str = ""
) -> DynamoDesign:
    """Return a design whose tables all have these replicas and this stream; "" keeps theirs.

    Raises:
        UsageError: a stream cannot hold that.
    """
    if stream and stream not in STREAM_VIEWS:
        raise UsageError(
            f"a stream cannot hold `{stream}`", remedy=f"choose one of {', '.join(STREAM_VIEWS)}"
        )
    tables = tuple(
        replace(
            table,
            replicas=tuple(dict.fromkeys((*table.replicas, *replicas))),
            stream=stream or table.stream,
        )
        for table in design.tables
    )
    return replace(design, tables=tables)
