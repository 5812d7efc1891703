"""Unpack a zip file that holds a source, into a folder of its own.

In: a zip file. Out: the folder, or the only file in it; the facts that come of it name the zip
file. A name that leads out of the folder, a link, and content that grows beyond sense are refused
before anything is written.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.sources.facts import SourceFacts
from tablewright.sources.source import MOST_FILES, Source

MOST_BYTES = 20 * 1024**3
MOST_GROWTH = 200
"""Times that content may be larger than it is packed, where it is larger than `ALWAYS_BYTES`."""
ALWAYS_BYTES = 100 * 1024**2
_IGNORED = ("__MACOSX/", ".DS_Store")
_ENCRYPTED = 0x1


def is_zip(source: Source) -> bool:
    """Whether a source is a zip file."""
    return source.is_file and source.head.startswith(b"PK\x03\x04")


def unpacked(source: Source, folder: Path) -> Path:
    """Unpack a zip file into a folder; return the folder, or the one file there is.

    Raises:
        UsageError: it is damaged or has a password, a name in it leads elsewhere, or it is too
            large.
    """
    try:
        with zipfile.ZipFile(source.path) as archive:
            entries = [
                entry
                for entry in archive.infolist()
                if not entry.is_dir() and not any(word in entry.filename for word in _IGNORED)
            ]
            _check(source, entries, folder)
            for entry in entries:
                target = folder / entry.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as stream, target.open("wb") as file:
                    shutil.copyfileobj(stream, file, 1 << 20)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as problem:
        raise UsageError(
            f"{source.shown} is damaged: {problem}", remedy="fetch or pack it again"
        ) from problem
    return folder / entries[0].filename if len(entries) == 1 else folder


def _check(source: Source, entries: list[zipfile.ZipInfo], folder: Path) -> None:
    if not entries:
        raise UsageError(f"{source.shown} has no files", remedy="pack the source into it")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > MOST_BYTES or (total > ALWAYS_BYTES and total > MOST_GROWTH * max(1, packed)):
        raise UsageError(
            f"{source.shown} would grow from {packed:,} to {total:,} bytes",
            remedy="unpack it yourself if you trust it, and name the folder",
        )
    if len(entries) > MOST_FILES:
        raise UsageError(
            f"{source.shown} has more than {MOST_FILES:,} files",
            remedy="pack fewer of them",
        )
    root = folder.resolve()
    for entry in entries:
        name = entry.filename
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        leads_out = not (folder / name).resolve().is_relative_to(root) or "\\" in name
        if is_link or leads_out or Path(name).is_absolute():
            raise UsageError(
                f"{source.shown} has the entry {name!r}, which leads out of it",
                remedy="the file was tampered with or is damaged; nothing was unpacked",
            )
        if entry.flag_bits & _ENCRYPTED:
            raise UsageError(
                f"{source.shown} has a password", remedy="unpack it and name the folder"
            )


def named_as(facts: SourceFacts, folder: Path, name: str) -> SourceFacts:
    """Return facts whose texts name the zip file where they named the folder it was unpacked to."""
    renamed = _renamed(facts, str(folder), name)
    assert isinstance(renamed, SourceFacts)
    return renamed


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new) if old in value else value
    if isinstance(value, tuple):
        return tuple(_renamed(member, old, new) for member in value)
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: _renamed(getattr(value, f.name), old, new) for f in fields(value)}
        return replace(value, **changes)
    return value
