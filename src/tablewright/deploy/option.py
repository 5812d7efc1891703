"""The deployment option that is written down: its priced parts, and what the application needs.

In: values from the comparison and the model. Out: a `Site`, which every builder of resources reads.
Nothing here is priced again: the parts carry the price keys that the comparison added up, so that
what is deployed can be held to what was priced.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import HOURS_PER_MONTH, ONE, ZERO
from tablewright.deploy.database import DatabaseAccess
from tablewright.deploy.program import Program, SecretNeed

SERVER_PRICES = ("aws.rds-postgresql", "aws.aurora-postgresql")
"""Prices of a database server that the option itself runs."""
SECRET_PRICE = "aws.secrets-manager.secret"
PRODUCTION = "production"
"""The environment where names are the application's own."""
ENVIRONMENT_LENGTH = 12
"""Characters of an environment's name: it becomes part of names that AWS limits to 32."""


@frozen
class Part:
    """One priced part of a deployment option at the scale it is sized for."""

    name: str
    title: str
    price_key: str = ""
    quantity: Decimal = Decimal(0)
    unit: str = ""
    region: str = ""
    """Whose price it is: of the option's region, or of the one a service bills in."""
    usd_per_month: Decimal = Decimal(0)


@frozen
class Site:
    """What is deployed, where, and for how much traffic."""

    app: str
    title: str
    option: str
    environment: str
    region: str
    engine: str
    """dynamodb, postgresql, mongodb, or "" where the option has no database of its own."""
    parts: tuple[Part, ...]
    users: int
    peak_requests_per_second: Decimal
    usd_per_month: Decimal
    access: DatabaseAccess = field(default_factory=DatabaseAccess)
    """How that database is reached."""
    design: str = ""
    """Name of the design whose tables are deployed; "" where there is none."""
    version: str = ""
    """The major version of the database's server that the design states, if it does."""
    latency_ms: int = 0
    """What 99 of 100 requests to the database may take, where the model says; 0 where it does not.
    What calls of the program may take: `call_latency`."""
    work_ms: int = 200
    """What the program itself takes for a call, as functions are priced."""
    mean_requests_per_second: Decimal = ZERO
    function_mb: int = 512
    function_seconds: int = 10
    program: Program = field(default_factory=Program)
    extras: tuple[str, ...] = ()
    """What is added to the option beside its priced parts: `backup`, `mail`."""
    retention_days: int = 90
    """How long request logs are kept."""
    measured_recovery: str = ""
    """What the last drill of a restore has shown, as a sentence; "" where there was none."""
    tags: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    @property
    def stack_name(self) -> str:
        """Name of the stack, and the beginning of every physical name."""
        return f"{self.app}-{self.environment}"

    @property
    def plain_name(self) -> str:
        """Name of what is looked for by people: in production the application's own."""
        return self.app if self.environment == PRODUCTION else self.stack_name

    @property
    def has_domain(self) -> bool:
        """Whether the option pays for a zone, so that names and certificates are its own."""
        return self.has("aws.route53.zone")

    @property
    def secrets(self) -> tuple[SecretNeed, ...]:
        """The secrets of the program; none where the option pays for none.

        A database outside AWS is reached by an address that holds a password: it is one of them.
        """
        if not self.has(SECRET_PRICE):
            return ()
        listed = self.program.secrets
        if self.access.secret:
            address = SecretNeed(name=self.program.address_variable, text=self.access.secret)
            listed = (*listed, address)
        return listed or (SecretNeed(name="APPLICATION", text="keys of the application"),)

    @property
    def runs_database(self) -> bool:
        """Whether the database is within AWS, so that calls to it do not leave."""
        return not self.has("mongodb.atlas.")

    @property
    def shares_a_secret(self) -> bool:
        """Whether one stored secret holds all, because the option pays for fewer than there are."""
        paid = sum((part.quantity for part in self.parts_of(SECRET_PRICE)), ZERO)
        return bool(len(self.secrets) > max(ONE, paid))

    def has(self, *beginnings: str) -> bool:
        """Whether a part is paid by a price whose key begins so."""
        return any(part.price_key.startswith(beginnings) for part in self.parts)

    def parts_of(self, *beginnings: str) -> tuple[Part, ...]:
        """Return the parts paid by prices whose keys begin so."""
        return tuple(part for part in self.parts if part.price_key.startswith(beginnings))

    def hours_of(self, *beginnings: str) -> int:
        """Return how many run all month of what is paid by the hour under these keys.

        An hour price times `n` machines times the hours of a month is how options state a number.
        """
        hours = sum((part.quantity for part in self.parts_of(*beginnings)), Decimal(0))
        return max(1, round(hours / HOURS_PER_MONTH)) if hours else 0


def checked_environment(name: str) -> str:
    """Return the name of an environment if physical names can hold it.

    Raises:
        UsageError: it is too long, or has other characters than small letters and digits.
    """
    if not name.isascii() or not name.isalnum() or name != name.lower() or name[0].isdigit():
        raise UsageError(
            f"`{name}` cannot be the name of an environment",
            remedy="use small letters and digits, a letter first, such as staging or production",
        )
    if len(name) > ENVIRONMENT_LENGTH:
        raise UsageError(
            f"`{name}` is too long for an environment: {len(name)} characters",
            remedy=f"use at most {ENVIRONMENT_LENGTH}: it becomes part of names of load balancers, "
            "which AWS limits to 32 characters",
        )
    return name


def short_name(site: Site, suffix: str, limit: int = 32) -> str:
    """Return a physical name within a limit; a long application's name is cut, never the suffix.

    Example:
        >>> site = Site(app="mongocollectibles", title="", option="", environment="production",
        ...             region="", engine="", parts=(), users=1,
        ...             peak_requests_per_second=Decimal(1), usd_per_month=Decimal(1))
        >>> short_name(site, "alb")
        'mongocollectibles-production-alb'
    """
    end = f"-{site.environment}-{suffix}"
    return site.app[: limit - len(end)].rstrip("-") + end
