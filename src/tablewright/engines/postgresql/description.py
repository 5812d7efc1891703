"""Describe a PostgreSQL design: tables, columns and indexes as neutral values.

In: a design. Out: a DesignDescription. No sizes, no routes, no prices.
"""

from __future__ import annotations

from tablewright.engines.postgresql.design import PgIndex, PgTable, PostgresDesign
from tablewright.evaluation.description import (
    ContainerDescription,
    DesignDescription,
    EngineTerms,
    IndexDescription,
    RecordDescription,
    key_text,
)

TERMS = EngineTerms(
    container="table",
    record="row",
    read_unit="rows and entries read",
    write_unit="rows written",
    bills_requests=False,
)


def describe(design: PostgresDesign) -> DesignDescription:
    """Return a design as neutral values."""
    return DesignDescription(
        design=design.name,
        engine=design.engine,
        settings=tuple(
            (name, text)
            for name, text in (("server", design.server), ("version", design.version))
            if text
        ),
        containers=tuple(_table(table) for table in design.tables),
        terms=TERMS,
    )


def _table(table: PgTable) -> ContainerDescription:
    settings = [
        ("foreign key", f"{', '.join(key.columns)} references {key.table} ({', '.join(key.to)})")
        for key in table.foreign_keys
    ]
    if table.partition_by:
        settings.append(("partitions", f"by month of {table.partition_by}"))
    if table.fillfactor != 100:
        settings.append(("fillfactor", str(table.fillfactor)))
    columns = tuple(f"{column.name} {column.sql}" for column in table.columns)
    record = RecordDescription(
        name=table.entity,
        entity=table.entity,
        attributes=tuple(column.name for column in table.columns),
        content=", ".join(columns),
    )
    return ContainerDescription(
        name=table.name,
        key=key_text(table.primary_key),
        settings=tuple(settings),
        records=(record,),
        indexes=tuple(_index(index) for index in table.indexes),
    )


def _index(index: PgIndex) -> IndexDescription:
    columns = []
    for name, is_descending in index.columns:
        text = f"lower({name})" if index.ignore_case else name
        text += " text_pattern_ops" if index.prefixes else ""
        columns.append(f"{text} DESC" if is_descending else text)
    options = [index.using]
    if index.unique:
        options.append("unique")
    if index.include:
        options.append(f"include {', '.join(index.include)}")
    if index.where:
        conditions = (f"{name} is {' or '.join(values)}" for name, values in index.where)
        options.append(f"where {', '.join(conditions)}")
    return IndexDescription(name=index.name, key=", ".join(columns), projection=", ".join(options))
