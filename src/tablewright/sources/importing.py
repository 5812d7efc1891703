"""From sources to the text of a model file: recognise, read, infer, write, read back.

In: sources as the user named them. Out: the text of a valid model file, the questions that matter,
and what could not be recovered. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tablewright.core.errors import ModelError, TablewrightError, UsageError
from tablewright.core.frozen import frozen
from tablewright.sources.archives import is_zip, named_as, unpacked
from tablewright.sources.draft import ASSUMED, Draft
from tablewright.sources.facts import SourceFacts, merged
from tablewright.sources.inference.build import build
from tablewright.sources.registry import IMPORTERS, Importer, importer_of
from tablewright.sources.repairs import leave_out
from tablewright.sources.source import ReadOptions, Source
from tablewright.sources.writing import model_text

MOST_QUESTIONS = 8
MOST_REPAIRS = 12
MOST_NAMED = 20
_KINDS_OF_FILES = {"*.tf": "terraform", "*.bson": "mongodb-files", "*.sql": "sql", "*.csv": "plain"}
"""Kinds of source that the ending of a file tells, by it."""

Check = Callable[[str], None]
"""Reads the text of a model file; raises ModelError where it is not valid."""
Rank = Callable[[str], Sequence[str]]
"""Returns questions for the text of a model file, those that move the bill most first."""


@frozen
class Imported:
    """What an import comes to."""

    text: str
    draft: Draft
    questions: tuple[str, ...]
    notes: tuple[str, ...]


def read_sources(texts: Sequence[str], options: ReadOptions, kind: str = "") -> SourceFacts:
    """Return the facts of all sources as one: schemas first, then data, then rates.

    Raises:
        TablewrightError: a source cannot be read at all.
    """
    with TemporaryDirectory(prefix="tablewright-import-") as folder:
        return _read(texts, options, kind, Path(folder))


def _read(texts: Sequence[str], options: ReadOptions, kind: str, folder: Path) -> SourceFacts:
    opened: list[tuple[Importer, Source]] = []
    zips: dict[str, str] = {}
    for number, text in enumerate(texts):
        source = Source(text)
        if not source.scheme and is_zip(source):
            place = folder / str(number)
            source = Source(str(unpacked(source, place)))
            zips[str(place)] = text
        opened.append((importer_of(source, kind), source))
    facts, seen = SourceFacts(), list[str]()
    order = sorted(opened, key=lambda pair: (pair[0].phase, IMPORTERS.index(pair[0])))
    for importer, source in order:
        try:
            part = importer.read(source, options.knowing(facts))
        except TablewrightError as problem:
            for unpacked_to, name in zips.items():
                problem.message = problem.message.replace(unpacked_to, name)
            raise
        for unpacked_to, name in zips.items():
            part = named_as(part, Path(unpacked_to), name)
        if options.tables:
            seen += [store.name for store in part.stores]
            wanted = tuple(store for store in part.stores if store.name in options.tables)
            part = replace(part, stores=wanted)
        part = replace(part, notes=(*part.notes, *_unread(source, importer)))
        names = {(store.name, store.engine) for store in part.stores}
        # An importer that was handed known stores hands them back with what it adds.
        rest = tuple(store for store in facts.stores if (store.name, store.engine) not in names)
        facts = merged((SourceFacts(stores=rest), part, _without_stores(facts)))
    if seen and not facts.stores:
        raise UsageError(
            f"there is no table {', '.join(options.tables)}",
            remedy=f"there are: {', '.join(sorted(set(seen))[:MOST_NAMED])}",
        )
    return facts


def _unread(source: Source, importer: Importer) -> list[str]:
    """Return a note where a folder has files of another kind than the one that is read of it."""
    if not source.is_folder:
        return []
    others = [
        next(source.files(pattern), None)
        for pattern, kind in _KINDS_OF_FILES.items()
        if kind != importer.kind
    ]
    names = [str(path) for path in others if path is not None]
    if not names:
        return []
    return [
        f"{source.shown}: it is read as {importer.title}; files of other kinds were passed by: "
        f"name them as well, such as --from {names[0]}"
    ]


def _without_stores(facts: SourceFacts) -> SourceFacts:
    return SourceFacts(
        app=facts.app,
        region=facts.region,
        database=facts.database,
        version=facts.version,
        declared_by=facts.declared_by,
        accesses=facts.accesses,
        busiest=facts.busiest,
        notes=facts.notes,
        sources=facts.sources,
    )


def make_model(facts: SourceFacts, app: str, *, check: Check, rank: Rank) -> Imported:
    """Return the model file for facts.

    Args:
        facts: what the sources say.
        app: the application's name where no source knows one.
        check: reads a model file back.
        rank: the questions for a model file, the most important first.

    Raises:
        UsageError: there is nothing to make a model of.
        TablewrightError: the result is not valid, which is an error of this program.
    """
    draft = build(facts, app)
    text = _valid_text(draft, check)
    questions = tuple(rank(text))[:MOST_QUESTIONS] or _unranked(draft)
    text = model_text(draft, questions)
    _checked(text, check)
    return Imported(text=text, draft=draft, questions=questions, notes=tuple(draft.notes))


def _valid_text(draft: Draft, check: Check) -> str:
    """Return the text of a draft; what the reader refuses of it is left out and noted."""
    for _ in range(MOST_REPAIRS):
        text = model_text(draft)
        try:
            check(text)
        except ModelError as problem:
            errors = [d for d in problem.diagnostics if d.severity.is_error]
            repaired = False
            for line in sorted({d.span.line for d in errors}, reverse=True):
                message = next(d.message for d in errors if d.span.line == line)
                repaired = leave_out(draft, text, line, message) or repaired
            if repaired:
                continue
        break
    _checked(text, check)
    return text


def _checked(text: str, check: Check) -> None:
    try:
        check(text)
    except ModelError as problem:
        first = next(d for d in problem.diagnostics if d.severity.is_error)
        line = text.splitlines()[first.span.line - 1].strip() if first.span.line else ""
        raise TablewrightError(
            f"the model made from these sources is not valid: {first.message} (in `{line}`)",
            remedy="nothing was written; please report this with the shape of your source",
        ) from problem


def _unranked(draft: Draft) -> tuple[str, ...]:
    """Return the questions where no bill can be made: those of the rates, in order."""
    questions = [
        f"How often is `{pattern.name}` called? It is assumed."
        for pattern in draft.patterns
        if pattern.label == ASSUMED
    ]
    questions += [
        f"How many {entity.name} are there? {entity.count} is assumed."
        for entity in draft.entities
        if entity.count_label == ASSUMED
    ]
    return tuple(questions[:MOST_QUESTIONS])
