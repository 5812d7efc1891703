"""Boto3 clients that call the local engine in process, without a socket.

In: something with `call_raw` (a Database, or a Realism around one). Out: an ordinary boto3 client,
resource or aiobotocore client: its validation, exceptions, paginators, waiters and retries are
botocore's own. The user's environment, configuration and credentials are never read and nothing
reaches the network: each request is answered from botocore's `before-call` event, after the
parameters are serialized and before anything would be signed or sent.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.local.faults import Fault
from tablewright.local.labels import current_label, label_of_user_agent

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.model import OperationModel

REGION = "us-east-1"
ENDPOINT = "http://in-process.tablewright.invalid"  # never resolved: nothing is sent

Answer = tuple["_Response", dict[str, Any]]


class RequestHandler(Protocol):
    """What answers requests: the wire body in, the wire body out, or a Fault."""

    def call_raw(self, operation: str, body: bytes, *, label: str | None = None) -> bytes:
        """Answer one request."""
        ...


@frozen(kw_only=False)
class _Response:
    """What botocore and its event handlers look at in an HTTP response."""

    status_code: int
    content: bytes
    headers: dict[str, str]


def make_client(
    engine: RequestHandler,
    *,
    service: str = "dynamodb",
    region: str = REGION,
    config: Config | None = None,
) -> Any:
    """Return a boto3 client of "dynamodb" or "dynamodbstreams" answered by `engine`.

    Args:
        engine: the Database that answers.
        service: "dynamodb" or "dynamodbstreams".
        region: the region the client believes to be in.
        config: any botocore configuration, such as retries; endpoints and signing are ours.
    """
    client = _boto3_session(region).client(service, **_client_arguments(region, config))
    return _attach(client, engine)


def make_resource(
    engine: RequestHandler, *, region: str = REGION, config: Config | None = None
) -> Any:
    """Return a boto3 resource of "dynamodb" answered by `engine`."""
    resource = _boto3_session(region).resource("dynamodb", **_client_arguments(region, config))
    _attach(resource.meta.client, engine)
    return resource


def make_aio_client(
    engine: RequestHandler,
    *,
    service: str = "dynamodb",
    region: str = REGION,
    config: Any = None,
) -> Any:
    """Return an asynchronous context manager that yields an aiobotocore client.

    The engine answers within the event loop; it does not block on the network, only on its work.

    Raises:
        UsageError: aiobotocore is not installed.
    """
    try:
        from aiobotocore.session import AioSession
    except ImportError as missing:
        raise UsageError(
            "an asynchronous client needs aiobotocore, which is not installed",
            remedy="install it with: pip install 'tablewright[async]'",
        ) from missing
    return _AioClient(
        AioSession(session_vars=_isolated_variables()), engine, service, region, config
    )


class _AioClient:
    """The context manager of an aiobotocore client, with our handler registered on entry."""

    def __init__(
        self, session: Any, engine: RequestHandler, service: str, region: str, config: Any
    ) -> None:
        self._context = session.create_client(service, **_client_arguments(region, config))
        self._engine = engine

    async def __aenter__(self) -> Any:
        return _attach(await self._context.__aenter__(), self._engine, asynchronous=True)

    async def __aexit__(self, *failure: object) -> Any:
        return await self._context.__aexit__(*failure)


def _boto3_session(region: str) -> Any:
    import boto3
    from botocore.session import Session

    return boto3.session.Session(
        botocore_session=Session(session_vars=_isolated_variables()), region_name=region
    )


def _isolated_variables() -> dict[str, tuple[Any, ...]]:
    """Return botocore's session variables at their defaults: no environment, no files."""
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES

    isolated = {name: (None, None, facts[2], facts[3]) for name, facts in VARIABLES.items()
                if isinstance(facts, tuple)}  # fmt: skip
    for name in ("config_file", "credentials_file"):
        isolated[name] = (None, None, os.devnull, None)
    return isolated


def _client_arguments(region: str, config: Config | None) -> dict[str, Any]:
    from botocore.config import Config

    # A fixed user agent: botocore would otherwise build a long one for each request.
    ours = Config(user_agent="tablewright-in-process")
    merged = ours.merge(config) if config is not None else ours
    return {
        "region_name": region,
        "endpoint_url": ENDPOINT,
        "aws_access_key_id": "local",
        "aws_secret_access_key": "local",
        "config": merged,
    }


def _attach(client: Any, engine: RequestHandler, *, asynchronous: bool = False) -> Any:
    """Let `engine` answer what the client would send, and return the client."""
    # The endpoint is fixed, so the rules that would find one are skipped where botocore allows it.
    if hasattr(client, "_ruleset_resolver"):
        client._ruleset_resolver = None
    answer = _Answerer(client, engine)
    service = client.meta.service_model.service_id.hyphenize()
    handler: Callable[..., Answer] | Callable[..., Awaitable[Answer]]
    handler = answer.asynchronous if asynchronous else answer.synchronous
    client.meta.events.register_last(f"before-call.{service}.*", handler)
    return client


class _Answerer:
    """Answers the requests of one client from the engine, with botocore's retries."""

    def __init__(self, client: Any, engine: RequestHandler) -> None:
        from botocore.parsers import ResponseParserFactory

        self._engine = engine
        self._events = client.meta.events
        self._service = client.meta.service_model.service_id.hyphenize()
        self._endpoint = client._endpoint
        self._parsers = ResponseParserFactory()

    def synchronous(
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **_: Any
    ) -> Answer:
        """Handle `before-call` of a botocore client."""
        import time

        attempts = 1
        while True:
            answer = self._once(model, params)
            if answer[0].status_code < 400:
                return answer
            answered = self._events.emit(
                f"needs-retry.{self._service}.{model.name}",
                **self._retry_question(model, params, context, attempts, answer),
            )
            delay = _first(answered)
            if delay is None:
                answer[1]["ResponseMetadata"]["RetryAttempts"] = attempts - 1
                return answer
            time.sleep(delay)
            attempts += 1

    async def asynchronous(
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **_: Any
    ) -> Answer:
        """Handle `before-call` of an aiobotocore client."""
        import asyncio

        attempts = 1
        while True:
            answer = self._once(model, params)
            if answer[0].status_code < 400:
                return answer
            answered = await self._events.emit(
                f"needs-retry.{self._service}.{model.name}",
                **self._retry_question(model, params, context, attempts, answer),
            )
            delay = _first(answered)
            if delay is None:
                answer[1]["ResponseMetadata"]["RetryAttempts"] = attempts - 1
                return answer
            await asyncio.sleep(delay)
            attempts += 1

    def _retry_question(
        self,
        model: OperationModel,
        params: dict[str, Any],
        context: dict[str, Any],
        attempts: int,
        answer: Answer,
    ) -> dict[str, Any]:
        retries = context.setdefault("retries", {})
        retries["attempt"] = attempts
        retries.setdefault("invocation-id", str(uuid.uuid4()))
        params.setdefault("context", context)
        return {
            "response": answer,
            "endpoint": self._endpoint,
            "operation": model,
            "attempts": attempts,
            "caught_exception": None,
            "request_dict": params,
        }

    def _once(self, model: OperationModel, params: dict[str, Any]) -> Answer:
        body = params["body"]
        if isinstance(body, str):
            body = body.encode()
        label = current_label() or label_of_user_agent(str(params["headers"].get("User-Agent", "")))
        request_id = uuid.uuid4().hex
        try:
            content = self._engine.call_raw(model.name, body, label=label)
            status = 200
        except Fault as fault:
            content = orjson.dumps(fault.body())
            status = fault.status
        headers = {
            "x-amzn-requestid": request_id,
            "content-type": "application/x-amz-json-1.0",
            "content-length": str(len(content)),
        }
        response = _Response(status, content, headers)
        if status == 200 and model.name in _PLAIN_ANSWERS and not _has_binary(content):
            parsed = orjson.loads(content) if content else {}
            parsed["ResponseMetadata"] = {
                "RequestId": request_id,
                "HTTPStatusCode": 200,
                "HTTPHeaders": headers,
                "RetryAttempts": 0,
            }
        else:
            parsed = self._parse(model, response)
            parsed["ResponseMetadata"].setdefault("RetryAttempts", 0)
        return response, parsed

    def _parse(self, model: OperationModel, response: _Response) -> dict[str, Any]:
        raw: dict[str, Any] = {
            "status_code": response.status_code,
            "headers": response.headers,
            "body": response.content,
        }
        parser = self._parsers.create_parser(model.service_model.resolved_protocol)
        # None for an operation without output, which releases of botocore type differently.
        output: Any = model.output_shape
        parsed: dict[str, Any] = parser.parse(raw, output)
        if response.status_code >= 300:
            shape = model.service_model.shape_for_error_code(parsed["Error"]["Code"])
            if shape is not None:
                parsed.update(parser.parse(raw, shape))
        return parsed


# The answers of these operations hold only attribute values, names and numbers, so that without
# binary values the JSON is what botocore's walk over the shapes would make of it.
_PLAIN_ANSWERS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "ListTables",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
    }
)


def _has_binary(content: bytes) -> bool:
    """Return whether the answer may hold a binary value; a wrong yes is only slower."""
    return b'"B":' in content or b'"BS":' in content


def _first(answered: list[tuple[Any, Any]]) -> float | None:
    for _, delay in answered:
        if delay is not None and delay is not False:
            return float(delay)
    return None
