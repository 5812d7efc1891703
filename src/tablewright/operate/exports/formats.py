"""The forms of an export's files: DynamoDB JSON, NDJSON, Parquet.

In: records of a container, a path. Out: a compressed file; and the records back from it, one by
one. The same records give the same bytes, so that a digest means something.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Protocol

from tablewright.core.errors import DataError, UnsupportedError
from tablewright.evaluation.doors import Codec
from tablewright.operate.exports.exchange import from_text, to_text

DDB_JSON, NDJSON, PARQUET = "ddb-json", "ndjson", "parquet"
FORMS = (DDB_JSON, NDJSON, PARQUET)

Content = Mapping[str, Any]


class ExportForm(Protocol):
    """One form of file."""

    ending: str

    def write(self, path: Path, contents: Iterable[Content]) -> None:
        """Write records, in the engine's own form, to a new file."""
        ...

    def read(self, path: Path) -> Iterator[Content]:
        """Yield the records of a file, in the engine's own form."""
        ...


def form_for(name: str, codec: Codec) -> ExportForm:
    """Return a form for the records of a codec.

    Raises:
        UnsupportedError: the form is not that of the engine, or its library is not installed.
    """
    if name == DDB_JSON:
        if codec.native_form != DDB_JSON:
            raise UnsupportedError(
                "ddb-json is the form of DynamoDB's items only",
                remedy="take --format ndjson or parquet",
            )
        return NativeLines()
    if name == PARQUET:
        from tablewright.operate.exports.parquet import ParquetForm

        return ParquetForm(codec)
    return PlainLines(codec)


class NativeLines:
    """`{"Item": {…}}` a line, gzip: what ImportTable reads and ExportTableToPointInTime writes."""

    ending = "json.gz"

    def write(self, path: Path, contents: Iterable[Content]) -> None:
        """Write items."""
        lines = (
            json.dumps({"Item": content}, ensure_ascii=False, separators=(",", ":"))
            for content in contents
        )
        write_lines(path, lines)

    def read(self, path: Path) -> Iterator[Content]:
        """Yield items."""
        for number, line in read_lines(path):
            try:
                item: Content = json.loads(line)["Item"]
            except (ValueError, KeyError, TypeError) as problem:
                raise damaged(path, number, problem) from problem
            yield item


class PlainLines:
    """A JSON document a line, gzip: any tool reads it, and every value comes back."""

    ending = "ndjson.gz"

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def write(self, path: Path, contents: Iterable[Content]) -> None:
        """Write documents."""
        codec, has_doubles = self.codec, self.codec.has_doubles
        lines = (to_text(codec.to_plain(each), has_doubles=has_doubles) for each in contents)
        write_lines(path, lines)

    def read(self, path: Path) -> Iterator[Content]:
        """Yield documents."""
        for number, line in read_lines(path):
            try:
                plain = from_text(line, has_doubles=self.codec.has_doubles)
                content = self.codec.from_plain(plain)
            except (ValueError, TypeError, KeyError, ArithmeticError) as problem:
                raise damaged(path, number, problem) from problem
            yield content


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a gzip file whose bytes depend on them alone."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
    ):
        for line in lines:
            text.write(line)
            text.write("\n")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a gzip file with their numbers.

    Raises:
        DataError: it is cut off or no gzip file.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
            yield from enumerate(lines, 1)
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise DataError(
            f"{path} cannot be read: {problem}", remedy="take another copy of the export"
        ) from problem


def damaged(path: Path, number: int, problem: Exception) -> DataError:
    """Return the error of a record that is none."""
    return DataError(
        f"{path}:{number} is no record: {problem}", remedy="take another copy of the export"
    )
