"""Folders that stand for S3 buckets: what exports write and imports read.

In: names of buckets and keys of objects, as requests give them. Out: paths, always inside of the
one folder that the database was given for this; a name or key that leads out of it is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tablewright.local.faults import ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tablewright.local.engine import Engine

_BUCKET = re.compile(r"[a-z0-9A-Z][.\w-]{0,253}[a-z0-9A-Z]", re.ASCII)


def bucket_folder(engine: Engine, bucket: str) -> Path:
    """Return the folder that stands for a bucket.

    Raises:
        ValidationException: the name cannot be a bucket's, or the database has no such folders.
    """
    if not _BUCKET.fullmatch(bucket) or ".." in bucket:
        raise ValidationException(f"Invalid S3Bucket: {bucket}")
    if engine.buckets is None:
        raise ValidationException(
            "This database is in memory and has no folder that stands for S3 buckets: open it "
            "with buckets=FOLDER"
        )
    return engine.buckets / bucket


def object_path(folder: Path, key: str) -> Path:
    """Return the file that stands for an object of a bucket.

    Raises:
        ValidationException: the key would lead out of the bucket.
    """
    parts = [part for part in key.split("/") if part]
    is_safe = all(
        part not in (".", "..") and "\\" not in part and "\0" not in part for part in parts
    )
    if not parts or not is_safe:
        raise ValidationException(f"Invalid S3 key: {key}")
    return folder.joinpath(*parts)


def joined(prefix: str | None, rest: str) -> str:
    """Return a key below a prefix.

    Example:
        >>> joined("2026/", "AWSDynamoDB/x"), joined(None, "AWSDynamoDB/x")
        ('2026/AWSDynamoDB/x', 'AWSDynamoDB/x')
    """
    return f"{prefix.strip('/')}/{rest}" if prefix and prefix.strip("/") else rest


def objects(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Yield the objects of a bucket whose key begins with a prefix, in the order of the keys."""
    if folder.is_dir():
        files = ((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*"))
        yield from sorted(
            (key, path) for key, path in files if key.startswith(prefix) and path.is_file()
        )
