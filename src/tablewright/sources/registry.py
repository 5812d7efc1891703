"""The kinds of sources, one line each, and which of them a source is.

In: a source. Out: the importer that reads it. A module of an importer has `TITLE`, `recognises`
and `read`; it is imported when it is asked. Order matters: the more particular come first.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.sources.facts import SourceFacts
from tablewright.sources.source import ReadOptions, Source

_MISSHAPEN = (
    AttributeError, KeyError, TypeError, ValueError, ArithmeticError, IndexError, RecursionError,
)  # fmt: skip
"""What a file raises in which a text stands where a list should, and the like."""
SCHEMA, DATA, RATES = 0, 1, 2
"""The order in which several sources are read: what tables are, what is in them, how often."""


@frozen(kw_only=False)
class Importer:
    """One kind of source."""

    kind: str
    module: str
    phase: int = SCHEMA

    def _loaded(self) -> Any:
        return importlib.import_module(f"tablewright.sources.{self.module}")

    def recognises(self, source: Source) -> bool:
        """Whether a source is of this kind, told by its content."""
        answer: Callable[[Source], bool] = self._loaded().recognises
        return answer(source)

    def read(self, source: Source, options: ReadOptions) -> SourceFacts:
        """Return the facts of a source.

        Raises:
            UsageError: a file has not the form it should have.
            TablewrightError: whatever else the importer says.
        """
        answer: Callable[[Source, ReadOptions], SourceFacts] = self._loaded().read
        try:
            return answer(source, options)
        except _MISSHAPEN as problem:
            if source.scheme:
                raise
            raise UsageError(
                f"{source.shown} has not the form of {self.title}",
                remedy="write the file again, or say with --kind what it is; nothing was written",
            ) from problem

    @property
    def title(self) -> str:
        """What it is, in words."""
        return str(self._loaded().TITLE)


IMPORTERS: tuple[Importer, ...] = (
    Importer("dynamodb", "dynamodb_live"),
    Importer("cloudwatch", "cloudwatch", RATES),
    Importer("access-log", "access_log", RATES),
    Importer("dynamodb-export", "dynamodb_export", DATA),
    Importer("workbench", "workbench"),
    Importer("mapper", "mappers"),
    Importer("mongoose", "mongoose"),
    Importer("dynamodb-files", "dynamodb_files", DATA),
    Importer("serverless", "serverless"),
    Importer("cloudformation", "cloudformation"),
    Importer("terraform", "terraform"),
    Importer("postgresql", "postgresql_live"),
    Importer("mongodb", "mongodb_live"),
    Importer("profiler", "profiler", RATES),
    Importer("statements", "statements_csv", RATES),
    Importer("sql", "sql"),
    Importer("mongodb-files", "mongodb_files", DATA),
    Importer("plain", "plain", DATA),
)


def importer_of(source: Source, kind: str = "") -> Importer:
    """Return the importer of a source.

    Raises:
        UsageError: the kind is unknown, or nothing recognises the source.
    """
    if kind:
        for importer in IMPORTERS:
            if importer.kind == kind:
                return importer
        close = nearest(kind, [i.kind for i in IMPORTERS])
        raise UsageError(
            f"unknown kind of source `{kind}`",
            remedy=f"did you mean `{close}`?" if close else f"there are: {kinds()}",
        )
    if not source.scheme:
        _ = source.path  # says that there is nothing, before anything else does
    for importer in IMPORTERS:
        if importer.recognises(source):
            return importer
    if source.is_file and not source.path.stat().st_size:
        raise UsageError(f"{source.shown} is empty", remedy="write the file again")
    if source.is_folder and not any(True for _ in source.files("*")):
        raise UsageError(f"{source.shown} has no files", remedy="name the folder that has them")
    raise UsageError(
        f"{source.shown} is of no kind that can be read",
        remedy=f"name the kind with --kind: {kinds()}",
    )


def kinds() -> str:
    """Return the names of all kinds."""
    return ", ".join(importer.kind for importer in IMPORTERS)
