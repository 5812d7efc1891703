"""Files of items that imports and bulk puts read: DynamoDB JSON or Ion, compressed or not.

In: a file of a bucket and how it is written. Out: its records one after another, each read as the
item it states; what is no item says why. Lines are bounded, so that no file fills the memory.

Sources: Developer Guide, "Amazon S3 import formats for DynamoDB" (a JSON object with `Item` on each
line; Ion structs with `Item`, whose sets are lists annotated `$dynamodb_SS`, `$dynamodb_NS` and
`$dynamodb_BS`, and whose numbers are Ion ints and decimals).
"""

from __future__ import annotations

import base64
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, cast

import orjson

from tablewright.core.quantities import MB
from tablewright.local.faults import Fault, ValidationException
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from pathlib import Path

MAX_LINE_BYTES = 8 * MB
"""An item of 400 KB written as DynamoDB JSON with every character escaped fits several times."""

NOT_DATA = ("manifest-files.json", "manifest-summary.json", "_started", ".checksum", ".md5")
"""How the keys end of what exports write beside their data."""

NEEDED = {"ION": ("amazon.ion", "Ion"), "ZSTD": ("zstandard", "Zstandard")}
"""The module that reads a format or compression, and what it is called."""

Item = dict[str, Any]


class NotAnItem(ValueError):
    """A record states no item; the message says why."""


def check_readable(*kinds: str) -> None:
    """Refuse formats and compressions whose library is not installed.

    Raises:
        ValidationException: it names the command that installs it.
    """
    for kind in kinds:
        if kind in NEEDED:
            module, name = NEEDED[kind]
            try:
                import_module(module)
            except ImportError:
                raise ValidationException(
                    f"Reading {name} needs {module}: pip install 'tablewright[buckets]'"
                ) from None


def unreadable() -> tuple[type[Exception], ...]:
    """Return the errors that a damaged file ends with, those of installed libraries included."""
    kinds: list[type[Exception]] = [
        OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error,
    ]  # fmt: skip
    for module, name in (("zstandard", "ZstdError"), ("amazon.ion.exceptions", "IonException")):
        try:
            kinds.append(getattr(import_module(module), name))
        except ImportError:
            continue
    return tuple(kinds)


def reason_of(failure: Exception) -> str:
    """Return why a file cannot be read, without its path, which is nobody's business."""
    text = failure.strerror or "" if isinstance(failure, OSError) else str(failure)
    return text.strip() or type(failure).__name__


@contextmanager
def opened(path: Path, compression: str) -> Iterator[IO[bytes]]:
    """Open a file of a bucket, decompressed, for the time of a block."""
    with path.open("rb") as raw:
        yield decompressed(raw, compression)


def decompressed(raw: IO[bytes], compression: str) -> IO[bytes]:
    """Return the content of an open file; the file stays the caller's to close."""
    if compression == "GZIP":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if compression == "ZSTD":
        stream = (
            import_module("zstandard")
            .ZstdDecompressor()
            .stream_reader(raw, read_across_frames=True, closefd=False)
        )
        return io.BufferedReader(stream)
    return raw


def records(file: IO[bytes], input_format: str) -> Iterator[Any]:
    """Yield the records of a file: lines of DynamoDB JSON as bytes, or Ion values.

    Raises:
        EOFError: a line is longer than any item can be.
        Exception: one of `unreadable()`; what follows in the file cannot be read.
    """
    if input_format == "ION":
        bounded = _SinceValue(file)
        load = import_module("amazon.ion.simpleion").load
        for value in load(
            bounded, single_value=False, parse_eagerly=False, text_buffer_size_limit=MAX_LINE_BYTES
        ):
            bounded.count = 0
            # The documented example holds its structs in a list.
            yield from value if _ion_kind(value) == "LIST" else (value,)
        return
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise EOFError(f"A line is longer than {MAX_LINE_BYTES} bytes, which no item needs")
        if line.strip():
            yield line


class _SinceValue:
    """A file that ends with an error where one Ion value grows longer than any item can be."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, as a file does."""
        content = self._file.read(size)
        self.count += len(content)
        if self.count > MAX_LINE_BYTES:
            raise EOFError(f"A value is longer than {MAX_LINE_BYTES} bytes, which no item needs")
        return content


def read_record(record: Any, input_format: str, *, is_strict: bool = False) -> Item:
    """Return the item a record states, in canonical form.

    Args:
        record: as `records` yields it.
        input_format: DYNAMODB_JSON or ION.
        is_strict: whether members beside `Item` are refused, and not ignored.

    Raises:
        NotAnItem: it states none.
    """
    if input_format == "ION":
        content = record
    else:
        try:
            content = orjson.loads(record)
        except orjson.JSONDecodeError as problem:
            raise NotAnItem(f"not JSON: {problem}") from None
    if not isinstance(content, Mapping) or "Item" not in content:
        raise NotAnItem("no object with the member Item")
    if is_strict and len(content) > 1:
        others = ", ".join(sorted(name for name in content if name != "Item"))
        raise NotAnItem(f"members beside Item are not read: {others}")
    item = _ion_item(content["Item"]) if input_format == "ION" else content["Item"]
    try:
        # The shape of PutItem says what an item is, and checks each value's JSON type.
        checked: Item = check_request("put_item", {"TableName": "any", "Item": item})["Item"]
    except Fault as fault:
        raise NotAnItem(fault.message) from None
    return checked


# Ion


_SETS = {"$dynamodb_SS": "SS", "$dynamodb_NS": "NS", "$dynamodb_BS": "BS"}


def _ion_item(value: Any) -> Item:
    if _ion_kind(value) != "STRUCT":
        raise NotAnItem("Item is no Ion struct")
    return {name: _ion_value(inner) for name, inner in value.items()}


def _ion_value(value: Any) -> dict[str, Any]:
    """Return the attribute value that an Ion value stands for."""
    kind = _ion_kind(value)
    if kind == "NULL" or value is None:
        return {"NULL": True}
    if kind == "BOOL":
        return {"BOOL": bool(value)}
    if kind in ("INT", "DECIMAL"):
        return {"N": str(value)}
    if kind == "STRING":
        return {"S": str(value)}
    if kind == "BLOB":
        return {"B": base64.b64encode(value).decode()}
    if kind == "STRUCT":
        return {"M": _ion_item(value)}
    if kind == "LIST":
        members = [_ion_value(inner) for inner in value]
        for annotation in value.ion_annotations or ():
            name = _SETS.get(str(annotation.text))
            if name is not None:
                return {name: [_member(member, name[0]) for member in members]}
        return {"L": members}
    raise NotAnItem(f"Ion {kind.lower()} is no attribute value")


def _member(value: Mapping[str, Any], kind: str) -> Any:
    if kind not in value:
        raise NotAnItem(f"a set of {kind} has a member of another type")
    return value[kind]


def _ion_kind(value: Any) -> str:
    kind = getattr(value, "ion_type", None)
    return "NULL" if kind is None else str(kind.name)


def ion_text(item: Mapping[str, Any]) -> str:
    """Return an item as the text of an Ion struct, as exports write it.

    Example:
        >>> ion_text({"Id": {"N": "103"}, "Price": {"N": "2000"}, "Of": {"SS": ["a", "b"]}})
        '{Id:103.,Price:2d3,Of:$dynamodb_SS::["a","b"]}'
    """
    fields = (f"{_ion_name(name)}:{_ion_of(value)}" for name, value in item.items())
    return "{" + ",".join(fields) + "}"


def _ion_of(value: Mapping[str, Any]) -> str:
    ((kind, content),) = value.items()
    if kind == "S":
        return _ion_string(content)
    if kind == "N":
        return _ion_decimal(content)
    if kind == "B":
        return f"{{{{{content}}}}}"
    if kind == "BOOL":
        return "true" if content else "false"
    if kind == "NULL":
        return "null"
    if kind == "M":
        return ion_text(content)
    if kind == "L":
        return "[" + ",".join(map(_ion_of, content)) + "]"
    members = ",".join(_ion_of({kind[0]: member}) for member in content)
    return f"$dynamodb_{kind}::[{members}]"


def _ion_decimal(number: str) -> str:
    """Return a number as an Ion decimal, which differs from a float by its point or its `d`."""
    mantissa, _, exponent = number.upper().partition("E")
    sign, mantissa = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa.lstrip("+"))
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) - len(fraction)
    digits = (whole + fraction).lstrip("0") or "0"
    short = digits.rstrip("0") or "0"
    power = 0 if short == "0" else power + len(digits) - len(short)
    if power == 0:
        return f"{sign}{short}."
    if -len(short) < power < 0:
        return f"{sign}{short[:power]}.{short[power:]}"
    return f"{sign}{short}d{power}"


def _ion_name(name: str) -> str:
    """Return a field name: an identifier stands as it is, anything else in quotes."""
    is_plain = name.isascii() and name.isidentifier() and name not in _KEYWORDS
    return name if is_plain else "'" + _escaped(name, "'") + "'"


_KEYWORDS = frozenset({"null", "true", "false", "nan"})


def _ion_string(text: str) -> str:
    return '"' + _escaped(text, '"') + '"'


def _escaped(text: str, quote: str) -> str:
    """Return text with what an Ion string or symbol cannot hold written as escapes."""
    out = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return "".join(
        char if char >= " " and char != "\x7f" else f"\\x{ord(char):02x}" for char in out
    )
