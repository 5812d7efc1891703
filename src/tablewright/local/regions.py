"""Regions: several databases in one process, one for each region, that share global tables.

In: the names of regions and where their files are. Out: a Database for each; what one writes to a
global table reaches the others. It does not know what a replica is (see `replicas`), nor HTTP.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from tablewright.core.errors import UsageError
from tablewright.local import replication
from tablewright.local.database import Database
from tablewright.local.metering import REPLICATED_WRITE, Meter


class Regions:
    """A database for each region, which hold the replicas of each other's global tables.

    Args:
        names: the regions; the first is that of requests which name none.
        path: the file of the first region; the others have their name in it (`app.eu-west-1.db`).
            None keeps everything in memory.
        durable: whether an acknowledged write survives a power cut.
        clock: seconds since the epoch; tests pass their own.
        buckets: the folder whose folders stand for S3 buckets, the same for all regions.

    Raises:
        UsageError: fewer than two regions, or one twice.
        EngineError: a file is in use, damaged or of another version.

    Example:
        >>> with Regions(["us-east-1", "eu-west-1"]) as regions:
        ...     regions["eu-west-1"].call("ListTables", {})
        {'TableNames': []}
    """

    def __init__(
        self,
        names: Sequence[str],
        path: str | Path | None = None,
        *,
        durable: bool = False,
        clock: Callable[[], float] = time.time,
        buckets: str | Path | None = None,
    ) -> None:
        check_names(names)
        self.databases: dict[str, Database] = {}
        base = Path(path) if path is not None else None
        try:
            for name in names:
                file = None if base is None else file_of(base, name, is_first=name == names[0])
                database = Database(
                    file, durable=durable, clock=clock, buckets=buckets, region=name
                )
                self.databases[name] = database
                database.engine.buckets = self.first.engine.buckets
        except BaseException:
            self.close()
            raise
        peers = {name: database.engine for name, database in self.databases.items()}
        for database in self.databases.values():
            database.engine.peers = peers
            database.catch_up = self.catch_up
            database.engine.sweeper.after = self.catch_up

    @property
    def first(self) -> Database:
        """The database of requests that name no region."""
        return next(iter(self.databases.values()))

    def __getitem__(self, region: str) -> Database:
        return self.databases[region]

    @contextlib.contextmanager
    def group(self) -> Iterator[None]:
        """Commit all writes of the block together, in each region; replicate before and after."""
        self.catch_up()
        with contextlib.ExitStack() as stack:
            for database in self.databases.values():
                stack.enter_context(database.group())
            yield
        self.catch_up()

    def catch_up(self) -> None:
        """Write to each region what has been under way to it long enough.

        Nothing happens while writes are held back: none may arrive before it is stored at home.
        """
        if any(database.engine.store.is_grouping for database in self.databases.values()):
            return
        for database in self.databases.values():
            for region in tuple(database.engine.outboxes):
                self._send(database, region)

    def _send(self, source: Database, region: str) -> None:
        target = self.databases.get(region)
        if target is None:
            return  # the region is not served this time: the changes wait
        while changes := replication.due(source.engine, region):
            meter = Meter(REPLICATED_WRITE)
            applied = replication.apply(target.engine, changes, meter)
            replication.forget(source.engine, changes)
            target.report(meter)
            if target.engine.undelivered:
                target.engine.hand_over()
            if target.realism is not None:
                for change in applied:
                    target.realism.done(*replication.as_request(change))

    def close(self) -> None:
        """Close all databases."""
        for database in self.databases.values():
            database.close()

    def __enter__(self) -> Regions:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def check_names(names: Sequence[str]) -> None:
    """Refuse fewer than two regions, or one that is named twice.

    Raises:
        UsageError: it says which.
    """
    if len(names) < 2:
        raise UsageError("several regions are at least two, such as us-east-1,eu-west-1")
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"region {name} is named twice")
        if not name or not all(part.isalnum() for part in name.split("-")):
            raise UsageError(f"`{name}` is no name of a region")


def file_of(base: Path, region: str, *, is_first: bool) -> Path:
    """Return the file of a region's database.

    Example:
        >>> file_of(Path("app.db"), "eu-west-1", is_first=False).name
        'app.eu-west-1.db'
    """
    return base if is_first else base.with_name(f"{base.stem}.{region}{base.suffix}")
