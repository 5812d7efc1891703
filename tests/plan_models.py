"""Models made at random, small and large, for tests and benchmarks of the planner.

In: a seed and sizes. Out: the text of a model file. The same seed gives the same text.
"""

from __future__ import annotations

import random
import re

from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.planning.planning import DynamoPlanning
from tablewright.model.values import Model

HEAD = """\
app: made-up
region: us-east-1
scales: [{users}]
entities:
"""


def planning_of(model: Model) -> DynamoPlanning:
    """Return DynamoDB's planning of a model at the packaged prices."""
    return DynamoPlanning(quotes=DynamoEngine(), model=model, book=PriceBook(), region=model.region)


def model_text(
    seed: int, *, entities: int = 1, patterns: int = 4, users: int = 20_000, large: bool = True
) -> str:
    """Return a model with this many entities and patterns; each entity has at least two."""
    draw = random.Random(seed)
    lines = [HEAD.format(users=users)]
    for number in range(entities):
        lines += _entity(draw, number, large=large)
    lines.append("patterns:\n")
    shares = [patterns // entities + (1 if n < patterns % entities else 0) for n in range(entities)]
    for number, share in enumerate(shares):
        lines += _patterns(draw, number, max(2, share))
    return "".join(lines)


def _entity(draw: random.Random, number: int, *, large: bool) -> list[str]:
    body = draw.choice([200, 700, 1500, 3000, 6000] if large else [100, 300, 600])
    return [
        f"  Thing{number}:\n",
        "    key: id\n",
        f"    count: {draw.choice([1, 3, 10])}/user\n",
        "    attributes:\n",
        "      id: uuid\n",
        "      owner: {type: id, distinct: 5000}\n",
        "      state: {type: enum, values: {open: 10%, done: 85%, lost: 5%}}\n",
        "      made: {type: timestamp, immutable: true}\n",
        "      score: int(0..100000)\n",
        f"      body: text({body})\n",
    ]


def _patterns(draw: random.Random, number: int, count: int) -> list[str]:
    entity = f"Thing{number}"
    rates = [0.01, 0.1, 0.5, 2, 10, 40]

    def rate() -> str:
        return f"rate: {draw.choice(rates)}/user/day"

    makers = [
        lambda: f"{{get: {entity}, by: id, {rate()}}}",
        lambda: f"{{list: {entity}, where: owner, sort: -made, limit: 20, {rate()}}}",
        lambda: (
            f"{{list: {entity}, where: {{state: open}}, sort: -score, limit: 20, "
            f"select: [id, score], {rate()}}}"
        ),
        lambda: f"{{list: {entity}, where: [owner, state], select: [id, made], {rate()}}}",
        lambda: f"{{update: {entity}, by: id, set: [state], {rate()}}}",
        lambda: f"{{update: {entity}, by: id, set: [score], {rate()}}}",
        lambda: f"{{put: {entity}, {rate()}}}",
        lambda: f"{{update: {entity}, by: id, set: [body], {rate()}}}",
    ]
    reads, writes = makers[:4], makers[4:]
    chosen = [draw.choice(reads[1:]), draw.choice(writes)]
    chosen += [draw.choice(makers) for _ in range(count - 2)]
    return [f"  p{number}_{at}: {make()}\n" for at, make in enumerate(chosen)]


def family_text(seed: int) -> str:
    """Return a model of parents with children so small that they may lie inside the parent."""
    draw = random.Random(seed)
    rates = [0.001, 0.01, 0.1, 1, 10]

    def rate() -> str:
        return f"rate: {draw.choice(rates)}/user/day"

    most = draw.choice([4, 12])
    lines = [
        HEAD.format(users=100_000),
        "  Owner:\n    key: oid\n    attributes:\n      oid: uuid\n",
        f"      about: text({draw.choice([60, 500, 900])})\n",
        "  Part:\n    of: Owner\n    key: [oid, pid]\n",
        f"    count: {{mean: 3, max: {most}, shape: poisson}}\n",
        f"    attributes:\n      pid: {draw.choice(['ulid', 'text(10)'])}\n",
        f"      what: text({draw.choice([10, 60, 200])})\n      used: counter\n",
        "patterns:\n",
        f"  owner: {{get: Owner, by: oid, {rate()}}}\n",
        f"  describe: {{update: Owner, by: oid, set: about, {rate()}}}\n",
        f"  parts: {{list: Part, where: oid, {rate()}}}\n",
    ]
    makers = [
        f"  add: {{put: Part, {draw.choice(['', 'if: absent, '])}{rate()}}}\n",
        f"  use: {{update: Part, by: [oid, pid], increment: used, {rate()}}}\n",
        f"  part: {{get: Part, by: [oid, pid], {rate()}}}\n",
        f"  drop: {{delete: Part, by: [oid, pid], {rate()}}}\n",
        f"  used: {{list: Part, where: oid, sort: -used, limit: 2, {rate()}}}\n",
    ]
    return "".join(lines + draw.sample(makers, draw.choice([0, 1, 2, 3])))


def families_text(seed: int, count: int) -> str:
    """Return a model of so many families side by side."""
    entities, patterns = "", ""
    for number in range(count):
        _, _, rest = family_text(seed + number).partition("entities:\n")
        own, _, asked = rest.partition("patterns:\n")
        entities += re.sub(r"\b(Owner|Part)\b", rf"\g<1>{number}", own)
        renamed = re.sub(r"\b(Owner|Part)\b", rf"\g<1>{number}", asked)
        patterns += re.sub(r"(?m)^  (\w+):", rf"  \g<1>{number}:", renamed)
    return HEAD.format(users=100_000) + entities + "patterns:\n" + patterns


def history_text(seed: int) -> str:
    """Return a model of events that are listed by their time, for all or for one owner."""
    draw = random.Random(seed)
    rates = [0.001, 0.01, 0.1, 1, 10]

    def rate() -> str:
        return f"rate: {draw.choice(rates)}/user/day"

    span = draw.choice(["0.3%", "2%", "8%"])
    lines = [
        HEAD.format(users=5_000),
        "  Event:\n    key: eid\n    append_only: true\n",
        f"    count: {draw.choice(['0.1', '1'])}/user/day\n    attributes:\n",
        "      eid: ulid\n      owner: {type: id, distinct: 500}\n",
        f"      made: {draw.choice(['timestamp', 'date'])}\n      level: int(0..1000)\n",
        f"      body: text({draw.choice([100, 700, 1500])})\npatterns:\n",
        f"  write: {{put: Event, {rate()}}}\n",
    ]
    makers = [
        f"  latest: {{list: Event, sort: -made, limit: {draw.choice([5, 50])}, {rate()}}}\n",
        f"  between: {{list: Event, where: {{made: {{between: {span}}}}}, limit: 50, {rate()}}}\n",
        f"  loud: {{list: Event, where: {{made: {{between: {span}}}, level: {{ge: 1%}}}}, "
        f"all: true, select: [eid, level], rate: {draw.choice([1, 50, 2000])}/day}}\n",
        f"  own: {{list: Event, where: {{owner: given, made: {{ge: {span}}}, level: {{ge: 5%}}}}, "
        f"all: true, {rate()}}}\n",
        f"  event: {{get: Event, by: eid, {rate()}}}\n",
    ]
    return "".join(lines + draw.sample(makers, draw.choice([1, 1, 1, 2])))
