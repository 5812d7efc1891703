"""Write what a database stores as files: streamed, compressed, resumable.

In: an adapter, a form, a folder. Out: files of some thousand records, and a manifest. A file is
written beside its name, renamed, and then noted with the position behind it: an export that was
killed goes on after the last file that was noted. Memory does not grow with the data.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Adapter
from tablewright.operate.exports.exchange import from_text, to_text
from tablewright.operate.exports.formats import ExportForm, form_for
from tablewright.operate.exports.manifest import (
    MANIFEST,
    PROGRESS,
    ContentTally,
    ExportedFile,
    ExportManifest,
    file_digest,
    manifest_text,
)
from tablewright.operate.files import write_text

RECORDS_OF_A_FILE = 20_000
BYTES_OF_A_FILE = 32 * 1024 * 1024
"""About how many bytes of records fill a file, before compression."""

Shown = Callable[[int, int, str], None]
"""Told how many records are written, of how many (0: unknown), and of which container."""
Content = Mapping[str, Any]


@frozen
class ExportPlan:
    """What is exported, and to where."""

    app: str
    design: str
    engine: str
    form: str
    folder: Path
    records_of_a_file: int = RECORDS_OF_A_FILE
    overwrite: bool = False


@dataclass(slots=True)
class _Place:
    """How far the export of one container came."""

    after: Any = None
    is_finished: bool = False


def write_export(
    plan: ExportPlan, adapter: Adapter, *, show: Shown | None = None, now: Callable[[], str]
) -> ExportManifest:
    """Export what an adapter's containers store, going on where an earlier run stopped.

    Args:
        plan: what, and to where.
        adapter: the database.
        show: told of progress.
        now: the moment, in UTC.

    Raises:
        UsageError: the folder holds another or a finished export, or something else.
        EngineError: the database or the disk refused; what was noted is kept.
    """
    form = form_for(plan.form, adapter.codec)
    manifest, places = _begin(plan, adapter, now)
    containers = sorted({kind.container for kind in adapter.codec.kinds})
    for container in containers:
        place = places.setdefault(container, _Place())
        if not place.is_finished:
            manifest = _write_container(plan, adapter, form, container, manifest, places, show)
    manifest = replace(manifest, finished=now())
    write_text(plan.folder / MANIFEST, manifest_text(manifest))
    (plan.folder / PROGRESS).unlink(missing_ok=True)
    return manifest


def _begin(
    plan: ExportPlan, adapter: Adapter, now: Callable[[], str]
) -> tuple[ExportManifest, dict[str, _Place]]:
    """Return what an earlier run has written, or make the folder of a new one."""
    folder = plan.folder
    is_there = folder.is_dir() and any(folder.iterdir())
    is_ours = (folder / MANIFEST).is_file() or (folder / PROGRESS).is_file()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", remedy="name a folder with --out")
    if is_there and not is_ours:
        raise UsageError(
            f"{folder} holds something else than an export", remedy="name an empty folder"
        )
    fresh = ExportManifest(
        app=plan.app,
        design=plan.design,
        engine=plan.engine,
        form=plan.form,
        place=adapter.description,
        started=now(),
    )
    if (folder / MANIFEST).is_file() and not plan.overwrite:
        raise UsageError(
            f"{folder} holds a finished export",
            remedy="name another folder, or say --overwrite if it is to be replaced",
        )
    if (folder / PROGRESS).is_file() and not plan.overwrite:
        return _resumed(folder, fresh)
    if is_there:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return fresh, {}


def _resumed(folder: Path, fresh: ExportManifest) -> tuple[ExportManifest, dict[str, _Place]]:
    try:
        content = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        manifest = ExportManifest(
            **{
                **content["manifest"],
                "files": tuple(ExportedFile(**file) for file in content["manifest"]["files"]),
                **{
                    name: {n: ContentTally(**t) for n, t in content["manifest"][name].items()}
                    for name in ("containers", "entities")
                },
            }
        )
        places = {
            name: _Place(from_text(place["after"]), place["is_finished"])
            for name, place in content["places"].items()
        }
    except (ValueError, KeyError, TypeError) as problem:
        raise UsageError(
            f"{folder / PROGRESS} is damaged: {problem!r}", remedy="say --overwrite to begin again"
        ) from problem
    for name in ("app", "design", "engine", "form", "place"):
        if getattr(manifest, name) != getattr(fresh, name):
            raise UsageError(
                f"{folder} holds an unfinished export of {getattr(manifest, name)}, "
                f"not of {getattr(fresh, name)}",
                remedy="finish it with the same options, or say --overwrite to begin again",
            )
    return manifest, places


def _write_container(
    plan: ExportPlan,
    adapter: Adapter,
    form: ExportForm,
    container: str,
    manifest: ExportManifest,
    places: dict[str, _Place],
    show: Shown | None,
) -> ExportManifest:
    place = places[container]
    for position, contents in _parts(adapter, container, place.after, plan.records_of_a_file):
        number = len(manifest.of_container(container)) + 1
        path = f"{container}/{number:06d}.{form.ending}"
        if contents:
            file = _write_file(plan.folder, path, container, form, contents)
            manifest = replace(manifest, files=(*manifest.files, file))
        manifest = counted(manifest, adapter, container, contents)
        place.after, place.is_finished = position, position is None
        _note(plan.folder, manifest, places)
        if show is not None:
            show(manifest.containers[container].count, 0, container)
        contents = ()  # given back before the next part is read
    return manifest


def _parts(
    adapter: Adapter, container: str, after: Any, records: int
) -> Iterator[tuple[Any, Sequence[Content]]]:
    """Yield the records of each file with the position behind them: whole pages of a scan."""
    part: list[Content] = []
    size = 0
    for position, page in adapter.scan(container, after=after):
        part.extend(page)
        size += sum(len(str(content)) for content in page)
        if position is None or len(part) >= records or size >= BYTES_OF_A_FILE:
            yield position, part
            part, size = [], 0


def _write_file(
    folder: Path, path: str, container: str, form: ExportForm, contents: Sequence[Content]
) -> ExportedFile:
    final = folder / path
    beside = final.with_name(f".{final.name}.part")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        form.write(beside, contents)
        with beside.open("rb") as stream:
            os.fsync(stream.fileno())
        beside.chmod(0o600)
        beside.replace(final)
    except OSError as problem:
        beside.unlink(missing_ok=True)
        raise EngineError(
            f"{final} cannot be written: {problem}",
            remedy="make room or name another disk, then repeat: the export goes on from here",
        ) from problem
    return ExportedFile(
        path=path,
        container=container,
        records=len(contents),
        bytes=final.stat().st_size,
        sha256=file_digest(final),
    )


def counted(
    manifest: ExportManifest, adapter: Adapter, container: str, contents: Sequence[Content]
) -> ExportManifest:
    """Return a manifest with the counts and digests of more records of a container."""
    codec = adapter.codec
    containers, entities = dict(manifest.containers), dict(manifest.entities)
    records = containers.get(container, ContentTally())
    unknown = manifest.unknown
    for content in contents:
        records = records.plus(codec.to_plain(content))
        try:
            fragments = tuple(codec.decode(container, content))
        except EngineError:
            unknown += 1
            continue
        for fragment in fragments:
            if not fragment.is_copy and fragment.identity:
                tally = entities.get(fragment.entity, ContentTally())
                attributes = {n: v for n, v in fragment.attributes.items() if v is not None}
                entities[fragment.entity] = tally.plus(attributes)
    containers[container] = records
    return replace(manifest, containers=containers, entities=entities, unknown=unknown)


def _note(folder: Path, manifest: ExportManifest, places: Mapping[str, _Place]) -> None:
    content = {
        "manifest": asdict(manifest),
        "places": {
            name: {"after": to_text(place.after), "is_finished": place.is_finished}
            for name, place in places.items()
        },
    }
    write_text(folder / PROGRESS, json.dumps(content))


def utc_now() -> str:
    """Return the moment, in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
