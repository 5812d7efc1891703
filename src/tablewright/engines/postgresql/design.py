"""A PostgreSQL design: its values, its grammar in the model file, and what makes one of the other.

In: YAML fields and the model. Out: a `PostgresDesign`; what is wrong is noted in the reading. It
does not know sizes or routes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from tablewright.core.diagnostics import Span
from tablewright.core.frozen import frozen
from tablewright.design.grammar import COMMON
from tablewright.design.language import DesignLanguage
from tablewright.design.values import Design
from tablewright.engines.mongodb.design import entity_of
from tablewright.engines.postgresql.columns import CANONICAL, Definition, read_definition
from tablewright.engines.servers.stated import SERVER, read_server
from tablewright.engines.servers.versions import VERSION, read_version
from tablewright.model.names import ATTRIBUTE_NAME, ENTITY_NAME
from tablewright.model.nodes import Reading, Word
from tablewright.model.shapes import (
    ByKind,
    Entry,
    Field,
    Fields,
    ListOf,
    MappingOf,
    Name,
    RecordShape,
    WordChoice,
    suggestion,
)
from tablewright.model.value_shapes import BOOL, POSITIVE, PROSE, VALUE
from tablewright.model.values import Entity, Model

if TYPE_CHECKING:
    from tablewright.engines.servers.sizing import Offer


@frozen
class Column:
    """A column: the attribute it keeps ("" for one the model does not know) and its type."""

    name: str
    attribute: str
    type: str
    """Canonical, such as text, varchar, numeric, timestamptz, jsonb; `array` for any array."""
    sql: str
    """As it is written in CREATE TABLE, such as `varchar(50)`."""
    not_null: bool = False
    default: str = ""
    check: str = ""
    generated: str = ""
    """What stands after GENERATED, such as `ALWAYS AS IDENTITY`."""


@frozen
class ForeignKey:
    """Columns that name a row of another table."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


@frozen
class PgIndex:
    """An index: columns (descending where marked), method, what else an entry holds."""

    name: str
    columns: tuple[tuple[str, bool], ...]
    unique: bool = False
    using: str = "btree"
    include: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Only rows in which a column has one of these values."""
    ignore_case: bool = False
    """On lower(…) of columns that are text."""
    prefixes: bool = False
    """In the order of bytes (text_pattern_ops), which serves the beginnings of texts."""
    halfvec: bool = False
    """Of vectors, in half precision: half the bytes, up to 4,000 dimensions."""
    metric: str = "cosine"
    """Of vectors, how they are compared: that of the attribute."""
    span: Span | None = field(default=None, compare=False)


@frozen
class PgTable:
    """A table of one entity."""

    name: str
    entity: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[PgIndex, ...] = ()
    fillfactor: int = 100
    partition_by: str = ""
    """The column of time by whose months it is partitioned."""
    span: Span | None = field(default=None, compare=False)

    def column(self, name: str) -> Column:
        """Return a column by name (KeyError if there is none)."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def column_of(self, attribute: str) -> Column | None:
        """Return the column that keeps an attribute."""
        return next((column for column in self.columns if column.attribute == attribute), None)


@frozen
class PostgresDesign(Design):
    """Tables of a database."""

    tables: tuple[PgTable, ...] = ()
    server: str = ""
    """The offer it runs on, where the file states it; else the cheapest that suffices."""
    version: str = ""
    """The major version, where the file states it; else one in standard support."""

    def table(self, name: str) -> PgTable:
        """Return a table by name (KeyError if there is none)."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


SQL_NAME = Name("an SQL name", r"[A-Za-z_][A-Za-z0-9_]*", "letters, digits and `_`", longest=63)
_COLUMN = r'[^"\x00-\x1f\s-](?:[^"\x00-\x1f]*[^"\x00-\x1f\s])?'
COLUMN_NAME = Name(
    "the name of a column", _COLUMN, "any text without quotes, not beginning with `-`", longest=63
)
"""As a quoted name of SQL may be: also with a dot, a `#` or spaces in it."""
SORTED = Name("a column, with `-` in front to sort downwards", rf"-?{_COLUMN}", "a column name")
METHODS = ("btree", "gin", "gist", "brin", "hash", "hnsw")
COLUMNS = ListOf(SORTED, least=1, what="a column or a list of them")
INDEX = RecordShape(
    "an index",
    (
        Field("columns", COLUMNS, required=True),
        Field("unique", BOOL),
        Field("using", WordChoice(METHODS)),
        Field("include", ListOf(COLUMN_NAME, what="a column or a list of them")),
        Field(
            "where",
            MappingOf(
                COLUMN_NAME, ListOf(VALUE, least=1, what="a value or a list of them"), least=1
            ),
            doc="only rows in which a column has one of these values",
        ),
        Field("ignore_case", BOOL, doc="on lower(column) of columns that are text"),
        Field("halfvec", BOOL, doc="of vectors, in half precision"),
        Field("prefixes", BOOL, doc="text_pattern_ops: serves the beginnings of texts"),
        Field("title", PROSE),
    ),
)
INDEX_SHAPE = ByKind(
    scalar=COLUMNS, sequence=COLUMNS, mapping=INDEX, what="columns, or {columns: …, unique: true}"
)
COLUMN = RecordShape(
    "a column",
    (
        Field("type", VALUE, required=True, doc="type and constraints as in CREATE TABLE"),
        Field("of", ATTRIBUTE_NAME, doc="the attribute it keeps, where its name is another"),
    ),
)
TABLE = RecordShape(
    "a table",
    (
        Field("holds", ENTITY_NAME, doc="the entity; the name of the table unless given"),
        Field("of", ENTITY_NAME, alias_of="holds"),
        Field("primary_key", ListOf(COLUMN_NAME, least=1, what="a column or a list of them")),
        Field(
            "columns",
            MappingOf(
                COLUMN_NAME,
                ByKind(scalar=VALUE, mapping=COLUMN, what="a type such as VARCHAR(50) NOT NULL"),
                least=1,
            ),
            doc="every attribute of the entity unless given",
        ),
        Field("indexes", MappingOf(SQL_NAME, INDEX_SHAPE)),
        Field("fillfactor", POSITIVE),
        Field("partition_by", COLUMN_NAME, doc="a column of time: one partition a month"),
        Field("title", PROSE),
    ),
    nullable=True,
    hints={"entity": "what a table holds is written `holds`", "key": "write `primary_key`"},
)
POSTGRESQL = RecordShape(
    "a PostgreSQL design",
    (*COMMON, SERVER, VERSION, Field("tables", MappingOf(SQL_NAME, TABLE, least=1), required=True)),
    hints={
        "collections": "a PostgreSQL design has `tables`",
        "engine_version": "the major version is written `version`",
    },
)


def _offers() -> tuple[Offer, ...]:
    # Only where a server is stated: offers and the price book are of no other use to a reader.
    from tablewright.bill.prices import PriceBook
    from tablewright.engines.postgresql.offers import offers

    return offers(PriceBook())


def read_postgresql(
    name: str, fields: Fields, span: Span, model: Model, reading: Reading
) -> PostgresDesign | None:
    """Return the design."""
    created = [
        _TableReader(entry, model, reading).read()
        for entry in fields.get("tables", ())
        if isinstance(entry.value, Fields)
    ]
    tables = tuple(entry for entry in created if entry is not None)
    names = [str(entry.name) for entry in fields.get("tables", ())]
    for table in tables:
        for key in table.foreign_keys:
            if key.table not in names:
                reading.error(
                    "unknown-table",
                    f"table `{table.name}` refers to `{key.table}`, which the design does not have",
                    table.span or span,
                    suggestion(key.table, names, "tables"),
                )
    _check_names(tables, reading, span)
    version = read_version("postgresql", fields, reading)
    if version:
        _check_features(tables, version, reading, span)
    return PostgresDesign(
        name=name,
        engine="postgresql",
        title=fields.get("title", ""),
        note=fields.get("note", ""),
        span=span,
        tables=tables,
        server=read_server(fields, _offers, reading),
        version=version,
    )


FEATURES = (("uuidv7(", 18), (" virtual", 18), ("gen_random_uuid(", 13), (" stored", 12))
"""What a column may use, with the first version that has it: release notes, "Migration to"."""


def _check_features(tables: Sequence[PgTable], version: str, reading: Reading, span: Span) -> None:
    """Note what a column uses that the stated version lacks."""
    for table in tables:
        for column in table.columns:
            text = f"{column.default} {column.generated}".lower()
            for word, first in FEATURES:
                if word in text and int(version) < first:
                    shown = word.strip(" (")
                    reading.error(
                        "unknown-to-version",
                        f"`{column.name}` of table `{table.name}` uses {shown}, which PostgreSQL "
                        f"{version} does not have",
                        table.span or span,
                        f"it is there from version {first} on",
                    )


def _check_names(tables: Sequence[PgTable], reading: Reading, span: Span) -> None:
    """Note names that two things would have: tables and indexes of a schema share theirs.

    PostgreSQL manual, "CREATE INDEX": the name of an index must differ from that of any other
    relation in its schema.
    """
    taken = {table.name: f"the table `{table.name}`" for table in tables}
    taken |= {f"{table.name}_pkey": f"the primary key of `{table.name}`" for table in tables}
    for table in tables:
        for index in table.indexes:
            if index.name in taken:
                reading.error(
                    "duplicate-name",
                    f"the index `{index.name}` of table `{table.name}` has the name of "
                    f"{taken[index.name]}",
                    index.span or table.span or span,
                    f"tables and indexes share their names: call it `{table.name}_{index.name}`",
                )
            taken.setdefault(index.name, f"an index of `{table.name}`")


class _TableReader:
    def __init__(self, entry: Entry, model: Model, reading: Reading) -> None:
        self.name, self.fields = entry.name, entry.value
        self.model, self.reading = model, reading
        self.what = f"table `{self.name}`"
        self.foreign: list[ForeignKey] = []
        self.unique: list[PgIndex] = []
        self.entity: Entity | None = None

    def _metric(self, column: str) -> str:
        """Return how the vectors of a column are compared."""
        attribute = self.entity.find(column) if self.entity is not None else None
        return attribute.metric if attribute is not None else "cosine"

    def read(self) -> PgTable | None:
        """Return the table, or None where what it holds is not known."""
        word = self.fields.get("holds") or self.name
        entity = entity_of(word, f"{self.what} holds", self.model, self.reading)
        if entity is None:
            return None
        self.entity = entity
        columns = self._columns(entity)
        names = [column.name for column in columns]
        key = tuple(
            str(word)
            for word in self.fields.get("primary_key", ())
            if self._known(word, names, "has the primary key")
        ) or tuple(name for name in entity.key if name in names)
        partition = self.fields.get("partition_by")
        if partition is not None and not self._known(partition, names, "is partitioned by"):
            partition = None
        return PgTable(
            name=str(self.name),
            entity=entity.name,
            columns=columns,
            primary_key=key,
            foreign_keys=tuple(self.foreign),
            indexes=(*self.unique, *self._indexes(names)),
            fillfactor=int(self.fields.get("fillfactor", 100)),
            partition_by=str(partition or ""),
            span=self.fields.span,
        )

    def _known(self, word: Word, names: list[str], verb: str) -> bool:
        if str(word) in names:
            return True
        self.reading.error(
            "unknown-column",
            f"{self.what} {verb} `{word}`, which is not one of its columns",
            word.span,
            suggestion(str(word), names, "columns"),
        )
        return False

    def _columns(self, entity: Entity) -> tuple[Column, ...]:
        listed = self.fields.get("columns")
        if listed is None:
            return planned_columns(entity, self.model)
        claimed = {str(entry.name) for entry in listed}
        out = []
        for entry in listed:
            if entry.value is None:
                continue
            column = self._column(entry, entity, claimed)
            if column is not None:
                out.append(column)
        return tuple(out)

    def _column(self, entry: Entry, entity: Entity, taken: set[str]) -> Column | None:
        value = entry.value
        word = value.get("type") if isinstance(value, Fields) else value
        if word is None:
            return None
        text, name = str(word), str(entry.name)
        definition = read_definition(text)
        if definition.type is None:
            self.reading.error(
                "unknown-type",
                f"{self.what} has the column `{name}` of the type `{text}`, which is not known",
                word.span,
                suggestion(definition.sql or text, sorted(CANONICAL), "types"),
            )
            return None
        attribute = self._attribute(entry, value, entity, taken, definition)
        if attribute is None:
            return None
        if definition.references is not None:
            table, column = definition.references
            self.foreign.append(ForeignKey(columns=(name,), table=table, to=(column,)))
        if definition.unique:
            self.unique.append(
                PgIndex(name=f"{self.name}_{name}_key", columns=((name, False),), unique=True)
            )
        return Column(
            name=name,
            attribute=attribute,
            type=definition.type,
            sql=definition.sql,
            not_null=definition.not_null,
            default=definition.default,
            check=definition.check,
            generated=definition.generated,
        )

    def _attribute(
        self, entry: Entry, value: Any, entity: Entity, taken: set[str], definition: Definition
    ) -> str | None:
        """Return the attribute a column keeps; `id` may stand for the entity's own key."""
        provided = value.get("of") if isinstance(value, Fields) else None
        name = str(provided or entry.name)
        if entity.has(name):
            return name
        if provided is None and name == "id" and entity.key and entity.key[-1] not in taken:
            return entity.key[-1]
        if provided is None and definition.fills_itself:
            return ""
        word = provided or entry.name
        self.reading.error(
            "unknown-attribute",
            f"{self.what} has the column `{word}`, which `{entity.name}` does not have",
            word.span,
            suggestion(str(word), entity.names, f"attributes of `{entity.name}`"),
        )
        return None

    def _indexes(self, names: list[str]) -> list[PgIndex]:
        out = []
        for entry in self.fields.get("indexes", ()):
            value = entry.value
            if value is None:
                continue
            fields = value if isinstance(value, Fields) else None
            words = fields.get("columns", ()) if fields is not None else value
            columns = []
            for word in words:
                plain = Word(str(word).removeprefix("-"), word.span)
                if self._known(plain, names, f"has the index `{entry.name}` on"):
                    columns.append((str(plain), str(word).startswith("-")))
            include = tuple(
                str(word)
                for word in (fields.get("include", ()) if fields is not None else ())
                if self._known(word, names, f"includes in the index `{entry.name}`")
            )
            where = tuple(
                (str(each_field.name), tuple(str(w) for w in each_field.value))
                for each_field in (fields.get("where", ()) if fields is not None else ())
                if each_field.value is not None
                and self._known(each_field.name, names, f"limits the index `{entry.name}` by")
            )
            out.append(
                PgIndex(
                    name=str(entry.name),
                    columns=tuple(columns),
                    unique=bool(fields.get("unique", False)) if fields is not None else False,
                    using=str(fields.get("using", "btree")) if fields is not None else "btree",
                    include=include,
                    where=where,
                    ignore_case=bool(fields.get("ignore_case", False)) if fields else False,
                    prefixes=bool(fields.get("prefixes", False)) if fields else False,
                    halfvec=bool(fields.get("halfvec", False)) if fields else False,
                    metric=self._metric(columns[0][0]) if columns else "cosine",
                    span=entry.name.span,
                )
            )
        return out


def planned_columns(entity: Entity, model: Model) -> tuple[Column, ...]:
    """Return a column for each attribute: its key first, then those of fixed length.

    Columns of equal alignment stand together, so that little is lost to padding.
    """
    from tablewright.engines.postgresql.types import column_for

    created = [column_for(entity, attribute, model) for attribute in entity.attributes]
    return tuple(
        sorted(created, key=lambda column: (column.name not in entity.key, _order(column)))
    )


_ALIGNED_FIRST = {
    "bigint": 0,
    "timestamptz": 0,
    "timestamp": 0,
    "double precision": 0,
    "point": 0,
    "integer": 1,
    "date": 1,
    "real": 1,
    "smallint": 2,
    "boolean": 3,
    "uuid": 3,
}


def _order(column: Column) -> int:
    return _ALIGNED_FIRST.get(column.type, 4)


__all__ = [
    "POSTGRESQL",
    "Column",
    "ForeignKey",
    "PgIndex",
    "PgTable",
    "PostgresDesign",
    "planned_columns",
    "read_postgresql",
]


def _section(design: Design, model: Model) -> str:
    from tablewright.engines.postgresql.writer import section

    return section(design, model)


LANGUAGE = DesignLanguage(
    engine="postgresql", shape=POSTGRESQL, build=read_postgresql, section=_section
)
"""How designs of this engine are written in a model file."""
