"""What an export holds, and what to check it by: `manifest.json`.

In: counts and digests as records pass. Out: the manifest, written last, so that a folder without
one is an export that was not finished. A digest of records is the sum modulo 2^256 of the SHA-256
of each, whatever their order; that of a file is the SHA-256 of its bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from tablewright.core.errors import DataError, UsageError
from tablewright.core.frozen import frozen
from tablewright.operate.exports.exchange import MODULUS, record_digest

SCHEMA = "tablewright.export/1"
MANIFEST = "manifest.json"
PROGRESS = "progress.json"
READ_AT_ONCE = 1 << 20


@frozen
class ContentTally:
    """How many records, and the digest of them all."""

    count: int = 0
    digest: str = f"{0:064x}"

    def plus(self, record: Mapping[str, Any]) -> ContentTally:
        """Return the tally with one record more."""
        total = (int(self.digest, 16) + record_digest(record)) % MODULUS
        return ContentTally(count=self.count + 1, digest=f"{total:064x}")


@frozen
class ExportedFile:
    """One file of an export."""

    path: str
    """Below the folder."""
    container: str
    records: int
    bytes: int
    sha256: str


@frozen
class ExportManifest:
    """What an export holds."""

    app: str
    design: str
    engine: str
    form: str
    place: str
    """Which database it was read from."""
    started: str
    """The moment reading began, in UTC: what was written later may be missing."""
    finished: str = ""
    files: tuple[ExportedFile, ...] = ()
    containers: Mapping[str, ContentTally] = field(default_factory=dict)
    """Tables or collections: their records."""
    entities: Mapping[str, ContentTally] = field(default_factory=dict)
    """Instances as the model knows them; an instance split over records counts once for each."""
    unknown: int = 0
    """Records of no kind that the design knows: they are exported like the others."""

    @property
    def records(self) -> int:
        """How many records there are."""
        return sum(tally.count for tally in self.containers.values())

    @property
    def bytes(self) -> int:
        """How many bytes the files take."""
        return sum(file.bytes for file in self.files)

    def of_container(self, container: str) -> tuple[ExportedFile, ...]:
        """Return the files of one container, in order."""
        return tuple(file for file in self.files if file.container == container)


def manifest_text(manifest: ExportManifest) -> str:
    """Return a manifest as JSON."""

    def tallies(values: Mapping[str, ContentTally]) -> dict[str, Any]:
        return {n: {"count": t.count, "digest": t.digest} for n, t in sorted(values.items())}

    content = {
        "schema": SCHEMA,
        "app": manifest.app,
        "design": manifest.design,
        "engine": manifest.engine,
        "format": manifest.form,
        "place": manifest.place,
        "started": manifest.started,
        "finished": manifest.finished,
        "digests": "of files: SHA-256; of records: sum modulo 2^256 of the SHA-256 of each",
        "containers": tallies(manifest.containers),
        "entities": tallies(manifest.entities),
        "unknown": manifest.unknown,
        "files": [
            {
                "path": file.path,
                "container": file.container,
                "records": file.records,
                "bytes": file.bytes,
                "sha256": file.sha256,
            }
            for file in manifest.files
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read_manifest(folder: Path, name: str = MANIFEST) -> ExportManifest:
    """Return the manifest of an export.

    Raises:
        UsageError: the folder holds no finished export.
        DataError: the manifest is damaged.
    """
    path = folder / name
    if not path.is_file():
        is_begun = (folder / PROGRESS).is_file()
        raise UsageError(
            f"{folder} holds no finished export: {name} is not there",
            remedy="repeat `tablewright export` with the same options: it goes on where it stopped"
            if is_begun
            else "name the folder that `tablewright export --out` has written",
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _manifest(content)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise DataError(
            f"{path} is damaged: {problem!r}", remedy="export again, into another folder"
        ) from problem


def _manifest(content: Mapping[str, Any]) -> ExportManifest:
    if content["schema"] != SCHEMA:
        raise ValueError(f"its schema is {content['schema']}, not {SCHEMA}")

    def tallies(values: Mapping[str, Any]) -> dict[str, ContentTally]:
        return {
            name: ContentTally(count=int(tally["count"]), digest=str(tally["digest"]))
            for name, tally in values.items()
        }

    return ExportManifest(
        app=content["app"],
        design=content["design"],
        engine=content["engine"],
        form=content["format"],
        place=content["place"],
        started=content["started"],
        finished=content["finished"],
        files=tuple(
            ExportedFile(
                path=_inside(file["path"]),
                container=file["container"],
                records=int(file["records"]),
                bytes=int(file["bytes"]),
                sha256=file["sha256"],
            )
            for file in content["files"]
        ),
        containers=tallies(content["containers"]),
        entities=tallies(content["entities"]),
        unknown=int(content["unknown"]),
    )


def _inside(path: str) -> str:
    """Return a path that stays below the folder."""
    parts = Path(path).parts
    if Path(path).is_absolute() or ".." in parts:
        raise ValueError(f"{path} is not inside the export")
    return path


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(READ_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()


def check_files(folder: Path, manifest: ExportManifest) -> None:
    """Check that every file of an export is there, as it was written.

    Raises:
        DataError: one is missing or was changed.
    """
    problems: list[str] = []
    for file in manifest.files:
        path = folder / file.path
        if not path.is_file():
            problems.append(f"{file.path} is missing")
        elif path.stat().st_size != file.bytes or file_digest(path) != file.sha256:
            problems.append(f"{file.path} was changed: its SHA-256 is not that of {MANIFEST}")
    if problems:
        shown = "; ".join(problems[:3]) + (f"; {len(problems) - 3} more" * (len(problems) > 3))
        raise DataError(
            f"{folder}: {shown}", remedy="take another copy of the export, or export again"
        )


def renamed(manifest: ExportManifest, names: Mapping[str, str]) -> ExportManifest:
    """Return a manifest whose containers are called otherwise; the files stay as they are."""
    return replace(
        manifest,
        files=tuple(
            replace(file, container=names.get(file.container, file.container))
            for file in manifest.files
        ),
        containers={names.get(name, name): tally for name, tally in manifest.containers.items()},
    )
