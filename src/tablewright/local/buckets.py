"""Folders that stand for S3 buckets: what exports write and imports read.

In: names of buckets and keys of objects, as requests give them. Out: paths, always inside of the
one folder that the database was given for this; a name or key that leads out of it is refused.
"""

from __future__ import annotations

import datetime
import os
import re
from typing import TYPE_CHECKING

from tablewright.local.faults import ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tablewright.local.engine import LocalEngine

_BUCKET = re.compile(r"[a-z0-9A-Z][.\w-]{0,253}[a-z0-9A-Z]", re.ASCII)


def bucket_folder(engine: LocalEngine, bucket: str) -> Path:
    """Return the folder that stands for a bucket; in memory, one that goes with the database.

    Raises:
        ValidationException: the name cannot be a bucket's, or leads out of the folder of buckets.
    """
    if not _BUCKET.fullmatch(bucket) or ".." in bucket:
        raise ValidationException(f"Invalid S3Bucket: {bucket}")
    if engine.buckets is None:
        engine.buckets = engine.temporary_folder()
    folder = engine.buckets / bucket
    _check_inside(folder, engine.buckets, f"Invalid S3Bucket: {bucket}")
    return folder


def object_path(folder: Path, key: str) -> Path:
    """Return the file that stands for an object of a bucket.

    Raises:
        ValidationException: the key would lead out of the bucket, by its parts or by a link.
    """
    parts = [part for part in key.split("/") if part]
    is_safe = all(
        part not in (".", "..") and "\\" not in part and "\0" not in part for part in parts
    )
    if not parts or not is_safe:
        raise ValidationException(f"Invalid S3 key: {key}")
    path = folder.joinpath(*parts)
    _check_inside(path, folder, f"Invalid S3 key: {key}")
    return path


def _check_inside(path: Path, folder: Path, refusal: str) -> None:
    """Refuse a path that symbolic links lead out of a folder."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValidationException(refusal)


def write_object(path: Path, content: bytes) -> None:
    """Write an object, readable by its owner alone, beside its place first.

    Raises:
        OSError: the folder cannot be written.
    """
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    beside.replace(path)


def joined(prefix: str | None, rest: str) -> str:
    """Return a key below a prefix.

    Example:
        >>> joined("2026/", "AWSDynamoDB/x"), joined(None, "AWSDynamoDB/x")
        ('2026/AWSDynamoDB/x', 'AWSDynamoDB/x')
    """
    return f"{prefix.strip('/')}/{rest}" if prefix and prefix.strip("/") else rest


def manifest_time(moment: float) -> str:
    """Return a moment as manifests show it.

    Example:
        >>> manifest_time(1_800_000_000.5)
        '2027-01-15T08:00:00.500Z'
    """
    when = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def objects(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Yield the objects of a bucket whose key begins with a prefix, in the order of the keys."""
    if folder.is_dir():
        files = ((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*"))
        inside = folder.resolve()
        yield from sorted(
            (key, path)
            for key, path in files
            if key.startswith(prefix)
            and path.is_file()
            and path.resolve().is_relative_to(inside)  # no link leads out
        )
