"""Fill a database with the user's own records from JSON, NDJSON or CSV.

In: a file, the entity its records are, an adapter. Out: records written. The whole file is
read and checked before the first write, record by record, so that it may be larger than memory.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.evaluation.doors import Adapter, Codec, Record, RecordKind
from tablewright.model.values import Attribute, Entity, Kind, Model
from tablewright.operate.seed import Position, Progress, written_chunks
from tablewright.sample.calls import Row, no_children

Placed = tuple[Row, str]
"""A record as an instance, and where in the file it is."""


def apply_records(
    adapter: Adapter,
    model: Model,
    design: str,
    entity_name: str,
    path: Path,
    *,
    keep: Path | None = None,
    progress: Progress | None = None,
) -> int:
    """Load the user's records as instances of an entity; return how many records were written.

    Every record is read and checked before the first is written. An interrupted run goes on where
    it stopped as long as the file is the same.

    Args:
        adapter: the database.
        model: the model.
        design: the name of the design.
        entity_name: what the records are.
        path: the file.
        keep: the file that keeps how far an interrupted load came.
        progress: told of instances done, instances in all, and the table.

    Raises:
        UsageError: the file, a record or the entity cannot be used; nothing was written.
        EngineError: the database refused or went away; what was acknowledged is kept.
    """
    entity = model.entity(entity_name)
    kinds = [kind for kind in adapter.codec.kinds if kind.entity == entity_name]
    if not kinds:
        raise UsageError(
            f"no table of `{design}` holds {entity_name}",
            remedy="choose an entity that has a table of its own",
        )
    count = checked(entity, path)
    fresh = Position(digest=_digest(path, entity_name), design=design, users=0, seed=0)
    position = Position.load(keep, fresh) if keep is not None else fresh
    written = 0
    try:
        for kind in kinds:
            key = f"{kind.container}/{kind.name}"
            start = position.done.get(key, 0)
            instances = _encoded(adapter.codec, kind, islice(rows_of(entity, path), start, None))
            for size in written_chunks(adapter, key, instances, position, keep):
                written += size
                if progress is not None:
                    progress(sum(position.done.values()), count * len(kinds), kind.container)
    except BaseException:
        if keep is not None:
            position.save(keep)
        raise
    if keep is not None:
        keep.unlink(missing_ok=True)  # complete: the same file may be loaded again
    return written


def _encoded(
    codec: Codec, kind: RecordKind, rows: Iterable[Placed]
) -> Iterator[tuple[Record, ...]]:
    for row, where in rows:
        try:
            yield tuple(codec.encode(kind.entity, row, no_children, kind))
        except TypeError as problem:
            raise UsageError(f"{where}: {problem}") from problem


def _digest(path: Path, entity: str) -> str:
    with path.open("rb") as stream:
        file_digest = hashlib.file_digest(stream, "sha256")
    file_digest.update(entity.encode())
    return file_digest.hexdigest()


def checked(entity: Entity, path: Path) -> int:
    """Read every record of a file; return how many there are.

    Raises:
        UsageError: a record cannot be used, or two have the same key.
    """
    seen: dict[tuple[str, ...], str] = {}
    for row, where in rows_of(entity, path):
        key = tuple(str(row[name]) for name in entity.key)
        before = seen.setdefault(key, where)
        if before is not where:
            shown = ", ".join(
                f"{name} {value}" for name, value in zip(entity.key, key, strict=True)
            )
            raise UsageError(
                f"{where}: the {entity.name} with {shown} is at {before} already",
                remedy="keep one of the two: the second would take the place of the first",
            )
    return len(seen)


def rows_of(entity: Entity, path: Path) -> Iterator[Placed]:
    """Yield the records of a file as instances, with their places."""
    for number, record in read_records(path):
        where = f"{path}:{number}"
        yield record_to_row(entity, record, where), where


def read_records(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield records with their line or number from a JSON array, NDJSON or CSV file.

    Raises:
        UsageError: the file cannot be read, or a record is not a mapping.
    """
    try:
        if path.suffix.lower() == ".csv":
            yield from _csv_records(path)
            return
        with path.open(encoding="utf-8-sig") as stream:
            if _begins_with(stream.read(4096), "["):
                stream.seek(0)
                result: Iterable[tuple[int, Any]] = enumerate(_json(stream.read(), path, 1), 1)
            else:
                stream.seek(0)
                result = (
                    (number, _json(line, path, number))
                    for number, line in enumerate(stream, 1)
                    if line.strip()
                )
            for number, record in result:
                if not isinstance(record, dict):
                    raise UsageError(f"{path}:{number}: a record must be an object")
                yield number, record
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UsageError(f"{path} cannot be read: {problem}") from problem


def _csv_records(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        for row in reader:
            if None in row:
                raise UsageError(
                    f"{path}:{reader.line_num}: more cells than the first line has names"
                )
            yield reader.line_num, {k: v for k, v in row.items() if k and v not in (None, "")}


def _begins_with(text: str, mark: str) -> bool:
    return text.lstrip().startswith(mark)


def _json(text: str, path: Path, number: int) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except ValueError as problem:
        raise UsageError(f"{path}:{number}: not valid JSON: {problem}") from problem


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


# ---------------------------------------------------------------- one record


def record_to_row(entity: Entity, record: Mapping[str, Any], where: str) -> Row:
    """Return a record of the user as an instance, each value of its attribute's type.

    A null counts as absent; what the entity does not know is stored as it is.

    Raises:
        UsageError: the key is missing, or a value is not of its attribute's type.
    """
    row: dict[str, Any] = {}
    for name, value in record.items():
        if value is None:
            continue
        if not entity.has(name):
            row[name] = value
            continue
        try:
            row[name] = _typed(entity.attribute(name), value)
        except ValueError as problem:
            raise UsageError(f"{where}: `{name}` is {problem}: {_shown(value)}") from None
    missing = [name for name in entity.key if row.get(name) in (None, "")]
    if missing:
        shown = ", ".join(f"`{name}`" for name in missing)
        raise UsageError(f"{where}: {shown} is missing, which a {entity.name} needs as its key")
    return row


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _typed(attribute: Attribute, value: Any) -> Any:
    """Return a value as its attribute's type; ValueError says what it is not."""
    kind = attribute.kind
    if kind.is_number:
        return _number(value)
    if kind is Kind.BOOL:
        return _truth(value)
    if kind is Kind.BINARY:
        return _bytes(value)
    if kind.is_container:
        return _container(kind, value)
    if kind is not Kind.REF and not isinstance(value, str):
        raise ValueError("not text")
    if kind is Kind.REF and isinstance(value, dict | list | bool):
        raise ValueError("no reference")
    return value


def _number(value: Any) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a number")
    return int(number) if number == number.to_integral_value() else number


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in ("true", "1", "yes"):
        return True
    if word in ("false", "0", "no"):
        return False
    raise ValueError("neither true nor false")


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ValueError("not base64") from None


def _container(kind: Kind, value: Any) -> Any:
    if isinstance(value, str):  # a cell of a CSV file
        try:
            value = json.loads(value, parse_float=Decimal)
        except ValueError:
            raise ValueError(f"not a {kind.value} written as JSON") from None
    if kind is Kind.GEO:
        if not (isinstance(value, dict) and {"lat", "lon"} <= value.keys()):
            raise ValueError("not a point with `lat` and `lon`")
        return {"lat": _number(value["lat"]), "lon": _number(value["lon"])}
    if kind is Kind.MAP and not isinstance(value, dict):
        raise ValueError("not a map")
    if kind in (Kind.LIST, Kind.SET) and not isinstance(value, list):
        raise ValueError(f"not a {kind.value}")
    if kind is Kind.SET:
        if not value:
            return None
        if not (all(isinstance(v, str) for v in value) or all(map(_is_number, value))):
            raise ValueError("not a set of texts, or of numbers")
        return set(value)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
