"""Options that several verbs share, and what they are turned into.

`pricing` collects the options that say at which prices something is costed, and hands them to the
verb as one `session.Options`. Nothing is imported before a verb runs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from tablewright import apps
from tablewright.core.errors import UsageError

if TYPE_CHECKING:
    from tablewright.bill.prices import PriceBook
    from tablewright.session import Options, Session


def complete(kind: str) -> Callable[..., Any]:
    """Return the completion of one kind of name; what it needs is loaded when the shell asks."""

    def run(context: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
        from tablewright.cli import completion

        return getattr(completion, f"complete_{kind}")(context, parameter, incomplete)

    return run


MODES = ("on-demand", "auto-scaling")

file_argument = click.argument("file", default=".", metavar="[FILE]", type=click.Path())
environment_option = click.option(
    "--env", "environment", default="production", metavar="NAME", help="Such as staging."
)
design_option = click.option(
    "--design",
    default="",
    metavar="NAME",
    help="Only this design.",
    shell_complete=complete("design"),
)


def users_value(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Return a number of users, written as 10000, 10,000, 1.5k or 1m."""
    if value is None:
        return None
    match = _USERS.fullmatch(value.lower().replace(",", "").replace("_", ""))
    if match is not None:
        users = Decimal(match["number"]) * {"k": 1_000, "m": 1_000_000}.get(match["unit"], 1)
        if users > 0 and users == users.to_integral_value():
            return int(users)
    raise click.BadParameter(f"`{value}` is not a number of users, such as 10000, 1.5k or 1m")


_USERS = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)(?P<unit>[km]?)")


users_option = click.option(
    "--users", callback=users_value, metavar="N", help="At this number of users."
)


def pricing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of prices and hand them over as `options: session.Options`."""

    @users_option
    @click.option(
        "--region",
        default="",
        help="Prices of this region instead of the model's.",
        shell_complete=complete("region"),
    )
    @click.option("--prices", "day", default="", metavar="DATE", help="Prices as of YYYY-MM-DD.")
    @click.option("--mode", type=click.Choice(MODES), help="Price every table in this mode.")
    @click.option("--price", "own", multiple=True, metavar="KEY=USD", help="Override a price.")
    @click.option(
        "--book", "books", multiple=True, type=click.Path(), help="Prices of your own, in a file."
    )
    @click.option("--free-tier", is_flag=True, help="Subtract the free tier, as lines of its own.")
    @functools.wraps(function)
    def run(
        *args: Any,
        users: int | None,
        region: str,
        day: str,
        mode: str | None,
        own: tuple[str, ...],
        books: tuple[str, ...],
        free_tier: bool,
        **rest: Any,
    ) -> Any:
        from tablewright.session import Options

        options = Options(
            users=users,
            region=region,
            prices_as_of=_day(day),
            book=_book(own, books),
            free_tier=free_tier,
            mode=mode or "",
        )
        return function(*args, options=options, **rest)

    return run


def options_in(environment: str) -> Options:
    """Return the options of a verb that works on what `deploy --env` made.

    Raises:
        UsageError: it cannot be the name of an environment.
    """
    from tablewright.deploy.option import checked_environment
    from tablewright.session import Options

    return Options(environment=checked_environment(environment))


def open_file(file: str, options: Options | None = None) -> Session:
    """Read the model file of a verb that writes to it, or keeps something beside it."""
    from tablewright.session import open_model

    if apps.is_meant_by(file):
        raise UsageError(
            f"`{file}` is a reference application; there is no file of that name",
            remedy=f"copy it with `tablewright init {file} --app {file}`, and go on in that folder",
        )
    return open_model(file, options)


def open_to_read(file: str, options: Options | None = None) -> Session:
    """Read the model file of a verb that only reads it, or a reference application."""
    from tablewright.session import open_to_read as opened

    return opened(file, options)


def _day(text: str) -> str:
    import datetime

    if not text or text == "latest":
        return text
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(
            f"`{text}` is not a date", remedy="write --prices as YYYY-MM-DD, such as 2024-10-31"
        ) from None


def _book(own: tuple[str, ...], books: tuple[str, ...]) -> PriceBook | None:
    if not own and not books:
        return None
    from tablewright.operate.prices import book_with

    return book_with(prices=own, books=books)
