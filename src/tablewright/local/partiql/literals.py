"""The literals of PartiQL: strings, numbers, lists, maps, sets, parameters; and moving in tokens.

In: tokens. Out: templates of values: in wire form at once where they hold no parameter. A number
that cannot be stored is refused with its place in the value: `root`, `root.x`, `root[1]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tablewright.capacity.values import NumberError, canonical_number
from tablewright.local.faults import ValidationException
from tablewright.local.partiql.lexer import Token, malformed, position
from tablewright.local.partiql.statements import ListTemplate, MapTemplate, ParameterMark, Template
from tablewright.local.validation import INVALID, number_message
from tablewright.local.validation.values import duplicates_message

MAX_NESTING = 48

KEYWORDS = frozenset({
    "SELECT", "FROM", "WHERE", "INSERT", "INTO", "VALUE", "UPDATE", "SET", "REMOVE", "DELETE",
    "RETURNING", "ORDER", "BY", "ASC", "DESC", "AND", "OR", "NOT", "IN", "BETWEEN", "IS",
    "MISSING", "NULL", "TRUE", "FALSE", "EXISTS", "AS", "LIMIT", "DISTINCT", "LIKE", "INNER",
    "OUTER", "LEFT", "RIGHT", "FULL", "CROSS", "JOIN", "NATURAL", "GROUP", "HAVING", "UNION",
    "INTERSECT", "EXCEPT",
})  # fmt: skip

IS_TYPES = {
    "NULL": "NULL", "BOOL": "BOOL", "BOOLEAN": "BOOL", "BLOB": "B", "STRING": "S", "NUMERIC": "N",
    "STRUCT": "M", "TUPLE": "M", "LIST": "L",
}  # fmt: skip
"""The types that IS tests, and what they are called in wire form."""

SUPPORTED_TYPES = (
    "MISSING", "NULL", "BOOLEAN", "BLOB", "STRING", "NUMERIC", "STRUCT", "TUPLE", "LIST",
)  # fmt: skip

OTHER_TYPES: dict[str, str | None] = {
    **dict.fromkeys((
        "SMALLINT", "INTEGER2", "INT2", "INTEGER", "INT", "INTEGER4", "INT4", "INTEGER8", "INT8",
        "BIGINT", "FLOAT", "REAL", "DECIMAL", "DEC", "TIMESTAMP", "DATE", "TIME", "CHAR",
        "VARCHAR", "SYMBOL", "CLOB", "SEXP", "BAG", "ANY",
    )),
    "CHARACTER": "VARYING",
    "DOUBLE": "PRECISION",
}  # fmt: skip
"""Types of the grammar that IS does not test, with the second word they may have."""

_T = TypeVar("_T")


class Literals:
    """Reads tokens of a statement: single ones, names, and the literals among them."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.place = 0
        self.depth = 0
        self.parameters = 0
        self.values: dict[str, Template] = {}
        self._inner: list[str] = []
        """Where in the value a literal stands, below its root."""

    # Tokens

    @property
    def token(self) -> Token:
        """The token here."""
        return self.tokens[self.place]

    def advance(self) -> Token:
        """Return the token here and go on; the end stays where it is."""
        token = self.tokens[self.place]
        if token.kind != "end":
            self.place += 1
        return token

    def next_is(self, mark: str) -> bool:
        """Whether the token after this one is a mark."""
        after = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        return after.kind == "mark" and after.text == mark

    def is_mark(self, *texts: str) -> bool:
        """Whether the token here is one of these marks."""
        return self.token.kind == "mark" and self.token.text in texts

    def is_word(self, *words: str) -> bool:
        """Whether the token here is one of these words."""
        return self.token.kind == "word" and self.token.text.upper() in words

    def is_name(self) -> bool:
        """Whether the token here can be a name: quoted, or a word that is no keyword."""
        token = self.token
        return token.kind == "quoted" or (
            token.kind == "word" and token.text.upper() not in KEYWORDS
        )

    def accept_word(self, *words: str) -> bool:
        """Go past one of these words, if it is here."""
        if self.is_word(*words):
            self.place += 1
            return True
        return False

    def accept(self, mark: str) -> bool:
        """Go past a mark, if it is here."""
        if self.is_mark(mark):
            self.place += 1
            return True
        return False

    def take(self, mark: str) -> None:
        """Go past a mark that must be here."""
        if not self.accept(mark):
            raise malformed("Unexpected token after expression" if self.token.text else "")

    def take_word(self, word: str) -> None:
        """Go past a word that must be here."""
        if not self.accept_word(word):
            end = self.token.kind == "end"
            raise malformed("Unexpected term" if end else "Unexpected token after expression")

    def identifier(self) -> str:
        """Read a name."""
        if not self.is_name():
            raise malformed(
                "Unexpected keyword" if self.token.kind == "word" else "Unexpected term"
            )
        text = self.advance().text
        return text[1:-1].replace('""', '"') if text[0] == '"' else text

    def deeper(self, read: Callable[[], _T]) -> _T:
        """Read something nested; too deep a nesting is refused before it costs anything."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise malformed()
        inner = read()
        self.depth -= 1
        return inner

    # Literals

    def starts_literal(self) -> bool:
        """Whether a literal or a parameter starts here."""
        token = self.token
        if token.kind in ("text", "number"):
            return True
        return self.is_mark("-", "+", "?", "[", "{", "<<") or self.is_word("TRUE", "FALSE", "NULL")

    def string(self) -> str:
        """Read a string."""
        return self.advance().text[1:-1].replace("''", "'")

    def template(self) -> Template:
        """Read a literal or a parameter; what holds no parameter is in wire form at once."""
        token = self.token
        if token.kind == "text":
            return {"S": self.string()}
        if token.kind == "number" or self.is_mark("-", "+"):
            return {"N": self.number()}
        if self.accept("?"):
            self.parameters += 1
            return ParameterMark(self.parameters - 1)
        if self.accept_word("TRUE"):
            return {"BOOL": True}
        if self.accept_word("FALSE"):
            return {"BOOL": False}
        if self.accept_word("NULL"):
            return {"NULL": True}
        if self.accept("["):
            return self.deeper(self.list_rest)
        if self.accept("{"):
            return self.deeper(self.map_rest)
        if self.accept("<<"):
            return self.set_rest()
        raise self.no_literal()

    def no_literal(self) -> ValidationException:
        """Return the refusal of what stands where a literal should."""
        token = self.token
        if token.kind == "word" and self.next_is("("):
            where = position(self.text, token.start, len(token.text))
            return ValidationException(
                f"Unsupported data type: {token.text.lower()} under key {self.inner_place()} "
                f"at {where}"
            )
        return malformed("Unexpected term")

    def inner_place(self) -> str:
        """Return where in its value the literal here stands."""
        return "root" + "".join(self._inner)

    def number(self) -> str:
        """Read a number."""
        sign = "-" if self.is_mark("-") else ""
        if self.is_mark("-", "+"):
            self.advance()
        if self.token.kind != "number":
            raise malformed("Unexpected term")
        try:
            return canonical_number(sign + self.advance().text)
        except NumberError as problem:
            raise ValidationException(
                f"{number_message(problem)} under {self.inner_place()}"
            ) from None

    def _within(self, place: str) -> Template:
        self._inner.append(place)
        template = self.template()
        self._inner.pop()
        return template

    def list_rest(self) -> Template:
        """Read a list after its bracket."""
        elements: list[Template] = []
        while not self.is_mark("]"):
            elements.append(self._within(f"[{len(elements)}]"))
            if not self.accept(","):
                break
        self.take("]")
        literals = [element for element in elements if isinstance(element, dict)]
        if len(literals) == len(elements):
            return {"L": literals}
        return ListTemplate(tuple(elements))

    def map_rest(self) -> Template:
        """Read a map after its brace."""
        entries = self.entries(is_root=False)
        literals = {name: each for name, each in entries if isinstance(each, dict)}
        if len(literals) == len(entries):
            return {"M": literals}
        return MapTemplate(entries)

    def item_template(self) -> tuple[tuple[str, Template], ...]:
        """Read the item of an INSERT: each of its attributes is a root of its own."""
        self.take("{")
        return self.entries(is_root=True)

    def entries(self, *, is_root: bool) -> tuple[tuple[str, Template], ...]:
        """Read the entries of a map after its brace.

        Raises:
            ValidationException: a name is not a string, or there twice.
        """
        entries: dict[str, Template] = {}
        while not self.is_mark("}"):
            if self.token.kind != "text":
                raise malformed("Unexpected term")
            name = self.string()
            self.take(":")
            if name in entries:
                raise ValidationException(
                    f"Duplicate keys in tuple. Key: {name} under {self.inner_place()}"
                )
            entries[name] = self.template() if is_root else self._within(f".{name}")
            if not self.accept(","):
                break
        self.take("}")
        return tuple(entries.items())

    def set_rest(self) -> Template:
        """Read a set after its opening mark."""
        if self.is_mark(">>"):
            raise ValidationException("Empty bags are not supported")
        contents: list[str] = []
        kinds: set[str] = set()
        while True:
            element = self.template()
            if not isinstance(element, dict):
                raise malformed()
            ((kind, content),) = element.items()
            kinds.add(kind)
            contents.append(content)
            if not self.accept(","):
                break
        self.take(">>")
        if len(kinds) != 1 or not kinds <= {"S", "N"}:
            raise ValidationException(
                "Unsupported data type in Bag. DynamoDB only supports either numbers or strings "
                "in bags"
            )
        kind = f"{kinds.pop()}S"
        if len(set(contents)) != len(contents):
            raise ValidationException(
                "Input collection contains duplicates"
                if kind == "NS"
                else INVALID + duplicates_message(kind, contents)
            )
        return {kind: contents}
