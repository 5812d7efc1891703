"""`local`: serve the DynamoDB API on this machine, metering each request.

In: how to serve and where the data is. Out: a running server; it ends when it is told to. What is
shown of the running bill is left to the caller.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.bill.prices import PriceBook
from tablewright.core.errors import TablewrightError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB
from tablewright.local.bill import UnitPrices
from tablewright.local.database import Database
from tablewright.local.destinations import to_folder
from tablewright.local.engine import REGION
from tablewright.local.policy import PolicyError, read_policy
from tablewright.local.realism import change_realism
from tablewright.local.regions import Regions
from tablewright.local.server import Server, ServerOptions, new_event_loop


@frozen
class LocalView:
    """A server of the DynamoDB API on this machine."""

    url: str
    data: str
    """Where the database is: "in memory", or "in FILE"."""


def unit_prices(region: str) -> UnitPrices | None:
    """Return what an on-demand unit costs in a region; None if the price book lacks it."""
    book = PriceBook()
    try:
        read, write = (
            book.price(f"aws.dynamodb.ondemand.{unit}.standard", region) for unit in ("rru", "wru")
        )
    except TablewrightError:
        return None
    return UnitPrices(
        read=read.usd / read.per,
        write=write.usd / write.per,
        vector_write=_vector_price(book, "write", region),
        vector_search=_vector_price(book, "search", region),
    )


def _vector_price(book: PriceBook, name: str, region: str) -> Decimal | None:
    """Return what a byte of vectors written or searched costs in USD; None if it is not known."""
    try:
        price = book.price(f"aws.dynamodb.vector.{name}", region)
    except TablewrightError:
        return None
    return price.usd / price.per / GB


def serve(
    path: Path | None,
    options: ServerOptions,
    *,
    regions: tuple[str, ...] = (),
    durable: bool = False,
    buckets: Path | None = None,
    realism: str = "",
    policy: Path | None = None,
    kinesis: Path | None = None,
    started: Callable[[LocalView], None],
    watch: Callable[[Server, asyncio.Event], Awaitable[None]] | None = None,
) -> None:
    """Serve until the process is interrupted or terminated.

    Args:
        path: the file of the database; None to keep it in memory.
        options: address, access key, prices and log of the server.
        regions: the regions to serve, if several; each has a database of its own.
        durable: whether an acknowledged write survives a power cut.
        buckets: the folder whose folders stand for S3 buckets.
        realism: JSON, or a file of it: throttling, lag, latency, errors.
        policy: the file of an IAM policy of the caller; what it does not allow is refused.
        kinesis: the folder that takes what tables send to Kinesis destinations.
        started: is told the address once it serves.
        watch: runs beside the server until the event is set; nothing unless given.

    Raises:
        UsageError: `realism`, `policy` or `regions` make no sense.
    """
    where = "in memory" if path is None else f"in {path}"
    held: Database | Regions
    if regions:
        held = Regions(regions, path, durable=durable, buckets=buckets)
        where += f", regions {', '.join(regions)}"
    else:
        held = Database(path, durable=durable, buckets=buckets, region=options.region or REGION)
    with held:
        for database in held.databases.values() if isinstance(held, Regions) else (held,):
            if policy is not None:
                database.policies = (_policy(policy),)
            if kinesis is not None:
                database.engine.deliver = to_folder(kinesis)
            if realism:
                change_realism(database, _realism(realism))

        async def run() -> None:
            server = Server(held, options)
            await server.start()
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, stop.set)
            started(LocalView(url=server.url, data=where))
            await (stop.wait() if watch is None else watch(server, stop))
            await server.close()

        loop = new_event_loop()
        try:
            loop.run_until_complete(run())
        finally:
            loop.close()


def _realism(text: str) -> Any:
    """Return the JSON that an option holds, or the file it names."""
    try:
        if not text.lstrip().startswith("{"):
            text = Path(text).read_text(encoding="utf-8")
        return json.loads(text)
    except ValueError as problem:
        raise UsageError(f"--realism is not valid JSON: {problem}") from problem


def _policy(path: Path) -> Any:
    """Return the IAM policy that a file states."""
    try:
        return read_policy(path.read_text(encoding="utf-8"))
    except (OSError, PolicyError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise UsageError(f"--policy {path}: {reason}") from problem
