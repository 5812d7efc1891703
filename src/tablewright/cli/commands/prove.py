"""`prove`: run the workload of a design, check every answer, meter every request."""

from __future__ import annotations

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
    seed: int,
    max_usd: Decimal,
) -> int:
    """Run every access pattern of a design and compare the meter with the estimate.

    Without a target it runs on a copy of what `up` and `seed` made on the local engine, or on a
    fresh database in memory (1,000 users by default) where they made nothing; with one, on the
    tables and items there. Exits with 1 where an answer is wrong or a prediction is further from
    the meter than its error.
    """
    from tablewright.verbs.prove import prove

    result = prove(
        open_file(file),
        design,
        target,
        users=users,
        requests=requests,
        scale_down=None if scale_down is None else Decimal(str(scale_down)),
        seed=seed,
        max_usd=max_usd,
        announce=announce,
        say=out.note,
        progress=lambda: progress_bar("prove"),
    )
    out.show(result, "prove")
    is_too_slow = result.decides_latency and result.is_in_time is False
    return 0 if result.is_right and result.agrees and not is_too_slow else 1
