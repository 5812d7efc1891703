"""Import rates from the access log of the local engine (`tablewright local --log`).

In: the text that was printed. Out: how often each shape of request occurs: operation, table, index,
the keys bound, the attributes changed. The log has no value of an item.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

from tablewright.core.quantities import SECONDS_PER_DAY
from tablewright.sources.facts import ObservedAccess, SourceFacts
from tablewright.sources.source import ReadOptions, Source, open_unpacked

TITLE = "the access log of `tablewright local --log`"
_LINE = re.compile(r"(\d\d):(\d\d):(\d\d) ([A-Z][A-Za-z]+) (\d{3}) (\S+) reads=\S+ writes=\S+(.*)")
_OPERATIONS = {
    "GetItem": "get", "BatchGetItem": "get", "Query": "list", "Scan": "scan", "PutItem": "put",
    "BatchWriteItem": "put", "UpdateItem": "update", "DeleteItem": "delete",
}  # fmt: skip
LONGEST_LINE = 16 * 1024
MOST_SHAPES = 5_000


def recognises(source: Source) -> bool:
    """Whether a file is such a log."""
    return source.is_file and any(_LINE.match(line) for line in source.head_text.splitlines()[:50])


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return how often each shape of request occurs."""
    counts: Counter[tuple[str, str, str, str, str, str, str]] = Counter()
    notes: list[str] = []
    first = last = -1
    days = requests = left_out = 0
    with open_unpacked(source.path) as stream:
        for raw in iter(lambda: stream.readline(LONGEST_LINE), b""):
            match = _LINE.match(raw.decode("utf-8", "replace"))
            if match is None:
                continue
            moment = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])
            first = moment if first < 0 else first
            if moment < last:
                days += 1  # the log has the time of day only: it went past midnight
            last = moment
            operation = _OPERATIONS.get(match[4])
            if operation is None or match[6] == "-" or not match[5].startswith("2"):
                continue
            requests += 1
            words = dict(w.split("=", 1) for w in match[7].split() if "=" in w)
            label = words.get("label", "")
            shape = tuple(words.get(name, "") for name in ("index", "by", "range", "set"))
            key = (operation, match[6].split(",")[0], label, *shape)
            if len(counts) < MOST_SHAPES or key in counts:
                counts[key] += 1  # type: ignore[index]
            else:
                left_out += 1
    seconds = last - first + days * 86_400 if first >= 0 else 0
    if left_out:
        notes.append(f"{source.shown}: {left_out:,} requests of rare shapes were left out")
    if requests and seconds < 60:
        notes.append(
            f"{source.shown}: the log covers {seconds} seconds; its rates are those of that time"
        )
    per_day = SECONDS_PER_DAY / max(1, seconds)
    accesses = tuple(
        ObservedAccess(
            store=table,
            operation=operation,
            index=index,
            by=tuple(by.split(",")) if by else (),
            ranged=tuple(ranged.split(",")) if ranged else (),
            sets=tuple(sets.split(",")) if sets else (),
            per_day=Decimal(count) * per_day,
            name=re.sub(r"[^A-Za-z0-9_-]", "_", label) if label else "",
            place=source.shown,
        )
        for (operation, table, label, index, by, ranged, sets), count in sorted(
            counts.items(), key=lambda pair: (-pair[1], pair[0])
        )
    )
    return SourceFacts(
        accesses=accesses,
        notes=tuple(notes),
        sources=(f"{requests:,} requests in {seconds:,} s of {source.shown}",),
    )
