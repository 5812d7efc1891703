"""Designs for MongoDB and PostgreSQL printed into a model file read back as the same designs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from applications import session_of
from tablewright import apps, read_model
from tablewright.design.sections import with_section
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.registry import languages
from tablewright.session import Session, open_model
from tablewright.verbs.plan import write_design

APPS = Path(__file__).parents[2] / "src/tablewright/apps"


@pytest.mark.parametrize("app", apps.NAMES)
@pytest.mark.parametrize("engine", ["mongodb", "postgresql"])
def test_a_usual_design_reads_back_as_it_was(app: str, engine: str) -> None:
    session = session_of(app)
    design = session.usual_design(engine)
    assert design is not None
    section = languages()[engine].section
    assert section is not None
    text = with_section(session.file.source, design.name, section(design, session.model))
    again = Session(read_model(text, "again.yaml")).design(design.name)
    again = replace(again, span=design.span)
    if isinstance(design, PostgresDesign) and isinstance(again, PostgresDesign):
        single = [
            replace(t, foreign_keys=tuple(k for k in t.foreign_keys if len(k.columns) == 1))
            for t in design.tables
        ]
        assert again.tables == tuple(single)
        return
    assert isinstance(design, MongoDesign)
    assert again == design


def test_a_design_written_by_hand_reads_back_as_it_was() -> None:
    session = session_of("poafix")
    section = languages()["mongodb"].section
    assert section is not None
    for name in ("current", "recommended"):
        design = session.design(name)
        text = with_section(session.file.source, name, section(design, session.model))
        assert Session(read_model(text, "again.yaml")).design(name) == replace(
            design, span=Session(read_model(text, "again.yaml")).design(name).span
        )


def test_a_usual_design_is_a_design_like_any_other_and_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "tablewright.yaml"
    path.write_text((APPS / "llm-proxy/tablewright.yaml").read_text())
    session = open_model(path)
    design = session.design("planned-mongodb")
    assert session.evaluate(design, 1000).bill.total > 0
    write_design(session, design)
    assert "planned-mongodb" in {d.name for d in open_model(path).designs}
