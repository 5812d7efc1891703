"""One source as the user named it: a path or an address, opened safely.

In: text from the command line. Out: the beginning of a file to recognise it by, streams, whole
small files. Files are read as they are or through gzip; links out of a folder are not followed.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.frozen import frozen
from tablewright.sources.facts import SourceFacts

HEAD_BYTES = 64 * 1024
LARGEST_DOCUMENT = 64 * 1024 * 1024
"""Bytes of a template, plan or schema that is read as one piece."""
MOST_FILES = 20_000
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@frozen(slots=False)
class ReadOptions:
    """What a user says beside the sources."""

    endpoint: str = ""
    profile: str = ""
    region: str = ""
    units: Decimal = Decimal(5_000)
    """Read units that sampling may use."""
    sample: int = 2_000
    """Items of a table that live sampling reads."""
    tables: tuple[str, ...] = ()
    """Only these tables or collections, where not empty."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Values of template parameters."""
    say: Callable[[str], None] = field(default=lambda _text: None)
    """Tells people what happens, before it happens."""
    known: SourceFacts = field(default_factory=SourceFacts)
    """What sources read before this one say."""

    def knowing(self, facts: SourceFacts) -> ReadOptions:
        """Return the same with more known facts."""
        return replace(self, known=facts)


@frozen(kw_only=False, slots=False)
class Source:
    """A path, or an address such as `postgresql://host/name`."""

    text: str

    @property
    def scheme(self) -> str:
        """The scheme of an address, empty of a path.

        Raises:
            UsageError: it begins like an address and is none.
        """
        if "://" not in self.text:
            return ""
        try:
            return urlsplit(self.text).scheme.lower()
        except ValueError as problem:
            scheme = self.text.partition("://")[0]
            raise UsageError(
                f"this {scheme}:// is no address: {problem}",
                remedy=f"write {scheme}://HOST:PORT/NAME",
            ) from problem

    @property
    def shown(self) -> str:
        """The source as it may be printed: an address without user and password.

        Example:
            >>> Source("postgresql://ana:geheim@db/shop?sslmode=on").shown
            'postgresql://db/shop'
        """
        if not self.scheme:
            return self.text
        parts = urlsplit(self.text)
        host = parts.hostname or ""
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            port = ""
        return f"{parts.scheme}://{host}{port}{parts.path}"

    @cached_property
    def path(self) -> Path:
        """The path.

        Raises:
            UsageError: there is nothing of that name.
        """
        path = Path(self.text).expanduser()
        if not path.exists():
            raise UsageError(
                f"there is no file or folder {self.text}",
                remedy="give a path, or an address such as dynamodb:// or postgresql://host/name",
            )
        return path

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return not self.scheme and self.path.is_dir()

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return not self.scheme and self.path.is_file()

    @cached_property
    def head(self) -> bytes:
        """The first 64 KB of a file, unpacked; empty of anything else."""
        if not self.is_file:
            return b""
        try:
            with open_unpacked(self.path) as stream:
                return stream.read(HEAD_BYTES)
        except (OSError, EOFError):
            return b""

    @cached_property
    def head_text(self) -> str:
        """The beginning as text."""
        return self.head.decode("utf-8-sig", "replace")

    def document(self) -> str:
        """Return the text of a file that is read as one piece."""
        return read_document(self.path)

    def files(self, *patterns: str) -> Iterator[Path]:
        """Yield the files of a folder whose names match, in order; links out are passed by."""
        root = self.path.resolve()
        names: set[Path] = set()
        for pattern in patterns:
            for path in self.path.rglob(pattern):
                if path.is_file() and path.resolve().is_relative_to(root):
                    names.add(path)
                if len(names) > MOST_FILES:
                    raise UsageError(
                        f"{self.text} has more than {MOST_FILES:,} files",
                        remedy="name a folder with fewer of them",
                    )
        yield from sorted(names)


def open_unpacked(path: Path) -> IO[bytes]:
    """Open a file for reading, through gzip if it is packed.

    Raises:
        UsageError: it cannot be opened.
    """
    try:
        stream = path.open("rb")
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be read: {problem.strerror or problem}",
            remedy="check the path and your rights to it",
        ) from problem
    start = stream.read(2)
    if start == b"\x1f\x8b":
        stream.close()
        return gzip.open(path, "rb")  # type: ignore[return-value]
    stream.seek(0)
    if start in _UTF_16 and not path.name.endswith(".bson"):
        return _as_utf_8(path, stream)
    return stream


def _as_utf_8(path: Path, stream: IO[bytes]) -> IO[bytes]:
    """Return a file of UTF-16, such as PowerShell writes, as one of UTF-8."""
    with stream:
        data = stream.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        raise UsageError(
            f"{path} is UTF-16 and has more than {LARGEST_DOCUMENT // 1024 // 1024} MB",
            remedy="save it as UTF-8",
        )
    return io.BytesIO(data.decode("utf-16", "replace").encode())


def read_document(path: Path) -> str:
    """Return the text of a file, at most 64 MB.

    Raises:
        UsageError: it is larger, damaged, or not UTF-8.
    """
    try:
        with open_unpacked(path) as stream:
            data = stream.read(LARGEST_DOCUMENT + 1)
    except (EOFError, OSError) as problem:
        raise UsageError(
            f"{path} is damaged: {problem}", remedy="fetch or write the file again"
        ) from problem
    if len(data) > LARGEST_DOCUMENT:
        raise UsageError(
            f"{path} has more than {LARGEST_DOCUMENT // 1024 // 1024} MB",
            remedy="is this the right file? Templates and schemas are smaller",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UsageError(
            f"{path} is not UTF-8: byte 0x{data[problem.start]:02X} at offset {problem.start:,}",
            remedy="save it as UTF-8",
        ) from problem


def inside(folder: Path, name: str, *, named_in: Path) -> Path:
    """Return a file of a folder by a name that another file gives.

    Raises:
        UsageError: the name leads out of the folder.
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"{named_in} names a file outside its folder: {name}",
            remedy="the export is damaged or was tampered with; nothing was read from there",
        )
    return path


def needs(library: str, extra: str) -> EngineError:
    """Return the error that says which command installs what is missing."""
    return EngineError(
        f"this source needs the library {library}, which is not installed",
        remedy=f"pip install 'tablewright[{extra}]'",
    )


def budget_of(text: str) -> Decimal:
    """Return a budget of read units.

    Raises:
        UsageError: it is no number of 0 or more.

    Example:
        >>> budget_of("10_000")
        Decimal('10000')
    """
    try:
        units = Decimal(text.replace("_", "").replace(",", ""))
    except ArithmeticError:
        units = Decimal(-1)
    if not units.is_finite() or units < 0:
        raise UsageError(f"`{text}` is no number of read units", remedy="such as --units 5000")
    return units


def parameters_of(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return names and values of parameters.

    Raises:
        UsageError: one of them has no `=`.

    Example:
        >>> parameters_of(("Stage=prod",))
        (('Stage', 'prod'),)
    """
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"`{text}` is no parameter", remedy="write NAME=VALUE")
        pairs.append((name, value))
    return tuple(pairs)
