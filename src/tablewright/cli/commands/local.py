"""`tablewright local`: serve the DynamoDB API on this machine, metering each request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tablewright.cli.output import Output, verb
from tablewright.core.errors import UsageError

if TYPE_CHECKING:
    from tablewright.local.bill import BillLine, UnitPrices

DEFAULT_FILE = "tablewright.db"


@click.command(
    epilog="Point any AWS SDK at it: endpoint http://127.0.0.1:8000, any region, any credentials. "
    "The running bill is at /_tablewright/bill; requests are told apart by the header "
    "x-tablewright-label, or by label/NAME in the user agent."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0: a free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"File that holds the database.  [default: {DEFAULT_FILE}]",
)
@click.option("--in-memory", is_flag=True, help="Keep nothing: the database ends with the server.")
@click.option("--durable", is_flag=True, help="An acknowledged write survives a power cut, too.")
@click.option(
    "--buckets",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder whose folders stand for S3 buckets, for exports and imports.  "
    "[default: FILE.buckets]",
)
@click.option("--log", is_flag=True, help="Write a line for each request, with units and cost.")
@click.option(
    "--realism",
    metavar="JSON|FILE",
    help="Imitate the cloud: throttling, lag, latency, errors, such as "
    """'{"throughput": true, "lag_ms": 100}'.""",
)
@click.option(
    "--region",
    default="us-east-1",
    show_default=True,
    help="Region it stands for: its prices, its ARNs, the words of its errors.",
)
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="IAM policy of the caller: what it does not allow is refused.",
)
@click.option(
    "--kinesis",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that takes what tables send to Kinesis destinations, a file for each stream.",
)
@click.option(
    "--access-key-id",
    envvar="TABLEWRIGHT_ACCESS_KEY_ID",
    help="Answer only requests signed with this key (needed for other addresses than loopback).",
)
@click.option("--secret-access-key", envvar="TABLEWRIGHT_SECRET_ACCESS_KEY", help="Its secret.")
@click.option(
    "--cors", multiple=True, metavar="ORIGIN", help="Let pages of this origin use the server."
)
@verb
def command(
    out: Output,
    port: int,
    host: str,
    data: Path | None,
    in_memory: bool,
    durable: bool,
    buckets: Path | None,
    log: bool,
    realism: str | None,
    region: str,
    policy: Path | None,
    kinesis: Path | None,
    access_key_id: str | None,
    secret_access_key: str | None,
    cors: tuple[str, ...],
) -> None:
    """Serve the DynamoDB API on this machine, and show what each request would cost."""
    from tablewright.local.database import Database
    from tablewright.local.destinations import to_folder
    from tablewright.local.realism import change_realism
    from tablewright.local.server import ServerOptions
    from tablewright.local.signing import AccessKey

    if in_memory and (data or durable):
        raise UsageError("--in-memory keeps nothing, so --data and --durable make no sense with it")
    if bool(access_key_id) != bool(secret_access_key):
        raise UsageError("--access-key-id and --secret-access-key go together")
    key = None
    if access_key_id and secret_access_key:
        key = AccessKey(key_id=access_key_id, secret=secret_access_key)
    prices = _prices(region)
    if prices is None:
        out.note(f"no prices for {region} in the price book: units are shown without cost")
    options = ServerOptions(
        host=host,
        port=port,
        access_key=key,
        region=region,
        cors=cors,
        log=out.text if log else None,
        prices=prices,
    )
    path = None if in_memory else data or Path(DEFAULT_FILE)
    with Database(path, durable=durable, buckets=buckets, region=region) as database:
        if policy is not None:
            database.policies = (_policy(policy),)
        if kinesis is not None:
            database.engine.deliver = to_folder(kinesis)
        if realism:
            change_realism(database, _json(realism))
        _serve(out, database, options, "in memory" if path is None else f"in {path}")


def _json(given: str) -> Any:
    """Return the JSON that an option holds, or the file it names."""
    import json

    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        return json.loads(text)
    except ValueError as problem:
        raise UsageError(f"--realism is not valid JSON: {problem}") from problem


def _policy(path: Path) -> Any:
    """Return the IAM policy that a file states."""
    from tablewright.local.policy import PolicyError, read_policy

    try:
        return read_policy(path.read_text(encoding="utf-8"))
    except (OSError, PolicyError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise UsageError(f"--policy {path}: {reason}") from problem


def _serve(out: Output, database: Any, options: Any, where: str) -> None:
    import asyncio
    import signal

    from tablewright.local.server import Server, new_event_loop

    async def run() -> None:
        server = Server(database, options)
        await server.start()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        if out.as_json:
            out.data({"schema": 1, "url": server.url, "data": where})
        else:
            out.note(f"DynamoDB API on {server.url}, data {where}. Ctrl-C ends it.")
        if options.log is None and not out.as_json and out.color:
            await _show_bill(server, stop)
        else:
            await stop.wait()
        await server.close()

    loop = new_event_loop()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()


async def _show_bill(server: Any, stop: Any) -> None:
    """Show the running bill on the terminal, twice a second, until we are told to stop."""
    import asyncio
    import contextlib

    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=False) as live:
        while not stop.is_set():
            live.update(bill_table(server.bill.lines(), server.options.prices), refresh=True)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.5)


def bill_table(lines: tuple[BillLine, ...], prices: UnitPrices | None) -> Any:
    """Return the running bill as a table of the terminal: the dearest lines first."""
    from rich.table import Table

    from tablewright.core.quantities import ZERO, format_usd, plain

    table = Table(title="Running bill", title_justify="left", box=None, pad_edge=False)
    for name in ("Table", "Index", "Operation", "Label"):
        table.add_column(name)
    for name in ("Requests", "Read units", "Write units", "USD"):
        table.add_column(name, justify="right")

    def usd(some: tuple[BillLine, ...]) -> str:
        amounts = [prices.of_line(line) if prices else None for line in some]
        known = [amount for amount in amounts if amount is not None]
        return format_usd(sum(known, ZERO)) if prices and len(known) == len(amounts) else "-"

    dearest = sorted(lines, key=lambda line: -(line.reads + 5 * line.writes))
    for line in dearest[:20]:
        table.add_row(
            line.table,
            line.index or "",
            line.operation,
            line.label or "",
            f"{line.requests:,}",
            plain(line.reads),
            plain(line.writes),
            usd((line,)),
        )
    if len(dearest) > 20:
        table.add_row(f"and {len(dearest) - 20} more", *[""] * 7)
    reads = sum((line.reads for line in lines), ZERO)
    writes = sum((line.writes for line in lines), ZERO)
    table.add_section()
    table.add_row("Total", "", "", "", "", plain(reads), plain(writes), usd(lines))
    return table


def _prices(region: str) -> UnitPrices | None:
    """Return what an on-demand unit costs in a region; None if the book lacks it."""
    from decimal import Decimal
    from importlib import import_module

    from tablewright.core.errors import TablewrightError
    from tablewright.core.quantities import GB
    from tablewright.local.bill import UnitPrices

    try:
        book = import_module("tablewright.bill.prices").PriceBook()
        read, write = (
            book.price(f"aws.dynamodb.ondemand.{unit}.standard", region) for unit in ("rru", "wru")
        )
    except (ImportError, TablewrightError):
        return None
    vectors: dict[str, Decimal | None] = {}
    for member, name in (("vector_write", "write"), ("vector_search", "search")):
        try:
            price = book.price(f"aws.dynamodb.vector.{name}", region)
            vectors[member] = price.usd / price.per / GB
        except TablewrightError:
            vectors[member] = None
    return UnitPrices(read=read.usd / read.per, write=write.usd / write.per, **vectors)


if __name__ == "__main__":
    command()
