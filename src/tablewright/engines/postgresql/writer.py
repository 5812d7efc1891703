"""Print a PostgreSQL design as an entry of `designs:`.

In: a design, its model. Out: YAML that reads back as the same design. A foreign key of several
columns has no form in the file and is left out.
"""

from __future__ import annotations

from typing import Any

from tablewright.design.values import Design
from tablewright.engines.postgresql.design import Column, PgIndex, PgTable, PostgresDesign
from tablewright.engines.servers.writer import OnLines, section_of, without_empty
from tablewright.model.values import Model


def section(design: Design, model: Model) -> str:
    """Return the entry of a design, indented by two."""
    assert isinstance(design, PostgresDesign)
    fields = {
        "engine": design.engine,
        "title": design.title,
        "note": design.note,
        "server": design.server,
        "version": design.version,
        "tables": {table.name: _table(table) for table in design.tables},
    }
    return section_of(design.name, without_empty(fields))


def _table(table: PgTable) -> dict[str, Any]:
    return without_empty(
        {
            "holds": table.entity,
            "primary_key": list(table.primary_key),
            "columns": OnLines((column.name, _column(table, column)) for column in table.columns),
            "indexes": {index.name: _index(index) for index in table.indexes},
            "fillfactor": table.fillfactor if table.fillfactor != 100 else None,
            "partition_by": table.partition_by,
        }
    )


def _column(table: PgTable, column: Column) -> Any:
    words = [column.sql]
    if column.not_null:
        words.append("NOT NULL")
    if column.default:
        words.append(f"DEFAULT {column.default}")
    if column.generated:
        words.append(f"GENERATED {column.generated}")
    if column.check:
        words.append(f"CHECK {column.check}")
    key = next((key for key in table.foreign_keys if key.columns == (column.name,)), None)
    if key is not None:
        words.append(f"REFERENCES {key.table}({key.to[0]})")
    text = " ".join(words)
    if column.attribute in ("", column.name):
        return text
    return {"type": text, "of": column.attribute}


def _index(index: PgIndex) -> Any:
    columns = [f"-{name}" if down else name for name, down in index.columns]
    fields = without_empty(
        {
            "columns": columns,
            "unique": index.unique,
            "using": index.using if index.using != "btree" else None,
            "include": list(index.include),
            "where": {name: list(values) for name, values in index.where},
            "ignore_case": index.ignore_case,
            "prefixes": index.prefixes,
            "halfvec": index.halfvec,
        }
    )
    return columns if fields == {"columns": columns} else fields
