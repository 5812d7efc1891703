"""Read a whole model file: the model, and each design in the language of its engine.

In: text or a path, and the design languages of the engines. Out: `ModelFile`, or a ModelError with
every diagnostic. It knows no engine, nor how a design is routed or priced.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode

from tablewright.core.diagnostics import Diagnostic, nearest
from tablewright.core.errors import ModelError, UsageError
from tablewright.core.frozen import frozen
from tablewright.design.grammar import DESIGN_NAME
from tablewright.design.language import DesignLanguage, Languages
from tablewright.design.migration_reader import read_migrations
from tablewright.design.migrations import MigrationChoices
from tablewright.design.values import Design
from tablewright.model import nodes
from tablewright.model.nodes import Reading, TooManyProblemsError
from tablewright.model.reader import decode, read_document
from tablewright.model.shapes import Entry, Fields, MappingOf, Schema
from tablewright.model.values import Model

FILE_NAME = "tablewright.yaml"


@frozen(slots=False)
class ModelFile:
    """A model file as read: the model, its designs, the warnings, and the text itself."""

    model: Model
    designs: tuple[Design, ...]
    source: str
    path: str
    warnings: tuple[Diagnostic, ...] = ()
    migrations: tuple[MigrationChoices, ...] = ()

    def choices(self, source: str, target: str) -> MigrationChoices:
        """Return what is decided for moving from one design to another; nothing where it is not."""
        for choice in self.migrations:
            if (choice.source, choice.target) == (source, target):
                return choice
        return MigrationChoices(source=source, target=target)

    def design(self, name: str) -> Design:
        """Return a design by name.

        Raises:
            UsageError: there is none; the remedy names those there are.
        """
        for design in self.designs:
            if design.name == name:
                return design
        names = [design.name for design in self.designs]
        close = nearest(name, names)
        remedy = f"did you mean `{close}`?" if close else f"there are: {', '.join(names)}"
        raise UsageError(
            f"{self.path} has no design `{name}`",
            remedy=remedy if names else "add one under `designs:`",
        )


@frozen(kw_only=False, slots=False)
class _DesignShape:
    """One design: the shape of its engine."""

    languages: Languages
    expects: str = "a mapping that describes a design"

    def read(self, node: Node, reading: Reading) -> Fields | None:
        """Return the fields of a design, read by the shape of its engine."""
        if not isinstance(node, MappingNode):
            reading.error(
                "wrong-type",
                f"`{reading.place}` must be {self.expects}, not {nodes.kind_of(node)}",
                node,
                "write {engine: dynamodb, tables: {...}}",
            )
            return None
        engine = self._engine(node, reading)
        if engine is None:
            return None
        fields = self.languages[engine].shape.read(node, reading)
        return fields if isinstance(fields, Fields) else None

    def _engine(self, node: MappingNode, reading: Reading) -> str | None:
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or key.value != "engine":
                continue
            known = sorted(self.languages)
            engine = value.value if isinstance(value, ScalarNode) else ""
            if engine in known:
                return str(engine)
            close = nearest(str(engine).lower(), known)
            reading.error(
                "unknown-engine",
                f"`{reading.place}` is for the engine `{engine}`, which is not known",
                value,
                f"did you mean `{close}`?" if close else f"engines: {', '.join(known)}",
            )
            return None
        reading.error(
            "missing-field",
            f"the design `{reading.path[-1]}` does not say for which engine",
            reading.heads[-1],
            "add `engine: dynamodb`",
        )
        return None

    def schema(self) -> Schema:
        """Return the grammar of each engine where that is the engine."""
        return {
            "type": "object",
            "required": ["engine"],
            "properties": {"engine": {"enum": list(self.languages)}},
            "allOf": [
                {
                    "if": {"properties": {"engine": {"const": engine}}},
                    "then": language.shape.schema(),
                }
                for engine, language in self.languages.items()
            ],
        }


def _designs(languages: Languages) -> MappingOf:
    return MappingOf(DESIGN_NAME, _DesignShape(languages), what="a mapping of designs")


def read_model(
    text: str,
    file: str = FILE_NAME,
    *,
    languages: Languages,
    scale_assumed: Decimal | None = None,
    overrides: Mapping[tuple[str, ...], Decimal] | None = None,
) -> ModelFile:
    """Return the model and the designs that a text describes.

    Args:
        text: the content of the model file.
        file: its name, as diagnostics show it.
        languages: how designs of each engine are read.
        scale_assumed: a factor for every figure marked `(assumed)` (rates, counts, bytes; shares
            stay at most 1), for sensitivity.
        overrides: factors for single figures by their path, such as
            ("patterns", "save", "rate").

    Raises:
        ModelError: the file has errors; it carries every diagnostic in file order, and the text.
    """
    document, reading = read_document(
        text, file, _designs(languages), scale_assumed=scale_assumed, overrides=overrides
    )
    designs: list[Design] = []
    migrations: tuple[MigrationChoices, ...] = ()
    if document is not None:
        with contextlib.suppress(TooManyProblemsError):
            for entry in document.designs:
                design = _design(entry, document.model, reading, languages)
                if design is not None:
                    designs.append(design)
            migrations = read_migrations(document.migrations, document.model, designs, reading)
    result = reading.found.sorted()
    if document is None or reading.found.has_errors:
        raise ModelError(result, source=text)
    return ModelFile(
        model=document.model,
        designs=tuple(designs),
        source=text,
        path=file,
        warnings=result,
        migrations=migrations,
    )


def read_figures(
    text: str,
    file: str,
    overrides: Mapping[tuple[str, ...], Decimal],
    *,
    languages: Languages,
    leave: Collection[str] = (),
) -> Model:
    """Return the model of a text that was read before, with single figures multiplied.

    Designs and claims are left out: they hold no figures of the model and take half of the time.
    So are the sections in `leave`.

    Raises:
        ModelError: the factors make the file wrong.
    """
    document, reading = read_document(
        text,
        file,
        _designs(languages),
        overrides=overrides,
        leave=("designs", "claims", "migrations", *leave),
    )
    if document is None or reading.found.has_errors:
        raise ModelError(reading.found.sorted(), source=text)
    return document.model


def _design(entry: Entry, model: Model, reading: Reading, languages: Languages) -> Design | None:
    fields = entry.value
    if not isinstance(fields, Fields):
        return None
    language: DesignLanguage = languages[str(fields.get("engine"))]
    design = language.build(str(entry.name), fields, entry.name.span, model, reading)
    if design is not None and not reading.is_moved:  # limits hold for the file as it is written
        for problem in language.check(design, model):
            note = reading.error if problem.severity.is_error else reading.warning
            note(problem.id, problem.message, problem.span, problem.help)
    return design


def load(
    path: str | Path = ".",
    *,
    languages: Languages,
    scale_assumed: Decimal | None = None,
    overrides: Mapping[tuple[str, ...], Decimal] | None = None,
) -> ModelFile:
    """Read a model file; of a directory, its `tablewright.yaml`.

    Raises:
        ModelError: the file has errors.
        UsageError: there is no such file, or it cannot be read.
    """
    where = Path(path)
    try:
        if where.is_dir():
            where = where / FILE_NAME
        size = where.stat().st_size
        if not where.is_file():
            raise UsageError(f"{where} is not a file", remedy="give the path of a model file")
        with where.open("rb") as stream:
            data = stream.read(min(size, nodes.LARGEST_FILE_BYTES) + 1)
    except FileNotFoundError as problem:
        raise UsageError(
            f"there is no model file {where}",
            remedy="give the path of one, or write a starter with `tablewright init`",
        ) from problem
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise UsageError(f"{where} cannot be read: {reason}") from problem
    if len(data) > nodes.LARGEST_FILE_BYTES:
        data = data[: nodes.LARGEST_FILE_BYTES + 1]
    text, reading = decode(data, str(where), size)
    if text is None:
        raise ModelError(reading.found.sorted(), source="\n".join(reading.lines))
    return read_model(
        text, str(where), languages=languages, scale_assumed=scale_assumed, overrides=overrides
    )


def json_schema(languages: Languages) -> Schema:
    """Return the JSON Schema of the model file, made of the same shapes that read it."""
    from tablewright.model.grammar import definitions, document

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tablewright model file",
        "description": "What an application stores, how it asks for it and how often.",
        **document(_designs(languages)).schema(),
        "$defs": definitions(),
    }
