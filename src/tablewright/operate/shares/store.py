"""Where the shares of a migration are kept between two steps: a folder, or a bucket.

In: the number of a share. Out: its staging file on this machine. A folder is for machines that
share a disk, or for one; a bucket for those that share none: a file is fetched, and put back once
its step is done, so that a step that was killed is done again from what was put there last.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.frozen import frozen

FAILURE = "failure.json"


class ShareStore(Protocol):
    """Keeps the staging files of shares. Its values are sent to other machines."""

    @property
    def place(self) -> str:
        """Where, as people write it."""
        ...

    def opened(self, name: str) -> AbstractContextManager[Path]:
        """Return a context manager that gives a file to work on, and keeps it afterwards."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Keep a small file."""
        ...

    def get(self, name: str) -> bytes | None:
        """Return a small file, None if there is none."""
        ...

    def clear(self) -> None:
        """Remove everything."""
        ...


@frozen(kw_only=False, slots=False)
class FolderStore:
    """A folder that every machine sees."""

    folder: Path

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    @contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        """Give the file in the folder itself."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        yield self.folder / name

    def put(self, name: str, content: bytes) -> None:
        """Keep a small file; a reader never sees half of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as beside:
            beside.write(content)
        Path(beside.name).replace(self.folder / name)

    def get(self, name: str) -> bytes | None:
        """Return a small file, None if there is none."""
        path = self.folder / name
        return path.read_bytes() if path.exists() else None

    def clear(self) -> None:
        """Remove the folder."""
        if self.folder.exists():
            shutil.rmtree(self.folder)


@frozen(kw_only=False, slots=False)
class BucketStore:
    """A prefix in a bucket of Amazon S3."""

    bucket: str
    prefix: str

    @property
    def place(self) -> str:
        """The address."""
        return f"s3://{self.bucket}/{self.prefix}"

    @contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        """Fetch a file, and put it back if the work on it changed it, even where that failed."""
        with tempfile.TemporaryDirectory(prefix="tablewright-") as folder:
            path = Path(folder) / name
            with suppress(_NoObjectError):
                self._asked("download_file", Key=self._key(name), Filename=str(path))
            before = _digest(path)
            try:
                yield path
            finally:
                if _digest(path) != before:
                    self._asked("upload_file", Key=self._key(name), Filename=str(path))

    def put(self, name: str, content: bytes) -> None:
        """Put an object."""
        self._asked("put_object", Key=self._key(name), Body=content)

    def get(self, name: str) -> bytes | None:
        """Return an object, None if there is none."""
        try:
            return bytes(self._asked("get_object", Key=self._key(name))["Body"].read())
        except _NoObjectError:
            return None

    def clear(self) -> None:
        """Delete what lies under the prefix."""
        token: dict[str, str] = {}
        while True:
            page = self._asked("list_objects_v2", Prefix=self._key(""), **token)
            keys = [{"Key": each["Key"]} for each in page.get("Contents", ())]
            if keys:
                self._asked("delete_objects", Delete={"Objects": keys, "Quiet": True})
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _asked(self, operation: str, **parameters: Any) -> Any:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(boto3.client("s3"), operation)(Bucket=self.bucket, **parameters)
        except (ClientError, BotoCoreError) as problem:
            code = problem.response["Error"]["Code"] if isinstance(problem, ClientError) else ""
            kind = _NoObjectError if code in ("404", "NoSuchKey") else EngineError
            raise kind(
                f"{self.place} cannot be used: {problem}",
                remedy="let whoever runs this list, read, write and delete objects under it",
            ) from problem


class _NoObjectError(EngineError):
    """There is no object of that name."""


def _digest(path: Path) -> bytes:
    """Return what tells the content of a file from any other; nothing where there is none."""
    if not path.exists():
        return b""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def store_at(place: str | Path) -> ShareStore:
    """Return the store at a folder or an address `s3://BUCKET/PREFIX`.

    Raises:
        UsageError: it is neither.
    """
    text = str(place)
    scheme, mark, rest = text.partition("://")
    if not mark:
        return FolderStore(Path(place))
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise UsageError(
            f"`{text}` is neither a folder nor a bucket", remedy="write s3://BUCKET/PREFIX"
        )
    return BucketStore(bucket, prefix.strip("/"))


def note_failure(store: ShareStore, message: str, remedy: str) -> None:
    """Keep why a step failed, for whoever started it."""
    store.put(FAILURE, json.dumps({"message": message, "remedy": remedy}).encode())


def failure_in(store: ShareStore) -> tuple[str, str] | None:
    """Return message and remedy of the last failure; None if there was none."""
    content = store.get(FAILURE)
    if not content:
        return None
    noted = json.loads(content)
    return noted["message"], noted["remedy"]
