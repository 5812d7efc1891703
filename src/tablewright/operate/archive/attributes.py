"""Move one attribute of old instances out of a database: write, read back, only then remove.

In: an adapter, an entity, an attribute that is stored among others, a place. Out: what was moved.
A file holds the key of each instance, its time and the value; an instance whose value was changed
meanwhile keeps it. Going back, a value is set only where the instance has none by then.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tablewright.core.errors import DataError, EngineError, UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Adapter
from tablewright.model.values import Model
from tablewright.operate.archive.moving import Age, Moved, Shown, put_manifest, require_unused
from tablewright.operate.archive.places import ArchivePlace
from tablewright.operate.exports.exchange import from_text, to_text
from tablewright.operate.exports.formats import damaged, read_lines, write_lines
from tablewright.operate.exports.manifest import (
    MANIFEST,
    ContentTally,
    ExportedFile,
    ExportManifest,
    file_digest,
)
from tablewright.sample.calls import no_children

VALUES_OF_A_FILE = 1_000
ENDING = "ndjson.gz"

Row = Mapping[str, Any]


@frozen
class AttributeName:
    """An attribute of an entity."""

    entity: str
    attribute: str

    @property
    def container(self) -> str:
        """What a manifest calls the values."""
        return f"{self.entity}.{self.attribute}"


@dataclass
class AttributeRun:
    """One archiving of an attribute at work."""

    model: Model
    adapter: Adapter
    subject: AttributeName
    age: Age
    before: datetime.datetime
    place: ArchivePlace
    folder: str
    blank: ExportManifest
    remove: Callable[[Row, Any], bool]
    """Removes the value from the instance of a key if it still has it; False if it does not."""
    show: Shown | None = None
    rewritten_units: Decimal = Decimal(0)
    """Write units of removing the values: an update is charged by the whole record."""
    _moved: Moved = field(default_factory=Moved)

    def plan(self) -> Moved:
        """Return what would be moved; change nothing."""
        for part in self._parts():
            self._count(part)
        return self._moved

    def run(self, now: Callable[[], str]) -> Moved:
        """Write, read back, remove.

        Raises:
            UsageError: the folder of the run exists.
            DataError: a file came back other than it was written; its values stay.
            EngineError: the database or the place refused; what was verified is moved.
        """
        require_unused(self.place, self.folder)
        manifest = self.blank
        with TemporaryDirectory(prefix="tablewright-archive-") as scratch:
            for number, part in enumerate(self._parts(), 1):
                self._count(part)
                file, tally = self._write(Path(scratch), number, part, manifest)
                containers = {self.subject.container: tally}
                files = (*manifest.files, file)
                manifest = replace(manifest, files=files, containers=containers, finished=now())
                put_manifest(self.place, self.folder, Path(scratch), manifest)
                self._remove(part)
        if not manifest.files:
            return self._moved
        return replace(self._moved, manifest=f"{self.place.description}/{self.folder}/{MANIFEST}")

    def _parts(self) -> Iterator[list[Row]]:
        part: list[Row] = []
        containers = {kind.container for kind in self.adapter.codec.kinds}
        for container in sorted(containers):
            for _, page in self.adapter.scan(container):
                for content in page:
                    row = self._instance(container, content)
                    if row is not None and self._is_old(row):
                        part.append(row)
                if len(part) >= VALUES_OF_A_FILE:
                    yield part
                    part = []
        if part:
            yield part

    def _instance(self, container: str, content: Row) -> Row | None:
        """Return the attributes of the instance of a record that keeps the value."""
        try:
            fragments = tuple(self.adapter.codec.decode(container, content))
        except EngineError:
            return None
        first = fragments[0] if fragments else None
        if first is None or first.entity != self.subject.entity or first.is_copy:
            return None
        row = first.attributes
        return row if row.get(self.subject.attribute) is not None else None

    def _is_old(self, row: Row) -> bool:
        began = self.age.began(row)
        if began is None:
            self._moved = replace(self._moved, timeless=self._moved.timeless + 1)
            return False
        return began < self.before

    def _count(self, part: list[Row]) -> None:
        total = self._moved.bytes
        for row in part:
            with_value, without = self._bytes(row), self._bytes(self._bare(row))
            if with_value is None or without is None:
                total = None
            elif total is not None:
                total += with_value - without
                self.rewritten_units += max(1, -(-with_value // 1024))
        self._moved = replace(
            self._moved,
            instances=self._moved.instances + len(part),
            records=self._moved.records + len(part),
            bytes=total,
        )

    def _bare(self, row: Row) -> Row:
        return {name: value for name, value in row.items() if name != self.subject.attribute}

    def _bytes(self, row: Row) -> int | None:
        codec, total = self.adapter.codec, 0
        for record in codec.encode(self.subject.entity, row, no_children):
            size = codec.content_bytes(record.content)
            if size is None:
                return None
            total += size
        return total

    def _write(
        self, scratch: Path, number: int, part: list[Row], manifest: ExportManifest
    ) -> tuple[ExportedFile, ContentTally]:
        entity = self.model.entity(self.subject.entity)
        names = (*entity.key, self.age.attribute, self.subject.attribute)
        documents = [{name: row[name] for name in names if name in row} for row in part]
        name = f"{self.subject.container}/{number:06d}.{ENDING}"
        written, returned = scratch / "written", scratch / "returned"
        write_lines(written, (to_text(document) for document in documents))
        digest = file_digest(written)
        self.place.put(f"{self.folder}/{name}", written, digest)
        self.place.get(f"{self.folder}/{name}", returned)
        tally = manifest.containers.get(self.subject.container, ContentTally())
        read = tally
        for document in documents:
            tally = tally.plus(document)
        for document in values_of(returned):
            read = read.plus(document)
        if file_digest(returned) != digest or tally != read:
            raise DataError(
                f"{self.place.description}/{self.folder}/{name} came back other than it was "
                "written: nothing of it was removed",
                remedy="check the place, then repeat",
            )
        size = written.stat().st_size
        self._moved = replace(self._moved, archived_bytes=self._moved.archived_bytes + size)
        file = ExportedFile(
            path=name,
            container=self.subject.container,
            records=len(documents),
            bytes=size,
            sha256=digest,
        )
        return file, tally

    def _remove(self, part: list[Row]) -> None:
        entity = self.model.entity(self.subject.entity)
        for row in part:
            key = {name: row[name] for name in entity.key}
            if self.remove(key, row[self.subject.attribute]):
                self._moved = replace(self._moved, deleted=self._moved.deleted + 1)
            else:
                self._moved = replace(self._moved, changed=self._moved.changed + 1)
        if self.show is not None:
            self.show(self._moved.deleted, 0, self.subject.container)


def values_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the keys and values of a file.

    Raises:
        DataError: it is damaged.
    """
    for number, line in read_lines(path):
        try:
            document: dict[str, Any] = from_text(line)
        except (ValueError, TypeError, KeyError, ArithmeticError) as problem:
            raise damaged(path, number, problem) from problem
        yield document


def put_back(
    folder: Path, manifest: ExportManifest, subject: AttributeName, give: Callable[[Row, Any], bool]
) -> tuple[int, int]:
    """Give the values of an archive back to the instances that have none.

    Args:
        folder: of the run, verified.
        manifest: of the run.
        subject: the attribute.
        give: sets a value where the instance of a key is there without one.

    Returns:
        Values given back, and values whose instance is gone or has another by now.

    Raises:
        UsageError: the run holds something else.
    """
    files = manifest.of_container(subject.container)
    if not files:
        raise UsageError(
            f"{folder} holds no {subject.container}, but {', '.join(manifest.containers)}",
            remedy="a run of whole instances is loaded by `tablewright import`",
        )
    given = kept = 0
    for file in files:
        for document in values_of(folder / file.path):
            value = document.pop(subject.attribute)
            if give(document, value):
                given += 1
            else:
                kept += 1
    return given, kept
