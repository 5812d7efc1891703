"""Uploads: a signed form with which a client sends a file to object storage itself.

The form is that of S3's POST with Signature Version 4: a policy that fixes the key, the content
type and the largest size, and its signature. The bucket is private and is read through the CDN; no
access list is asked for. The local folder takes the same form and checks the same signature.

Sources: Amazon S3 API Reference, "Browser-Based Uploads Using POST (AWS Signature Version 4)":
"Creating a POST Policy" and "Calculating a Signature", read 2026-08.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from tablewright.core.frozen import frozen
from tablewright_services.common.service import RequestRefused
from tablewright_services.common.signatures import is_same
from tablewright_services.poafix.domain import file_key
from tablewright_services.poafix.settings import PoaFixSettings

MEGABYTE = 1024 * 1024
TYPES = {
    "image/jpeg": (".jpg", 5 * MEGABYTE),
    "image/png": (".png", 5 * MEGABYTE),
    "image/webp": (".webp", 5 * MEGABYTE),
    "application/pdf": (".pdf", 10 * MEGABYTE),
}
"""By content type, the ending of the key and the largest size in bytes."""
FOLDERS = ("uploads", "avatars", "documents", "photos", "requests")
LIFE = dt.timedelta(minutes=10)
"""How long a form can be sent."""
KEY = re.compile(
    rf"(?:{'|'.join(FOLDERS)})/[0-9]{{13}}-[0-9a-f]{{16}}-[A-Za-z0-9_-]{{1,60}}\.[a-z]+"
)
ALGORITHM = "AWS4-HMAC-SHA256"
OVERHEAD_BYTES = 16 * 1024
"""What the fields of a form take besides the file."""


@frozen(kw_only=False)
class Signer:
    """Signs forms for one bucket with one key."""

    bucket: str
    region: str
    access_key: str
    secret_key: str
    session_token: str = ""

    def fields(
        self, key: str, content_type: str, most_bytes: int, now: dt.datetime
    ) -> dict[str, str]:
        """Return the fields of a form, which the file follows as `file`."""
        date = f"{now:%Y%m%d}"
        fields = {
            "key": key,
            "Content-Type": content_type,
            "Content-Disposition": disposition_of(content_type),
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": f"{self.access_key}/{date}/{self.region}/s3/aws4_request",
            "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        }
        if self.session_token:
            fields["x-amz-security-token"] = self.session_token
        conditions: list[Any] = [{"bucket": self.bucket}]
        conditions += [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", 1, most_bytes])
        expires = f"{now + LIFE:%Y-%m-%dT%H:%M:%S.000Z}"
        policy = json.dumps({"expiration": expires, "conditions": conditions})
        fields["policy"] = base64.b64encode(policy.encode()).decode()
        fields["x-amz-signature"] = self.signature(fields["policy"], date)
        return fields

    def signature(self, policy: str, date: str) -> str:
        """Return the signature of a policy in base 64, under the key of a day."""
        key = f"AWS4{self.secret_key}".encode()
        for part in (date, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.new(key, policy.encode(), hashlib.sha256).hexdigest()


def disposition_of(content_type: str) -> str:
    """Return under which name a file is saved: always the same for its type.

    Example:
        >>> disposition_of("image/png")
        'inline; filename="file.png"'
    """
    return f'inline; filename="file{TYPES[content_type][0]}"'


class ObjectStore(Protocol):
    """Takes files by signed forms."""

    signer: Signer

    @property
    def url(self) -> str:
        """Where a form is sent."""
        ...

    @property
    def public_url(self) -> str:
        """What comes before a key where a file is read."""
        ...


class S3Store:
    """A private bucket behind a CDN."""

    def __init__(self, signer: Signer, cdn_url: str) -> None:
        self.signer = signer
        self.url = f"https://{signer.bucket}.s3.{signer.region}.amazonaws.com/"
        self.public_url = cdn_url or self.url.rstrip("/")


class LocalStore:
    """A folder; the service itself takes the forms and gives the files."""

    def __init__(self, folder: Path, secret: bytes, cdn_url: str) -> None:
        self.folder = folder
        self.signer = Signer("local", "local", "local", secret.decode())
        self.url, self.public_url = "/files", cdn_url or "/files"

    def accept(self, fields: Mapping[str, str], content: bytes, now: dt.datetime) -> str:
        """Keep the file of a form and return its key.

        Raises:
            Refused: the form is not signed, has run out, or the file is not what it allows.
        """
        policy, date = fields.get("policy", ""), fields.get("x-amz-date", "")[:8]
        if not is_same(fields.get("x-amz-signature", ""), self.signer.signature(policy, date)):
            raise RequestRefused(403, "signature", "the form is not signed")
        document = json.loads(base64.b64decode(policy))
        if dt.datetime.fromisoformat(document["expiration"]) <= now:
            raise RequestRefused(403, "expired", "the form has run out")
        allowed: dict[str, Any] = {"bucket": self.signer.bucket}
        least, most = 0, 0
        for condition in document["conditions"]:
            if isinstance(condition, Mapping):
                allowed |= condition
            else:
                _, least, most = condition
        if any(fields.get(name) != value for name, value in allowed.items() if name != "bucket"):
            raise RequestRefused(403, "fields", "the form was changed")
        if not least <= len(content) <= most:
            raise RequestRefused(413, "too_large", f"the file has not {least:,} to {most:,} bytes")
        path = self.folder / fields["key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{secrets.token_hex(4)}.part")
        part.write_bytes(content)
        part.replace(path)
        return fields["key"]

    def file(self, key: str) -> tuple[Path, str]:
        """Return the path and the content type of a file.

        Raises:
            Refused: there is none.
        """
        path = self.folder / key
        if KEY.fullmatch(key) is None or not path.is_file():
            raise RequestRefused(404, "not_found", "there is no such file")
        return path, next(type for type, (ending, _) in TYPES.items() if ending == path.suffix)


class Uploads:
    """Gives forms for uploads."""

    def __init__(self, settings: PoaFixSettings) -> None:
        self.store: ObjectStore = (
            S3Store(
                Signer(
                    settings.bucket,
                    settings.region,
                    settings.access_key,
                    settings.secret_key,
                    settings.session_token,
                ),
                settings.cdn_url,
            )
            if settings.bucket
            else LocalStore(settings.upload_folder, settings.file_secret, settings.cdn_url)
        )

    def form(self, file: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
        """Return a form for a file: where it goes, its key, where it is read, the fields.

        Raises:
            Refused: the type is not taken, or the file is too large for its type.
        """
        ending, most = TYPES.get(file["contentType"], ("", 0))
        if not ending:
            raise RequestRefused(415, "type", f"files are {', '.join(TYPES)}")
        if file["bytes"] > most:
            raise RequestRefused(413, "too_large", f"such a file has at most {most:,} bytes")
        folder = file.get("folder") or FOLDERS[0]
        key = file_key(folder, now, secrets.token_hex(8), file["fileName"], ending)
        return {
            "url": self.store.url,
            "key": key,
            "cdnUrl": f"{self.store.public_url}/{key}",
            "fields": self.store.signer.fields(key, file["contentType"], file["bytes"], now),
            "expiresAt": (now + LIFE).isoformat(timespec="seconds"),
        }


def form_parts(content: bytes, content_type: str) -> tuple[dict[str, str], bytes]:
    """Return the fields of a multipart form and the file that follows them.

    Source: RFC 7578, "Returning Values from Forms: multipart/form-data".

    Raises:
        Refused: it is no such form, or has no file.
    """
    match = re.search(r'boundary="?([^";,\s]{1,70})"?', content_type)
    if not content_type.startswith("multipart/form-data") or match is None:
        raise RequestRefused(415, "type", "send a form as multipart/form-data")
    fields: dict[str, str] = {}
    for part in content.split(b"--" + match[1].encode())[1:]:
        head, gap, body = part.partition(b"\r\n\r\n")
        name = re.search(rb'\bname="([^"]{1,100})"', head)
        if not gap or name is None:
            continue
        value = body.removesuffix(b"\r\n")
        if name[1] == b"file":
            return fields, value
        fields[name[1].decode("latin-1")] = value.decode("utf-8", "replace")
    raise RequestRefused(400, "no_file", "the form has no file")


__all__ = ["LocalStore", "S3Store", "Signer", "Uploads", "disposition_of", "form_parts"]
