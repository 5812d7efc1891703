"""How DynamoDB designs are written in a model file: grammar, reader, checker, printer, changes."""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.core.diagnostics import Diagnostic
from tablewright.design.changes import Change
from tablewright.design.language import DesignLanguage
from tablewright.design.values import Design
from tablewright.engines.dynamodb.changes import diff
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.design_checker import check_design
from tablewright.engines.dynamodb.design_grammar import DYNAMODB
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.engines.dynamodb.design_reader import read_dynamodb
from tablewright.engines.dynamodb.differences import pieces, short
from tablewright.model.values import Model


def _check(design: Design, model: Model) -> Sequence[Diagnostic]:
    assert isinstance(design, DynamoDesign)
    return check_design(design, model)


def _section(design: Design, model: Model) -> str:
    assert isinstance(design, DynamoDesign)
    return design_section(design, model)


def _differences(before: Design, after: Design) -> Sequence[Change]:
    assert isinstance(before, DynamoDesign)
    assert isinstance(after, DynamoDesign)
    return diff(before, after)


def _summary(before: Design, after: Design) -> Sequence[str]:
    assert isinstance(before, DynamoDesign)
    assert isinstance(after, DynamoDesign)
    changes = [change for piece in pieces(before, after) for change in piece.changes]
    return short(changes, len(after.tables))


LANGUAGE = DesignLanguage(
    engine="dynamodb",
    shape=DYNAMODB,
    build=read_dynamodb,
    check=_check,
    section=_section,
    differences=_differences,
    summary=_summary,
)
