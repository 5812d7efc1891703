"""Every figure in the prose of the shipped files: computed here, or named as what it is.

Prose is what answers, notes, reasons and comments say; `says` is what others claimed, and compared
by its own `value`. A figure is held by a fragment of the text that is put together from the price
book, the model or an evaluation. The last test finds figures that nothing holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
import yaml

from applications import APPS, compared, session_of
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.design import DynamoDesign

AUXEIRA, PROXY, RENTALS, POAFIX, STJ = (
    "auxeira",
    "llm-proxy",
    "mongocollectibles",
    "poafix",
    "screen-time-journey",
)
BOOK = PriceBook()
HOURS = Decimal(730)
EAST = "us-east-1"


def usd(key: str, region: str = EAST, day: str | None = None) -> Decimal:
    """Return the price of one unit."""
    price = BOOK.price(key, region, day)
    return price.usd / price.per


def monthly(key: str, count: Decimal | str | int = 1) -> Decimal:
    """Return what so many of something that is paid by the hour cost a month."""
    return usd(key) * Decimal(count) * HOURS


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def money(value: Decimal) -> str:
    return f"${cents(value):,}"


@cache
def document(app: str) -> Any:
    return yaml.safe_load((APPS / app / "tablewright.yaml").read_text(encoding="utf-8"))


def says(app: str, claim: str) -> str:
    return " ".join(str(document(app)["claims"][claim]["says"]).split())


def answer(app: str, claim: str) -> str:
    return " ".join(str(document(app)["claims"][claim]["answer"]).split())


# ---------------------------------------------------------------- what the figures are


def per_month_of_hours(app: str = PROXY) -> Decimal:
    """Return the share of an hour in which a provisioned unit costs what it would on demand."""
    region = session_of(app).model.region
    hour = usd("aws.dynamodb.provisioned.wcu.standard", region)
    return hour / (3600 * usd("aws.dynamodb.ondemand.wru.standard", region))


def stj_savings() -> list[str]:
    even = per_month_of_hours(STJ)  # 28.9 % in Stockholm
    return [
        f"costs {even * 100:.1f} % of",
        f"1 - {even:.3f} / utilisation",
        f"Half is saved at a utilisation of {even / Decimal('0.5') * 100:.1f} %",
        f"70 % at one of {even / Decimal('0.3') * 100:.1f} %",
        f"aims at 70 % can save {(1 - even / Decimal('0.7')) * 100:.0f} % at",
    ]


def auxeira_bands() -> list[str]:
    # The bands stated for the six tables; the single costs are the values of C1 to C6.
    bands = [(5, 10), (8, 15), (10, 20), (3, 5), (5, 8), (2, 4)]
    values = [document(AUXEIRA)["claims"][f"C{number}"]["value"] for number in range(1, 7)]
    outside = sum(
        not low <= value <= high for value, (low, high) in zip(values, bands, strict=True)
    )
    assert outside == 5
    assert len(values) == 6
    assert "typically $15 to $50; $33 to $62" in says(AUXEIRA, "C10")
    return ["since 62 is more than 50", "Five of the six single costs"]


def auxeira_use() -> list[str]:
    """Return what is said of provisioned capacity: the break-even, and how little is used."""
    session = session_of(AUXEIRA)
    design = session.design("current")
    assert isinstance(design, DynamoDesign)
    evaluation = session.evaluate("current", 100)
    provisioned = {table.name for table in design.tables if table.mode.rcu is not None}
    assert len(design.tables) == 6
    assert len(provisioned) == 3
    used: dict[tuple[str, str], Decimal] = {}
    for route in evaluation.routes:
        calls = session.model.calls_per_second(session.model.pattern(route.pattern), 100)
        for request in route.requests:
            for use in request.uses:
                key = (use.resource, use.dimension)
                used[key] = used.get(key, Decimal(0)) + use.units.mean * calls
    for table in design.tables:
        if table.name in provisioned:
            assert used.get((table.name, "read"), Decimal(0)) < Decimal(table.mode.rcu) / 100
            assert used.get((table.name, "write"), Decimal(0)) < Decimal(table.mode.wcu) / 100
    return [f"a utilisation of {per_month_of_hours(AUXEIRA) * 100:.1f} %. At 100 users"]


def minutes_without(percent: str) -> str:
    """Return the minutes of a month that an availability leaves out."""
    return f"{(100 - Decimal(percent)) / 100 * HOURS * 60:.1f}"


def production() -> Decimal:
    """Return the list price of the production deployment, each line rounded to cents."""
    lines = [
        usd("aws.route53.zone", "global"),
        monthly("aws.elb.alb.hour"),
        monthly("aws.ec2.t3.small", 2),
        monthly("aws.aurora-postgresql.sv2.acu.standard", "0.5"),
        monthly("aws.elasticache.redis.cache.t3.micro"),
        Decimal(5),  # S3 and CloudFront: the lower end of what is stated for them
    ]
    return sum(map(cents, lines), Decimal(0))


def per_million(architecture: str = "arm") -> Decimal:
    """Return what a million runs of 200 ms with 256 MB cost beside their requests."""
    return usd(f"aws.lambda.gbs.{architecture}") * 1_000_000 * Decimal("0.2") * Decimal("0.25")


def serverless() -> list[str]:
    # A zone, 5 USD stated for S3 and CloudFront, a secret; requests of API Gateway and of Lambda.
    fixed = usd("aws.route53.zone", "global") + 5 + usd("aws.secrets-manager.secret")
    million = (usd("aws.api-gateway.rest") + usd("aws.lambda.requests")) * 1_000_000
    (option,) = [o for o in compared(RENTALS).architectures if o.architecture.name == "serverless"]
    assert option.at(5_000).total < 20
    each = million + per_million()
    return [
        "At the traffic assumed for 5,000 customers it is less",
        f"It is {money(fixed)}, {money(million)} for each million",
        f"$20 pays for about {(20 - fixed) / each:.1f} million requests",
        f"$50 for {(50 - fixed) / each:.1f} million",
    ]


def task() -> Decimal:
    """Return the price of a quarter of a CPU and half a gigabyte for an hour."""
    return usd("aws.fargate.vcpu.x86") / 4 + usd("aws.fargate.gb.x86") / 2


def with_a_reader() -> list[str]:
    (option,) = [o for o in compared(RENTALS).architectures if o.architecture.name == "fargate"]
    reader = monthly("aws.aurora-postgresql.sv2.acu.standard", "0.5")
    total = option.at(50_000).total + reader
    assert total > 200 * Decimal("0.9")  # within a tenth of the band's lower end
    return [f"through the load balancer cost ${total:.0f}"]


def tier(name: str, hours: int = 720) -> Decimal:
    return usd(f"mongodb.atlas.{name}.hour") * hours


def leaderboard_as_it_runs() -> str:
    """Return the units of reading 100 entries in the order of names, as the application does."""
    from dataclasses import replace

    session = session_of(STJ)
    model = session.model
    pattern = model.pattern("leaderboard")
    by_name = replace(pattern, sort=(("username", False),), limit=100)
    changed = replace(model, patterns=tuple(by_name if p is pattern else p for p in model.patterns))
    file = replace(session.file, model=changed)
    route = (
        type(session)(file=file, options=session.options)
        .evaluate("current", 10_000)
        .route("leaderboard")
    )
    return f"{route.units('read').mean:.1f} read units a call"


def rates(app: str, *, writes: bool) -> Decimal:
    """Return how many calls of a user a day are stated, those marked as assumed left out."""
    return sum(
        (
            p.rate.per_day
            for p in session_of(app).model.patterns
            if p.rate.per == "user" and p.verb.is_write is writes
        ),
        Decimal(0),
    )


def shares_of_sessions() -> list[str]:
    # 45 + 25 + 15 + 5 + 5 + 1 + 2 + 1 + 1 = 100 reads that are stated, and 0.296 of the service;
    # 6.9 + 0.1 + 0.5 + 1.4 + 1 + 0.1 = 10 writes, and 0.5512 more.
    assert round(rates(STJ, writes=False)) == 100
    assert round(rates(STJ, writes=True), 1) == Decimal("10.6")
    assert 100 / 5 == 20
    return ["100 of them take twenty sessions", "make the 100 and 10 that are stated"]


def retention(app: str, entity: str) -> str:
    days = session_of(app).model.entity(entity).retention_days
    return f"{days:.0f} days"


def given_back() -> str:
    patterns = session_of(PROXY).model
    share = (
        patterns.pattern("giveBackUsage").rate.per_day
        / patterns.pattern("incrementUsage").rate.per_day
    )
    return f"the {share * 100:.0f} % of the calls"


def fact(key: str) -> str:
    return str(BOOK.fact(key).value)


HELD: dict[tuple[str, str], Callable[[], list[str]]] = {
    (AUXEIRA, "claims.C10.answer"): auxeira_bands,
    (AUXEIRA, "claims.C14.answer"): auxeira_use,
    (AUXEIRA, "claims.C16.answer"): lambda: [
        f"one of {minutes_without('99.99')} minutes a month for the database",
        f"one of {minutes_without('99.9')} for the whole",
    ],
    (PROXY, "needs.ttl"): lambda: [retention(PROXY, "Usage")],
    (PROXY, "patterns.giveBackUsage.note"): lambda: [given_back()],
    (PROXY, "claims.C1.answer"): lambda: [
        f"at {fact('mongodb.atlas.m0.limit.ops')} operations a second"
    ],
    (PROXY, "claims.C2.answer"): lambda: [
        "the 25 units of each" if "25 RCU and 25 WCU" in says(PROXY, "C2") else ""
    ],
    # Atlas at $57 beside $5, and at $200 beside $80: the widest and the narrowest pair stated.
    (PROXY, "claims.C6.answer"): lambda: [
        f"between {Decimal(200) / document(PROXY)['claims']['C4']['value'][1]:.1f}",
        f"and {Decimal(57) / document(PROXY)['claims']['C3']['value'][0]:.1f}",
    ],
    (PROXY, "claims.C7.answer"): lambda: [
        f"costs {money(usd('aws.dynamodb.pitr'))} per GB",
        f"on demand cost {money(usd('aws.dynamodb.backup.ondemand.warm'))}",
    ],
    (PROXY, "claims.C10.answer"): lambda: [
        "40,000 is the default quota",
        "begins at 4,000 writes and 12,000 reads a second",
        f"ends at {int(fact('aws.dynamodb.limit.partition.wcu')):,} writes",
        f"and {int(fact('aws.dynamodb.limit.partition.rcu')):,} reads",
        "371 calls a second at 50,000 users",  # tests/apps/test_prose.py works it out
    ],
    (PROXY, "claims.C11.answer"): lambda: [
        f"promise {fact('mongodb.atlas.sla')} %",
        f"DynamoDB promises {fact('aws.dynamodb.sla.standard')} %",
        f"and {fact('aws.dynamodb.sla.global')} % for global tables",
    ],
    (PROXY, "claims.C15.answer"): lambda: [
        f"the price of ${Decimal('0.0045') / 150 * 1000:.2f} for a thousand tokens",
        f"${Decimal('0.0045') / 150 * 1_000_000:.0f} for a million",
    ],
    (PROXY, "designs.before.note"): lambda: [
        "12 bytes beside the userId",  # an ObjectId of BSON
        f"at the {retention(PROXY, 'Usage')} that are kept",
    ],
    (RENTALS, "claims.C1.answer"): lambda: [
        # "A t3.micro costs $7 to $10" and a zone at 0.50
        f"add up to {money(7 + usd('aws.route53.zone', 'global'))} to "
        f"{money(10 + usd('aws.route53.zone', 'global'))}",
        "to "
        + money(
            usd("aws.route53.zone", "global")
            + monthly("aws.ec2.t3.micro")
            + 8 * usd("aws.ebs.gp3.storage")
            + monthly("aws.vpc.publicipv4.hour")
        )
        + " with a disk of 8 GB",
    ],
    (RENTALS, "claims.C2.answer"): lambda: [
        f"{money(monthly('aws.ec2.t3.micro'))} and {money(monthly('aws.ec2.t3.small'))} at 730"
    ],
    (RENTALS, "claims.C3.answer"): lambda: [
        f"{money(production())} with the database in one zone",
        money(production() + monthly("aws.aurora-postgresql.sv2.acu.standard", "0.5")) + " in two",
        "brings it to "
        + money(
            production()
            + monthly("aws.aurora-postgresql.sv2.acu.standard", "0.5")
            + monthly("aws.vpc.natgw.hour")
        ),
    ],
    (RENTALS, "claims.C4.answer"): lambda: [
        f"{money(monthly('aws.aurora-postgresql.sv2.acu.standard', '0.5'))} to "
        f"{money(monthly('aws.aurora-postgresql.sv2.acu.standard', 1))}"
    ],
    (RENTALS, "claims.C5.answer"): lambda: [
        f"{money(monthly('aws.elb.alb.hour'))} and its capacity units",
        f"{money(monthly('aws.elasticache.redis.cache.t3.micro'))} for a cache.t3.micro",
    ],
    (RENTALS, "claims.C6.answer"): serverless,
    (RENTALS, "claims.C7.answer"): lambda: [
        "200 ms with 256 MB",
        f"add {money(per_million())} on ARM and {money(per_million('x86'))} on x86",
    ],
    (RENTALS, "claims.C8.answer"): lambda: [
        f"now it is ${usd('aws.dynamodb.ondemand.wru.standard') * 1_000_000:.3f}",
        f"reads are ${usd('aws.dynamodb.ondemand.rru.standard') * 1_000_000:.3f} instead of "
        + money(usd("aws.dynamodb.ondemand.rru.standard", day="2024-10-31") * 1_000_000),
    ],
    (RENTALS, "claims.C9.answer"): lambda: [
        f"cost ${task():.5f} an hour",
        f"two such tasks {money(2 * task() * HOURS)} a month",
        f"{money(usd('aws.fargate.vcpu.x86'))} is the price of a whole CPU",
    ],
    (RENTALS, "claims.C10.answer"): lambda: [
        # a load balancer, two tasks, half an ACU and one of a database in one zone, then in two
        money(
            cents(monthly("aws.elb.alb.hour"))
            + cents(2 * task() * HOURS)
            + cents(monthly("aws.aurora-postgresql.sv2.acu.standard", "0.5"))
        ),
        "to "
        + money(
            cents(monthly("aws.elb.alb.hour"))
            + cents(2 * task() * HOURS)
            + cents(monthly("aws.aurora-postgresql.sv2.acu.standard", 1))
        ),
    ],
    (RENTALS, "claims.C11.answer"): with_a_reader,
    (RENTALS, "claims.C12.answer"): lambda: [
        f"${usd('aws.waf.acl'):.0f} for a list, ${usd('aws.waf.rule'):.0f} for each rule",
        f"{money(usd('aws.waf.requests') * 1_000_000)} for a million requests",
    ],
    (RENTALS, "claims.C13.answer"): lambda: [
        f"{money(usd('aws.dynamodb.backup.ondemand.warm'))} for DynamoDB",
        f"${usd('aws.aurora-postgresql.backup'):.3f} for snapshots of Aurora",
    ],
    (RENTALS, "claims.C14.answer"): lambda: [
        f"{money(monthly('aws.vpc.natgw.hour'))} a month and ${usd('aws.vpc.natgw.gb'):.3f} per GB"
    ],
    (RENTALS, "claims.C15.answer"): lambda: ["no more than 25 units of each kind"],
    (RENTALS, "claims.C17.answer"): lambda: [
        "are $28.52 at",  # tests/apps/test_prose.py: the bill of the option
        "$43 with the stated $30 for the database",  # 13 for the plan stated, and 30
    ],
    (RENTALS, "claims.C17b.answer"): lambda: ["add up to $41.61"],  # tests/apps/test_prose.py
    (RENTALS, "claims.C18.answer"): lambda: ["1,000 functions at once"],  # a quota of the vendor
    (POAFIX, "claims.C3.answer"): lambda: [
        f"{money(45 * usd('aws.s3.standard.storage'))} at ${usd('aws.s3.standard.storage'):.3f}",
        f"{money(50 * usd('aws.s3.standard.storage'))} is the price of 50 GB",
    ],
    (POAFIX, "claims.C4.answer"): lambda: ["2,000 writes are free as well"],  # the vendor's page
    (POAFIX, "claims.C5.answer"): lambda: [
        "An M2 cost $9 with 2 GB",  # a former price of the book
        f"{money(tier('m10'))} is an M10 at 720 hours",
        f"${usd('mongodb.atlas.flex.100ops.month'):.0f} to "
        f"${usd('mongodb.atlas.flex.500ops.month'):.0f}",
    ],
    (POAFIX, "claims.C6.answer"): lambda: ["come to $65.17"],  # tests/apps/test_prose.py
    (POAFIX, "claims.C7.answer"): lambda: [
        "none costs $570" if "$57 to $570" in says(POAFIX, "C7") else "",
        f"M10 {money(tier('m10'))}, M20 ${tier('m20'):.0f}, M30 ${tier('m30'):.0f}, "
        f"M40 ${tier('m40'):.0f} at 720 hours",
    ],
    (POAFIX, "claims.C8.answer"): lambda: [
        f"is {money(monthly('aws.elb.alb.hour'))} and its units rather than $18"
    ],
    (POAFIX, "claims.C17.answer"): lambda: [f"from ${tier('m10', 730):.0f} a month"],
    (STJ, "needs.point_in_time_recovery"): lambda: ["35 days"],
    (STJ, "patterns.leaderboard.note"): lambda: [
        "reads 100 entries",
        leaderboard_as_it_runs(),
    ],
    (STJ, "claims.C3c.answer"): shares_of_sessions,
    (STJ, "claims.C9.answer"): stj_savings,
    (STJ, "claims.C14.answer"): lambda: [
        f"at most {int(fact('aws.dynamodb.limit.partition.wcu')):,} writes a second"
    ],
}

NAMES = re.compile(
    r"\bM\d+\b|\b[ALMPSC]\d+[a-z]?\b|t3\.\w+|MySQL 8|127\.0\.0\.1|port 27017|\bS3\b|\bEC2\b|x86"
    r"|\b(?:15 )?(?:January|April|July|November)(?: 20\d\d)?|\b20\d\d\b|HTTP/2"
)
"""Figures in names, addresses and dates."""
SCALES = re.compile(r"\b[\d,]+ (?:users|customers)\b|at [\d,]+ and at [\d,]+ users")
"""How many users something is said of: a scale of the model, which the next test looks at."""


def prose(app: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a file that nobody else said, with their places."""

    def walk(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if isinstance(node, list):
            for place, each in enumerate(node):
                yield from walk(each, (*path, str(place)))
        elif isinstance(node, dict):
            for name, value in node.items():
                is_prose = name in ("answer", "note", "reason", "why", "title")
                if isinstance(value, str) and (is_prose or path[:1] == ("needs",)):
                    yield ".".join((*path, str(name))), " ".join(value.split())
                yield from walk(value, (*path, str(name)))

    yield from walk(document(app), ())
    text = (APPS / app / "tablewright.yaml").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        comment = re.search(r"(?:^|\s)# (.*)", line)
        if comment is not None:
            yield f"line {number}", comment[1]


@pytest.mark.parametrize(("app", "place"), list(HELD))
def test_a_figure_of_the_prose_is_what_is_computed(app: str, place: str) -> None:
    text = dict(prose(app))[place]
    missing = [fragment for fragment in HELD[app, place]() if not fragment or fragment not in text]
    assert missing == [], text


COMMENTS = {
    # how the application is described, and what a line of the file itself says
    "Three tables in Stockholm serve 100 users today; 10,000 are planned",
    "The 10 ms are meant at the data layer",
    "100 users 80 are clients and 20 providers",
    "customers. 250 days of rentals",
    "a session lasts 30 days",
    "from 100,000 users on",
    "spikes up to 10,000 users",
    "Users, profiles and reports together make the stated monthly counts at 100 users",
}


@pytest.mark.parametrize("app", [AUXEIRA, PROXY, RENTALS, POAFIX, STJ])
def test_no_figure_of_the_prose_is_without_a_test(app: str) -> None:
    bare = []
    for place, text in prose(app):
        rest = NAMES.sub("", text)
        if place.endswith(".title"):
            rest = re.sub(r"^text\(\d+\).*", "", rest)  # the type of an attribute named title
        fragments = HELD[app, place]() if (app, place) in HELD else []
        for fragment in (*fragments, *(c for c in COMMENTS if c in text)):
            rest = rest.replace(NAMES.sub("", fragment), "")
        rest = SCALES.sub("", rest)
        bare += [f"{place}: {text}"] if re.search(r"\d", rest) else []
    assert bare == []


def test_comments_say_what_the_file_says() -> None:
    # Of 100 users 80 are clients and 20 providers.
    poafix = session_of(POAFIX).model
    assert (poafix.instances("User", 100), poafix.instances("Provider", 100)) == (80, 20)
    assert session_of(RENTALS).model.horizon_days == 250
    # The 10 ms that are meant at the data layer.
    assert session_of(PROXY).model.targets.latency_p99_ms == 10
    assert {100, 10_000} <= set(session_of(STJ).model.scales)
