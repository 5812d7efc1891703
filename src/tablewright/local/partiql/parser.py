"""PartiQL text to statements.

In: the text of a statement. Out: a `Statement`, parsed once per text and cached. It does not know
tables: which condition is a key condition is decided when the statement runs.

Grammar: AWS Developer Guide, "PartiQL for DynamoDB" (select, insert, update, delete, functions,
operators, data types). Wording as observed on DynamoDB Local 3.3.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from tablewright.capacity.values import NumberError, canonical_number
from tablewright.local.expressions.nodes import (
    AddAction,
    And,
    Arithmetic,
    Between,
    Comparison,
    ConditionNode,
    DeleteAction,
    Function,
    In,
    Not,
    Operand,
    Or,
    Path,
    RemoveAction,
    SetAction,
    UpdateNode,
    Value,
)
from tablewright.local.faults import ValidationException
from tablewright.local.partiql.statements import (
    Delete,
    Insert,
    ListTemplate,
    MapTemplate,
    Order,
    Parameter,
    Select,
    Statement,
    Target,
    Template,
    Update,
)
from tablewright.local.validation import number_message

MAX_STATEMENT_CHARACTERS = 8192
"""API reference, ExecuteStatement, "Statement"."""

MAX_NESTING = 48

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_$]*)
      | (?P<mark><<|>>|<>|<=|>=|!=|[=<>()\[\]{},.:;?*+-])
      | (?P<unknown>.)""",
    re.VERBOSE | re.DOTALL,
)

_RESERVED = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "INSERT",
        "INTO",
        "VALUE",
        "UPDATE",
        "SET",
        "REMOVE",
        "DELETE",
        "RETURNING",
        "ORDER",
        "BY",
        "ASC",
        "DESC",
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "IS",
        "MISSING",
        "NULL",
        "TRUE",
        "FALSE",
        "EXISTS",
        "AS",
        "LIMIT",
        "DISTINCT",
    ]
)
_COMPARATORS = {"=", "<>", "!=", "<", "<=", ">", ">="}
_CONDITION_FUNCTIONS = frozenset(
    {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"}
)
_RETURNING = {
    ("ALL", "OLD"): "ALL_OLD",
    ("ALL", "NEW"): "ALL_NEW",
    ("MODIFIED", "OLD"): "UPDATED_OLD",
    ("MODIFIED", "NEW"): "UPDATED_NEW",
}
_SET_FUNCTIONS = ("set_add", "set_delete")

_T = TypeVar("_T")


class _Token(NamedTuple):
    kind: str
    text: str


@functools.lru_cache(maxsize=512)
def parse_statement(text: str) -> Statement:
    """Return what a statement says.

    Raises:
        ValidationException: the statement is not well formed, or uses what DynamoDB does not have.

    Example:
        >>> found = parse_statement("SELECT a, b.c FROM Music WHERE Artist = ? AND size(b) > 2")
        >>> found.target.table, str(found.condition), found.names["#3"], found.values[":1"]
        ('Music', '#3 = :0 AND size(#1) > :1', 'Artist', {'N': '2'})
    """
    if len(text) > MAX_STATEMENT_CHARACTERS:
        raise ValidationException(
            "1 validation error detected: Value at 'statement' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_STATEMENT_CHARACTERS}"
        )
    return _Parser(text).statement()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [
            _Token(str(match.lastgroup), match[0])
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "space"
        ]
        self.tokens.append(_Token("end", ""))
        self.at = 0
        self.depth = 0
        self.names: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.values: dict[str, Template] = {}
        self.parameters = 0

    # Tokens

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def advance(self) -> _Token:
        token = self.token
        if token.kind != "end":  # which is the last one, however often it is asked for
            self.at += 1
        return token

    def is_mark(self, *texts: str) -> bool:
        return self.token.kind == "mark" and self.token.text in texts

    def is_word(self, *words: str) -> bool:
        return self.token.kind == "word" and self.token.text.upper() in words

    def accept_word(self, *words: str) -> bool:
        if self.is_word(*words):
            self.at += 1
            return True
        return False

    def accept(self, mark: str) -> bool:
        if self.is_mark(mark):
            self.at += 1
            return True
        return False

    def take(self, mark: str) -> None:
        if not self.accept(mark):
            raise self.malformed()

    def take_word(self, word: str) -> None:
        if not self.accept_word(word):
            raise self.malformed()

    def malformed(self) -> ValidationException:
        return ValidationException(f"Statement wasn't well formed, can't be processed: {self.text}")

    def deeper(self, read: Callable[[], _T]) -> _T:
        """Read something nested; too deep a nesting is refused before it costs anything."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.malformed()
        found = read()
        self.depth -= 1
        return found

    def listed(self, one: Callable[[], _T]) -> list[_T]:
        found = [one()]
        while self.accept(","):
            found.append(one())
        return found

    # Statements

    def statement(self) -> Statement:
        if self.accept_word("EXISTS"):
            self.take("(")
            self.take_word("SELECT")
            found: Statement = self.select(must_exist=True)
            self.take(")")
        elif self.accept_word("SELECT"):
            found = self.select()
        elif self.accept_word("INSERT"):
            found = self.insert()
        elif self.accept_word("UPDATE"):
            found = self.update()
        elif self.accept_word("DELETE"):
            found = self.delete()
        else:
            raise self.malformed()
        self.accept(";")
        if self.is_word("LIMIT"):
            raise ValidationException(f"Unsupported clause: {self.token.text}")
        if self.token.kind != "end":
            raise self.malformed()
        return found

    def placed(self) -> dict[str, Any]:
        return {
            "names": self.names,
            "values": self.values,
            "parameter_count": self.parameters,
        }

    def select(self, *, must_exist: bool = False) -> Select:
        if self.is_word("DISTINCT"):
            raise ValidationException(f"Unsupported token in expression: {self.token.text}")
        columns = None if self.accept("*") else tuple(self.listed(self.path))
        if self.is_word("AS"):
            raise ValidationException("Aliasing is not supported")
        self.take_word("FROM")
        target = self.target()
        if self.is_word("AS") or self.token.kind == "quoted" or self.is_plain_word():
            raise ValidationException("Aliasing is not supported")
        condition = self.where()
        order: tuple[Order, ...] = ()
        if self.accept_word("ORDER"):
            self.take_word("BY")
            order = tuple(self.listed(self.order))
            if condition is None:
                raise ValidationException(
                    "Must have WHERE clause in the statement when using ORDER BY clause."
                )
        return Select(
            target=target,
            columns=columns,
            condition=condition,
            order=order,
            must_exist=must_exist,
            **self.placed(),
        )

    def order(self) -> Order:
        name = self.identifier()
        is_descending = self.accept_word("DESC")
        if not is_descending:
            self.accept_word("ASC")
        return Order(name=name, is_descending=is_descending)

    def insert(self) -> Insert:
        self.take_word("INTO")
        target = self.target()
        self.take_word("VALUE")
        if not self.is_mark("{"):
            raise ValidationException(
                "Unsupported format in item expression. Please use struct format {...} to express "
                "item values for insert statement."
            )
        item = self.template()
        if not isinstance(item, MapTemplate):
            assert isinstance(item, dict)
            item = MapTemplate(tuple(item["M"].items()))
        return Insert(target=target, item=item, **self.placed())

    def update(self) -> Update:
        target = self.target()
        sets: list[SetAction] = []
        adds: list[AddAction] = []
        deletes: list[DeleteAction] = []
        removes: list[RemoveAction] = []
        while self.is_word("SET", "REMOVE"):
            if self.advance().text.upper() == "REMOVE":
                removes.extend(map(RemoveAction, self.listed(self.path)))
                continue
            for action in self.listed(self.set_action):
                if isinstance(action, SetAction):
                    sets.append(action)
                elif isinstance(action, AddAction):
                    adds.append(action)
                else:
                    deletes.append(action)
        node = UpdateNode(tuple(sets), tuple(removes), tuple(adds), tuple(deletes))
        if not node.actions:
            raise self.malformed()
        condition = self.where()
        returning = self.returning()
        return Update(
            target=target,
            update=node,
            condition=condition,
            returning=returning,
            **self.placed(),
        )

    def set_action(self) -> SetAction | AddAction | DeleteAction:
        path = self.path()
        self.take("=")
        name = self.token.text.lower() if self.token.kind == "word" else ""
        if name in _SET_FUNCTIONS and self.tokens[self.at + 1] == ("mark", "("):
            self.at += 2
            within = self.path()
            self.take(",")
            value = self.operand()
            self.take(")")
            if within != path or not isinstance(value, Value):
                raise self.malformed()
            return AddAction(path, value) if name == "set_add" else DeleteAction(path, value)
        operand = self.operand()
        if self.is_mark("+", "-"):
            operand = Arithmetic(self.advance().text, operand, self.operand())
        return SetAction(path, operand)

    def delete(self) -> Delete:
        self.take_word("FROM")
        target = self.target()
        condition = self.where()
        start = self.at
        returning = self.returning()
        if returning not in (None, "ALL_OLD"):
            clause = " ".join(token.text for token in self.tokens[start : self.at])
            raise ValidationException(
                f"Invalid returning clause: {clause}. Only RETURNING ALL OLD * is allowed in "
                "DELETE statements."
            )
        return Delete(target=target, condition=condition, returning=returning, **self.placed())

    def returning(self) -> str | None:
        if not self.accept_word("RETURNING"):
            return None
        words = (self.advance().text.upper(), self.advance().text.upper())
        if words not in _RETURNING:
            raise self.malformed()
        self.take("*")
        return _RETURNING[words]

    def where(self) -> ConditionNode | None:
        return self.condition() if self.accept_word("WHERE") else None

    def target(self) -> Target:
        table = self.identifier()
        index = self.identifier() if self.accept(".") else None
        return Target(table=table, index=index)

    # Names and paths

    def is_plain_word(self) -> bool:
        return self.token.kind == "word" and self.token.text.upper() not in _RESERVED

    def identifier(self) -> str:
        if self.token.kind == "quoted":
            return self.advance().text[1:-1].replace('""', '"')
        if not self.is_plain_word():
            raise self.malformed()
        return self.advance().text

    def alias(self, name: str) -> str:
        if name not in self.aliases:
            alias = f"#{len(self.aliases)}"
            self.aliases[name] = alias
            self.names[alias] = name
        return self.aliases[name]

    def path(self) -> Path:
        elements: list[str | int] = [self.alias(self.identifier())]
        while True:
            if self.accept("."):
                elements.append(self.alias(self.identifier()))
            elif self.accept("["):
                if self.token.kind == "text":
                    elements.append(self.alias(self.string()))
                elif self.token.kind == "number" and self.token.text.isdigit():
                    elements.append(int(self.advance().text))
                else:
                    raise self.malformed()
                self.take("]")
            else:
                return Path(tuple(elements))

    # Conditions

    def condition(self) -> ConditionNode:
        found = self.conjunction()
        while self.accept_word("OR"):
            found = Or(found, self.conjunction())
        return found

    def conjunction(self) -> ConditionNode:
        found = self.negation()
        while self.accept_word("AND"):
            found = And(found, self.negation())
        return found

    def negation(self) -> ConditionNode:
        negations = 0
        while self.accept_word("NOT"):
            negations += 1
        found = self.leaf()
        return Not(found) if negations % 2 else found

    def leaf(self) -> ConditionNode:
        if self.is_mark("(") and self.groups_condition():
            self.advance()
            found = self.deeper(self.condition)
            self.take(")")
            return found
        left = self.operand()
        if self.is_mark(*_COMPARATORS):
            operator = self.advance().text.replace("!=", "<>")
            return Comparison(operator, left, self.operand())
        if self.accept_word("IS"):
            return self.is_test(left)
        is_negated = self.accept_word("NOT")
        if self.accept_word("BETWEEN"):
            low = self.operand()
            self.take_word("AND")
            ranged: ConditionNode = Between(left, low, self.operand())
        elif self.accept_word("IN"):
            ranged = In(left, self.choices())
        elif isinstance(left, Function) and left.name in _CONDITION_FUNCTIONS and not is_negated:
            return left
        else:
            raise self.malformed()
        return Not(ranged) if is_negated else ranged

    def groups_condition(self) -> bool:
        """Whether the parenthesis here groups a condition, and not an operand."""
        depth = 0
        for at in range(self.at, len(self.tokens)):
            token = self.tokens[at]
            if token.kind == "mark" and token.text in "()":
                depth += 1 if token.text == "(" else -1
                if depth == 0:
                    after = self.tokens[at + 1]
                    is_word = after.text.upper() in ("BETWEEN", "IN", "IS")
                    return not (after.text in _COMPARATORS or (after.kind == "word" and is_word))
        return True

    def is_test(self, left: Operand) -> ConditionNode:
        is_negated = self.accept_word("NOT")
        if self.accept_word("MISSING"):
            name = "attribute_exists" if is_negated else "attribute_not_exists"
            return Function(name, (left,))
        self.take_word("NULL")
        test = Function("attribute_type", (left, self.value({"S": "NULL"})))
        return Not(test) if is_negated else test

    def choices(self) -> tuple[Operand, ...]:
        closing = "]" if self.is_mark("[") else ")"
        if not (self.accept("[") or self.accept("(")):
            raise self.malformed()
        found = self.listed(self.operand)
        self.take(closing)
        return tuple(found)

    def operand(self) -> Operand:
        if self.accept("("):
            found = self.deeper(self.operand)
            self.take(")")
            return found
        is_call = self.tokens[min(self.at + 1, len(self.tokens) - 1)] == ("mark", "(")
        if self.token.kind == "word" and is_call and self.is_plain_word():
            return self.call()
        if self.token.kind == "quoted" or self.is_plain_word():
            return self.path()
        return self.value(self.template())

    def call(self) -> Function:
        name = self.advance().text.lower()
        self.take("(")
        arguments = self.deeper(lambda: self.listed(self.operand))
        self.take(")")
        return Function(name, tuple(arguments))

    # Values

    def value(self, template: Template) -> Value:
        name = f":{len(self.values)}"
        self.values[name] = template
        return Value(name)

    def string(self) -> str:
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
            return Parameter(self.parameters - 1)
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
        raise self.malformed()

    def number(self) -> str:
        sign = "-" if self.is_mark("-") else ""
        if self.is_mark("-", "+"):
            self.advance()
        if self.token.kind != "number":
            raise self.malformed()
        try:
            return canonical_number(sign + self.advance().text)
        except NumberError as problem:
            raise ValidationException(number_message(problem)) from None

    def list_rest(self) -> Template:
        elements = [] if self.is_mark("]") else self.listed(self.template)
        self.take("]")
        if all(isinstance(one, dict) for one in elements):
            return {"L": elements}
        return ListTemplate(tuple(elements))

    def map_rest(self) -> Template:
        entries = [] if self.is_mark("}") else self.listed(self.entry)
        self.take("}")
        if all(isinstance(one, dict) for _, one in entries):
            return {"M": dict(entries)}
        return MapTemplate(tuple(entries))

    def entry(self) -> tuple[str, Template]:
        if self.token.kind != "text":
            raise self.malformed()
        name = self.string()
        self.take(":")
        return name, self.template()

    def set_rest(self) -> Template:
        if self.is_mark(">>"):
            raise ValidationException("Empty bags are not supported")
        elements = self.listed(self.template)
        self.take(">>")
        contents: list[str] = []
        kinds: set[str] = set()
        for one in elements:
            if not isinstance(one, dict):
                raise self.malformed()
            ((kind, content),) = one.items()
            kinds.add(kind)
            contents.append(content)
        if len(kinds) != 1 or not kinds <= {"S", "N"}:
            raise ValidationException("Bags can only contain strings, or only numbers")
        return {f"{kinds.pop()}S": list(dict.fromkeys(contents))}
