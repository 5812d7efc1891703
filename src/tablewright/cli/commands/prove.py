"""`prove`: run the workload of a design, check every answer, meter every request."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, progress_bar
from tablewright.cli.options import design_option, file_argument, open_file, users_option
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


def _usd(ctx: click.Context, param: click.Parameter, value: str) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"`{value}` is not an amount in USD")
    return amount


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> Decimal | None:
    """Read a duration such as 30s, 2m or 45."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|)", value.strip())
    if match is None or not Decimal(match[1]):
        raise click.BadParameter(f"`{value}` is not a duration; write 30s or 2m")
    return Decimal(match[1]) * (60 if match[2] == "m" else 1)


def _factor(ctx: click.Context, param: click.Parameter, value: str | None) -> Decimal | None:
    """Read a factor such as 10x."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)x?", value.strip())
    if match is None or Decimal(match[1]) < 1:
        raise click.BadParameter(f"`{value}` is not a factor of at least 1; write 10x")
    return Decimal(match[1])


@click.command()
@file_argument
@design_option
@users_option
@database_options
@click.option(
    "--requests",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Total calls, split by pattern rate.",
)
@click.option(
    "--scale-down",
    type=click.FloatRange(min=0, min_open=True),
    help="Instead of --requests: this share of one day's calls.",
)
@click.option(
    "--clients",
    type=click.IntRange(1, 512),
    help="Load mode: so many clients call at the model's peak rate; 8 unless given.",
)
@click.option(
    "--duration",
    callback=_seconds,
    metavar="TIME",
    help="Load mode: for so long, such as 30s (the default) or 2m.",
)
@click.option(
    "--spike",
    callback=_factor,
    metavar="FACTOR",
    help="Load mode: so many times the rate in the middle third of the time, such as 10x.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Load mode: so many calls a second instead of the model's peak.",
)
@click.option(
    "--scans", is_flag=True, help="Also read every table whole once: how much faster is a query?"
)
@click.option("--seed", type=int, default=1, show_default=True, help="Random seed of the workload.")
@click.option(
    "--max-usd",
    default="1",
    callback=_usd,
    show_default=True,
    help="Refuse to spend more than this on a real account.",
)
@document_verb
def command(
    out: Output,
    file: str,
    design: str,
    users: int | None,
    target: Target,
    requests: int,
    scale_down: float | None,
    clients: int | None,
    duration: Decimal | None,
    spike: Decimal | None,
    rate: float | None,
    scans: bool,
    seed: int,
    max_usd: Decimal,
) -> int:
    """Run every access pattern of a design and compare the meter with the estimate.

    Without a target it runs on a copy of what `up` and `seed` made on the local engine, or on a
    fresh temporary one (1,000 users by default, fewer where they have much) where they made
    nothing; with one, on the tables and items there. Exits with 1 where an answer is wrong, a
    prediction is further from the meter than its error, or a latency target is missed on the
    database that is meant.

    With --clients, --duration, --spike or --rate it measures load instead: calls come at random
    moments at the model's peak rate, whether the database keeps up or not; shown are throughput,
    latency, what was throttled and what failed over time. Exits with 1 where a call failed.
    """
    from tablewright.verbs.prove import prove

    session = open_file(file)
    if clients or duration or spike or rate:
        from tablewright.verbs.load import DEFAULT_CLIENTS, DEFAULT_SECONDS, LoadRequest, load

        run = load(
            session,
            design,
            target,
            LoadRequest(
                clients=clients or DEFAULT_CLIENTS,
                seconds=duration or DEFAULT_SECONDS,
                spike=spike or Decimal(1),
                per_second=None if rate is None else Decimal(str(rate)),
                users=users,
                seed=seed,
                max_usd=max_usd,
            ),
            announce=announce,
            say=out.note,
            progress=lambda: progress_bar("load"),
        )
        out.show(run, "load")
        return 0 if run.is_clean else 1
    result = prove(
        session,
        design,
        target,
        users=users,
        requests=requests,
        scale_down=None if scale_down is None else Decimal(str(scale_down)),
        seed=seed,
        max_usd=max_usd,
        scans=scans,
        announce=announce,
        say=out.note,
        progress=lambda: progress_bar("prove"),
    )
    out.show(result, "prove")
    is_too_slow = result.decides_latency and result.is_in_time is False
    return 0 if result.is_right and result.agrees and not is_too_slow else 1
