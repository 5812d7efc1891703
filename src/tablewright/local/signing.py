"""Check the AWS Signature Version 4 of a request against one access key.

In: method, path, headers and body as they arrived, and the key. Out: nothing, or the Fault the
service answers with. Comparisons take the same time whatever they find. It does not know HTTP
connections; it never sees more than one key.

Source: AWS General Reference, "Create a signed AWS API request", read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from tablewright.core.frozen import frozen
from tablewright.local.faults import (
    Fault,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "dynamodb"
LARGEST_SKEW_SECONDS = 15 * 60
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details."
)


@frozen
class AccessKey:
    """The one key that may use a server."""

    key_id: str
    secret: str = field(repr=False)


def check_signature(
    key: AccessKey,
    *,
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    now: datetime | None = None,
    region: str | None = None,
) -> None:
    """Refuse a request that `key` has not signed.

    Args:
        key: the access key that counts.
        method: the HTTP method.
        target: path and query as in the request line.
        headers: names (in any case) and values, as they arrived.
        body: the bytes of the body.
        now: the present moment; tests pass their own.
        region: the region that requests must be signed for; None takes any.

    Raises:
        Fault: MissingAuthenticationTokenException, IncompleteSignatureException,
            UnrecognizedClientException or InvalidSignatureException.
    """
    received: dict[str, list[str]] = {}
    for name, value in headers:
        received.setdefault(name.lower(), []).append(" ".join(value.split()))
    authorization = received.get("authorization", [""])[0]
    if not authorization:
        raise MissingAuthenticationTokenException("Request is missing Authentication Token")
    credential, signed, signature = _parts(authorization)
    key_id, _, scope = credential.partition("/")
    if not hmac.compare_digest(key_id.encode(), key.key_id.encode()):
        raise UnrecognizedClientException("The security token included in the request is invalid.")
    stamp = received.get("x-amz-date", [""])[0]
    _check_scope(scope, region)
    _check_date(stamp, scope, now or datetime.now(UTC))
    if "host" not in signed:
        raise InvalidSignatureException("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    canonical = _canonical_request(method, target, received, signed, body)
    expected = _signature(key.secret, stamp, scope, canonical)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise InvalidSignatureException(_MISMATCH)


_SCOPE = re.compile(rb"Credential=[^/,\s]+/\d{8}/([^/,\s]+)/")


def signed_region(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the region that a request is signed for, None if it is not signed.

    Example:
        >>> value = b"AWS4-HMAC-SHA256 Credential=me/20270115/eu-west-1/dynamodb/aws4_request, ..."
        >>> signed_region([(b"Authorization", value)])
        'eu-west-1'
    """
    for name, value in headers:
        if name.lower() == b"authorization":
            scope = _SCOPE.search(value)
            return None if scope is None else scope[1].decode("latin-1")
    return None


def _parts(authorization: str) -> tuple[str, list[str], str]:
    algorithm, _, rest = authorization.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    missing = [n for n in ("Credential", "SignedHeaders", "Signature") if not parts.get(n)]
    if algorithm != ALGORITHM or missing or parts["Credential"].count("/") != 4:
        named = ", ".join(missing) or "Credential"
        raise IncompleteSignatureException(f"Authorization header requires parameter: {named}")
    return parts["Credential"], parts["SignedHeaders"].split(";"), parts["Signature"]


def _check_date(stamp: str, scope: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete_date() from None
    if not scope.startswith(stamp[:8]):
        raise InvalidSignatureException("Date in Credential scope does not match X-Amz-Date.")
    if abs((now - signed_at).total_seconds()) > LARGEST_SKEW_SECONDS:
        raise InvalidSignatureException(f"Signature expired or not yet current: {stamp}")


def _check_scope(scope: str, region: str | None) -> None:
    """Refuse a signature for another region or service."""
    parts = scope.split("/")
    _, signed_region, service, terminator = parts if len(parts) == 4 else ("", "", "", "")
    if region is not None and signed_region != region:
        raise InvalidSignatureException(
            f"Credential should be scoped to a valid region, not '{signed_region}'."
        )
    if service != SERVICE:
        raise InvalidSignatureException(
            f"Credential should be scoped to correct service: '{SERVICE}'."
        )
    if terminator != "aws4_request":
        raise InvalidSignatureException(
            "Credential should be scoped with a valid terminator: 'aws4_request'."
        )


def _incomplete_date() -> Fault:
    return IncompleteSignatureException(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    )


def _canonical_request(
    method: str, target: str, received: dict[str, list[str]], signed: list[str], body: bytes
) -> str:
    path, _, query = target.partition("?")
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(query, keep_blank_values=True)
    )
    lines = [f"{name}:{','.join(received.get(name, ['']))}" for name in signed]
    return "\n".join(
        (
            method,
            path or "/",
            "&".join(f"{name}={value}" for name, value in pairs),
            *lines,
            "",
            ";".join(signed),
            hashlib.sha256(body).hexdigest(),
        )
    )


def _signature(secret: str, stamp: str, scope: str, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    to_sign = "\n".join((ALGORITHM, stamp, scope, digest))
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
