"""Where Tablewright keeps what it makes for a model file: `.tablewright/` beside it.

In: the path of a model file, a design, and where the database is. Out: paths, and a transport to
the database that was asked for. Whose account it is gets named before anything is written to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.core.errors import EngineError, UsageError
from tablewright.engines.dynamodb.adapter import (
    Consumed,
    LocalTransport,
    SdkTransport,
    Transport,
    sdk_transport,
)
from tablewright.local.database import Database

FOLDER = ".tablewright"
PRODUCTION = re.compile(r"(^|[^a-z])(prod|production|live)([^a-z]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which database is meant: the local engine's file by default, an endpoint, or an account."""

    endpoint: str = ""
    profile: str = ""
    region: str = ""
    data: str = ""
    """The local engine's file, other than the default."""
    aws: bool = False
    """Amazon DynamoDB with the credentials of the environment."""
    allow_production: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it is the local engine, in this process."""
        return not (self.endpoint or self.profile or self.aws)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account is about to be touched."""

    number: str
    caller: str
    region: str
    alias: str = ""

    def __str__(self) -> str:
        name = f" ({self.alias})" if self.alias else ""
        return f"account {self.number}{name}, {self.region}, as {self.caller}"


class Workspace:
    """The folder of one model file."""

    def __init__(self, model_path: str | Path) -> None:
        path = Path(model_path)
        self.folder = (path if path.is_dir() else path.parent) / FOLDER

    def database(self, design: str) -> Path:
        """Return the file of the local engine for a design."""
        return self.folder / f"{design}.db"

    def position(self, design: str, target: Target) -> Path:
        """Return the file that keeps how far a seeding came."""
        return self.folder / f"{design}{_suffix(target)}.seed.json"

    def loading(self, design: str, target: Target) -> Path:
        """Return the file that keeps how far a load of own records came."""
        return self.folder / f"{design}{_suffix(target)}.load.json"

    def spent(self, design: str, target: Target) -> Path:
        """Return the file that keeps the units the verbs have consumed there."""
        return self.folder / f"{design}{_suffix(target)}.units.json"

    def units_so_far(self, design: str, target: Target) -> dict[str, dict[str, str]]:
        """Return the units consumed by table or index, as far as `seed` and `prove` know."""
        try:
            found = json.loads(self.spent(design, target).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def add_units(self, design: str, target: Target, consumed: Iterable[Consumed]) -> None:
        """Add what was consumed to what is kept."""
        kept = self.units_so_far(design, target)
        for one in consumed:
            arm = kept.setdefault(one.resource, {"read": "0", "write": "0"})
            arm[one.dimension] = str(Decimal(arm[one.dimension]) + one.units)
        self.write_json(self.spent(design, target), kept)

    def proof(self, design: str) -> Path:
        """Return the file of a design's latest proof."""
        return self.folder / "proofs" / f"{design}.json"

    def transport(self, design: str, target: Target, *, creates: bool = False) -> Transport:
        """Open the database that is meant.

        A file of the local engine that does not exist yet is made only where that is asked for;
        else an empty database stands for it.

        Raises:
            EngineError: it cannot be opened or reached.
        """
        if target.is_local:
            path = Path(target.data) if target.data else self.database(design)
            where = f"the local engine ({path})"
            if not creates and not path.exists():
                return LocalTransport(Database(), where)
            path.parent.mkdir(parents=True, exist_ok=True)
            return LocalTransport(Database(path), where)
        return sdk_transport(endpoint=target.endpoint, profile=target.profile, region=target.region)

    def write_json(self, path: Path, value: Any) -> None:
        """Write a record as a whole, or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(value, indent=2, default=str), encoding="utf-8")
        new.replace(path)


def _suffix(target: Target) -> str:
    if target.is_local and not target.data:
        return ""
    named = target.endpoint or target.profile or target.data or target.region or "aws"
    return "." + re.sub(r"[^A-Za-z0-9]+", "-", named).strip("-")


def account_of(transport: Transport, target: Target) -> Account | None:
    """Return whose account a transport reaches; None for the local engine or an own endpoint.

    Raises:
        EngineError: the credentials do not work.
        UsageError: it looks like production, and that was not allowed.
    """
    if not isinstance(transport, SdkTransport) or target.endpoint:
        return None
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    session = boto3.Session(profile_name=target.profile or None, region_name=target.region or None)
    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as problem:
        raise EngineError(
            f"the credentials do not work: {problem}",
            remedy="sign in (for example `aws sso login`), or choose a --profile",
        ) from problem
    alias = ""
    try:
        aliases = session.client("iam").list_account_aliases().get("AccountAliases", [])
        alias = aliases[0] if aliases else ""
    except (BotoCoreError, ClientError):
        pass  # a caller may lack the right to see it; the number is enough
    found = Account(
        number=identity["Account"],
        caller=identity["Arn"],
        region=transport.client.meta.region_name,
        alias=alias,
    )
    if not target.allow_production and looks_like_production(found, target):
        raise UsageError(
            f"this looks like production: {found}",
            remedy="choose another profile, or say --allow-production if that is meant",
        )
    return found


def looks_like_production(account: Account, target: Target) -> bool:
    """Whether a name of the account, caller or profile says production.

    Example:
        >>> me = Account("1", "arn:aws:iam::1:user/ana", "eu-north-1", "shop-prod")
        >>> looks_like_production(me, Target())
        True
    """
    return any(PRODUCTION.search(text) for text in (account.alias, account.caller, target.profile))
