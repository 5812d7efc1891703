"""Load an export into a database: verified before, idempotent, verified after.

In: an export, an adapter with the containers of its design. Out: what was written. Records that
are there already are left as they are; one that differs is replaced only where that was allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from tablewright.core.errors import DataError, EngineError, UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Adapter, Record
from tablewright.model.values import Model
from tablewright.operate.exports.exchange import record_digest
from tablewright.operate.exports.formats import ExportForm, form_for
from tablewright.operate.exports.manifest import (
    ContentTally,
    ExportManifest,
    check_files,
    read_manifest,
    renamed,
)
from tablewright.operate.exports.writing import Shown
from tablewright.operate.provision import require_containers
from tablewright.operate.seed import by_dependence

SHOWN_KEYS = 3
WRITTEN_AT_ONCE = 1_000

Content = Mapping[str, Any]


@frozen
class Loaded:
    """What came of loading an export."""

    records: int
    """In the export."""
    written: int
    same: int
    """Records that were there already, as they are in the export."""
    replaced: int
    extra: int
    """Records that the database holds beyond the export."""


@dataclass
class ExportLoad:
    """The loading of one export at work."""

    folder: Path
    adapter: Adapter
    model: Model
    overwrite: bool = False
    show: Shown | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Containers of the export that are called otherwise in the database."""

    def run(self) -> Loaded:
        """Check the files, compare with what is there, write, verify.

        Raises:
            DataError: a file is missing or was changed.
            UsageError: records that are there differ and may not be replaced.
            EngineError: the database refused, or gives back other values than were written.
        """
        manifest = renamed(read_manifest(self.folder), self.names)
        check_files(self.folder, manifest)
        ordered = self._parents_first(manifest)
        require_containers(self.adapter, self.model.app)
        form = form_for(manifest.form, self.adapter.codec)
        written = same = replaced = 0
        filled = [name for name in manifest.containers if not self._is_empty(name)]
        complete = {n for n in filled if content_tally(self.adapter, n) == manifest.containers[n]}
        filled = [name for name in filled if name not in complete]
        if filled and not self.overwrite:
            self._refuse_other(manifest, form, filled)
        for container in ordered:
            if container in complete:
                same += manifest.containers[container].count
                continue
            counts = self._load(manifest, form, container, is_filled=container in filled)
            written, same, replaced = written + counts[0], same + counts[1], replaced + counts[2]
        extra = verify_content(manifest, self.adapter, self._contents_of(manifest, form))
        return Loaded(
            records=manifest.records, written=written, same=same, replaced=replaced, extra=extra
        )

    def _parents_first(self, manifest: ExportManifest) -> list[str]:
        """Return the containers so that what others refer to is written before them."""
        places = {name: place for place, name in enumerate(by_dependence(self.model))}
        order: dict[str, int] = {}
        for kind in self.adapter.codec.kinds:
            place = places[kind.entity]
            order[kind.container] = min(place, order.get(kind.container, place))
        unknown = [name for name in manifest.containers if name not in order]
        if unknown:
            raise UsageError(
                f"the design has no {', '.join(unknown)}, which the export holds",
                remedy="tablewright archive --put-back gives values of an attribute back"
                if all("." in name for name in unknown)
                else "load it with the design it was made from, then `tablewright migrate`",
            )
        return sorted(manifest.containers, key=lambda name: order[name])

    def _is_empty(self, container: str) -> bool:
        return not any(page for _, page in self.adapter.scan(container))

    def _contents(
        self, manifest: ExportManifest, form: ExportForm, container: str
    ) -> Iterator[Content]:
        for file in manifest.of_container(container):
            count = 0
            for content in form.read(self.folder / file.path):
                count += 1
                yield content
            if count != file.records:
                raise DataError(
                    f"{file.path} has {count:,} records, its manifest says {file.records:,}",
                    remedy="take another copy of the export",
                )

    def _contents_of(
        self, manifest: ExportManifest, form: ExportForm
    ) -> Callable[[str], Iterator[Content]]:
        return lambda container: self._contents(manifest, form, container)

    def _refuse_other(self, manifest: ExportManifest, form: ExportForm, filled: list[str]) -> None:
        """Refuse where a record that is there differs, before anything is written."""
        unlike = 0
        keys: list[str] = []
        for container in filled:
            for content in self._contents(manifest, form, container):
                record = Record(container=container, kind="", content=content)
                stored = self.adapter.stored(record)
                if stored is not None and not self._is_same(content, stored):
                    unlike += 1
                    if len(keys) < SHOWN_KEYS:
                        keys.append(f"{container} {_shown(self.adapter.codec.key(record))}")
        if unlike:
            raise UsageError(
                f"{unlike:,} records of {self.adapter.description} differ from the export, such as "
                f"{', '.join(keys)}; nothing was written",
                remedy="load it elsewhere, or say --overwrite to replace them",
            )

    def _is_same(self, content: Content, stored: Content) -> bool:
        codec = self.adapter.codec
        return record_digest(codec.to_plain(content)) == record_digest(codec.to_plain(stored))

    def _load(
        self, manifest: ExportManifest, form: ExportForm, container: str, *, is_filled: bool
    ) -> tuple[int, int, int]:
        contents = self._contents(manifest, form, container)
        total = manifest.containers[container].count
        done = written = same = replaced = 0
        while chunk := list(islice(contents, WRITTEN_AT_ONCE)):
            records: list[Record] = []
            for content in chunk:
                record = Record(container=container, kind="", content=content)
                stored = self.adapter.stored(record) if is_filled else None
                if stored is not None and self._is_same(content, stored):
                    same += 1
                    continue
                replaced += stored is not None
                records.append(record)
            written += self.adapter.bulk_write(records) if records else 0
            done += len(chunk)
            if self.show is not None:
                self.show(done, total, container)
        return written, same, replaced


def _shown(key: tuple[Any, ...]) -> str:
    parts = (next(iter(part.values())) if isinstance(part, Mapping) else part for part in key)
    return "/".join(str(part) for part in parts)


def verify_content(
    manifest: ExportManifest,
    adapter: Adapter,
    contents: Callable[[str], Iterator[Content]],
) -> int:
    """Check that a database holds every record of an export; return how many it holds beyond.

    Args:
        manifest: of the export.
        adapter: the database.
        contents: gives the records of a container again, where digests alone do not tell.

    Raises:
        EngineError: records are missing or differ.
    """
    extra = 0
    for container, expected in manifest.containers.items():
        stored = content_tally(adapter, container)
        if stored == expected:
            continue
        missing = unlike = 0
        for content in contents(container):
            record = Record(container=container, kind="", content=content)
            there = adapter.stored(record)
            if there is None:
                missing += 1
            elif record_digest(adapter.codec.to_plain(there)) != record_digest(
                adapter.codec.to_plain(content)
            ):
                unlike += 1
        if missing or unlike:
            raise EngineError(
                f"{container}: {missing:,} records are missing and {unlike:,} differ from the "
                "export after it was loaded",
                remedy="see that nobody else writes there, then repeat",
            )
        extra += stored.count - expected.count
    return extra


def content_tally(adapter: Adapter, container: str) -> ContentTally:
    """Return the count and digest of what a container stores."""
    tally = ContentTally()
    for _, page in adapter.scan(container):
        for content in page:
            tally = tally.plus(adapter.codec.to_plain(content))
    return tally
