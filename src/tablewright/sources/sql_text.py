"""Cut the text of an SQL dump into statements and the data of its COPY commands, as it streams by.

In: a binary stream. Out: statements with the line they begin at, and rows of COPY data. Strings,
dollar quotes and comments are honoured; of a statement longer than 16 MB only that it was there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from tablewright.core.frozen import frozen

LONGEST_STATEMENT = 16 * 1024 * 1024
_COPY = re.compile(
    r"COPY\s+(?:ONLY\s+)?([\w.\"]+)\s*(?:\(([^)]*)\))?\s+FROM\s+stdin", re.IGNORECASE
)
_TOKEN = re.compile(r"'|\"|`|--|/\*|\$[A-Za-z_]*\$|;|#")
_ESCAPES = {"\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\v": "\v"}


@frozen(kw_only=False)
class ParsedStatement:
    """One statement."""

    line: int
    text: str


@frozen(kw_only=False)
class CopiedRow:
    """One row of COPY data: the table, its columns, the values as text (None is null)."""

    line: int
    table: str
    columns: tuple[str, ...]
    values: tuple[str | None, ...]


@frozen(kw_only=False)
class CutOff:
    """The text ends in the middle of a statement or of data."""

    line: int
    what: str


@frozen(kw_only=False)
class TooLong:
    """A statement that was not kept."""

    line: int


def read_sql(
    stream: IO[bytes], *, is_mysql: bool = False
) -> Iterator[ParsedStatement | CopiedRow | CutOff | TooLong]:
    """Yield statements and rows in order; at the end perhaps that the text is cut off."""
    reader = _Reader(stream, is_mysql=is_mysql)
    yield from reader.parts()


class _Reader:
    def __init__(self, stream: IO[bytes], *, is_mysql: bool) -> None:
        self._lines = self._decoded(stream)
        self._is_mysql = is_mysql
        self._number = 0

    def _decoded(self, stream: IO[bytes]) -> Iterator[str]:
        while True:
            try:
                line = stream.readline(LONGEST_STATEMENT)
            except (EOFError, OSError):  # a packed stream that is cut off
                return
            if not line:
                return
            yield line.decode("utf-8", "replace")

    def parts(self) -> Iterator[ParsedStatement | CopiedRow | CutOff | TooLong]:
        text: list[str] = []
        start, size = 1, 0
        closing = ""
        is_whole = True
        for line in self._lines:
            self._number += is_whole
            is_whole = line.endswith("\n")
            if not text and not closing and line.lstrip().startswith(("--", "\\")):
                continue
            rest = line
            while rest:
                piece, ended, closing, rest = self._piece(rest, closing)
                if not text and piece.strip():
                    start = self._number
                size += len(piece)
                if size <= LONGEST_STATEMENT and (text or piece.strip()):
                    text.append(piece)
                if ended:
                    statement = "".join(text).strip()
                    text, is_long = [], size > LONGEST_STATEMENT
                    size = 0
                    match = _COPY.match(statement)
                    if match is not None:
                        yield from self._copied(match)
                        rest = ""
                    elif is_long:
                        yield TooLong(start)
                    elif statement:
                        yield ParsedStatement(start, statement)
        remaining = "".join(text).strip()
        if remaining:
            # The last statement of a file may lack its semicolon; one that is open is cut off.
            if closing or remaining.count("(") != remaining.count(")"):
                yield CutOff(start, remaining.split("(")[0].strip()[:60])
            else:
                yield ParsedStatement(start, remaining)

    def _piece(self, line: str, closing: str) -> tuple[str, bool, str, str]:
        """Return text up to the end of the statement or line, whether it ended, what is open."""
        out: list[str] = []
        place = 0
        while place < len(line):
            if closing:
                end = self._end_of(line, closing, place)
                stop = len(line) if end < 0 else end
                if closing != "*/":
                    out.append(line[place:stop])
                if end < 0:
                    return "".join(out), False, closing, ""
                place, closing = end, ""
                continue
            match = _TOKEN.search(line, place)
            if match is None:
                out.append(line[place:])
                break
            token = match[0]
            out.append(line[place : match.start()])
            place = match.end()
            if token == ";":
                return "".join(out), True, "", line[place:]
            if token == "--" or (token == "#" and self._is_mysql):
                out.append("\n")
                break
            if token == "/*":
                closing = "*/"
                continue
            out.append(token)
            if token != "#":
                closing = token
        return "".join(out), False, closing, ""

    def _end_of(self, line: str, closing: str, place: int) -> int:
        """Return the place behind the end of what is open, -1 where it is not in this line."""
        while True:
            hit = line.find(closing, place)
            if hit < 0:
                return -1
            if self._is_mysql and closing == "'":
                slashes = len(line[:hit]) - len(line[:hit].rstrip("\\"))
                if slashes % 2:
                    place = hit + 1
                    continue
            return hit + len(closing)

    def _copied(self, match: re.Match[str]) -> Iterator[CopiedRow | CutOff]:
        table = match[1].replace('"', "").split(".")[-1]
        columns = tuple(c.strip().strip('"') for c in (match[2] or "").split(",") if c.strip())
        begin = self._number
        for line in self._lines:
            self._number += 1
            row = line.rstrip("\n").rstrip("\r")
            if row == "\\.":
                return
            values = tuple(None if v == "\\N" else _unescaped(v) for v in row.split("\t"))
            yield CopiedRow(self._number, table, columns, values)
        yield CutOff(begin, f"the data of {table}")


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[0], m[1]), text)
