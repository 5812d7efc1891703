"""Where an archive is kept: a folder, or a prefix of an S3 bucket.

In: an address. Out: a place that takes files whole and gives them back. Credentials come from the
environment, as boto3 finds them. An upload carries its SHA-256, which S3 checks before it accepts.
"""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tablewright.core.errors import EngineError, UsageError


class ArchivePlace(Protocol):
    """A place that keeps files by name."""

    @property
    def description(self) -> str:
        """Where it is."""
        ...

    def put(self, name: str, path: Path, sha256: str) -> None:
        """Keep a file under a name, whole or not at all.

        Raises:
            EngineError: it was refused.
        """
        ...

    def get(self, name: str, path: Path) -> None:
        """Write what is kept under a name to a new file.

        Raises:
            EngineError: it is not there, or was refused.
        """
        ...

    def names(self, ending: str) -> list[str]:
        """Return the names that end so, sorted."""
        ...


def place_of(address: str, *, endpoint: str = "", profile: str = "") -> ArchivePlace:
    """Return the place of an address: `s3://BUCKET/PREFIX`, or a folder.

    Raises:
        UsageError: it is another kind of address.
    """
    if "://" not in address:
        return FolderPlace(Path(address))
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise UsageError(
            f"`{address}` is no place for an archive",
            remedy="name a folder, or s3://BUCKET/PREFIX",
        )
    return S3Place(parts.netloc, parts.path.strip("/"), endpoint=endpoint, profile=profile)


class FolderPlace:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def description(self) -> str:
        """The folder."""
        return str(self._folder)

    def put(self, name: str, path: Path, sha256: str) -> None:
        """Copy a file beside its name, then rename it."""
        final = self._folder / name
        beside = final.with_name(f".{final.name}.part")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, beside)
            beside.chmod(0o600)
            beside.replace(final)
        except OSError as problem:
            raise EngineError(
                f"{final} cannot be written: {problem}", remedy="nothing was deleted; make room"
            ) from problem

    def get(self, name: str, path: Path) -> None:
        """Copy a file."""
        try:
            shutil.copyfile(self._folder / name, path)
        except OSError as problem:
            raise EngineError(f"{self._folder / name} cannot be read: {problem}") from problem

    def names(self, ending: str) -> list[str]:
        """Return the names below the folder that end so."""
        paths = self._folder.rglob(f"*{ending}") if self._folder.is_dir() else ()
        return sorted(path.relative_to(self._folder).as_posix() for path in paths)


class S3Place:
    """A prefix of a bucket."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str = "", profile: str = "") -> None:
        import boto3

        session: Any = boto3.Session(profile_name=profile or None)
        self._client = session.client("s3", endpoint_url=endpoint or None)
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""

    @property
    def description(self) -> str:
        """The address."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put(self, name: str, path: Path, sha256: str) -> None:
        """Upload a file with its digest, encrypted at rest."""
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        with path.open("rb") as stream:
            self._call(
                "put_object",
                Key=self._prefix + name,
                Body=stream,
                ChecksumSHA256=checksum,
                ServerSideEncryption="AES256",
            )

    def get(self, name: str, path: Path) -> None:
        """Download a file in pieces."""
        reply = self._call("get_object", Key=self._prefix + name)
        with path.open("wb") as stream:
            shutil.copyfileobj(reply["Body"], stream)

    def names(self, ending: str) -> list[str]:
        """Return the names below the prefix that end so."""
        names: list[str] = []
        token: dict[str, str] = {}
        while True:
            reply = self._call("list_objects_v2", Prefix=self._prefix, **token)
            names += [
                entry["Key"].removeprefix(self._prefix)
                for entry in reply.get("Contents", ())
                if entry["Key"].endswith(ending)
            ]
            if not reply.get("IsTruncated"):
                return sorted(names)
            token = {"ContinuationToken": reply["NextContinuationToken"]}

    def _call(self, operation: str, **parameters: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(Bucket=self._bucket, **parameters)
        except (BotoCoreError, ClientError) as problem:
            raise EngineError(
                f"{self.description} refused {operation}: {problem}",
                remedy="nothing was deleted; check the bucket, the region and the rights "
                "s3:PutObject, s3:GetObject, s3:ListBucket",
            ) from problem
