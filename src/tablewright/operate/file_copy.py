"""Copy the files of an application to object storage, each once, with its checksum.

In: a folder of files, a folder that stands for a bucket. Out: objects with content types, and a
manifest with checksums. An object that is there with the same bytes is not copied again; one is
seen only once it is whole. What was copied is read again and compared.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.frozen import frozen
from tablewright.migrate.files import FileReferences

BLOCK = 1024 * 1024
MANIFEST = "files.jsonl"
UNKNOWN_TYPE = "application/octet-stream"


@frozen
class CopiedFile:
    """One file as it lies in object storage."""

    key: str
    name: str
    """Its path below the folder it came from."""
    bytes: int
    sha256: str
    content_type: str


@frozen
class FileCopy:
    """What copying files did."""

    files: int
    bytes: int
    copied: int
    """Files that were not there before."""
    manifest: str


def copy_files(
    source: Path,
    bucket: Path,
    references: FileReferences,
    manifest: Path,
    progress: Callable[[int], None] | None = None,
) -> FileCopy:
    """Copy every file of a folder that is not there yet.

    Raises:
        UsageError: the folder does not exist, or two of its files would be one object.
        EngineError: a file cannot be read or written, or is not what was written.
    """
    if not source.is_dir():
        raise UsageError(f"there is no folder {source}", remedy="name the folder of the files")
    keys: dict[str, str] = {}
    total = copied = 0
    manifest.parent.mkdir(parents=True, exist_ok=True)
    beside = manifest.with_name(f".{manifest.name}.part")
    with beside.open("w", encoding="utf-8") as lines:
        for name in files_of(source):
            key = references.key(name)
            if key in keys:
                raise UsageError(
                    f"`{keys[key]}` and `{name}` would both be the object {key}",
                    remedy="rename one of the files and what refers to it",
                )
            keys[key] = name
            entry, is_new = _copied(source / name, bucket / key, key, name)
            lines.write(json.dumps(asdict(entry)) + "\n")
            total += entry.bytes
            copied += is_new
            if progress is not None:
                progress(len(keys))
    beside.replace(manifest)
    return FileCopy(files=len(keys), bytes=total, copied=copied, manifest=str(manifest))


def files_of(folder: Path) -> Iterator[str]:
    """Yield the paths of a folder's files below it, in order; links are not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix()


def _copied(source: Path, target: Path, key: str, name: str) -> tuple[CopiedFile, bool]:
    try:
        expected, size = _digest(source)
        is_new = not (target.is_file() and _digest(target)[0] == expected)
        if is_new:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            with source.open("rb") as reader, part.open("wb") as writer:
                while block := reader.read(BLOCK):
                    writer.write(block)
            if _digest(part)[0] != expected:
                part.unlink()
                raise EngineError(
                    f"{name} changed while it was copied, or the disk errs",
                    remedy="stop writing to it, then repeat",
                )
            part.replace(target)
    except OSError as problem:
        raise EngineError(
            f"{name} cannot be copied: {problem.strerror}",
            remedy="correct that, then repeat: what is there already is not copied again",
        ) from problem
    content_type = mimetypes.guess_type(name)[0] or UNKNOWN_TYPE
    entry = CopiedFile(key=key, name=name, bytes=size, sha256=expected, content_type=content_type)
    return entry, is_new


def _digest(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, and its bytes."""
    hashed, size = hashlib.sha256(), 0
    with path.open("rb") as reader:
        while block := reader.read(BLOCK):
            hashed.update(block)
            size += len(block)
    return hashed.hexdigest(), size
