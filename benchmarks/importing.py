"""How long an import takes and what memory it needs.

    python benchmarks/importing.py [ITEMS]

Targets: `init --from` on a template of 200 tables under 5 s; 1 million sampled items of an export
of DynamoDB or of a mongodump read and understood in under 60 s and 500 MB; memory constant in the
size of the dump. Each import is a process of its own; its processor time and its greatest resident
memory are printed, at a tenth of the items and at all of them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"
TABLES = 200
STATES = ("open", "paid", "shipped", "returned")


def template(path: Path) -> None:
    """Write a template of 200 tables with an index each."""
    resources = {
        f"T{n}": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": f"thing-{n}",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "state")
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by-state",
                        "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
            },
        }
        for n in range(TABLES)
    }
    path.write_text(json.dumps({"Resources": resources}))


def rows(count: int) -> Iterator[dict[str, object]]:
    """Yield items of a table that keeps users and their orders."""
    chance = random.Random(7)
    for n in range(count):
        user = f"u{n // 10:07}"
        if n % 10 == 0:
            yield {
                "PK": f"USER#{user}",
                "SK": "PROFILE",
                "userId": user,
                "email": f"{user}@example.org",
                "name": "x" * chance.randint(5, 30),
                "at": f"2026-01-{1 + n % 28:02}T10:00:00Z",
            }
        else:
            yield {
                "PK": f"USER#{user}",
                "SK": f"ORDER#{n:09}",
                "userId": user,
                "orderId": f"{n:09}",
                "state": STATES[n % 4],
                "total": chance.randint(100, 99_999),
                "lines": [{"sku": f"s{k}", "count": k} for k in range(chance.randint(1, 4))],
                "note": "y" * chance.randint(0, 120),
            }


def wire(value: object) -> dict[str, object]:
    """Return a value in DynamoDB JSON."""
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [wire(element) for element in value]}
    if isinstance(value, dict):
        return {"M": {name: wire(inner) for name, inner in value.items()}}
    return {"S": str(value)}


def export(folder: Path, count: int) -> None:
    """Write an export of DynamoDB to S3."""
    data = folder / "data"
    data.mkdir(parents=True)
    arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/shop"
    summary = {"tableArn": arn, "exportType": "FULL_EXPORT", "itemCount": count}
    (folder / "manifest-summary.json").write_text(json.dumps(summary))
    (folder / "manifest-files.json").write_text(
        json.dumps({"dataFileS3Key": "AWSDynamoDB/1/data/a.json.gz", "itemCount": count}) + "\n"
    )
    with gzip.open(data / "a.json.gz", "wt", compresslevel=1) as stream:
        for row in rows(count):
            item = {name: wire(value) for name, value in row.items()}
            stream.write(json.dumps({"Item": item}, separators=(",", ":")) + "\n")


def dump(folder: Path, count: int) -> None:
    """Write a mongodump of one collection."""
    import bson

    (folder / "shop").mkdir(parents=True)
    with (folder / "shop" / "things.bson").open("wb") as stream:
        for number, row in enumerate(rows(count)):
            stream.write(bson.encode({"_id": f"{number:012}", **row}))


def copied(path: Path, count: int) -> None:
    """Write a dump of PostgreSQL with COPY data."""
    with path.open("w") as stream:
        stream.write(
            "CREATE TABLE orders (id bigint PRIMARY KEY, user_id text, state text, note text);\n"
            "COPY orders (id, user_id, state, note) FROM stdin;\n"
        )
        chance = random.Random(7)
        for n in range(count):
            note = "y" * chance.randint(0, 120)
            stream.write(f"{n}\tu{n // 10:07}\t{STATES[n % 4]}\t{note}\n")
        stream.write("\\.\n")


def measured(source: Path, target: Path) -> None:
    """Import in a child process and print what it took."""
    environment = os.environ | {"PYTHONPATH": str(SRC)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    command = [sys.executable, __file__, "--import", str(source), str(target)]
    output = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"  {seconds:6.1f} s of processor time, {time.monotonic() - start:6.1f} s elapsed, "
        f"{int(output.split()[-1]) // 1024:4} MB"
    )


def imported(source: str, target: str) -> None:
    """Import, as `tablewright init --from` does, and print the greatest memory in KB."""
    from click.testing import CliRunner

    from tablewright.cli.main import group

    result = CliRunner().invoke(group, ["init", target, "--from", source])
    if result.exit_code:
        raise SystemExit(result.output + repr(result.exception))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def items_of(text: str) -> int:
    """Return a number of items of at least 10."""
    try:
        count = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        count = 0
    if count < 10:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of items of 10 or more")
    return count


def main(most: int) -> None:
    """Measure all of it, with so many items."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "template.json"
        template(path)
        print(f"a template of {TABLES} tables")
        measured(path, folder / "t")
        kinds: dict[str, Callable[[Path, int], None]] = {
            "an export of DynamoDB, packed": export,
            "a mongodump": dump,
            "COPY data of PostgreSQL": copied,
        }
        for title, write in kinds.items():
            for count in (most // 10, most):
                source = folder / f"{write.__name__}-{count}.sql"
                write(source, count)
                print(f"{title}, {count:,} items")
                measured(source, folder / f"app-{write.__name__}-{count}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("items", nargs="?", type=items_of, default=1_000_000, metavar="ITEMS")
    # A child process of the measurement; no user types it.
    parser.add_argument("--import", nargs=2, dest="child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        imported(*arguments.child)
    else:
        main(arguments.items)
