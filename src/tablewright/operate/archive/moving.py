"""Move what is older than its retention out of a database: write, read back, only then delete.

In: an adapter, an entity, a moment, a place. Out: what was moved. Records are written in files of
some thousand; each file is read back from its place and compared before its records are deleted,
and a record that was changed meanwhile stays. A run that was interrupted leaves every record in
the database, in the archive, or in both.
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
from tablewright.evaluation.doors import Adapter, Fragment, Record, RecordKind
from tablewright.model.values import Entity, Kind, Model
from tablewright.operate.archive.places import ArchivePlace
from tablewright.operate.exports.exchange import record_digest
from tablewright.operate.exports.formats import NDJSON, form_for
from tablewright.operate.exports.manifest import (
    MANIFEST,
    ContentTally,
    ExportedFile,
    ExportManifest,
    file_digest,
    manifest_text,
    read_manifest,
)
from tablewright.operate.exports.writing import counted
from tablewright.sample.calls import no_children

RECORDS_OF_A_FILE = 10_000
TIMES = (Kind.TIMESTAMP, Kind.DATE, Kind.EPOCH)
SECONDS_PER_DAY = 86_400

Shown = Callable[[int, int, str], None]
Content = Mapping[str, Any]


@frozen
class Age:
    """How old an instance is: which attribute tells, and how."""

    attribute: str
    is_expiry: bool
    """It is the moment after the retention, not that of the beginning."""
    retention_days: Decimal

    def began(self, row: Content) -> datetime.datetime | None:
        """Return when an instance came into being; None where it does not say."""
        value = row.get(self.attribute)
        if value is None:
            return None
        if isinstance(value, int | Decimal):
            moment = datetime.datetime.fromtimestamp(float(value), datetime.UTC)
        elif isinstance(value, datetime.datetime):
            moment = value
        else:
            moment = datetime.datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        days = float(self.retention_days) if self.is_expiry else 0.0
        return moment - datetime.timedelta(days=days)


def age_of(entity: Entity, attribute: str) -> Age:
    """Return what tells how old the instances of an entity are.

    Args:
        entity: the entity.
        attribute: the one that tells; "" for the one of the key, else its expiry, else the only
            time it has.

    Raises:
        UsageError: none tells, or several could.
    """
    times = [each.name for each in entity.attributes if each.kind in TIMES]
    chosen = attribute
    if not chosen:
        in_key = [name for name in entity.key if name in times]
        time_attributes = [name for name in times if name != entity.expiry]
        chosen = (
            next(iter(in_key), "")
            or entity.expiry
            or (time_attributes[0] if len(time_attributes) == 1 else "")
        )
    if chosen not in times:
        raise UsageError(
            f"{chosen or 'no attribute'} of {entity.name} tells when it came into being",
            remedy=f"name one with --by: {', '.join(times)}"
            if times
            else f"{entity.name} has no timestamp, date or epoch",
        )
    is_expiry = chosen == entity.expiry
    if is_expiry and entity.retention_days is None:
        raise UsageError(f"{entity.name} has no retention", remedy="name a time with --by")
    return Age(
        attribute=chosen,
        is_expiry=is_expiry,
        retention_days=entity.retention_days or Decimal(0),
    )


@frozen
class Moved:
    """What was moved, or would be."""

    instances: int = 0
    records: int = 0
    """In the database; an instance may take several."""
    bytes: int | None = 0
    """Of the records as the database counts them; None where it does not."""
    archived_bytes: int = 0
    deleted: int = 0
    changed: int = 0
    """Records that were changed while they were archived: they stay."""
    timeless: int = 0
    """Instances that do not say when they came into being: they stay."""
    manifest: str = ""


def require_unused(place: ArchivePlace, folder: str) -> None:
    """See that the folder of a run is not there yet.

    Raises:
        UsageError: it is.
    """
    if any(name.startswith(f"{folder}/") for name in place.names("")):
        raise UsageError(
            f"{place.description}/{folder} exists already: nothing is overwritten",
            remedy="repeat: the next run has another name",
        )


def put_manifest(place: ArchivePlace, folder: str, scratch: Path, manifest: ExportManifest) -> None:
    """Write the manifest of a run, in place of the one there is."""
    path = scratch / MANIFEST
    path.write_text(manifest_text(manifest), encoding="utf-8")
    place.put(f"{folder}/{MANIFEST}", path, file_digest(path))


@dataclass
class ArchiveRun:
    """One archiving at work."""

    model: Model
    adapter: Adapter
    entity: str
    age: Age
    before: datetime.datetime
    place: ArchivePlace
    folder: str
    """Of this run, below the place."""
    blank: ExportManifest
    kinds: tuple[RecordKind, ...] = ()
    """Only the records of these kinds move, such as those of one attribute; all unless given."""
    show: Shown | None = None
    _moved: Moved = field(default_factory=Moved)
    _files: list[ExportedFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        """See that instances of the entity have records of their own.

        Raises:
            UsageError: they are stored inside their parent.
        """
        codec = self.adapter.codec
        if self.entity in codec.embedded:
            raise UsageError(
                f"{self.entity} is stored inside its parent: it cannot be moved by itself",
                remedy="give it records of its own: tablewright plan, then tablewright migrate",
            )

    def plan(self) -> Moved:
        """Return what would be moved; change nothing."""
        for part in self._parts():
            self._count(part)
        return self._moved

    def run(self, now: Callable[[], str]) -> Moved:
        """Write, read back, delete; then write the manifest.

        Raises:
            UsageError: the folder of the run exists.
            DataError: a file came back other than it was written; its records stay.
            EngineError: the database or the place refused; what was verified is moved.
        """
        require_unused(self.place, self.folder)
        manifest = self.blank
        with TemporaryDirectory(prefix="tablewright-archive-") as scratch:
            for number, part in enumerate(self._parts(), 1):
                self._count(part)
                for container, contents in _by_container(part).items():
                    self._write(Path(scratch), number, container, contents)
                    manifest = counted(manifest, self.adapter, container, contents)
                manifest = replace(manifest, files=tuple(self._files), finished=now())
                # before anything is deleted the manifest knows of it
                put_manifest(self.place, self.folder, Path(scratch), manifest)
                self._delete(part)
        if not self._files:
            return self._moved
        return replace(self._moved, manifest=f"{self.place.description}/{self.folder}/{MANIFEST}")

    # ------------------------------------------------------------ choose

    def _parts(self) -> Iterator[list[Record]]:
        """Yield the records of old instances, some thousand at once."""
        part: list[Record] = []
        for container in sorted({kind.container for kind in self.adapter.codec.kinds}):
            for _, page in self.adapter.scan(container):
                for content in page:
                    fragment = self._main_fragment(container, content)
                    if fragment is None or not self._tells_age(fragment):
                        continue
                    if self._is_old(fragment):
                        part.extend(self._records_of(container, content, fragment))
                if len(part) >= RECORDS_OF_A_FILE:
                    yield part
                    part = []
        if part:
            yield part

    def _main_fragment(self, container: str, content: Content) -> Fragment | None:
        """Return the instance whose record this is; None for another entity's, or a copy."""
        try:
            fragments = tuple(self.adapter.codec.decode(container, content))
        except EngineError:
            return None
        first = fragments[0] if fragments else None
        if first is None or first.entity != self.entity or first.is_copy or not first.identity:
            return None
        return first

    def _tells_age(self, fragment: Fragment) -> bool:
        """Whether a record is to be looked at: that of an attribute is found from another."""
        return not self.kinds or self.age.attribute in fragment.attributes

    def _is_old(self, fragment: Fragment) -> bool:
        began = self.age.began(fragment.attributes)
        if began is None:
            self._moved = replace(self._moved, timeless=self._moved.timeless + 1)
            return False
        return began < self.before

    def _records_of(self, container: str, content: Content, fragment: Fragment) -> Iterator[Record]:
        """Yield the record that was read, then the copies of the same instance as they are."""
        codec = self.adapter.codec
        copies = [kind for kind in codec.kinds if kind.entity == self.entity and kind.is_copy]
        found = [] if self.kinds else [Record(container=container, kind="", content=content)]
        for kind in self.kinds or copies:
            for record in codec.encode(self.entity, dict(fragment.attributes), no_children, kind):
                stored = self.adapter.stored(record)
                if stored is not None:
                    found.append(Record(container=record.container, kind="", content=stored))
        if self.kinds and self.age.attribute in self.model.entity(self.entity).key:
            # every record of the instance tells its age: begin with those that move
            found = [record for record in found if record.content == content]
        if found:
            self._moved = replace(self._moved, instances=self._moved.instances + 1)
        yield from found

    def _count(self, part: list[Record]) -> None:
        sizes = [self.adapter.codec.content_bytes(record.content) for record in part]
        known = [size for size in sizes if size is not None]
        total = self._moved.bytes
        self._moved = replace(
            self._moved,
            records=self._moved.records + len(part),
            bytes=None if len(known) < len(sizes) or total is None else total + sum(known),
        )

    # ------------------------------------------------------------ write, read back, delete

    def _write(self, scratch: Path, number: int, container: str, contents: list[Content]) -> None:
        form = form_for(NDJSON, self.adapter.codec)
        name = f"{container}/{number:06d}.{form.ending}"
        written, returned = scratch / "written", scratch / "returned"
        form.write(written, contents)
        digest = file_digest(written)
        self.place.put(f"{self.folder}/{name}", written, digest)
        self.place.get(f"{self.folder}/{name}", returned)
        tally = expected = ContentTally()
        for content in contents:
            expected = expected.plus(self.adapter.codec.to_plain(content))
        for content in form.read(returned):
            tally = tally.plus(self.adapter.codec.to_plain(content))
        if file_digest(returned) != digest or tally != expected:
            raise DataError(
                f"{self.place.description}/{self.folder}/{name} came back other than it was "
                "written: nothing of it was deleted",
                remedy="check the place, then repeat",
            )
        size = written.stat().st_size
        self._files.append(
            ExportedFile(
                path=name, container=container, records=len(contents), bytes=size, sha256=digest
            )
        )
        self._moved = replace(self._moved, archived_bytes=self._moved.archived_bytes + size)

    def _delete(self, part: list[Record]) -> None:
        to_plain = self.adapter.codec.to_plain
        unchanged: list[Record] = []
        for record in part:
            stored = self.adapter.stored(record)
            if stored is None:
                continue  # somebody deleted it, or it has expired
            same = record_digest(to_plain(stored)) == record_digest(to_plain(record.content))
            if same:
                unchanged.append(record)
            else:
                self._moved = replace(self._moved, changed=self._moved.changed + 1)
        deleted = self.adapter.remove(unchanged) if unchanged else 0
        self._moved = replace(self._moved, deleted=self._moved.deleted + deleted)
        if self.show is not None:
            self.show(self._moved.deleted, 0, self.entity)


def _by_container(part: list[Record]) -> dict[str, list[Content]]:
    containers: dict[str, list[Content]] = {}
    for record in part:
        containers.setdefault(record.container, []).append(record.content)
    return containers


def read_back(place: ArchivePlace, target: Path, app: str) -> list[tuple[str, ExportManifest]]:
    """Bring every run of an archive into a folder, each as an export that `import` takes.

    Raises:
        UsageError: there is no archive of the application, or the folder holds something.
        DataError: a file came back other than it was written.
    """
    manifests = place.names(MANIFEST)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} holds something", remedy="name an empty folder")
    listed: list[tuple[str, ExportManifest]] = []
    for name in manifests:
        run = target / Path(name).parent
        run.mkdir(parents=True, exist_ok=True)
        place.get(name, run / MANIFEST)
        manifest = read_manifest(run)
        if manifest.app != app:
            continue
        for file in manifest.files:
            path = run / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            place.get(f"{Path(name).parent.as_posix()}/{file.path}", path)
            if file_digest(path) != file.sha256:
                raise DataError(
                    f"{place.description}/{Path(name).parent}/{file.path} was changed: its "
                    "SHA-256 is not that of its manifest",
                    remedy="take another copy, or an older version of the object",
                )
        listed.append((str(run), manifest))
    if not listed:
        raise UsageError(
            f"{place.description} holds no archive of {app}", remedy="see `archive --to`"
        )
    return listed
