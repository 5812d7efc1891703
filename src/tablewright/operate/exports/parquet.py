"""Parquet files of records: a column for each attribute.

In: records of a container. Out: a file whose columns have the narrowest type that keeps every
value exactly; an attribute whose values have several types, or one Parquet has no type for, is a
column of JSON texts, marked so in the column's metadata. pyarrow is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.core.errors import DataError, UnsupportedError
from tablewright.evaluation.doors import Codec
from tablewright.operate.exports.exchange import from_text, to_text

INSTALL = "pip install 'tablewright[parquet]'"
ROWS_AT_ONCE = 1_000
TEXT, BOOLEAN, INTEGER, DOUBLE, DECIMAL, BINARY, JSON = (
    "text", "boolean", "integer", "double", "decimal", "binary", "json",
)  # fmt: skip
KIND, NULLS = b"tablewright.kind", b"tablewright.nulls"
MOST_INTEGER = 1 << 63
MOST_EXACT = 1 << 53
"""Integers below it are exact as doubles."""


class ParquetForm:
    """Parquet, compressed with zstd."""

    ending = "parquet"

    def __init__(self, codec: Codec) -> None:
        """Take a codec, and see that the library is there.

        Raises:
            UnsupportedError: it is not installed.
        """
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError as problem:
            raise UnsupportedError(
                "Parquet needs the library pyarrow", remedy=f"install it: {INSTALL}"
            ) from problem
        self.codec = codec

    def write(self, path: Path, contents: Iterable[Mapping[str, Any]]) -> None:
        """Write records; their columns are sorted by name."""
        import pyarrow as pa
        from pyarrow import parquet

        rows = [self.codec.to_plain(content) for content in contents]
        names = sorted({name for row in rows for name in row})
        fields, columns = [], []
        for name in names:
            kind, has_nulls = column_kind(rows, name, has_doubles=self.codec.has_doubles)
            values = [self._stored(kind, row.get(name), name in row) for row in rows]
            metadata = {KIND: kind.encode(), NULLS: b"yes" if has_nulls else b"no"}
            fields.append(pa.field(name, _arrow_type(kind), metadata=metadata))
            columns.append(pa.array(values, type=_arrow_type(kind)))
        if names:
            table = pa.table(columns, schema=pa.schema(fields))
        else:  # records without attributes
            table = pa.table({"": pa.nulls(len(rows))})
        parquet.write_table(table, path, compression="zstd", row_group_size=ROWS_AT_ONCE)

    def _stored(self, kind: str, value: Any, is_there: bool) -> Any:
        if not is_there:
            return None
        if kind == JSON:
            return to_text(value, has_doubles=self.codec.has_doubles)
        return float(value) if kind == DECIMAL and value is not None else value

    def read(self, path: Path) -> Iterator[Mapping[str, Any]]:
        """Yield the records of a file.

        Raises:
            DataError: it is no Parquet file, or damaged.
        """
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        try:
            with ParquetFile(path) as file:
                marks = {
                    field.name: (
                        (field.metadata or {}).get(KIND, b"").decode(),
                        (field.metadata or {}).get(NULLS) == b"yes",
                    )
                    for field in file.schema_arrow
                }
                for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                    for row in batch.to_pylist():
                        yield self.codec.from_plain(self._restored(row, marks))
        except (ArrowException, OSError, ValueError) as problem:
            raise DataError(
                f"{path} cannot be read: {problem}", remedy="take another copy of the export"
            ) from problem

    def _restored(
        self, row: Mapping[str, Any], marks: Mapping[str, tuple[str, bool]]
    ) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for name, value in row.items():
            kind, has_nulls = marks[name]
            if value is None:
                if has_nulls:
                    plain[name] = None
            elif kind == JSON:
                plain[name] = from_text(value, has_doubles=self.codec.has_doubles)
            elif kind == DECIMAL:
                is_whole = value.is_integer() and not self.codec.has_doubles
                plain[name] = int(value) if is_whole else Decimal(repr(value))
            else:
                plain[name] = value
        return plain


def column_kind(
    rows: Sequence[Mapping[str, Any]], name: str, *, has_doubles: bool = False
) -> tuple[str, bool]:
    """Return the kind of a column, and whether an empty cell of it is a null, not an absence.

    Args:
        rows: the records.
        name: the attribute.
        has_doubles: whether integers and decimals are different types to the database.

    Example:
        >>> column_kind([{"n": 1}, {"n": 2}], "n"), column_kind([{"n": 1}, {"n": "a"}], "n")
        (('integer', False), ('json', False))
    """
    values = [row[name] for row in rows if name in row]
    present = [value for value in values if value is not None]
    has_nulls = len(present) < len(values)
    if has_nulls and len(values) < len(rows):
        return JSON, False  # nulls and absences in one column: only JSON tells them apart
    kinds = {_kind(value) for value in present}
    if kinds == {INTEGER, DECIMAL} and not has_doubles:
        integers = [value for value in present if isinstance(value, int)]
        kinds = {DECIMAL if all(abs(value) < MOST_EXACT for value in integers) else JSON}
    return (kinds.pop() if len(kinds) == 1 else JSON), has_nulls


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, str):
        return TEXT
    if isinstance(value, int):
        return INTEGER if -MOST_INTEGER <= value < MOST_INTEGER else JSON
    if isinstance(value, float):
        return DOUBLE
    if isinstance(value, Decimal):
        is_exact = value.is_finite() and Decimal(repr(float(value))) == value
        return DECIMAL if is_exact else JSON
    if isinstance(value, bytes):
        return BINARY
    return JSON


def _arrow_type(kind: str) -> Any:
    import pyarrow as pa

    types = {
        TEXT: pa.string(),
        BOOLEAN: pa.bool_(),
        INTEGER: pa.int64(),
        DOUBLE: pa.float64(),
        DECIMAL: pa.float64(),
        BINARY: pa.binary(),
        JSON: pa.string(),
    }
    return types[kind]
