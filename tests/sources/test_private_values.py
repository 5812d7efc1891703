"""No value of users' data is in what an import writes or says, damaged as the data may be.

Reports are made of the model file alone: what is not in it is in none of them. Words that are
codes, such as the states of an order, are the only values that a model file names.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.importing import imported, model_of
from tablewright.core.errors import TablewrightError

LETTERS = "abcdefghjkmnpqrstuvwxyz"


def people(seed: int, count: int) -> list[dict[str, Any]]:
    """Return records of people: every value but `state` is theirs alone."""
    chance = random.Random(seed)
    records = []
    for number in range(count):
        word, other = ("".join(chance.choices(LETTERS, k=8)) for _ in range(2))
        figure = chance.randrange(100_000, 999_999) * 10 + 7
        records.append(
            {
                "id": f"u{figure}{number}",
                "email": f"{word}{number}@mail.example",
                "fullName": f"{word.capitalize()} {other.capitalize()}",
                "phone": f"+63 9{figure}",
                "salary": figure,
                "token": f"{word}{figure}{word}{figure}{word}",
                "remark": f"said that {word} is {other}, {figure}",
                "birthday": f"19{figure % 80 + 10}-0{figure % 9 + 1}-1{figure % 9}",
                "nickname": word,
                "state": "open" if number % 3 else "closed",
            }
        )
    return records


def values_of(records: Sequence[dict[str, Any]]) -> list[str]:
    return [
        str(value)
        for record in records
        for name, value in record.items()
        if name not in ("state", "birthday")
    ]


def wire(value: Any) -> dict[str, str]:
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}


def as_scan(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    items = [
        {"PK": {"S": f"USER#{r['id']}"}, "SK": {"S": f"MAIL#{r['email']}"}}
        | {name: wire(value) for name, value in r.items()}
        | {"photo": {"B": base64.b64encode(r["token"].encode()).decode()}}
        | {"lines": {"L": [{"M": {"id": wire(r["token"]), "note": wire(r["remark"])}}]}}
        for r in records
    ]
    return {"people-scan.json": json.dumps({"Items": items, "ScannedCount": len(items)})}


def as_lines(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {"people.ndjson": "\n".join(json.dumps(r) for r in records)}


def as_csv(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return {"people.csv": text.getvalue()}


def as_mongoexport(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    documents = [{"_id": {"$oid": f"{n:024x}"}, "all": [r], **r} for n, r in enumerate(records)]
    return {"people.json": json.dumps(documents)}


def _ddl(records: Sequence[dict[str, Any]]) -> str:
    columns = [f"{n} {'int' if isinstance(v, int) else 'text'}" for n, v in records[0].items()]
    return f"CREATE TABLE people ({', '.join(columns)}, PRIMARY KEY (id));\n"


def as_copy(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    rows = "\n".join("\t".join(map(str, r.values())) for r in records)
    head = f"COPY public.people ({', '.join(records[0])}) FROM stdin;\n"
    return {"dump.sql": f"{_ddl(records)}{head}{rows}\n\\.\n"}


def as_inserts(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    tuples = [", ".join(f"'{value}'" for value in r.values()) for r in records]
    update = f"UPDATE people SET nickname = '{records[0]['nickname']}';\n"
    return {"dump.sql": _ddl(records) + "".join(
        f"INSERT INTO people VALUES ({t});\n{update}" for t in tuples)}  # fmt: skip


def as_profile(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    entries = [
        {
            "op": "query",
            "ns": "shop.people",
            "command": {
                "find": "people",
                "filter": {"email": r["email"], "nickname": r["nickname"]},
            },
            "planSummary": "COLLSCAN",
            "millis": 2,
            "ts": {"$date": "2026-01-01T00:00:00Z"},
        }
        for r in records
    ]
    documents = [{"_id": {"$oid": f"{n:024x}"}, **r} for n, r in enumerate(records)]
    return {
        "people.json": json.dumps(documents),
        "profile.ndjson": "\n".join(json.dumps(e) for e in entries),
    }


def as_statements(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["query", "calls"])
    for r in records:  # with literals, as a statement of a session has them
        writer.writerow([f"SELECT * FROM people WHERE email = '{r['email']}' LIMIT 5", 7])
    return {"schema.sql": _ddl(records), "statements.csv": text.getvalue()}


Form = Callable[[Sequence[dict[str, Any]]], dict[str, str]]
FORMS: list[Form] = [
    as_scan, as_lines, as_csv, as_mongoexport, as_copy, as_inserts, as_profile, as_statements,
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10**6),
    count=st.sampled_from([1, 3, 30]),
    share=st.sampled_from([1.0, 0.95, 0.5]),
)
def test_no_value_is_written_or_said(form: Form, seed: int, count: int, share: float) -> None:
    records = people(seed, count)
    said: list[str] = []
    with TemporaryDirectory() as folder:
        paths = []
        for name, text in form(records).items():
            path = Path(folder) / name
            is_cut = name != "schema.sql"
            path.write_text(text[: int(len(text) * share)] if is_cut else text)
            paths.append(str(path))
        try:
            result = imported(*paths, say=said.append)
            texts = [result.text, *result.notes, *result.questions, *said]
        except TablewrightError as problem:
            texts = [problem.message, str(problem.remedy), *said]
    written = "\n".join(texts)
    for value in values_of(records):
        assert value not in written


def test_personal_attributes_are_flagged(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    rows = "".join(
        f"u{n},a{n}@x.org,Ana {'b' * (n % 7 + 2)},+63917555{n:04},1980-01-0{n % 9 + 1},x{n}\n"
        for n in range(30)
    )
    path.write_text("id,email,fullName,phone,birthday,remark\n" + rows)
    (person,) = model_of(path).model.entities
    flagged = [attribute.name for attribute in person.attributes if attribute.sensitive]
    assert flagged == ["email", "fullName", "phone", "birthday"]
