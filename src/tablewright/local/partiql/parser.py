"""PartiQL text to statements.

In: the text of a statement. Out: a `Statement`, parsed once per text and cached. It does not know
tables: which condition is a key condition is decided when the statement runs.

Grammar: AWS Developer Guide, "PartiQL for DynamoDB" (select, insert, update, delete, functions,
operators, data types). Wording as captured on AWS in 2026, and of DynamoDB Local 3.3 where those
captures are silent.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from tablewright.local.expressions.nodes import (
    AddAction,
    And,
    Arithmetic,
    Between,
    ComparisonNode,
    ConditionNode,
    DeleteAction,
    DocumentPath,
    Function,
    In,
    Not,
    Operand,
    Or,
    RemoveAction,
    SetAction,
    UpdateNode,
    ValuePlaceholder,
)
from tablewright.local.faults import ValidationException
from tablewright.local.partiql.lexer import Token, malformed, position, tokens
from tablewright.local.partiql.literals import (
    IS_TYPES,
    OTHER_TYPES,
    SUPPORTED_TYPES,
    Literals,
)
from tablewright.local.partiql.statements import (
    Delete,
    Insert,
    MapTemplate,
    Order,
    Select,
    Statement,
    StatementTarget,
    Template,
    UpdateStatement,
)

MAX_STATEMENT_CHARACTERS = 8192
"""API reference, ExecuteStatement, "Statement"."""

_COMPARATORS = {"=", "<>", "!=", "<", "<=", ">", ">="}
_OPERATOR_WORDS = frozenset({"IS", "AND", "OR", "IN", "BETWEEN", "LIKE"})
_CONDITION_FUNCTIONS = frozenset(
    {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"}
)
_WHERE_FUNCTIONS = _CONDITION_FUNCTIONS | {"size"}
_SET_FUNCTIONS = {"set_add": "SET_ADD", "set_delete": "SET_DELETE"}
_RETURNING = {
    ("ALL", "OLD"): "ALL_OLD",
    ("ALL", "NEW"): "ALL_NEW",
    ("MODIFIED", "OLD"): "UPDATED_OLD",
    ("MODIFIED", "NEW"): "UPDATED_NEW",
}

_UNEXPECTED_REST = "Unexpected token after expression"
_NO_IDENTIFIER = "Expected identifier for simple path"
_NO_RIGHT_SIDE = "Missing right-hand side expression of infix operator"
_NO_ALIASES = "Aliasing is not supported"

_T = TypeVar("_T")


@functools.lru_cache(maxsize=512)
def parse_statement(text: str) -> Statement:
    """Return what a statement says.

    Raises:
        ValidationException: the statement is not well formed, or uses what DynamoDB does not have.

    Example:
        >>> select = parse_statement("SELECT a, b.c FROM Music WHERE Artist = ? AND size(b) > 2")
        >>> select.target.table, str(select.condition), select.names["#3"], select.values[":1"]
        ('Music', '#3 = :0 AND size(#1) > :1', 'Artist', {'N': '2'})
    """
    if len(text) > MAX_STATEMENT_CHARACTERS:
        raise ValidationException(
            "1 validation error detected: Value at 'statement' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_STATEMENT_CHARACTERS}"
        )
    return _Parser(text).statement()


class _Parser(Literals):
    def __init__(self, text: str) -> None:
        super().__init__(text, tokens(text))
        self.names: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.set_arguments: dict[str, tuple[str, str]] = {}

    # Statements

    def statement(self) -> Statement:
        if self.is_word("EXISTS") and self.next_is("("):
            self.advance()
            self.take("(")
            self.take_word("SELECT")
            statement: Statement = self.select(must_exist=True)
            self.take(")")
        elif self.accept_word("SELECT"):
            statement = self.select()
        elif self.accept_word("INSERT"):
            statement = self.insert()
        elif self.accept_word("UPDATE"):
            statement = self.update()
        elif self.accept_word("DELETE"):
            statement = self.delete()
        elif self.accept_word("FROM"):
            statement = self.update_from()
        else:
            raise self.bare_expression()
        self.accept(";")
        if self.is_word("LIMIT"):
            raise ValidationException(f"Unsupported clause: {self.token.text}")
        if self.token.kind != "end":
            raise malformed(_UNEXPECTED_REST)
        return statement

    def bare_expression(self) -> ValidationException:
        """Return the refusal of text that is an expression, or nothing, but no statement."""
        self.operand()
        if self.accept_word("IS"):
            self.accept_word("NOT")
            self.type_name()
            if self.token.kind == "end":
                return ValidationException("Unsupported operation: IsType")
        return malformed(_UNEXPECTED_REST)

    def placed(self) -> dict[str, Any]:
        return {
            "names": self.names,
            "values": self.values,
            "parameter_count": self.parameters,
        }

    def select(self, *, must_exist: bool = False) -> Select:
        if self.is_word("DISTINCT"):
            raise ValidationException(f"Unsupported token in expression: {self.token.text}")
        refusal = None
        columns: tuple[DocumentPath, ...] | None = None
        if not self.accept("*"):
            if self.token.kind == "word" and self.next_is("("):
                refusal = self.unrecognized(self.token)
                self.skip_call()
            else:
                columns = tuple(self.listed(self.path))
        if self.is_word("AS"):
            raise ValidationException(_NO_ALIASES)
        self.take_word("FROM")
        if not self.is_name():
            raise self.no_term()
        target = self.target()
        if self.is_word("AS") or self.is_name():
            raise ValidationException(_NO_ALIASES)
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
            refusal=refusal,
            **self.placed(),
        )

    def skip_call(self) -> None:
        """Pass over a call that no statement can have, such as COUNT(*)."""
        self.advance()
        self.take("(")
        if not self.accept("*") and not self.is_mark(")"):
            self.listed(self.operand)
        self.take(")")

    def order(self) -> Order:
        name = self.identifier()
        is_descending = self.accept_word("DESC")
        if not is_descending:
            self.accept_word("ASC")
        return Order(name=name, is_descending=is_descending)

    def insert(self) -> Insert:
        self.take_word("INTO")
        table = self.token
        target = self.target()
        if target.index is not None:
            raise ValidationException(
                "FROM clause may only contain a single table name in data manipulation "
                f"statements at {position(self.text, table.start, len(table.text))}"
            )
        if not self.accept_word("VALUE"):
            raise malformed(_UNEXPECTED_REST)
        if not self.is_mark("{"):
            raise ValidationException(
                "Unsupported format in item expression. Please use struct format {...} to express "
                "item values for insert statement."
            )
        item = self.item_template()
        if self.is_word("RETURNING"):
            raise ValidationException("RETURNING is not supported in INSERT")
        return Insert(target=target, item=MapTemplate(item), **self.placed())

    def update(self) -> UpdateStatement:
        target = self.target()
        if not self.is_word("SET", "REMOVE"):
            if self.is_word("AS") or self.is_name():
                raise ValidationException(_NO_ALIASES)
            raise self.no_term() if self.token.kind == "end" else malformed(_UNEXPECTED_REST)
        node = self.update_clauses()
        condition = self.where()
        return self.updated(target, node, condition)

    def update_from(self) -> UpdateStatement:
        """Read `FROM table WHERE … SET …`, an update with its parts in another order."""
        target = self.target()
        condition = self.where()
        if not self.is_word("SET", "REMOVE"):
            raise self.no_term() if self.token.kind == "end" else malformed(_UNEXPECTED_REST)
        return self.updated(target, self.update_clauses(), condition)

    def updated(
        self, target: StatementTarget, node: UpdateNode, condition: ConditionNode | None
    ) -> UpdateStatement:
        return UpdateStatement(
            target=target,
            update=node,
            condition=condition,
            returning=self.returning(),
            set_arguments=self.set_arguments,
            **self.placed(),
        )

    def update_clauses(self) -> UpdateNode:
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
        return UpdateNode(tuple(sets), tuple(removes), tuple(adds), tuple(deletes))

    def set_action(self) -> SetAction | AddAction | DeleteAction:
        path = self.path()
        self.take("=")
        name = self.token.text.lower() if self.token.kind == "word" else ""
        if name in _SET_FUNCTIONS and self.next_is("("):
            return self.set_function(path, name)
        operand = self.right_side()
        if self.is_mark("+", "-"):
            operand = Arithmetic(self.advance().text, operand, self.right_side())
        return SetAction(path, operand)

    def set_function(self, path: DocumentPath, name: str) -> AddAction | DeleteAction:
        """Read `set_add(path, set)` or `set_delete(path, set)`, the value of an assignment."""
        function = self.advance()
        shown = _SET_FUNCTIONS[name]
        where = position(self.text, function.start, len(function.text))
        self.take("(")
        first_token = self.token
        arguments = self.listed(self.operand)
        self.take(")")
        if len(arguments) != 2:
            raise ValidationException(f"{shown} must have exactly two arguments at {where}")
        first, second = arguments
        if first != path:
            raise ValidationException(
                f"The first argument to {shown} must equal the assignment value at {where}"
            )
        where = position(self.text, first_token.start, len(first_token.text))
        refusal = f"The second argument to {shown} must be a value with type SET at {where}"
        if not isinstance(second, ValuePlaceholder):
            raise ValidationException(refusal)
        literal = self.values[second.name]
        if isinstance(literal, dict) and not literal.keys() & {"SS", "NS", "BS"}:
            raise ValidationException(refusal)
        self.set_arguments[second.name] = (name, refusal)
        return AddAction(path, second) if name == "set_add" else DeleteAction(path, second)

    def delete(self) -> Delete:
        self.take_word("FROM")
        target = self.target()
        if self.is_word("AS") or self.is_name():
            raise ValidationException(_NO_ALIASES)
        condition = self.where()
        start = self.place
        returning = self.returning()
        if returning not in (None, "ALL_OLD"):
            clause = " ".join(token.text for token in self.tokens[start : self.place])
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
            raise malformed(_UNEXPECTED_REST)
        if not self.accept("*"):
            raise ValidationException(
                "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"
            )
        return _RETURNING[words]

    def where(self) -> ConditionNode | None:
        return self.condition() if self.accept_word("WHERE") else None

    def target(self) -> StatementTarget:
        if not self.is_name():
            raise malformed(_NO_IDENTIFIER)
        components = [self.component()]
        while self.accept("."):
            components.append(self.component())
        if len(components) > 2:
            raise ValidationException("A path may contain at most 2 components in the FROM clause")
        return StatementTarget(
            table=components[0], index=components[1] if len(components) == 2 else None
        )

    def component(self) -> str:
        name = self.identifier()
        if not name:
            raise ValidationException("Path component cannot be an empty string")
        return name

    # Names and paths

    def alias(self, name: str) -> str:
        if name not in self.aliases:
            alias = f"#{len(self.aliases)}"
            self.aliases[name] = alias
            self.names[alias] = name
        return self.aliases[name]

    def path(self) -> DocumentPath:
        elements: list[str | int] = [self.alias(self.component())]
        while True:
            if self.accept("."):
                if not self.is_name():
                    raise malformed("Invalid path dot component")
                elements.append(self.alias(self.component()))
            elif self.accept("["):
                if self.token.kind == "text":
                    elements.append(self.alias(self.string()))
                elif self.token.kind == "number" and self.token.text.isdigit():
                    elements.append(int(self.advance().text))
                else:
                    raise malformed()
                self.take("]")
            else:
                return DocumentPath(tuple(elements))

    # Conditions

    def condition(self) -> ConditionNode:
        condition = self.conjunction()
        while self.accept_word("OR"):
            self.needs_right_side()
            condition = Or(condition, self.conjunction())
        return condition

    def conjunction(self) -> ConditionNode:
        condition = self.negation()
        while self.accept_word("AND"):
            self.needs_right_side()
            condition = And(condition, self.negation())
        return condition

    def negation(self) -> ConditionNode:
        negations = 0
        while self.accept_word("NOT"):
            negations += 1
        condition = self.leaf()
        return Not(condition) if negations % 2 else condition

    def leaf(self) -> ConditionNode:
        if self.is_mark("(") and self.groups_condition():
            self.advance()
            condition = self.deeper(self.condition)
            self.take(")")
            return condition
        operand = self.operand()
        if self.is_mark(*_COMPARATORS):
            return self.comparison(operand)
        if self.accept_word("IS"):
            return self.is_test(operand)
        is_negated = self.accept_word("NOT")
        if self.accept_word("BETWEEN"):
            low = self.right_side()
            self.take_word("AND")
            ranged: ConditionNode = Between(operand, low, self.right_side())
        elif self.accept_word("IN"):
            ranged = In(operand, self.choices())
        elif (
            isinstance(operand, Function)
            and operand.name in _CONDITION_FUNCTIONS
            and not is_negated
        ):
            return operand
        else:
            raise self.no_term() if self.token.kind == "end" else malformed(_UNEXPECTED_REST)
        return Not(ranged) if is_negated else ranged

    def comparison(self, operand: Operand) -> ConditionNode:
        operator = self.advance().text.replace("!=", "<>")
        right = self.right_side()
        if isinstance(operand, Function) and operand.name in _CONDITION_FUNCTIONS:
            literal = self.values.get(right.name) if isinstance(right, ValuePlaceholder) else None
            if operator in ("=", "<>") and isinstance(literal, dict) and "BOOL" in literal:
                assert isinstance(right, ValuePlaceholder)
                del self.values[right.name]  # it is read here, and no value of the condition
                return operand if literal["BOOL"] == (operator == "=") else Not(operand)
        return ComparisonNode(operator, operand, right)

    def groups_condition(self) -> bool:
        """Whether the parenthesis here groups a condition, and not an operand."""
        depth = 0
        for place in range(self.place, len(self.tokens)):
            token = self.tokens[place]
            if token.kind == "mark" and token.text in "()":
                depth += 1 if token.text == "(" else -1
                if depth == 0:
                    after = self.tokens[place + 1]
                    is_word = after.text.upper() in ("BETWEEN", "IN", "IS")
                    return not (after.text in _COMPARATORS or (after.kind == "word" and is_word))
        return True

    def is_test(self, operand: Operand) -> ConditionNode:
        is_negated = self.accept_word("NOT")
        kind = self.type_name()
        if kind == "MISSING":
            name = "attribute_exists" if is_negated else "attribute_not_exists"
            return Function(name, (operand,))
        if kind not in IS_TYPES:
            raise ValidationException(
                f"Unsupported data type for IS operator: {kind}. Supported data types are "
                f"[{', '.join(SUPPORTED_TYPES)}]"
            )
        test = Function("attribute_type", (operand, self.value({"S": IS_TYPES[kind]})))
        return Not(test) if is_negated else test

    def type_name(self) -> str:
        """Read the name of a type after IS."""
        name = self.token.text.upper() if self.token.kind == "word" else ""
        if name not in IS_TYPES and name not in OTHER_TYPES and name != "MISSING":
            raise malformed("Expected type name")
        self.advance()
        second = OTHER_TYPES.get(name)
        if second and self.accept_word(second):
            name = f"{name} {second}"
        return name

    def choices(self) -> tuple[Operand, ...]:
        closing = "]" if self.is_mark("[") else ")"
        if not (self.accept("[") or self.accept("(")):
            raise self.no_right_side()
        operands = self.listed(self.operand)
        self.take(closing)
        return tuple(operands)

    # Operands

    def needs_right_side(self) -> None:
        if self.token.kind == "end" or self.is_mark(";", ")"):
            raise malformed(_NO_RIGHT_SIDE)

    def no_right_side(self) -> ValidationException:
        self.needs_right_side()
        return self.no_term()

    def right_side(self) -> Operand:
        self.needs_right_side()
        return self.operand()

    def no_term(self) -> ValidationException:
        """Return the refusal of what stands where a term should start."""
        word = self.token.text.upper() if self.token.kind == "word" else ""
        if word in _OPERATOR_WORDS or self.is_mark(*_COMPARATORS, "*", "/", "%"):
            return malformed("Unexpected operator")
        if word and not self.is_name():
            return malformed("Unexpected keyword")
        return malformed("Unexpected term")

    def operand(self) -> Operand:
        if self.accept("("):
            operand = self.deeper(self.operand)
            self.take(")")
            return operand
        is_callable = self.token.kind == "word" and (self.is_name() or self.is_word("EXISTS"))
        if is_callable and self.next_is("("):
            return self.call()
        if self.is_name():
            return self.path()
        if not self.starts_literal():
            raise self.no_term()
        return self.value(self.template())

    def call(self) -> Function:
        token = self.advance()
        name = token.text.lower()
        self.take("(")
        arguments = [] if self.is_mark(")") else self.deeper(lambda: self.listed(self.operand))
        self.take(")")
        if name not in _WHERE_FUNCTIONS and name not in ("if_not_exists", "list_append"):
            raise ValidationException(self.unrecognized(token))
        return Function(name, tuple(arguments))

    def unrecognized(self, token: Token) -> str:
        where = position(self.text, token.start, len(token.text))
        return f"Unrecognized function: {token.text.lower()} at {where}"

    # Values

    def value(self, template: Template) -> ValuePlaceholder:
        name = f":{len(self.values)}"
        while name in self.values:
            name += "x"
        self.values[name] = template
        return ValuePlaceholder(name)

    def listed(self, read: Callable[[], _T]) -> list[_T]:
        elements = [read()]
        while self.accept(","):
            elements.append(read())
        return elements
