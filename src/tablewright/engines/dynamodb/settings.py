"""A design with other settings of every table: replicas, a stream, names of an environment.

In: a design. Out: another; the design that was given is unchanged.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.core.errors import UsageError
from tablewright.deploy.option import PRODUCTION
from tablewright.engines.dynamodb.design import DynamoDesign, Table
from tablewright.engines.dynamodb.design_grammar import STREAM_VIEWS


def table_name(table: Table, environment: str) -> str:
    """Return the name a table has in an environment: production keeps the design's own."""
    return table.name if environment == PRODUCTION else f"{environment}-{table.name}"


def in_environment(design: DynamoDesign, environment: str) -> DynamoDesign:
    """Return a design whose tables have the names of an environment."""
    tables = (replace(table, name=table_name(table, environment)) for table in design.tables)
    return replace(design, tables=tuple(tables))


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
    fixed = [t for t in design.tables if replicas and (t.strong_replicas or t.replica_accounts)]
    if fixed:
        raise UsageError(
            f"the regions of {fixed[0].name} are fixed: its replicas are strong or in other "
            "accounts",
            remedy="state all of its regions in the design",
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
