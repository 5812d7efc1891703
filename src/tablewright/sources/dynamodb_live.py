"""Import DynamoDB as it is: an account, an endpoint, or a file of the local engine.

In: `dynamodb://` (the account of the environment or --profile), `dynamodb://host:port` or
--endpoint, or the path of a file of the local engine. Out: tables with settings, and items sampled
by parallel segments within a budget of read units, whose cost is said before anything is read. It
only describes and scans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.errors import EngineError, PriceUnknownError
from tablewright.core.quantities import ZERO, format_number, format_usd
from tablewright.sources.describe import table_store, with_backups, with_scaling, with_ttl
from tablewright.sources.facts import SourceFacts, SourceTable
from tablewright.sources.sampling import with_items
from tablewright.sources.source import ReadOptions, Source
from tablewright.sources.wire import plain_item

TITLE = "DynamoDB by its API"
SEGMENTS = 8
"""Segments a large table is read by: pages from all parts of it."""
PAGE_ITEMS = 100
MOST_TABLES = 10_000
_DENIED = ("AccessDenied", "UnrecognizedClient", "NotAuthorized", "UnauthorizedOperation")
_SQLITE = b"SQLite format 3\x00"


def recognises(source: Source) -> bool:
    """Whether a source is an address of DynamoDB, or a file of the local engine."""
    return source.scheme == "dynamodb" or (source.is_file and source.head.startswith(_SQLITE))


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the tables there are.

    Raises:
        EngineError: it cannot be reached or refuses to list its tables.
    """
    if source.is_file:
        from tablewright.local.client import make_client
        from tablewright.local.database import Database

        database = Database(source.path)
        try:
            return read_client(make_client(database), source.shown, options)
        finally:
            database.close()
    endpoint = options.endpoint
    address = source.text.partition("://")[2].strip("/")
    if address and not endpoint:
        endpoint = f"http://{address}"
    client = _client("dynamodb", endpoint, options)
    scaling = _client("application-autoscaling", endpoint, options)
    where = endpoint or f"Amazon DynamoDB in {client.meta.region_name}"
    return read_client(client, where, options, scaling=scaling, is_account=not endpoint)


def _client(service: str, endpoint: str, options: ReadOptions) -> Any:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 4})
    arguments: dict[str, Any] = {"config": config}
    if endpoint:
        arguments["endpoint_url"] = endpoint
        if not options.profile:
            arguments |= {
                "aws_access_key_id": "local",
                "aws_secret_access_key": "local",
                "region_name": options.region or "us-east-1",
            }
    try:
        session = boto3.Session(
            profile_name=options.profile or None, region_name=options.region or None
        )
        return session.client(service, **arguments)
    except BotoCoreError as problem:
        raise EngineError(
            f"no way to DynamoDB: {problem}",
            remedy="give --region and --profile, or --endpoint of a local server",
        ) from problem


def read_client(
    client: Any,
    where: str,
    options: ReadOptions,
    *,
    scaling: Any = None,
    is_account: bool = True,
) -> SourceFacts:
    """Return the facts a client of DynamoDB gives.

    Args:
        client: a boto3 client.
        where: what it reaches, in words.
        options: which tables, and the budget.
        scaling: a boto3 client of application-autoscaling, or None.
        is_account: whether it is the service itself; a local server need not know auto scaling.
    """
    reader = _Reader(client, options)
    names = reader.tables()
    if options.tables:
        names = [name for name in names if name in options.tables]
    stores = [store for name in names if (store := reader.store(name)) is not None]
    if scaling is not None and any(s.settings.mode == "provisioned" for s in stores):
        stores = reader.scaled(stores, scaling, is_account=is_account)
    stores = reader.sampled(stores, where)
    return SourceFacts(
        region=options.region,
        stores=tuple(stores),
        notes=tuple(reader.notes),
        sources=(f"{_tables(len(stores))} of {where}, {reader.seen:,} items sampled",),
    )


class _Reader:
    """Describes and samples the tables of one place."""

    def __init__(self, client: Any, options: ReadOptions) -> None:
        self.client = client
        self.options = options
        self.notes: list[str] = []
        self.spent = ZERO
        self.seen = 0
        self._refused: set[str] = set()

    def tables(self) -> list[str]:
        """Return the names of all tables.

        Raises:
            EngineError: they cannot be listed.
        """
        names: list[str] = []
        arguments: dict[str, Any] = {}
        while True:
            reply = self._call("list_tables", **arguments)
            if reply is None:
                raise EngineError(
                    self.notes[-1] if self.notes else "the tables cannot be listed",
                    remedy="allow the action dynamodb:ListTables, or check the endpoint",
                )
            names += reply.get("TableNames", ())
            last = reply.get("LastEvaluatedTableName")
            if not last:
                return names
            if len(names) >= MOST_TABLES:
                self.notes.append(f"only the first {MOST_TABLES:,} tables were looked at")
                return names
            arguments = {"ExclusiveStartTableName": last}

    def store(self, name: str) -> SourceTable | None:
        """Return a table with its settings, None where it may not be described."""
        reply = self._call("describe_table", TableName=name)
        if reply is None:
            return None
        store = table_store(reply["Table"], "")
        ttl = self._call("describe_time_to_live", TableName=name)
        if ttl is not None:
            store = with_ttl(store, ttl)
        store = self._tagged(store, reply["Table"].get("TableArn"))
        backups = self._call("describe_continuous_backups", TableName=name)
        return store if backups is None else with_backups(store, backups)

    def _tagged(self, store: SourceTable, arn: str | None) -> SourceTable:
        """Return a table with the names of its tags; their values may be about people."""
        reply = self._call("list_tags_of_resource", ResourceArn=arn) if arn else None
        tags = (reply or {}).get("Tags", ())
        return replace(store, tags=tuple(sorted(str(tag.get("Key", "")) for tag in tags)))

    def scaled(
        self, stores: list[SourceTable], client: Any, *, is_account: bool
    ) -> list[SourceTable]:
        """Return the stores with what auto scaling says; a local server may not know it."""
        told = list(self.notes)
        try:
            targets = self._pages(client, "describe_scalable_targets", "ScalableTargets")
            policies = self._pages(client, "describe_scaling_policies", "ScalingPolicies")
        except EngineError:
            if is_account:
                raise
            targets, policies = [], []
        if not is_account:
            self.notes = told
        return [with_scaling(store, targets, policies) for store in stores]

    def _pages(self, client: Any, operation: str, key: str) -> list[Mapping[str, Any]]:
        pages: list[Mapping[str, Any]] = []
        token: dict[str, Any] = {}
        while True:
            reply = self._call(operation, client=client, ServiceNamespace="dynamodb", **token)
            if reply is None:
                return pages
            pages += reply.get(key, ())
            if not reply.get("NextToken"):
                return pages
            token = {"NextToken": reply["NextToken"]}

    def sampled(self, stores: list[SourceTable], where: str) -> list[SourceTable]:
        """Return the stores with the kinds of items seen, within the budget."""
        budget = self.options.units
        if budget <= 0 or self.options.sample <= 0:
            self.notes.append(f"{where}: no item was read, as the budget is 0")
            return stores
        self.options.say(_announced(stores, where, self.options))
        out = []
        for number, store in enumerate(stores):
            share = (budget - self.spent) / (len(stores) - number)
            out.append(self._sample(store, share))
        return out

    def _sample(self, store: SourceTable, share: Decimal) -> SourceTable:
        pages = _Pages(self, store, share)
        sampled = with_items(store, pages.items(), is_all=False)
        if pages.is_complete and pages.count:
            sampled = replace(sampled, items=Decimal(pages.count))
        self.seen += pages.count
        if not pages.count:
            self.notes.append(f"{store.name}: it has no items; its attributes are assumed")
        elif not pages.is_complete and store.items is None:
            self.notes.append(
                f"{store.name}: how many items it has is not known; {pages.count:,} were read"
            )
        return sampled

    def _call(self, operation: str, *, client: Any = None, **arguments: Any) -> Any:
        """Return a reply, None where it is refused; says once which action is missing."""
        from botocore.exceptions import BotoCoreError, ClientError

        target = client if client is not None else self.client
        try:
            return getattr(target, operation)(**arguments)
        except ClientError as problem:
            code = str(problem.response.get("Error", {}).get("Code", ""))
            action = _action(operation, is_dynamodb=client is None)
            if any(word in code for word in _DENIED):
                text = f"the action {action} is not allowed: what it tells is left out"
            else:
                text = f"{action} failed with {code}: what it tells is left out"
            if text not in self._refused:
                self._refused.add(text)
                self.notes.append(text)
            return None
        except BotoCoreError as problem:
            raise EngineError(
                f"DynamoDB cannot be reached: {problem}",
                remedy="check endpoint, region and credentials",
            ) from problem

    def scan(self, **arguments: Any) -> Any:
        """Return a page of a scan, None where it is refused."""
        return self._call("scan", **arguments)


def _action(operation: str, *, is_dynamodb: bool) -> str:
    name = "".join(word.capitalize() for word in operation.split("_"))
    return f"{'dynamodb' if is_dynamodb else 'application-autoscaling'}:{name}"


class _Pages:
    """Pages from all segments of a table in turn, within a budget."""

    def __init__(self, reader: _Reader, store: SourceTable, budget: Decimal) -> None:
        self.reader = reader
        self.store = store
        self.budget = budget
        self.count = 0
        self.is_complete = False

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield plain items until the sample or the budget is full."""
        sample = self.reader.options.sample
        items = self.store.items
        segments = 1 if items is None or items <= sample else SEGMENTS
        starts: dict[int, Any] = dict.fromkeys(range(segments))
        spent = ZERO
        while starts:
            for segment in list(starts):
                if self.count >= sample or spent >= self.budget:
                    return
                arguments: dict[str, Any] = {
                    "TableName": self.store.name,
                    "Limit": min(PAGE_ITEMS, sample - self.count),
                    "ReturnConsumedCapacity": "TOTAL",
                }
                if segments > 1:
                    arguments |= {"Segment": segment, "TotalSegments": segments}
                if starts[segment] is not None:
                    arguments["ExclusiveStartKey"] = starts[segment]
                page = self.reader.scan(**arguments)
                if page is None:
                    return
                consumed = page.get("ConsumedCapacity") or {}
                units = Decimal(str(consumed.get("CapacityUnits", 0)))
                spent += units
                self.reader.spent += units
                for item in page.get("Items", ()):
                    self.count += 1
                    yield plain_item(item)
                if page.get("LastEvaluatedKey"):
                    starts[segment] = page["LastEvaluatedKey"]
                else:
                    del starts[segment]
        self.is_complete = True


def _tables(count: int) -> str:
    return "1 table" if count == 1 else f"{count:,} tables"


def _announced(stores: list[SourceTable], where: str, options: ReadOptions) -> str:
    """Return what sampling will read at most and cost, before it does."""
    budget = options.units
    of_each = "" if len(stores) == 1 else "each of "
    text = (
        f"will read up to {options.sample:,} items of {of_each}{_tables(len(stores))} of {where}, "
        f"at most {format_number(budget)} read units"
    )
    try:
        from tablewright.bill.prices import PriceBook

        region = options.region or "us-east-1"
        price = PriceBook().price("aws.dynamodb.ondemand.rru.standard", region)
        cost = price.usd * budget / price.per
        return f"{text}: at most {format_usd(cost)} USD on demand ({region})"
    except (PriceUnknownError, AttributeError):
        return f"{text}; what they cost in {options.region or 'that region'} is not known"
