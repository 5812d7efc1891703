"""Import rates from a CSV of `pg_stat_statements`.

In: a CSV with the columns `query` and `calls` (as psql's `copy … CSV HEADER` writes it), and
perhaps `seconds`, the time they were counted in. Out: how often each statement is called; the
tables come from another source, such as the DDL.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

from tablewright.core.quantities import SECONDS_PER_DAY
from tablewright.sources.facts import POSTGRESQL, SourceFacts
from tablewright.sources.postgresql_live import accesses_of
from tablewright.sources.source import ReadOptions, Source, needs, open_unpacked

TITLE = "pg_stat_statements as CSV"
LONGEST_FIELD = 1024 * 1024


def recognises(source: Source) -> bool:
    """Whether a file is such a CSV."""
    first = source.head_text.partition("\n")[0].lower()
    names = [name.strip().strip('"') for name in first.split(",")]
    return source.is_file and "query" in names and "calls" in names


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return how often each statement is called.

    Raises:
        EngineError: the SQL parser is not installed.
    """
    try:
        import sqlglot  # noqa: F401
    except ImportError as missing:
        raise needs("sqlglot", "import") from missing
    stores = {s.name: s for s in options.known.stores if s.engine == POSTGRESQL}
    notes: list[str] = []
    if not stores:
        notes.append(f"{source.shown}: no source says which tables there are: add the DDL")
    rows = list(_rows(source, notes))
    accesses = accesses_of(rows, stores, source.shown)
    if len(accesses) < len(rows):
        notes.append(
            f"{source.shown}: {len(rows) - len(accesses):,} of {len(rows):,} statements are no "
            "access of a known table and were left out"
        )
    return SourceFacts(
        accesses=tuple(accesses),
        notes=tuple(notes),
        sources=(f"{len(accesses)} statements of {source.shown}",),
    )


def _rows(source: Source, notes: list[str]) -> Iterator[tuple[str, Decimal, Decimal]]:
    csv.field_size_limit(LONGEST_FIELD)
    has_seconds = True
    with open_unpacked(source.path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        for number, row in enumerate(csv.DictReader(text), 2):
            fields = {(name or "").strip().lower(): value for name, value in row.items()}
            has_seconds = bool(fields.get("seconds"))
            try:
                calls = Decimal(str(fields.get("calls") or "0"))
                seconds = Decimal(str(fields.get("seconds") or SECONDS_PER_DAY))
            except ArithmeticError:
                notes.append(f"{source.shown}:{number}: calls are no number; the row was passed by")
                continue
            yield str(fields.get("query") or ""), calls, seconds
    if not has_seconds:
        notes.append(
            f"{source.shown}: it has no column `seconds`: the calls are taken for those of a day"
        )
