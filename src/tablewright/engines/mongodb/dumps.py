"""Dumps of the collections of a design as mongodump --gzip writes them, and back.

In: an open database, names of collections. Out: a folder DATABASE/COLLECTION.bson.gz with
COLLECTION.metadata.json.gz beside it, which mongorestore --gzip, bsondump and `init --from` read
too. Documents go through as the bytes that the server sent: no value is decoded. Source: MongoDB
Database Tools, "mongodump", read 2026-11.
"""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from tablewright.core.errors import EngineError, UnsupportedError, UsageError
from tablewright.evaluation.doors import BackupCopy, Progress

METHOD = "bson-dump"
DATA, METADATA = ".bson.gz", ".metadata.json.gz"
AT_ONCE = 500
MOMENTS = (
    (
        "Atlas, M10 and larger with continuous backup",
        "atlas backups restores start pointInTime --clusterName SOURCE --targetClusterName NEW "
        "--targetProjectId PROJECT --pointInTimeUTCSeconds SECONDS",
    ),
    (
        "your own replica set",
        "mongorestore --oplogReplay --oplogLimit SECONDS FOLDER, of a mongodump --oplog and the "
        "log of operations since",
    ),
)
"""Who restores to a moment, and the command."""


class CollectionDumps:
    """Dumps of the collections of one design."""

    method = METHOD

    def __init__(self, database: Any, collections: Sequence[str]) -> None:
        self._database, self._collections = database, tuple(collections)

    def create(self, name: str, folder: str, say: Progress) -> tuple[BackupCopy, ...]:
        """Dump the collections into a folder.

        Raises:
            UsageError: the folder is there already.
            EngineError: the disk refused.
        """
        place = Path(folder) / name
        if place.exists():
            raise UsageError(
                f"{place} exists: nothing is overwritten", remedy="say --name or --out"
            )
        inside = place / self._database.name
        taken = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        definitions = {each["name"]: each for each in self._database.list_collections()}
        try:
            inside.mkdir(parents=True)
            place.chmod(0o700)
            for collection in self._collections:
                if collection in definitions:
                    say(f"dump {collection}")
                    self._dump(inside, collection, definitions[collection])
        except OSError as problem:
            raise EngineError(
                f"{place} cannot be written: {problem}", remedy="make room, or name another --out"
            ) from problem
        size = sum(path.stat().st_size for path in inside.iterdir())
        reference = str(place.resolve())
        copy = BackupCopy(
            container="", name=name, reference=reference, method=METHOD, taken=taken, bytes=size
        )
        return (copy,)

    def _dump(self, folder: Path, name: str, definition: Mapping[str, Any]) -> None:
        from bson.codec_options import CodecOptions
        from bson.json_util import CANONICAL_JSON_OPTIONS, dumps
        from bson.raw_bson import RawBSONDocument

        raw = self._database[name].with_options(CodecOptions(document_class=RawBSONDocument))
        _write(
            folder / f"{name}{DATA}",
            (document.raw for document in raw.find(sort=[("_id", 1)])),
        )
        identity = definition.get("info", {}).get("uuid")
        metadata = {
            "options": definition.get("options", {}),
            "indexes": [dict(index) for index in self._database[name].list_indexes()],
            "uuid": bytes(getattr(identity, "bytes", identity) or b"").hex(),
            "collectionName": name,
            "type": definition.get("type", "collection"),
        }
        text = dumps(metadata, json_options=CANONICAL_JSON_OPTIONS)
        _write(folder / f"{name}{METADATA}", (text.encode(),))

    def listed(self) -> tuple[BackupCopy, ...]:
        """Return nothing: a server does not know its dumps, the workspace does."""
        return ()

    def window(self) -> Mapping[str, tuple[str, str]]:
        """Return nothing: see `MOMENTS`."""
        return {}

    def restore(
        self, copies: Sequence[BackupCopy], names: Mapping[str, str], say: Progress
    ) -> None:
        """Restore a dump into the database whose name is under "", which expires nothing.

        Raises:
            EngineError: a file is missing or damaged, or the server refused.
        """
        target = self._database.client[names[""]]
        for copy in copies:
            folders = [path for path in Path(copy.reference).glob("*") if path.is_dir()]
            files = sorted(path for folder in folders for path in folder.glob(f"*{METADATA}"))
            if not files:
                raise EngineError(
                    f"{copy.reference} holds no dump: there is no *{METADATA} in it",
                    remedy="restore another backup: tablewright backup --list",
                )
            for path in files:
                name = path.name.removesuffix(METADATA)
                say(f"restore {name} into the database {target.name}")
                _restore(target, name, path)

    def restore_to(self, moment: str, names: Mapping[str, str], say: Progress) -> None:
        """Refuse: see `MOMENTS`.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(
            "a MongoDB is restored to a moment by whoever runs it",
            remedy="; ".join(f"{who}: {command}" for who, command in MOMENTS)
            + "; then check the new server with --endpoint",
        )


def _write(path: Path, pieces: Iterator[bytes] | tuple[bytes, ...]) -> None:
    """Write a gzip file whose bytes depend on its content alone, readable by its owner."""
    beside = path.with_name(f".{path.name}.part")
    with (
        beside.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed,
    ):
        for piece in pieces:
            packed.write(piece)
    beside.chmod(0o600)
    beside.replace(path)


def _restore(target: Any, name: str, metadata_file: Path) -> None:
    from bson.errors import BSONError
    from bson.json_util import loads

    data_file = metadata_file.with_name(f"{name}{DATA}")
    try:
        with gzip.open(metadata_file, "rt", encoding="utf-8") as stream:
            metadata = loads(stream.read())
        target.create_collection(name, **metadata["options"])
        _insert(target[name], data_file)
        for index in metadata["indexes"]:
            options = {
                key: value
                for key, value in index.items()
                if key not in ("v", "ns", "key", "expireAfterSeconds")
            }
            if index["name"] != "_id_":
                target[name].create_index(list(index["key"].items()), **options)
    except (OSError, EOFError, ValueError, KeyError, TypeError, BSONError) as problem:
        raise EngineError(
            f"{metadata_file.parent}: the dump of {name} is damaged: {problem}",
            remedy="restore another backup: tablewright backup --list",
        ) from problem


def _insert(collection: Any, path: Path) -> None:
    from bson import decode_file_iter
    from bson.codec_options import CodecOptions
    from bson.raw_bson import RawBSONDocument

    with gzip.open(path, "rb") as packed:
        stream: Any = packed  # its annotations know no gzip file
        documents = decode_file_iter(stream, CodecOptions(document_class=RawBSONDocument))
        while chunk := list(islice(documents, AT_ONCE)):
            collection.insert_many(chunk, ordered=False, bypass_document_validation=True)
