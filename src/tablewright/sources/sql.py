"""Import tables from SQL: DDL and pg_dump files of PostgreSQL, DDL of MySQL and SQLite.

In: a file of SQL. Out: facts of tables, keys, foreign keys, indexes, checks and enums, and what the
rows of COPY data and INSERT statements are like. What a statement of another kind says is not
looked at. MySQL and SQLite tables are described as the PostgreSQL tables they would be.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tablewright.sources.facts import POSTGRESQL, Declared, IndexFacts, SourceFacts, SourceTable
from tablewright.sources.inference.profile import KindProfile
from tablewright.sources.source import ReadOptions, Source, needs, open_unpacked
from tablewright.sources.sql_rows import inserted
from tablewright.sources.sql_text import (
    LONGEST_STATEMENT,
    CopiedRow,
    CutOff,
    ParsedStatement,
    TooLong,
    read_sql,
)

TITLE = "SQL of PostgreSQL, MySQL or SQLite"
_STARTS = re.compile(
    r"^\s*(CREATE\s+(TABLE|UNIQUE|INDEX|TYPE|TEMP|UNLOGGED)|ALTER\s+TABLE)", re.IGNORECASE
)
_DDL = re.compile(r"^\s*CREATE\s+(UNLOGGED\s+)?TABLE\b", re.IGNORECASE | re.MULTILINE)
_MYSQL = re.compile(
    r"ENGINE\s*=|AUTO_INCREMENT|^-- MySQL|`\w+`\s+\w+", re.IGNORECASE | re.MULTILINE
)
_DUMPED_FROM = re.compile(r"^-- Dumped from database version ([0-9]+)", re.MULTILINE)
_SQLITE = re.compile(r"\bAUTOINCREMENT\b|PRAGMA\s+foreign_keys|WITHOUT\s+ROWID", re.IGNORECASE)

_TYPES = {
    "varchar": "varchar", "character varying": "varchar", "nvarchar": "varchar",
    "character": "char", "char": "char", "nchar": "char", "bpchar": "char",
    "text": "text", "citext": "text", "name": "text", "xml": "text", "tsvector": "text",
    "inet": "text", "cidr": "text", "interval": "text", "time": "text", "timetz": "text",
    "tinytext": "text", "mediumtext": "text", "longtext": "text", "hstore": "jsonb",
    "boolean": "boolean", "bool": "boolean", "bit": "boolean",
    "smallint": "smallint", "int2": "smallint", "tinyint": "smallint", "utinyint": "smallint",
    "integer": "integer", "int": "integer", "int4": "integer", "mediumint": "integer",
    "uint": "bigint", "usmallint": "integer", "umediumint": "integer", "ubigint": "numeric",
    "serial": "integer", "smallserial": "smallint", "bigint": "bigint", "int8": "bigint",
    "bigserial": "bigint", "year": "smallint",
    "numeric": "numeric", "decimal": "numeric", "money": "numeric", "udecimal": "numeric",
    "real": "real", "float": "double precision", "double": "double precision",
    "double precision": "double precision", "udouble": "double precision",
    "date": "date", "timestamp": "timestamp", "datetime": "timestamp",
    "timestampntz": "timestamp", "timestamptz": "timestamptz", "timestampltz": "timestamptz",
    "uuid": "uuid", "jsonb": "jsonb", "json": "jsonb",
    "bytea": "bytea", "varbinary": "bytea", "binary": "bytea", "blob": "bytea",
    "tinyblob": "bytea", "mediumblob": "bytea", "longblob": "bytea",
    "point": "point", "geometry": "point", "geography": "point", "enum": "text", "set": "text",
}  # fmt: skip


def recognises(source: Source) -> bool:
    """Whether a file has CREATE TABLE statements, or is called as if it had."""
    if not source.is_file or not source.head:
        return False
    return source.path.suffix == ".sql" or _DDL.search(source.head_text) is not None


@dataclass(slots=True)
class _Table:
    """A table while its statements are being read."""

    name: str
    line: int
    columns: dict[str, Declared] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    indexes: list[IndexFacts] = field(default_factory=list)
    foreign: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = field(default_factory=list)
    rows: KindProfile | None = None


def major_version(text: str) -> str:
    """Return a major version of PostgreSQL as a design states it; "" for one no calendar has.

    Example:
        >>> major_version("13"), major_version("9")
        ('13', '')
    """
    from tablewright.engines.servers.versions import known_versions

    return text if text in known_versions("postgresql") else ""


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the tables a file creates.

    Raises:
        EngineError: the SQL parser is not installed.
    """
    try:
        import sqlglot  # noqa: F401
    except ImportError as missing:
        raise needs("sqlglot", "import") from missing
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    head = source.head_text
    dialect = "sqlite" if _SQLITE.search(head) else "mysql" if _MYSQL.search(head) else "postgres"
    importer = _Importer(str(source.path), dialect)
    dumped = _DUMPED_FROM.search(head)
    version = major_version(dumped[1]) if dumped is not None else ""
    with open_unpacked(source.path) as stream:
        for part in read_sql(stream, is_mysql=dialect == "mysql"):
            importer.take(part)
    return replace(importer.facts(source.shown), version=version)


class _Importer:
    """Collects tables from statements."""

    def __init__(self, name: str, dialect: str) -> None:
        self.name = name
        self.dialect = dialect
        self.tables: dict[str, _Table] = {}
        self.enums: dict[str, tuple[str, ...]] = {}
        self.notes: list[str] = []

    def take(self, part: ParsedStatement | CopiedRow | CutOff | TooLong) -> None:
        """Note a statement, a row of data, or the end where the file is cut off."""
        if isinstance(part, CopiedRow):
            self._row(part)
        elif isinstance(part, CutOff):
            self.notes.append(
                f"{self.name}:{part.line}: the file is cut off in {part.what}; what came before "
                "was read"
            )
        elif isinstance(part, TooLong):
            self.notes.append(
                f"{self.name}:{part.line}: a statement of more than {LONGEST_STATEMENT >> 20} MB "
                "was passed by"
            )
        elif _STARTS.match(part.text):
            self._statement(part)
        else:
            for row in inserted(part, is_mysql=self.dialect == "mysql"):
                self._row(row)

    def _statement(self, statement: ParsedStatement) -> None:
        import sqlglot
        from sqlglot import exp
        from sqlglot.errors import SqlglotError

        place = f"{self.name}:{statement.line}"
        try:
            tree = sqlglot.parse_one(statement.text, read=self.dialect)
        except (SqlglotError, RecursionError):
            what = " ".join(statement.text.split()[:4])
            self.notes.append(f"{place}: `{what} …` could not be read and was passed by")
            return
        if isinstance(tree, exp.Create):
            if tree.kind == "TABLE":
                self._create_table(tree, statement.line)
            elif tree.kind == "INDEX":
                self._create_index(tree, place)
            elif tree.kind == "TYPE" and isinstance(tree.expression, exp.DataType):
                values = tuple(str(e.this) for e in tree.expression.expressions)
                self.enums[tree.this.name.lower()] = values
        elif isinstance(tree, exp.Alter):
            self._alter(tree)

    def _create_table(self, tree: Any, line: int) -> None:
        from sqlglot import exp

        schema = tree.this
        if not isinstance(schema, exp.Schema):
            partition = tree.find(exp.PartitionedOfProperty)
            if partition is None:
                self.notes.append(f"{self.name}:{line}: a table made of a query was passed by")
            return
        if schema.this.name.startswith("sqlite_"):
            return  # SQLite's own
        table = _Table(name=schema.this.name, line=line)
        self.tables[table.name] = table
        for element in schema.expressions:
            if isinstance(element, exp.ColumnDef):
                self._column(table, element)
            elif isinstance(element, exp.Constraint):
                for inner in element.expressions:
                    self._constraint(table, inner, element.name)
            else:
                self._constraint(table, element, "")

    def _column(self, table: _Table, column: Any) -> None:
        from sqlglot import exp

        kind = column.args.get("kind")
        name = column.name
        text, declared = self._type(kind)
        values = self._values(kind)
        options = {"nullable": True, "unique": False, "references": ""}
        extra: list[str] = []
        for constraint in column.args.get("constraints") or ():
            inner = constraint.args.get("kind")
            if isinstance(inner, exp.PrimaryKeyColumnConstraint):
                table.key = (name,)
                options["nullable"] = False
            elif isinstance(inner, exp.NotNullColumnConstraint):
                if not inner.args.get("allow_null"):
                    options["nullable"] = False
            elif isinstance(inner, exp.UniqueColumnConstraint):
                options["unique"] = True
            elif isinstance(inner, exp.CheckColumnConstraint):
                values = values or _checked_values(inner.this, name)
                if values:
                    extra.append(f"CHECK {inner.this.sql('postgres')}")
            elif isinstance(inner, exp.DefaultColumnConstraint):
                extra += _default(inner)
            elif isinstance(inner, exp.Reference):
                options["references"] = self._refer(table, (name,), inner)
        words = [text]
        if not options["nullable"] and table.key != (name,):
            words.append("NOT NULL")
        if options["unique"]:
            words.append("UNIQUE")
        table.columns[name] = Declared(
            name=name,
            type=declared,
            length=_length(kind),
            nullable=bool(options["nullable"]),
            unique=bool(options["unique"]),
            references=str(options["references"]),
            values=values,
            column=" ".join(
                [
                    *words,
                    *[e for e in extra if "(" not in e or "CHECK" in e or "now()" in e.lower()],
                ]
            ),
        )

    def _type(self, kind: Any) -> tuple[str, str]:
        """Return a type as the design takes it, and as the model's types are told from it."""
        if kind is None:
            return "text", "text"
        from sqlglot import exp

        if kind.this == exp.DType.ARRAY if hasattr(exp, "DType") else False:
            inner = kind.expressions[0] if kind.expressions else None
            return f"{self._type(inner)[0].split('(')[0]}[]", "array"
        sql = kind.sql("postgres").lower()
        base = sql.partition("(")[0].strip()
        names = (base, str(getattr(kind.this, "value", kind.this)).lower())
        known = next((_TYPES[n] for n in names if n in _TYPES), None)
        if known is None:
            return "text", "text"
        if sql.endswith("[]"):
            return f"{known}[]", "array"
        if names[1] == "tinyint" and "(1)" in kind.sql(self.dialect):
            return "boolean", "boolean"
        arguments = re.search(r"\(([\d, ]+)\)", sql)
        sized = known in ("varchar", "char", "numeric") and arguments is not None
        assert arguments is not None or not sized
        text = f"{known}({arguments[1]})" if sized and arguments else known
        return text, "geo" if known == "point" else known

    def _values(self, kind: Any) -> tuple[str, ...]:
        if kind is None:
            return ()
        value = str(getattr(kind.this, "value", kind.this)).upper()
        if value in ("ENUM", "ENUM8", "ENUM16"):
            return tuple(str(e.this) for e in kind.expressions)
        name = kind.sql("postgres").split(".")[-1].strip('"').lower()
        return self.enums.get(name, ())

    def _constraint(self, table: _Table, node: Any, name: str) -> None:
        from sqlglot import exp

        columns = tuple(_column_name(e) for e in node.expressions or ())
        if isinstance(node, exp.PrimaryKey):
            table.key = columns
        elif isinstance(node, exp.ForeignKey):
            self._refer(table, columns, node.args.get("reference"))
        elif isinstance(node, exp.UniqueColumnConstraint):
            schema = node.this
            inner = tuple(_column_name(e) for e in getattr(schema, "expressions", ()) or ())
            unique = inner or columns
            if len(unique) == 1 and unique[0] in table.columns:
                column = table.columns[unique[0]]
                table.columns[unique[0]] = replace(column, unique=True)
            if unique:
                label = name or f"{table.name}_{'_'.join(unique)}_key"
                table.indexes.append(IndexFacts(name=label, keys=unique, unique=True))
        elif isinstance(node, exp.IndexColumnConstraint):
            keys = tuple(_column_name(e) for e in node.expressions or ())
            label = node.this.name if node.this is not None else f"{table.name}_idx"
            if keys:
                table.indexes.append(IndexFacts(name=label, keys=keys))
        elif isinstance(node, exp.CheckColumnConstraint | exp.Check):
            for column_name, column in table.columns.items():
                values = _checked_values(node.this, column_name)
                if values:
                    table.columns[column_name] = replace(column, values=values)

    def _refer(self, table: _Table, columns: tuple[str, ...], reference: Any) -> str:
        from sqlglot import exp

        if reference is None:
            return ""
        target = reference.this
        names: tuple[str, ...] = ()
        if isinstance(target, exp.Schema):
            names = tuple(_column_name(e) for e in target.expressions)
            target = target.this
        name = str(target.name)
        table.foreign.append((columns, name, names))
        return name

    def _create_index(self, tree: Any, place: str) -> None:
        index = tree.this
        owner = index.args.get("table")
        table = self.tables.get(owner.name) if owner is not None else None
        if table is None:
            self.notes.append(f"{place}: an index of a table that is not in the file")
            return
        facts = _index_facts(index, bool(tree.args.get("unique")), table.name)
        if facts is None:
            self.notes.append(
                f"{place}: the index `{index.name}` is of an expression, which a design cannot "
                "have; it was left out"
            )
        elif not set(facts.keys) <= set(table.columns):
            self.notes.append(f"{place}: the index `{index.name}` names unknown columns")
        else:
            table.indexes.append(facts)

    def _alter(self, tree: Any) -> None:
        from sqlglot import exp

        table = self.tables.get(tree.this.name)
        if table is None:
            return
        for action in tree.args.get("actions") or ():
            if isinstance(action, exp.ColumnDef):
                self._column(table, action)
            elif isinstance(action, exp.AddConstraint):
                for constraint in action.expressions:
                    inner = getattr(constraint, "expressions", None) or [constraint]
                    is_named = isinstance(constraint, exp.Constraint)
                    for node in inner if is_named else [constraint]:
                        self._constraint(table, node, constraint.name if is_named else "")

    def _row(self, row: CopiedRow) -> None:
        table = self.tables.get(row.table)
        if table is None:
            return
        names = row.columns or tuple(table.columns)
        if len(names) != len(row.values):
            return
        if table.rows is None:
            table.rows = KindProfile(())
        pairs = zip(names, row.values, strict=True)
        table.rows.see({n: _typed(v, table.columns.get(n)) for n, v in pairs if v is not None})

    def facts(self, shown: str) -> SourceFacts:
        """Return what was collected."""
        stores = tuple(self._store(table) for table in self.tables.values())
        for table in self.tables.values():
            for names, target, _ in table.foreign:
                if target not in self.tables:
                    self.notes.append(
                        f"{self.name}:{table.line}: {table.name}.{', '.join(names)} refers to "
                        f"{target}, which the file does not create"
                    )
        named = {"postgres": "PostgreSQL", "mysql": "MySQL", "sqlite": "SQLite"}[self.dialect]
        if self.dialect != "postgres":
            self.notes.append(
                f"{self.name}: the tables are {named}'s; the design is what PostgreSQL would have"
            )
        count = len(stores)
        noun = "table" if count == 1 else "tables"
        return SourceFacts(
            stores=stores,
            notes=tuple(self.notes),
            sources=(f"{count} {noun} of {shown} ({named})",),
        )

    def _store(self, table: _Table) -> SourceTable:
        columns = dict(table.columns)
        for names, target, to in table.foreign:
            if len(names) == 1 and names[0] in columns and target in self.tables:
                column = columns[names[0]]
                remote = to or self.tables[target].key
                if len(remote) == 1 and remote[0] in self.tables[target].columns:
                    text = f"{column.column} REFERENCES {target}({remote[0]})"
                    columns[names[0]] = replace(column, column=text, references=target)
        indexes = [i for i in table.indexes if not (i.unique and len(i.keys) == 1 and
                   " UNIQUE" in columns[i.keys[0]].column)]  # fmt: skip
        unique = {index.name: index for index in indexes}
        return SourceTable(
            name=table.name,
            engine=POSTGRESQL,
            keys=table.key,
            declared=tuple(columns.values()),
            indexes=tuple(unique.values()),
            kinds=(table.rows,) if table.rows is not None else (),
            sampled=table.rows.count if table.rows is not None else 0,
            items=Decimal(table.rows.count) if table.rows is not None else None,
            place=f"{self.name}:{table.line}",
            foreign_keys=tuple((names, target) for names, target, _ in table.foreign),
        )


def _default(constraint: Any) -> list[str]:
    text = constraint.this.sql("postgres") if constraint.this is not None else ""
    if re.fullmatch(r"(true|false|\d+|now\(\)|CURRENT_TIMESTAMP)", text, re.IGNORECASE):
        return [f"DEFAULT {text.replace('CURRENT_TIMESTAMP', 'now()')}"]
    return []


def _column_name(node: Any) -> str:
    from sqlglot import exp

    column = node if isinstance(node, exp.Identifier | exp.Column) else node.find(exp.Identifier)
    return str(column.name) if column is not None else str(getattr(node, "name", ""))


def _length(kind: Any) -> int | None:
    if kind is None:
        return None
    match = re.search(r"char(?:acter)?(?: varying)?\((\d+)\)", kind.sql("postgres").lower())
    return int(match[1]) if match else None


def _checked_values(node: Any, name: str) -> tuple[str, ...]:
    """Return the values a check allows a column: `status IN (…)`, or `= ANY (ARRAY[…])`."""
    from sqlglot import exp

    if node is None:
        return ()
    lists = list(node.find_all(exp.In, exp.Any))
    if len(lists) != 1:
        return ()
    place = lists[0]
    holder = place if isinstance(place, exp.In) else place.parent
    column = holder.find(exp.Column) if holder is not None else None
    if column is None or column.name != name:
        return ()
    literals = [e for e in place.find_all(exp.Literal) if e.is_string]
    values = tuple(dict.fromkeys(str(e.this) for e in literals))
    return values if len(values) <= 60 else ()


def _index_facts(index: Any, is_unique: bool, table: str) -> IndexFacts | None:
    from sqlglot import exp

    params = index.args.get("params")
    if params is None:
        return None
    keys: list[str] = []
    descending: list[str] = []
    is_lower = False
    for ordered in params.args.get("columns") or ():
        node = ordered.this if isinstance(ordered, exp.Ordered) else ordered
        if isinstance(node, exp.Opclass):
            node = node.this
        if isinstance(node, exp.Lower) and isinstance(node.this, exp.Column):
            is_lower, node = True, node.this
        if not isinstance(node, exp.Column | exp.Identifier):
            return None
        keys.append(node.name)
        if isinstance(ordered, exp.Ordered) and ordered.args.get("desc"):
            descending.append(node.name)
    if not keys:
        return None
    where = params.args.get("where")
    using = params.args.get("using")
    return IndexFacts(
        name=index.name or f"{table}_{'_'.join(keys)}_idx",
        keys=tuple(keys),
        descending=tuple(descending),
        unique=is_unique,
        using=str(using.name).lower() if using is not None else "",
        included=tuple(_column_name(e) for e in params.args.get("include") or ()),
        where=_partial(where),
        ignore_case=is_lower,
    )


def _partial(where: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the condition of a partial index where it is that columns have certain values."""
    from sqlglot import exp

    if where is None:
        return ()
    conditions: list[tuple[str, tuple[str, ...]]] = []
    for node in where.find_all(exp.EQ, exp.In):
        column = node.find(exp.Column)
        literals = [str(e.this) for e in node.find_all(exp.Literal) if e.is_string]
        if column is not None and literals:
            conditions.append((column.name, tuple(literals)))
    return tuple(conditions)


_NUMERIC = ("smallint", "integer", "bigint", "numeric", "real", "double precision")


def _typed(value: str, column: Declared | None) -> Any:
    """Return a text of COPY data as the value it stands for."""
    kind = column.type if column is not None else ""
    if kind in _NUMERIC:
        try:
            return int(value) if re.fullmatch(r"-?\d+", value) else Decimal(value)
        except ArithmeticError:
            return value
    if kind == "boolean":
        return value in ("t", "true", "1")
    if kind == "bytea" and value.startswith("\\x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            return value
    if kind in ("jsonb", "json"):
        import json

        try:
            return json.loads(value, parse_float=Decimal)
        except (ValueError, RecursionError):
            return value
    return value


def column_type(text: str) -> tuple[str, str]:
    """Return a type as the catalogue names it: as the design takes it, and its plain name.

    Example:
        >>> column_type("character varying(255)"), column_type("integer[]"), column_type("mood")
        (('varchar(255)', 'varchar'), ('integer[]', 'array'), ('text', 'text'))
    """
    is_array = text.endswith("[]")
    match = re.fullmatch(
        r"([a-z ]+?)(?:\(([\d, ]+)\))?( with(?:out)? time zone)?", text.removesuffix("[]")
    )
    if match is None:
        return "text", "text"
    name = "timestamptz" if match[1] == "timestamp" and match[3] == " with time zone" else match[1]
    known = _TYPES.get(name.strip(), "text")
    if is_array:
        return f"{known}[]", "array"
    if match[2] and known in ("varchar", "char", "numeric"):
        return f"{known}({match[2]})", known
    return known, "geo" if known == "point" else known


def statements_of(text: str) -> Iterator[ParsedStatement]:
    """Yield the statements of a text."""
    import io

    for part in read_sql(io.BytesIO(text.encode())):
        if isinstance(part, ParsedStatement):
            yield part
