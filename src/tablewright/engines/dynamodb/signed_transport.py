"""Requests for items, signed and sent without the layers of boto3 that cost most of their time.

In: wire form. Out: wire form: nothing is converted on the way, unlike through a boto3 client. The
credentials, the signature (version 4) and the connections are botocore's. Whatever is not about
items goes through the client.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tablewright.engines.dynamodb.transport import (
    METERED,
    Reply,
    RequestFailedError,
    SdkTransport,
    consumed_of,
    failure_of,
)

TARGET = "DynamoDB_20120810"
MOST_IDLE = 50
"""Connections that are kept open."""
OUTAGES = {503: "ServiceUnavailable"}
"""Codes of answers that are none of DynamoDB's own; of others above 499 it is another one."""


@dataclass
class SignedTransport(SdkTransport):
    """A boto3 client for tables, and its endpoint itself for items."""

    credentials: Any = None
    """Of botocore: they renew themselves. None where none were found: then the client says so."""
    sender: Any = None
    """Sends prepared requests over kept connections."""

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request."""
        if operation not in METERED or self.credentials is None:
            return super().send(operation, parameters, label=label)
        from botocore.exceptions import BotoCoreError

        content = orjson.dumps({**parameters, "ReturnConsumedCapacity": "INDEXES"})
        try:
            answer = self.sender.send(self._signed(operation, content))
            raw = answer.content
        except BotoCoreError as problem:
            raise self.unreachable(problem) from problem
        body = _json(raw)
        if answer.status_code != 200 or body is None:
            raise _failure(operation, answer.status_code, body or {})
        return Reply(body, consumed_of(operation, body, parameters))

    def _signed(self, operation: str, content: bytes) -> Any:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        meta = self.client.meta
        request = AWSRequest(
            "POST",
            f"{meta.endpoint_url.rstrip('/')}/",
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"{TARGET}.{operation}",
                "User-Agent": "tablewright",
            },
            data=content,
        )
        credentials = self.credentials.get_frozen_credentials()
        SigV4Auth(credentials, "dynamodb", meta.region_name).add_auth(request)
        return request.prepare()


def sdk_transport(
    *, endpoint: str = "", profile: str = "", region: str = "", timeout_s: float = 10.0
) -> SignedTransport:
    """Return a transport to an endpoint or to Amazon DynamoDB, with the user's credentials.

    A loopback endpoint needs no credentials: placeholders are used.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=timeout_s,
        read_timeout=timeout_s * 6,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    session = boto3.Session(profile_name=profile or None, region_name=region or None)
    options: dict[str, Any] = {"config": config, **endpoint_options(endpoint, profile, region)}
    client = session.client("dynamodb", **options)
    where = endpoint or f"Amazon DynamoDB in {client.meta.region_name}"
    return SignedTransport(
        client,
        where,
        streams=session.client("dynamodbstreams", **options),
        credentials=_credentials(session, options),
        sender=sender_for(client.meta.endpoint_url, timeout_s),
    )


def endpoint_options(endpoint: str, profile: str, region: str) -> dict[str, Any]:
    """Return how a client reaches an endpoint: placeholders for keys on this machine."""
    if not endpoint:
        return {}
    if not _is_loopback(endpoint) or profile:
        return {"endpoint_url": endpoint}
    return {
        "endpoint_url": endpoint,
        "aws_access_key_id": "local",
        "aws_secret_access_key": "local",
        "region_name": region or "us-east-1",
    }


def _is_loopback(endpoint: str) -> bool:
    from urllib.parse import urlsplit

    host = urlsplit(endpoint).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _credentials(session: Any, options: Mapping[str, Any]) -> Any:
    from botocore.credentials import Credentials

    if "aws_access_key_id" in options:
        return Credentials(options["aws_access_key_id"], options["aws_secret_access_key"])
    return session.get_credentials()


def sender_for(endpoint: str, timeout_s: float) -> Any:
    """Return what sends requests to an endpoint as a boto3 client does: proxies, certificates.

    Args:
        endpoint: its address.
        timeout_s: seconds to connect; an answer may take six times as long.
    """
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    bundle = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return URLLib3Session(
        verify=bundle or True,
        proxies=get_environ_proxies(endpoint),
        timeout=(timeout_s, timeout_s * 6),
        max_pool_connections=MOST_IDLE,
        # without it, a body that follows its head waits 40 ms for an acknowledgement
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )


def _json(raw: bytes) -> dict[str, Any] | None:
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def _failure(operation: str, status: int, body: Mapping[str, Any]) -> RequestFailedError:
    kind = str(body.get("__type", "")).rpartition("#")[2]
    if not kind:
        kind = OUTAGES.get(status, "InternalServerError" if status >= 500 else str(status))
    message = str(body.get("message") or body.get("Message") or f"status {status}")
    return failure_of(operation, kind, message, body)


__all__ = ["SignedTransport", "sdk_transport"]
