"""A migration on a Spark cluster: readers of splits, and shares that check, write and compare.

In: a Spark context, what opens both databases, where shares are kept. Out: what a migration in one
process gives. Spark only carries rows from the reader of a split to the machine of their share; all
that is done with them is `share`, which knows nothing of Spark.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from tablewright.core.errors import EngineError, TablewrightError, UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.design.migrations import MigrationRate
from tablewright.evaluation.doors import Adapter
from tablewright.migrate import canonical
from tablewright.migrate.transform import identity_text
from tablewright.migrate.verification import (
    BUCKETS,
    Digests,
    Verification,
    suspicious,
    verified,
)
from tablewright.operate.comparing import (
    MOST_DIFFERENCES,
    suspicious_containers,
    suspicious_fragments,
)
from tablewright.operate.migration import DryRun
from tablewright.operate.pace import PacedWork, source_pace
from tablewright.operate.reading import (
    containers_of,
    decoded_page,
    digests_of_pages,
    single_records,
)
from tablewright.operate.seed import by_dependence
from tablewright.operate.shares.share import (
    FRAGMENT,
    RECORDS,
    SUMS,
    UNREADABLE,
    Families,
    Opener,
    Share,
    ShareReport,
    opened_share,
    row_of,
    whole_report,
)
from tablewright.operate.shares.store import FAILURE, ShareStore, failure_in, note_failure

INSTALL = "pip install 'tablewright[spark]'"
SHARES_PER_CORE = 4
CHECKED = "keys-checked"
"""Kept once the keys of all shares were compared."""

Place = tuple[int, str, Any]
"""A split of a container, numbered in the order in which one process reads."""
Places = frozenset[tuple[str, int]]
Keyed = tuple[tuple[int, int, int], Sequence[Any]]
"""A row with its share, and its place in the order of the source: split, and number in that."""


@frozen(kw_only=False, slots=False)
class SparkJob:
    """What every task is sent."""

    open_sides: Opener
    store: ShareStore
    shares: int
    rate: MigrationRate | None = None
    """Of one task: that of the migration, divided by how many run at once."""


def spark_context(app: str) -> Any:
    """Return the Spark context that is there, or one of all processors of this machine.

    Raises:
        UnsupportedError: Spark or Java is not installed.
    """
    try:
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
    except ImportError as problem:
        raise UnsupportedError("--engine spark needs PySpark", remedy=INSTALL) from problem
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setAppName(f"tablewright migrate {app}")
    conf.setIfMissing("spark.master", os.environ.get("TABLEWRIGHT_SPARK_MASTER", "local[*]"))
    conf.setIfMissing("spark.ui.enabled", "false")
    conf.setIfMissing("spark.ui.showConsoleProgress", "false")
    try:
        context = SparkContext.getOrCreate(conf)
    except (PySparkException, OSError, RuntimeError) as problem:
        raise UnsupportedError(
            "Spark does not start: it needs Java 17 or later",
            remedy="install one, such as `apt-get install openjdk-17-jre-headless`, "
            "and set JAVA_HOME",
        ) from problem
    context.setLogLevel("OFF")
    return context


class SparkMigration:
    """A migration whose steps run on a cluster."""

    def __init__(
        self,
        context: Any,
        open_sides: Opener,
        store: ShareStore,
        *,
        shares: int,
        rate: MigrationRate | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Prepare the steps.

        Args:
            context: of Spark.
            open_sides: opens both databases, here and on every machine.
            store: where the shares are kept; every machine has to reach it.
            shares: into how many the data is divided.
            rate: of the whole migration.
            say: told what is being done.
        """
        self.context, self.say, self.shares = context, say, shares
        at_once = min(context.defaultParallelism, shares)
        self.job = SparkJob(open_sides, store, shares, _divided(rate, at_once))
        self.source, self.target, self.transform = open_sides()
        self.entities = by_dependence(self.transform.model)
        self.families = Families(self.transform, shares)
        self.places: Places = frozenset()

    # ------------------------------------------------------------ steps

    def check(self, *, again: bool = False) -> DryRun:
        """Read the source and try the whole transform, without writing to the target.

        Args:
            again: read all of it once more, whatever was read before.
        """
        before = () if again else self._numbers(_is_staged)
        missing = frozenset(range(self.shares)) - {
            number for number, is_there in before if is_there
        }
        if missing:
            self.job.store.put(CHECKED, b"")
            self.say(f"read the source for {len(missing)} of {self.shares} shares")
            places = self._splits(self.source, containers_of(self.transform.source))
            rows = self.context.parallelize(places, len(places)).flatMap(
                _Task(self.job, _read_split, missing)
            )
            if self.families.gathered:
                grouped = rows.map(_Grouping(self.families.gathered)).groupByKey(self.shares)
                rows = grouped.flatMap(_Gathering(self.job))
            staged = self._by_share(rows).mapPartitionsWithIndex(
                _ShareTask(self.job, _stage, (missing, again))
            )
            _run(self.job.store, staged.collect)
        if not self.job.store.get(CHECKED):
            self._collide()
            self.job.store.put(CHECKED, b"yes")
        reports: list[ShareReport] = [report for _, report in self._numbers(_report)]
        return whole_report(reports, self.entities)

    def _collide(self) -> None:
        """Find instances of different shares that would be stored under one key of the target."""
        claims = self._each_share(_claims)
        losers = (
            claims.groupByKey(self.shares)
            .flatMap(_losers)
            .map(lambda pair: ((pair[0], 0, 0), pair[1]))
        )
        noted = self._by_share(losers).mapPartitionsWithIndex(
            _ShareTask(self.job, _note_collisions, None)
        )
        _run(self.job.store, noted.collect)

    def write(self) -> int:
        """Write every instance that is not written yet; return how many records were written."""
        top = [entity for entity in self.entities if entity in self.transform.top_entities]
        steps = top if self.target.codec.needs_parents else [""]
        written = 0
        for entity in steps:
            self.say(f"write {entity or 'all'} of {self.shares} shares")
            written += sum(count for _, count in self._numbers(_write, entity))
        return written

    def verify(self) -> Verification:
        """Read the target and compare both sides, instance by instance."""
        self.say("read the target")
        places = self._splits(self.target, containers_of(self.transform.target))
        rows = self.context.parallelize(places, len(places)).flatMap(
            _Task(self.job, _read_target, None)
        )
        source, target = Digests(), Digests()
        compared = self._by_share(rows).mapPartitionsWithIndex(_ShareTask(self.job, _compare, None))
        for one, other in _run(self.job.store, compared.collect):
            source.merge(one)
            target.merge(other)
        self.places = suspicious(source, target)
        listed, differing = [], 0
        if self.places:
            containers = suspicious_containers(self.transform.target, self.places)
            places = self._splits(self.target, containers)
            rows = self.context.parallelize(places, max(1, len(places))).flatMap(
                _Task(self.job, _read_suspicious, self.places)
            )
            differences = self._by_share(rows).mapPartitionsWithIndex(
                _ShareTask(self.job, _differences, self.places)
            )
            for count, some in _run(self.job.store, differences.collect):
                differing += count
                listed += some
        listed.sort(key=lambda d: (d.entity, canonical.bucket(d.identity, BUCKETS), d.identity))
        return verified(self.entities, source, target, listed[:MOST_DIFFERENCES], differing)

    def repair(self) -> int:
        """Write what differed at the last verification again; return how many records."""
        return sum(count for _, count in self._numbers(_repair, self.places))

    def quarantined(self) -> Iterator[tuple[str, str, str, bytes]]:
        """Yield place, identity, reason and content of what is in quarantine, in order."""
        rows = [row for _, rows in self._numbers(_quarantined) for row in rows]
        yield from sorted(rows, key=lambda row: row[:3])

    def progress(self) -> tuple[tuple[str, int, bool], ...]:
        """Return each phase and place, how much of it is done in all shares, and whether all is."""
        done: dict[str, list[tuple[int, bool]]] = {}
        for _, phases in self._numbers(_phases):
            for phase, count, is_finished in phases:
                done.setdefault(phase, []).append((count, is_finished))
        return tuple(
            (phase, sum(count for count, _ in counts), all(end for _, end in counts))
            for phase, counts in sorted(done.items())
        )

    # ------------------------------------------------------------ Spark

    def _splits(self, adapter: Adapter, containers: Iterable[str]) -> list[Place]:
        splits = [
            (container, split)
            for container in containers
            for split in adapter.splits(container, self.shares)
        ]
        return [(number, container, split) for number, (container, split) in enumerate(splits)]

    def _by_share(self, rows: Any) -> Any:
        """Return rows on the machines of their shares, each share in the order of the source."""
        return rows.repartitionAndSortWithinPartitions(self.shares, _share_of_key)

    def _each_share(self, function: Callable[..., Iterable[Any]], *arguments: Any) -> Any:
        numbers = self.context.parallelize(range(self.shares), self.shares)
        return numbers.flatMap(_NumberTask(self.job, function, arguments))

    def _numbers(self, function: Callable[..., Iterable[Any]], *arguments: Any) -> list[Any]:
        return list(_run(self.job.store, self._each_share(function, *arguments).collect))


def _divided(rate: MigrationRate | None, at_once: int) -> MigrationRate | None:
    """Return the rate of each of several tasks that run at once."""
    if rate is None:
        return None
    return replace(
        rate,
        units_per_second=rate.units_per_second and rate.units_per_second / at_once,
        share=rate.share and rate.share / at_once,
    )


def _run(store: ShareStore, action: Callable[[], Any]) -> Any:
    """Carry a job out; what a task failed with is the error here too.

    Raises:
        EngineError: a task failed.
    """
    store.put(FAILURE, b"")
    errors = _errors()
    try:
        return action()
    except errors as problem:
        failure = failure_in(store)
        if failure is None:
            raise EngineError(f"Spark gave up: {str(problem)[:500]}") from problem
        raise EngineError(failure[0], remedy=failure[1]) from problem


def _errors() -> tuple[type[Exception], ...]:
    """Return what is raised where a task fails: by Spark if it is installed, or by the task."""
    try:
        from py4j.protocol import Py4JError
    except ImportError:
        return (TablewrightError,)
    return (TablewrightError, Py4JError)


def _share_of_key(key: tuple[int, int, int]) -> int:
    return key[0]


# ---------------------------------------------------------------- what runs on the machines


@frozen(kw_only=False, slots=False)
class _Task:
    """Reads one split, and notes why where that fails."""

    job: SparkJob
    function: Callable[[SparkJob, Place, Any], Iterator[Keyed]]
    argument: Any

    def __call__(self, place: Place) -> Iterator[Keyed]:
        with _noted(self.job):
            yield from self.function(self.job, place, self.argument)


@frozen(kw_only=False, slots=False)
class _ShareTask:
    """Works on the rows of one share."""

    job: SparkJob
    function: Callable[[Share, Iterator[Any], Any], Iterable[Any]]
    argument: Any

    def __call__(self, number: int, rows: Iterator[Keyed]) -> Iterator[Any]:
        job = self.job
        with _noted(job), opened_share(number, job.store, job.open_sides, job.rate) as share:
            yield from self.function(share, (row for _, row in rows), self.argument)


@frozen(kw_only=False, slots=False)
class _NumberTask:
    """Works on one share by itself."""

    job: SparkJob
    function: Callable[..., Iterable[Any]]
    arguments: tuple[Any, ...]

    def __call__(self, number: int) -> Iterator[Any]:
        job = self.job
        with _noted(job), opened_share(number, job.store, job.open_sides, job.rate) as share:
            yield from self.function(share, *self.arguments)


class _noted:  # noqa: N801 - a context manager, called as a function is
    """Keeps why a task fails where its starter looks for it."""

    def __init__(self, job: SparkJob) -> None:
        self.job = job

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        if isinstance(problem, TablewrightError):
            note_failure(self.job.store, str(problem), problem.remedy or "")
            self.job.open_sides.forget()


def _read_split(job: SparkJob, place: Place, missing: frozenset[int]) -> Iterator[Keyed]:
    """Yield what the records of a split of the source say, for the shares that are missing."""
    number, container, split = place
    source, _, transform = job.open_sides()
    families = Families(transform, job.shares)
    work = PacedWork(source, source_pace(job.rate, source, [container]), "read")
    order = 0
    for _, contents in source.scan(container, split=split):
        work.end(len(contents))
        fragments, unreadable = decoded_page(
            transform.source, transform.renaming, container, contents
        )
        for fragment in fragments:
            if not fragment.identity:
                continue
            share = families.share_of_fragment(fragment)
            if share in missing or fragment.entity in families.gathered:
                yield (share, number, order), row_of(fragment)
            order += 1
        share = number % job.shares
        if share in missing:
            for content, reason in unreadable:
                yield (share, number, order), (UNREADABLE, container, dict(content), reason)
                order += 1
            yield (share, number, order), (RECORDS, container, len(contents))
        order += 1
        work.begin()


@frozen(kw_only=False, slots=False)
class _Grouping:
    """Gives the fragments of an instance that has to be put together one key, others their own."""

    gathered: frozenset[str]

    def __call__(self, keyed: Keyed) -> tuple[Any, Keyed]:
        row = keyed[1]
        if row[0] == FRAGMENT and row[1] in self.gathered:
            return (row[1], identity_text(row[2])), keyed
        return keyed[0], keyed


@frozen(kw_only=False, slots=False)
class _Gathering:
    """Sends all fragments of an instance to the share that they together name."""

    job: SparkJob

    def __call__(self, group: tuple[Any, Iterable[Keyed]]) -> Iterator[Keyed]:
        rows = list(group[1])
        first = rows[0][1]
        if first[0] != FRAGMENT:
            yield from rows
            return
        _, _, transform = self.job.open_sides()
        attributes = {
            name: value for _, row in rows for name, value in row[3].items() if value is not None
        }
        share = Families(transform, self.job.shares).share_of(first[1], first[2], attributes)
        for (_, split, order), row in rows:
            yield (share, split, order), row


def _read_target(job: SparkJob, place: Place, nothing: None) -> Iterator[Keyed]:
    """Yield the sums of a split of the target, and what is scattered over several records."""
    number, container, split = place
    _, target, transform = job.open_sides()
    families, single = Families(transform, job.shares), single_records(transform.target)
    sums, order = Digests(), 0
    for _count, whole, parts in digests_of_pages(target, transform, single, container, split):
        for entity, identity, digest in whole:
            sums.add(entity, canonical.bucket(identity, BUCKETS), digest)
        for fragment in parts:
            if fragment.identity:
                share = families.share_of_fragment(fragment)
                yield (share, number, order), row_of(fragment)
                order += 1
    yield (number % job.shares, number, order), (SUMS, sums)


def _read_suspicious(job: SparkJob, place: Place, places: Places) -> Iterator[Keyed]:
    """Yield the whole instances of a split of the target in buckets that differ."""
    number, container, split = place
    _, target, transform = job.open_sides()
    families, order = Families(transform, job.shares), 0
    for _, contents in target.scan(container, split=split):
        decoded, _unreadable = decoded_page(
            transform.target, type(transform.renaming)(), container, contents
        )
        for fragment in suspicious_fragments(transform.target, decoded, places):
            share = families.share_of_fragment(fragment)
            yield (share, number, order), row_of(fragment)
            order += 1


def _is_staged(share: Share) -> Iterator[tuple[int, bool]]:
    yield share.number, share.is_staged


def _stage(
    share: Share, rows: Iterator[Sequence[Any]], what: tuple[frozenset[int], bool]
) -> Iterator[int]:
    missing, again = what
    if share.number in missing:
        share.stage(rows, again=again)
    yield share.number


def _claims(share: Share) -> Iterator[tuple[bytes, tuple[int, str]]]:
    for key, owner in share.claims():
        yield key, (share.number, owner)


def _losers(claim: tuple[bytes, Iterable[tuple[int, str]]]) -> list[tuple[int, str]]:
    """Return whoever wants a key of the target that another one has: all but the first by key."""
    owners = sorted(claim[1], key=lambda owner: owner[1])
    return owners[1:]


def _note_collisions(share: Share, owners: Iterator[str], _: None) -> Iterator[int]:
    share.collide(owners)
    yield share.number


def _report(share: Share) -> Iterator[tuple[int, ShareReport]]:
    yield share.number, share.report()


def _write(share: Share, entity: str) -> Iterator[tuple[int, int]]:
    yield share.number, share.work.write(entity)


def _compare(
    share: Share, rows: Iterator[Sequence[Any]], _: None
) -> Iterator[tuple[Digests, Digests]]:
    yield share.compare(rows)


def _differences(share: Share, rows: Iterator[Sequence[Any]], places: Places) -> Iterator[Any]:
    yield share.differences(rows, places)


def _repair(share: Share, places: Places) -> Iterator[tuple[int, int]]:
    share.work.comparison.places = places
    yield share.number, share.work.repair()


def _quarantined(share: Share) -> Iterator[tuple[int, list[tuple[str, str, str, bytes]]]]:
    yield share.number, list(share.staging.quarantined())


def _phases(share: Share) -> Iterator[tuple[int, tuple[tuple[str, int, bool], ...]]]:
    yield share.number, share.staging.phases()
