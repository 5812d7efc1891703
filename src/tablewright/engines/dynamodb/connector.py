"""What DynamoDB offers to the verbs that work on a database.

In: a model, a design, which database is meant. Out: codec, adapter, predictor, evaluations of a
population. Whose account is reached is named, and one that looks like production refused, before
anything is sent to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tablewright.bill.rates import Rates
from tablewright.capacity.limits import WRITE_UNIT_BYTES
from tablewright.core.errors import EngineError, UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB, ZERO
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.codec import DynamoCodec
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.signed_transport import sdk_transport
from tablewright.engines.dynamodb.streams import BOTH_IMAGES
from tablewright.engines.dynamodb.transport import (
    CappedTransport,
    LocalTransport,
    SdkTransport,
    Transport,
)
from tablewright.evaluation.calibration import Calibration
from tablewright.evaluation.doors import (
    Adapter,
    CopyRights,
    Matching,
    Predictor,
    RecordKind,
    SpendingCap,
    Target,
)
from tablewright.evaluation.health import Observations
from tablewright.local.database import Database

if TYPE_CHECKING:
    from tablewright.bill.prices import PriceBook
    from tablewright.design.values import Design
    from tablewright.engines.dynamodb.engine import DynamoEngine
    from tablewright.evaluation.parameters import Signature
    from tablewright.evaluation.values import Evaluation, Request, Route
    from tablewright.model.values import Model
    from tablewright.sample.calls import Call
    from tablewright.sample.world import World

PRODUCTION = re.compile(r"(^|[^a-z])(prod|production|live)([^a-z]|$)", re.IGNORECASE)
COPY_READS = ("dynamodb:DescribeTable", "dynamodb:Scan")
COPY_WRITES = (
    "dynamodb:BatchWriteItem",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:ListTagsOfResource",
)
"""With what says whether the tables are as their design wants them, before they are written."""
MOST_IN_MEMORY = GB / 2
"""Bytes up to which a temporary database is kept in memory."""
BEFORE_ANY_EXPIRY = 1.0
"""Seconds since 1970 in a temporary database, so that no sampled item has expired."""


@frozen(kw_only=False)
class Account:
    """Whose account is about to be touched."""

    number: str
    caller: str
    region: str
    alias: str = ""

    def __str__(self) -> str:
        name = f" ({self.alias})" if self.alias else ""
        return f"account {self.number}{name}, {self.region}, as {self.caller}"


@frozen(kw_only=False)
class DynamoConnector:
    """Ways to a DynamoDB, and how a design is stored there."""

    engine: DynamoEngine
    name: str = "dynamodb"
    brisk_instances: int = 100_000
    products: tuple[str, ...] = ("AmazonDynamoDB", "Amazon DynamoDB")
    written_in: str = "json"
    comment: str = ""

    def codec(
        self, model: Model, design: Design, *, expiry_shift: int = 0, keeps_values: bool = False
    ) -> DynamoCodec:
        """Return how instances are stored in a design."""
        assert isinstance(design, DynamoDesign)
        return DynamoCodec(model, design, expiry_shift, keeps_values=keeps_values)

    def connect(
        self,
        model: Model,
        design: Design,
        target: Target,
        folder: Path,
        *,
        creates: bool = False,
        expiry_shift: int = 0,
        cap: SpendingCap | None = None,
        keeps_values: bool = False,
    ) -> DynamoAdapter:
        """Reach the database that is meant.

        Raises:
            EngineError: it cannot be opened or reached.
            UsageError: the account looks like production, and that was not allowed.
        """
        assert isinstance(design, DynamoDesign)
        target = in_region(target, model.region)
        path = folder / f"{design.name}.db"
        transport = transport_to(target, path, creates=creates)
        account = account_of(transport, target) or account_at(target)
        is_default = target.is_local and not target.data
        return DynamoAdapter(
            model,
            design,
            transport if cap is None else CappedTransport(transport, cap=cap),
            codec=DynamoCodec(model, design, expiry_shift, keeps_values=keeps_values),
            announcement="" if account is None else str(account),
            is_amazon=account is not None and not target.endpoint,
            scaling=None if target.is_local or target.endpoint else partial(_scaling, target),
            removes=partial(_remove_files, path) if is_default else None,
        )

    def observations(
        self,
        design: Design,
        target: Target,
        *,
        region: str = "",
        files: Sequence[str] = (),
        endpoint: str = "",
        days: int = 14,
        is_asked: bool = True,
    ) -> Observations:
        """Return what CloudWatch knows of the tables: asked, or saved replies.

        Raises:
            DataError: a file is no reply of CloudWatch.
            EngineError: it cannot be asked.
        """
        from tablewright.engines.dynamodb.health.metrics import ask, commands, read_files

        assert isinstance(design, DynamoDesign)
        target = in_region(target, region)
        listed = tuple(commands((table.name for table in design.tables), target.region or region))
        if files:
            return replace(read_files(files), commands=listed)
        if not is_asked or not (endpoint or target.aws or target.profile):
            return Observations(commands=listed)
        import boto3

        session: Any = boto3.Session(
            profile_name=target.profile or None, region_name=target.region or None
        )
        names = {
            table.name: [index.name for index in table.indexes if not index.is_local]
            for table in design.tables
        }
        return replace(ask(session, endpoint, names, days), commands=listed)

    def calibrate(
        self,
        models: Sequence[Model],
        target: Target,
        *,
        calls: int,
        rounds: int,
        announce: Callable[[str], None],
        say: Callable[[str], None],
    ) -> Calibration:
        """Refuse: there is nothing to measure.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(
            "what a request to DynamoDB takes is published, not measured",
            remedy="calibrate another engine: --engine postgresql",
        )

    def temporary(
        self, model: Model, design: Design, expected_bytes: Decimal, *, keeps_values: bool = False
    ) -> DynamoAdapter:
        """Return an empty database, in memory or, where much is expected, in a temporary file."""
        assert isinstance(design, DynamoDesign)
        codec = DynamoCodec(model, design, keeps_values=keeps_values)
        if expected_bytes <= MOST_IN_MEMORY:
            database = Database(None, clock=_before_any_expiry)
            transport = LocalTransport(database, "the local engine, in memory")
            return DynamoAdapter(model, design, transport, codec=codec)
        folder = TemporaryDirectory(prefix="tablewright-")
        database = Database(Path(folder.name) / "proof.db", clock=_before_any_expiry)
        transport = LocalTransport(database, "the local engine, in a temporary file")
        return _TemporaryAdapter(model, design, transport, folder.cleanup, codec)

    def copied(
        self,
        model: Model,
        design: Design,
        folder: Path,
        prepare: Callable[[Adapter], None],
        *,
        expiry_shift: int = 0,
    ) -> DynamoAdapter:
        """Return a copy of the local engine's file of a design, which is gone once it is closed."""
        assert isinstance(design, DynamoDesign)
        path = folder / f"{design.name}.db"
        copy = path.with_suffix(".proof.db")
        codec = DynamoCodec(model, design, expiry_shift)
        _remove_files(copy)  # left by a killed process
        try:
            with Database(path) as database:
                prepare(DynamoAdapter(model, design, LocalTransport(database), codec=codec))
                database.copy_to(copy)
            place = f"a copy of the local engine's {path.name}"
            transport = LocalTransport(Database(copy), place)
        except BaseException:
            _remove_files(copy)
            raise
        cleanup = partial(_remove_files, copy)
        return _TemporaryAdapter(model, design, transport, cleanup, codec)

    def unit_prices(self, book: PriceBook, region: str) -> Mapping[str, Decimal]:
        """Return USD for a read and a write request unit, on demand."""
        rates = Rates(book, region)
        return {dimension: rates.usd(dimension) for dimension in ("read", "write")}

    def population(
        self, model: Model, design: Design, users: int, book: PriceBook, *, region: str = ""
    ) -> Evaluation:
        """Return the evaluation of the very instances that are seeded at a number of users."""
        return self.engine.evaluate(model, design, users, book, region=region, of_population=True)

    def predictor(self, evaluation: Evaluation, world: World) -> Predictor:
        """Return what predicts the units of calls on a design."""
        from tablewright.engines.dynamodb.prediction import Prediction

        return Prediction(evaluation, world)

    def write_units(self, evaluation: Evaluation, kind: RecordKind) -> Decimal | None:
        """Return the write units of one put: the item and its index entries, at their means."""
        assert isinstance(evaluation.design, DynamoDesign)
        table = evaluation.design.table(kind.container)
        names = [table.name, *(f"{table.name}/{index.name}" for index in table.indexes)]
        total = count = ZERO
        for name in names:
            for facts in evaluation.resource(name).shapes:
                if facts.name != kind.name:
                    continue
                mean = facts.sizes.mean.mean
                blocks = (mean / WRITE_UNIT_BYTES).to_integral_value("ROUND_CEILING")
                if name == table.name:
                    count = facts.count
                share = facts.count / count if count else Decimal(1)
                total += max(Decimal(1), blocks) * share
        return total

    def copy_rights(self, design: Design, *, writes: bool) -> CopyRights:
        """Return what scanning tables takes, and writing them in batches."""
        assert isinstance(design, DynamoDesign)
        return CopyRights(
            service="dynamodb",
            actions=tuple(sorted((*COPY_WRITES, *COPY_READS))) if writes else COPY_READS,
            resources=tuple(f"table/{table.name}" for table in design.tables),
        )

    def can_follow(self, design: Design) -> bool:
        """Whether every table has a stream with old and new images."""
        assert isinstance(design, DynamoDesign)
        return all(table.stream == BOTH_IMAGES for table in design.tables)

    def statements(self, model: Model, design: Design) -> tuple[str, ...]:
        """Return the operations that create a design from nothing, as JSON."""
        import json

        from tablewright.engines.dynamodb.provisioning import plan_up

        assert isinstance(design, DynamoDesign)
        return tuple(
            json.dumps({action.operation: action.parameters}, indent=2)
            for action in plan_up(model, design, {}).actions
        )

    def client(
        self, evaluation: Evaluation, signatures: Mapping[str, Signature]
    ) -> tuple[str, tuple[str, ...]]:
        """Return a module that needs boto3 alone."""
        from tablewright.engines.dynamodb.client_writer import client_source

        return client_source(evaluation, signatures)

    def preamble(self, evaluation: Evaluation) -> str:
        """Return nothing: a request is no statement."""
        return ""

    def example_requests(
        self, evaluation: Evaluation, route: Route, call: Call, matching: Matching
    ) -> tuple[Request, ...]:
        """Return the requests of a route with the values of one call."""
        from tablewright.engines.dynamodb.examples import example_requests

        return example_requests(evaluation, route, call, matching)


def _before_any_expiry() -> float:
    return BEFORE_ANY_EXPIRY


class _TemporaryAdapter(DynamoAdapter):
    """An adapter whose files are removed when it is closed."""

    def __init__(
        self,
        model: Model,
        design: DynamoDesign,
        transport: Transport,
        cleanup: Callable[[], None],
        codec: DynamoCodec | None = None,
    ) -> None:
        super().__init__(model, design, transport, codec=codec)
        self._cleanup = cleanup

    def close(self) -> None:
        """Close the engine and remove its files."""
        super().close()
        self._cleanup()


def _scaling(target: Target) -> Any:
    """Open the client of Amazon's Application Auto Scaling."""
    import boto3

    account = boto3.Session(profile_name=target.profile or None, region_name=target.region or None)
    return account.client("application-autoscaling")


def _remove_files(path: Path) -> None:
    """Remove a file of the local engine, with what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def in_region(target: Target, region: str) -> Target:
    """Return a target with its region.

    Its own, else that of its profile, else that of the environment, else the model's.
    """
    if target.is_local or target.region:
        return target
    if target.profile:
        import boto3
        from botocore.exceptions import ProfileNotFound

        try:
            of_profile = boto3.Session(profile_name=target.profile).region_name
        except ProfileNotFound as problem:
            raise UsageError(
                f"there is no profile `{target.profile}`",
                remedy="aws configure list-profiles shows those there are",
            ) from problem
        return target if of_profile else replace(target, region=region)
    configured = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return replace(target, region=configured or region)


def transport_to(target: Target, path: Path, *, creates: bool = False) -> Transport:
    """Open the database that is meant.

    A file of the local engine that does not exist yet is made only where that is asked for; else
    an empty database stands for it.

    Args:
        target: which database.
        path: the local engine's file unless the target names another.
        creates: whether it may be made.

    Raises:
        EngineError: it cannot be opened or reached.
    """
    if not target.is_local:
        return sdk_transport(endpoint=target.endpoint, profile=target.profile, region=target.region)
    path = Path(target.data) if target.data else path
    where = f"the local engine ({path})"
    if not creates and not path.exists():
        return LocalTransport(Database(), where)
    path.parent.mkdir(parents=True, exist_ok=True)
    return LocalTransport(Database(path), where)


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

    session: Any = boto3.Session(
        profile_name=target.profile or None, region_name=target.region or None
    )
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
    account = Account(
        number=identity["Account"],
        caller=identity["Arn"],
        region=transport.client.meta.region_name,
        alias=alias,
    )
    if not target.allow_production and looks_like_production(account, target):
        raise UsageError(
            f"this looks like production: {account}",
            remedy="choose another profile, or say --allow-production if that is meant",
        )
    return account


def account_at(target: Target) -> Account | None:
    """Return whose account an own endpoint says it is; None where it does not answer STS.

    Emulators of the whole cloud do; the local engine and DynamoDB Local do not.
    """
    if not target.endpoint.startswith(("http://", "https://")):
        return None
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    from tablewright.engines.dynamodb.signed_transport import endpoint_options

    once = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})
    try:
        session: Any = boto3.Session(
            profile_name=target.profile or None, region_name=target.region or None
        )
        options = endpoint_options(target.endpoint, target.profile, target.region)
        client = session.client("sts", config=once, **options)
        identity = client.get_caller_identity()
        return Account(
            number=identity["Account"], caller=identity["Arn"], region=client.meta.region_name
        )
    except (BotoCoreError, ClientError, ResponseParserError, KeyError, ValueError):
        return None


def looks_like_production(account: Account, target: Target) -> bool:
    """Whether a name of the account, caller or profile says production.

    Example:
        >>> me = Account("1", "arn:aws:iam::1:user/ana", "eu-north-1", "shop-prod")
        >>> looks_like_production(me, Target())
        True
    """
    return any(PRODUCTION.search(text) for text in (account.alias, account.caller, target.profile))
