"""MongoDB's profiler as rates: documents of `system.profile`, live or exported.

In: profiler entries. Out: how often each shape of request occurs: collection, operation, the fields
that select and sort, never their values. As a source it reads a mongoexport of `system.profile`, or
log lines of slow queries.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

from tablewright.core.quantities import SECONDS_PER_DAY
from tablewright.sources.facts import MONGODB, ObservedAccess, SourceFacts, SourceTable
from tablewright.sources.json_stream import CutOffError, elements
from tablewright.sources.mongodb_values import extended_json, is_shell_text, plain_document
from tablewright.sources.source import ReadOptions, Source, open_unpacked

TITLE = "MongoDB's profiler"
MOST_SHAPES = 5_000
_ENTRY = re.compile(r'"(ns|command|planSummary|millis|attr)"\s*:')
_RANGES = ("$gt", "$gte", "$lt", "$lte")
_EQUAL = ("$eq", "$in")

Shape = tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def recognises(source: Source) -> bool:
    """Whether a file holds profiler entries or log lines of slow queries."""
    return (
        source.is_file
        and len(set(_ENTRY.findall(source.head_text))) >= 3
        and ('"ns"' in source.head_text)
    )


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return how often each shape of request occurs."""
    notes: list[str] = []
    stores = {s.name: s for s in options.known.stores if s.engine == MONGODB}
    accesses = accesses_of(_entries(source, notes), stores, source.shown)
    return SourceFacts(
        accesses=tuple(accesses),
        notes=tuple(notes),
        sources=(f"{len(accesses)} shapes of requests in {source.shown}",),
    )


def _entries(source: Source, notes: list[str]) -> Iterator[Mapping[str, Any]]:
    try:
        with _opened(source) as stream:
            for entry in elements(stream):
                if not isinstance(entry, Mapping):
                    continue
                document = plain_document(entry)
                attributes = document.get("attr")
                if isinstance(attributes, Mapping):  # a line of the log
                    yield {**attributes, "ts": document.get("t")}
                else:
                    yield document
    except CutOffError as problem:
        notes.append(f"{source.shown}: cut off at {problem}; the entries before it were read")


def _opened(source: Source) -> IO[bytes]:
    """Open the file; what the shell printed of `system.profile` is read as extended JSON."""
    if is_shell_text(source.head_text):
        return io.BytesIO(extended_json(source.document()).encode())
    return open_unpacked(source.path)


def accesses_of(
    entries: Iterable[Mapping[str, Any]], stores: Mapping[str, SourceTable], shown: str
) -> list[ObservedAccess]:
    """Return accesses with their rates over the time the entries cover.

    Args:
        entries: profiler entries.
        stores: the collections by name; others are left out where any are known.
        shown: the source, in words.
    """
    counts: Counter[Shape] = Counter()
    limits: dict[Shape, Counter[int]] = defaultdict(Counter)
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    for entry in entries:
        shape = _shape(entry)
        if shape is None or (stores and shape[0] not in stores):
            continue
        moment = _moment(entry.get("ts"))
        if moment is not None:
            first = moment if first is None else min(first, moment)
            last = moment if last is None else max(last, moment)
        if shape in counts or len(counts) < MOST_SHAPES:
            counts[shape] += 1
            limits[shape][_limit(entry)] += 1
    seconds = (last - first).total_seconds() if first is not None and last is not None else 0.0
    days = Decimal(str(max(60.0, seconds))) / SECONDS_PER_DAY
    return [
        ObservedAccess(
            store=collection,
            operation=operation,
            by=by,
            ranged=ranged,
            sort=sort,
            sets=sets,
            limit=limits[shape].most_common(1)[0][0] or None,
            per_day=count / days,
            place=f"profiler of {shown}",
        )
        for shape, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        for collection, operation, by, ranged, sort, sets in (shape,)
    ]


def _limit(entry: Mapping[str, Any]) -> int:
    """Return how many documents were asked for, 0 where all were."""
    command = entry.get("command")
    limit = command.get("limit") if isinstance(command, Mapping) else None
    return abs(limit) if isinstance(limit, int) else 0


def _shape(entry: Mapping[str, Any]) -> Shape | None:
    namespace = str(entry.get("ns", ""))
    collection = namespace.partition(".")[2]
    if not collection or collection.startswith("system."):
        return None
    command = _command(entry)
    kind = str(entry.get("op", entry.get("type", "")))
    if kind == "insert" or "insert" in command:
        return collection, "put", (), (), (), ()
    if kind in ("update", "remove") or {"q", "updates", "deletes"} & set(command):
        # An entry of its own for each statement has `q`; that of a whole command a list of them.
        listed = command.get("updates") or command.get("deletes") or [command]
        statement = listed[0] if isinstance(listed, list) and listed else command
        statement = statement if isinstance(statement, Mapping) else {}
        by, ranged = _fields(statement.get("q"))
        if kind == "remove" or "deletes" in command:
            return collection, "delete", by, ranged, (), ()
        return collection, "update", by, ranged, (), _changed(statement.get("u"))
    if {"findAndModify", "findandmodify"} & set(command):
        by, ranged = _fields(command.get("query"))
        if command.get("remove"):
            return collection, "delete", by, ranged, (), ()
        return collection, "update", by, ranged, (), _changed(command.get("update"))
    if "find" in command:
        by, ranged = _fields(command.get("filter"))
        is_key = by == ("_id",) and not ranged
        operation = "get" if is_key else "list" if by or ranged else "scan"
        return collection, operation, by, ranged, _sorted(command.get("sort")), ()
    if {"count", "distinct"} & set(command):
        by, ranged = _fields(command.get("query"))
        return collection, "list" if by or ranged else "scan", by, ranged, (), ()
    if "aggregate" in command:
        stage: Any = next(iter(command.get("pipeline") or ()), {})
        by, ranged = _fields(stage.get("$match") if isinstance(stage, Mapping) else None)
        return collection, "list" if by or ranged else "scan", by, ranged, (), ()
    return None


def _command(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the command of an entry in the form that servers from 3.6 on write.

    Those up to 3.4 have it under `query`, and those up to 3.0 the selector alone.
    """
    command, query = entry.get("command"), entry.get("query")
    if isinstance(command, Mapping):
        return command
    if not isinstance(query, Mapping):
        return {}
    kind = entry.get("op")
    if kind in ("update", "remove"):
        return {"q": query, "u": entry.get("updateobj")}
    if kind != "query" or "find" in query:
        return query
    selector = query.get("$query", query.get("query", query))
    return {"find": "", "filter": selector, "sort": query.get("$orderby", query.get("orderby"))}


def _fields(condition: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not isinstance(condition, Mapping):
        return (), ()
    by: list[str] = []
    ranged: list[str] = []
    for name, value in condition.items():
        if str(name).startswith("$"):
            continue
        words = [str(k) for k in value if str(k).startswith("$")] if isinstance(
            value, Mapping) else []  # fmt: skip
        if any(word in _RANGES for word in words):
            ranged.append(str(name))
        elif not words or words[0] in _EQUAL or words[0] == "$oid":
            by.append(str(name))
    return tuple(by), tuple(ranged)


def _changed(update: Any) -> tuple[str, ...]:
    if not isinstance(update, Mapping):
        return ()
    names = [
        str(name).split(".")[0]
        for operator, fields in update.items()
        if str(operator).startswith("$") and isinstance(fields, Mapping)
        for name in fields
    ]
    return tuple(dict.fromkeys(names))


def _sorted(order: Any) -> tuple[str, ...]:
    if not isinstance(order, Mapping):
        return ()
    return tuple(f"-{n}" if str(d).startswith("-") else str(n) for n, d in order.items())


def _moment(value: Any) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    try:
        return dt.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
