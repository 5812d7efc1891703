"""`local`: serve the DynamoDB API on this machine, metering each request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.output import Output, verb
from tablewright.core.errors import UsageError

if TYPE_CHECKING:
    import asyncio

    from tablewright.local.server import Server

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
    "--regions",
    metavar="REGION,REGION",
    help="Serve several regions, each with a database of its own: the region a request is signed "
    "for tells which. Tables may have replicas in the others.",
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
    regions: str | None,
    policy: Path | None,
    kinesis: Path | None,
    access_key_id: str | None,
    secret_access_key: str | None,
    cors: tuple[str, ...],
) -> None:
    """Serve the DynamoDB API on this machine, and show what each request would cost."""
    from tablewright.local.server import ServerOptions
    from tablewright.local.signing import AccessKey
    from tablewright.verbs.local import LocalView, serve, unit_prices

    if in_memory and (data or durable):
        raise UsageError("--in-memory keeps nothing, so --data and --durable make no sense with it")
    if bool(access_key_id) != bool(secret_access_key):
        raise UsageError("--access-key-id and --secret-access-key go together")
    key = None
    if access_key_id and secret_access_key:
        key = AccessKey(key_id=access_key_id, secret=secret_access_key)
    names = tuple(name.strip() for name in regions.split(",")) if regions else ()
    by_region = {name: unit_prices(name) for name in names or (region,)}
    for name, known in by_region.items():
        if known is None:
            out.note(f"no prices for {name} in the price book: units are shown without cost")
    options = ServerOptions(
        host=host,
        port=port,
        access_key=key,
        region=region,
        cors=cors,
        log=out.text if log else None,
        prices=next(iter(by_region.values())),
        prices_by_region=by_region if names else {},
    )

    def started(view: LocalView) -> None:
        from tablewright.reports.local import local_page
        from tablewright.reports.pages import write_document

        if out.as_json:
            out.show(view, "local")
        else:
            out.note(write_document(local_page(view), "text", width=400).rstrip())

    serve(
        None if in_memory else data or Path(DEFAULT_FILE),
        options,
        regions=names,
        durable=durable,
        buckets=buckets,
        realism=realism or "",
        policy=policy,
        kinesis=kinesis,
        started=started,
        watch=_show_bill if out.color and not log and not out.as_json else None,
    )


async def _show_bill(server: Server, stop: asyncio.Event) -> None:
    """Show the running bill on the terminal, twice a second, until the server ends."""
    import asyncio
    import contextlib

    from rich.console import Console, Group
    from rich.live import Live

    from tablewright.reports.local import bill_table

    def shown() -> Group:
        if not server.bills:
            return Group(bill_table(server.bill.lines(), server.options.prices))
        prices = server.options.prices_by_region
        return Group(
            *(
                bill_table(bill.lines(), prices.get(name), name)
                for name, bill in server.bills.items()
            )
        )

    with Live(console=Console(stderr=True), auto_refresh=False, transient=False) as live:
        while not stop.is_set():
            live.update(shown(), refresh=True)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.5)


if __name__ == "__main__":
    command()
