"""Tokens to a syntax tree, for each kind of expression.

In: the text of an expression and the name of its parameter. Out: nodes. Only syntax is checked
here, and redundant parentheses; what names, functions and values mean is not.

Grammar and precedence: AWS Developer Guide, "Condition and filter expressions, operators, and
functions" and "Update expressions". Wording of errors, and how much of the text a syntax error
quotes, as observed on DynamoDB Local 3.3. Nesting is followed with explicit stacks, or bounded, so
that no text can exhaust the interpreter's stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tablewright.capacity.limits import MAX_EXPRESSION_CHARACTERS, MAX_OPERATORS
from tablewright.local.expressions.lexer import Token, tokens
from tablewright.local.expressions.nodes import (
    Action,
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
    ProjectionNode,
    RemoveAction,
    SetAction,
    UpdateNode,
    ValuePlaceholder,
)
from tablewright.local.expressions.refusals import invalid

_T = TypeVar("_T")

MAX_LIST_INDEX = 2**32 - 2

_COMPARATORS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_SECTIONS = frozenset({"SET", "REMOVE", "ADD", "DELETE"})
_WORDS = _SECTIONS | {"AND", "OR", "NOT", "BETWEEN", "IN"}
"""Words that are tokens of their own in every kind of expression, and so never names."""


def parse_condition_text(text: str, parameter: str) -> ConditionNode:
    """Return the tree of a condition, filter or key condition.

    Example:
        >>> str(parse_condition_text("a = :v and not b.c[1] < :w", "FilterExpression"))
        'a = :v AND NOT b.c[1] < :w'
    """
    parser = _Parser(text, parameter, tells_size=True)
    tree = parser.condition()
    parser.finish()
    return tree


def parse_update_text(text: str) -> UpdateNode:
    """Return the tree of an update.

    Example:
        >>> str(parse_update_text("remove b set a = a + :one"))
        'SET a = a + :one REMOVE b'
    """
    parser = _Parser(text, "UpdateExpression")
    tree = parser.update()
    parser.finish()
    return tree


def parse_projection_text(text: str) -> ProjectionNode:
    """Return the tree of a projection.

    Example:
        >>> str(parse_projection_text("a,#b . c[ 0 ]"))
        'a, #b.c[0]'
    """
    parser = _Parser(text, "ProjectionExpression")
    tree = ProjectionNode(tuple(parser.listed(parser.path)))
    parser.finish()
    return tree


class _Parser:
    def __init__(self, text: str, parameter: str, *, tells_size: bool = False) -> None:
        self.parameter = parameter
        if not text:
            raise invalid(parameter, "The expression can not be empty;")
        if len(text) > MAX_EXPRESSION_CHARACTERS:
            size = f" expression size: {len(text)}" if tells_size else ""
            message = f"Expression size has exceeded the maximum allowed size;{size}"
            raise invalid(parameter, message)
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.has_redundant_parentheses = False
        self._closing: dict[int, int] | None = None

    # Tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def advance(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def is_mark(self, text: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "mark" and token.text == text

    def is_word(self, word: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "name" and token.text.upper() == word

    def take(self, mark: str) -> Token:
        if not self.is_mark(mark):
            raise self.syntax_error()
        return self.advance()

    def syntax_error(self) -> Exception:
        """Word the error at the current token: it is quoted with its neighbours."""
        token = self.token
        start = self.tokens[self.at - 1].start if self.at else 0
        is_end = token.kind == "end"
        end = token.end if is_end else max(token.end, self.tokens[self.at + 1].end)
        if not is_end and self.tokens[self.at + 1].kind == "end":
            end = token.end
        near = self.text[start:end]
        return invalid(self.parameter, f'Syntax error; token: "{token.text}", near: "{near}"')

    def finish(self) -> None:
        if self.token.kind != "end":
            raise self.syntax_error()
        if self.has_redundant_parentheses:
            raise invalid(self.parameter, "The expression has redundant parentheses;")

    def closing(self, opening: int) -> int | None:
        """Return where the parenthesis opened at this token closes."""
        if self._closing is None:
            self._closing, open_ones = {}, []
            for place, token in enumerate(self.tokens):
                if token.kind == "mark" and token.text == "(":
                    open_ones.append(place)
                elif token.kind == "mark" and token.text == ")" and open_ones:
                    self._closing[open_ones.pop()] = place
        return self._closing.get(opening)

    def note_group(self) -> None:
        """Note whether the group that opens here holds nothing but another group."""
        inner = self.tokens[self.at + 1]
        if inner.kind == "mark" and inner.text == "(":
            outer_end, inner_end = self.closing(self.at), self.closing(self.at + 1)
            if outer_end is not None and inner_end == outer_end - 1:
                self.has_redundant_parentheses = True

    # Paths and operands

    def name(self) -> str:
        token = self.token
        is_word = token.kind == "name" and token.text.upper() in _WORDS
        if token.kind not in ("name", "alias") or is_word:
            raise self.syntax_error()
        return self.advance().text

    def path(self) -> DocumentPath:
        elements: list[str | int] = [self.name()]
        while True:
            if self.is_mark("."):
                self.advance()
                elements.append(self.name())
            elif self.is_mark("["):
                self.advance()
                elements.append(self.index())
                self.take("]")
            else:
                return DocumentPath(tuple(elements))

    def index(self) -> int:
        if self.token.kind != "index":
            raise self.syntax_error()
        digits = self.advance().text
        if len(digits.lstrip("0")) > 10 or int(digits) > MAX_LIST_INDEX:
            message = f"List index is not within the allowable range; index: [{digits}]"
            raise invalid(self.parameter, message)
        return int(digits)

    def value(self) -> ValuePlaceholder:
        if self.token.kind != "value":
            raise self.syntax_error()
        return ValuePlaceholder(self.advance().text)

    def operand(self, *, may_be_sum: bool = False) -> Operand:
        groups = 0
        while self.is_mark("("):
            self.note_group()
            self.advance()
            groups += 1
        operand = self.bare_operand()
        if groups and may_be_sum:
            operand = self.sum_after(operand)
        for _ in range(groups):
            self.take(")")
        return operand

    def bare_operand(self) -> Operand:
        if self.token.kind == "value":
            return self.value()
        following = self.tokens[self.at + 1] if self.token.kind == "name" else None
        if following is None or following.kind != "mark" or following.text != "(":
            return self.path()
        name = self.name()
        self.take("(")
        self.depth += 1
        if self.depth > MAX_OPERATORS:
            raise too_many_operators(self.parameter, self.depth)
        arguments = self.listed(self.operand)
        self.depth -= 1
        self.take(")")
        return Function(name, tuple(arguments))

    def sum_after(self, operand: Operand) -> Operand:
        if not isinstance(operand, Arithmetic) and (self.is_mark("+") or self.is_mark("-")):
            return Arithmetic(self.advance().text, operand, self.operand())
        return operand

    def listed(self, read: Callable[[], _T]) -> list[_T]:
        elements = [read()]
        while self.is_mark(","):
            self.advance()
            elements.append(read())
        return elements

    # Conditions

    def condition(self) -> ConditionNode:
        """Read a whole condition: NOT binds tightest, then AND, then OR."""
        operands: list[ConditionNode] = []
        pending: list[str] = []
        while True:
            while self.is_word("NOT") or self.opens_condition():
                if self.is_mark("("):
                    self.note_group()
                pending.append("(" if self.is_mark("(") else "NOT")
                self.advance()
            operands.append(self.leaf())
            while self.is_mark(")") and "(" in pending:
                _reduce(operands, pending, until="(")
                pending.pop()
                self.advance()
            if not (self.is_word("AND") or self.is_word("OR")):
                break
            word = self.advance().text.upper()
            _reduce(operands, pending, until="OR" if word == "AND" else "")
            pending.append(word)
        if "(" in pending:
            raise self.syntax_error()
        _reduce(operands, pending, until="")
        return operands[0]

    def opens_condition(self) -> bool:
        """Whether a parenthesis here groups a condition, and not an operand as in `(a) = :v`."""
        if not self.is_mark("("):
            return False
        end = self.closing(self.at)
        if end is None:
            return True
        after = self.tokens[end + 1]
        is_comparator = after.kind == "mark" and after.text in _COMPARATORS
        is_range = after.kind == "name" and after.text.upper() in ("BETWEEN", "IN")
        return not (is_comparator or is_range)

    def leaf(self) -> ConditionNode:
        operand = self.operand()
        token = self.token
        if token.kind == "mark" and token.text in _COMPARATORS:
            self.advance()
            return ComparisonNode(token.text, operand, self.operand())
        if self.is_word("BETWEEN"):
            self.advance()
            low = self.operand()
            if not self.is_word("AND"):
                raise self.syntax_error()
            self.advance()
            return Between(operand, low, self.operand())
        if self.is_word("IN"):
            self.advance()
            self.take("(")
            choices = self.listed(self.operand)
            self.take(")")
            return In(operand, tuple(choices))
        if not isinstance(operand, Function):
            raise self.syntax_error()
        return operand

    # Updates

    def update(self) -> UpdateNode:
        sections: dict[str, tuple[Any, ...]] = {}
        repeated = None
        read: dict[str, Callable[[], Action]] = {
            "SET": self.set_action,
            "REMOVE": lambda: RemoveAction(self.path()),
            "ADD": lambda: AddAction(self.path(), self.value()),
            "DELETE": lambda: DeleteAction(self.path(), self.value()),
        }
        while self.token.kind != "end" or not sections:
            word = self.token.text.upper()
            if self.token.kind != "name" or word not in _SECTIONS:
                raise self.syntax_error()
            self.advance()
            if word in sections and repeated is None:
                repeated = word
            sections[word] = tuple(self.listed(read[word]))
        if repeated:
            message = f'The "{repeated}" section can only be used once in an update expression;'
            raise invalid(self.parameter, message)
        return UpdateNode(*(sections.get(word, ()) for word in ("SET", "REMOVE", "ADD", "DELETE")))

    def set_action(self) -> SetAction:
        path = self.path()
        self.take("=")
        return SetAction(path, self.sum_after(self.operand(may_be_sum=True)))


def too_many_operators(parameter: str, count: int) -> Exception:
    """Return the fault for an expression with more than `MAX_OPERATORS`."""
    message = f"The expression contains too many operators; operator count: {count}"
    return invalid(parameter, message)


def _reduce(operands: list[ConditionNode], pending: list[str], *, until: str) -> None:
    """Apply pending operators, back to a parenthesis or to one that binds less tightly."""
    while pending and pending[-1] not in ("(", until):
        word = pending.pop()
        right = operands.pop()
        if word == "NOT":
            operands.append(Not(right))
        else:
            left_side = operands.pop()
            operands.append(And(left_side, right) if word == "AND" else Or(left_side, right))
