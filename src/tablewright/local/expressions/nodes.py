"""The syntax of expressions as values: what the parser returns and the compiler reads.

In: nothing. Out: node classes and `str()` of each, which is expression text again, so that
`parse(str(tree)) == tree`. Nodes hold placeholders (`#n`, `:v`) as written; what they stand for
is given when an expression is bound.
"""

from __future__ import annotations

from typing import TypeAlias

from tablewright.core.frozen import frozen


@frozen(kw_only=False)
class DocumentPath:
    """A document path: `a.b[0].#c`. Names and placeholders are text, list positions are ints."""

    elements: tuple[str | int, ...]

    def __str__(self) -> str:
        text = str(self.elements[0])
        for element in self.elements[1:]:
            text += f"[{element}]" if isinstance(element, int) else f".{element}"
        return text


@frozen(kw_only=False)
class ValuePlaceholder:
    """A placeholder for a value: `:v`."""

    name: str

    def __str__(self) -> str:
        return self.name


@frozen(kw_only=False)
class Function:
    """A call: `size(a)`, `begins_with(a, :p)`, `if_not_exists(a, :zero)`."""

    name: str
    arguments: tuple[Operand, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


@frozen(kw_only=False)
class Arithmetic:
    """A sum or difference in a SET action: `a + :one`."""

    operator: str
    left: Operand
    right: Operand

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


Operand: TypeAlias = DocumentPath | ValuePlaceholder | Function | Arithmetic


@frozen(kw_only=False)
class ComparisonNode:
    """A comparison with one of `= <> < <= > >=`."""

    operator: str
    left: Operand
    right: Operand

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@frozen(kw_only=False)
class Between:
    """A closed range: `a BETWEEN :low AND :high`."""

    operand: Operand
    low: Operand
    high: Operand

    def __str__(self) -> str:
        return f"{self.operand} BETWEEN {self.low} AND {self.high}"


@frozen(kw_only=False)
class In:
    """Membership: `a IN (:x, :y)`."""

    operand: Operand
    choices: tuple[Operand, ...]

    def __str__(self) -> str:
        return f"{self.operand} IN ({', '.join(map(str, self.choices))})"


@frozen(kw_only=False)
class Not:
    """A negation."""

    operand: ConditionNode

    def __str__(self) -> str:
        return f"NOT {_grouped(self.operand)}"


@frozen(kw_only=False)
class And:
    """A conjunction of two conditions."""

    left: ConditionNode
    right: ConditionNode

    def __str__(self) -> str:
        remaining = str(self.left) if isinstance(self.left, And) else _grouped(self.left)
        return f"{remaining} AND {_grouped(self.right)}"


@frozen(kw_only=False)
class Or:
    """A disjunction of two conditions."""

    left: ConditionNode
    right: ConditionNode

    def __str__(self) -> str:
        remaining = str(self.left) if isinstance(self.left, Or) else _grouped(self.left)
        return f"{remaining} OR {_grouped(self.right)}"


ConditionNode: TypeAlias = ComparisonNode | Between | In | Function | Not | And | Or


@frozen(kw_only=False)
class SetAction:
    """`SET path = operand`."""

    path: DocumentPath
    operand: Operand

    def __str__(self) -> str:
        return f"{self.path} = {self.operand}"


@frozen(kw_only=False)
class RemoveAction:
    """`REMOVE path`."""

    path: DocumentPath

    def __str__(self) -> str:
        return str(self.path)


@frozen(kw_only=False)
class AddAction:
    """`ADD path :v`: to a number, or to a set."""

    path: DocumentPath
    value: ValuePlaceholder

    def __str__(self) -> str:
        return f"{self.path} {self.value}"


@frozen(kw_only=False)
class DeleteAction:
    """`DELETE path :v`: elements from a set."""

    path: DocumentPath
    value: ValuePlaceholder

    def __str__(self) -> str:
        return f"{self.path} {self.value}"


Action: TypeAlias = SetAction | RemoveAction | AddAction | DeleteAction


@frozen(kw_only=False)
class UpdateNode:
    """The four clauses of an update expression, each possibly empty."""

    sets: tuple[SetAction, ...] = ()
    removes: tuple[RemoveAction, ...] = ()
    adds: tuple[AddAction, ...] = ()
    deletes: tuple[DeleteAction, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """All actions, clause by clause."""
        return (*self.sets, *self.removes, *self.adds, *self.deletes)

    def __str__(self) -> str:
        clauses = (
            ("SET", self.sets),
            ("REMOVE", self.removes),
            ("ADD", self.adds),
            ("DELETE", self.deletes),
        )
        return " ".join(
            f"{word} {', '.join(map(str, actions))}" for word, actions in clauses if actions
        )


@frozen(kw_only=False)
class ProjectionNode:
    """The paths of a projection expression."""

    paths: tuple[DocumentPath, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.paths))


def _grouped(node: ConditionNode) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)
