"""A small shop, made by hand: two designs, a report card, a claim, an assumption.

Nothing here comes from the engine: routes, units and bills are written down, so that the pages are
tested on figures worked out on paper. A profile of 20 KB is 5 reads of 4 KB, half of that when
eventual: 2.5; written it is 20 units, 20 more in an index that projects all of it.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.bill.bill import Bill, charge
from tablewright.bill.prices import PriceBook
from tablewright.core.diagnostics import Span
from tablewright.engines.dynamodb.advisory import (
    Advisory,
    BusiestKey,
    Due,
    Headroom,
    Stop,
    Trigger,
)
from tablewright.engines.dynamodb.description import describe
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    ItemShape,
    Projection,
    ProjectionKind,
    Table,
)
from tablewright.evaluation.values import (
    Evaluation,
    Measure,
    Rejected,
    Request,
    ResourceFacts,
    Route,
    ShapeFacts,
    SizeFacts,
    UnitUse,
)
from tablewright.model.values import (
    Assumption,
    Attribute,
    Claim,
    Condition,
    Count,
    Entity,
    Kind,
    Model,
    Pattern,
    Rate,
    Spread,
    Targets,
    Verb,
)
from tablewright.review.assessment import (
    Assessment,
    ClaimStep,
    DesignAssessment,
    Influence,
    TargetResult,
    UserRange,
    Verdict,
)
from tablewright.review.findings import Finding, Fix, Level
from tablewright.review.grade import CategoryGrade, PathStep, ReportCard, Strength, Unassessed

D = Decimal
SPAN = Span("tablewright.yaml", 12, 5, 9)
SCALES = (100, 1000, 10000)


def attribute(name: str, kind: Kind = Kind.UUID, size: int | None = None, **more: object):
    spread = Spread(mean=D(size)) if size else None
    return Attribute(name=name, kind=kind, bytes=spread, **more)  # type: ignore[arg-type]


def shop_model() -> Model:
    customer = Entity(
        name="Customer",
        key=("customer_id",),
        attributes=(
            attribute("customer_id"),
            attribute("email", Kind.EMAIL, 24),
            attribute("profile", Kind.TEXT, 20_000),
        ),
    )
    order = Entity(
        name="Order",
        key=("customer_id", "placed_at"),
        parent="Customer",
        count=Count(mean=D(10), per="parent"),
        attributes=(
            attribute("customer_id", generated=True),
            attribute("placed_at", Kind.TIMESTAMP),
            attribute("note", Kind.TEXT, 600),
        ),
    )

    def by(*names: str) -> tuple[Condition, ...]:
        return tuple(Condition(attribute=name) for name in names)

    return Model(
        app="shop",
        title="A small shop",
        region="us-east-1",
        scales=SCALES,
        entities=(customer, order),
        patterns=(
            Pattern(
                name="profile",
                id="P1",
                title="Show the profile",
                verb=Verb.GET,
                entity="Customer",
                where=by("customer_id"),
                rate=Rate(per_day=D(20)),
            ),
            Pattern(
                name="by_email",
                id="P2",
                verb=Verb.GET,
                entity="Customer",
                where=by("email"),
                rate=Rate(per_day=D(2)),
            ),
            Pattern(
                name="orders",
                id="P3",
                verb=Verb.LIST,
                entity="Order",
                where=by("customer_id"),
                rate=Rate(per_day=D(5)),
            ),
            Pattern(
                name="save_profile",
                id="P10",
                verb=Verb.UPDATE,
                entity="Customer",
                where=by("customer_id"),
                sets=("profile",),
                rate=Rate(per_day=D(3)),
            ),
        ),
        targets=Targets(monthly_cost=((10000, D(5)),)),
        assumptions=(
            Assumption(path=("patterns", "profile", "rate"), text="20/user/day", span=SPAN),
            Assumption(path=("entities", "Order", "count"), text="10", span=SPAN),
        ),
    )


def shop_design(name: str, projection: Projection, title: str = "") -> DynamoDesign:
    return DynamoDesign(
        name=name,
        engine="dynamodb",
        title=title,
        tables=(
            Table(
                name="customers",
                partition_key="customer_id",
                shapes=(
                    ItemShape(
                        name="Customer",
                        entity="Customer",
                        attributes=("customer_id", "email", "profile"),
                    ),
                ),
                indexes=(Index(name="by-email", partition_keys=("email",), projection=projection),),
                pitr_days=35,
            ),
            Table(
                name="orders",
                partition_key="customer_id",
                sort_key="placed_at",
                shapes=(
                    ItemShape(
                        name="Order",
                        entity="Order",
                        attributes=("customer_id", "placed_at", "note"),
                    ),
                ),
            ),
        ),
    )


def shop_card(users: int) -> ReportCard:
    guard = Finding(
        rule="DDB-KEY-010",
        title="Unique attribute is not enforced",
        category="key_design",
        level=Level.CRITICAL,
        subject="Customer.email",
        evidence="email is unique, and no item guards it",
        why="a secondary index does not refuse a second value",
        fix=Fix(
            kind="add_guard_item",
            text="add a guard item for email and write both in one transaction",
            saves_per_month=D("-0.12"),
            rejected=("a unique index does not exist on DynamoDB",),
        ),
        sources=("https://docs.aws.amazon.com/amazondynamodb/",),
    )
    wide = Finding(
        rule="DDB-PRJ-001",
        title="Index projects more than its readers need",
        category="projections",
        level=Level.HIGH,
        subject="customers/by-email",
        evidence="20 of 20 KB are never read from it",
        fix=Fix(kind="change_projection", text="project keys only", saves_per_month=D("11.4")),
    )
    trigger = Trigger(
        rule="DDB-HOT-005",
        title="Table needs warming up",
        subject="customers",
        level=Level.MEDIUM,
        users=576_000,
        evidence="peak_wcu(customers) = 4,000",
        fix="warm the table",
    )
    return ReportCard(
        design="current",
        users=users,
        score=D("71.4"),
        letter="C-",
        low_score=D("71.4"),
        low_letter="C-",
        coverage=D("0.93"),
        cap="cap 76: a critical finding",
        categories=(
            CategoryGrade(
                category="key_design",
                title="Keys, types and constraints",
                weight=D(16),
                raw=D(60),
                score=D(59),
                letter="F",
                cap="cap 59: critical",
                line="Keys, types and constraints 60.0 -> F (cap 59: critical). "
                "-40.0 DDB-KEY-010 Customer.email",
            ),
            CategoryGrade(
                category="projections",
                title="Projections and covering",
                weight=D(6),
                raw=D(80),
                score=D(80),
                letter="B-",
                line="Projections and covering 80.0 -> B-. -20.0 DDB-PRJ-001 customers/by-email",
            ),
        ),
        findings=(guard, wide),
        unassessed=(
            Unassessed(
                rule="DDB-SEC-001",
                title="Tenant prefix",
                category="security",
                subject="customers",
                missing="scope of the patterns",
            ),
        ),
        path=(
            PathStep(
                text="project keys only",
                rules=("DDB-PRJ-001",),
                subjects=("customers/by-email",),
                effort=2,
                saves_per_month=D("11.4"),
                cost_once=None,
                score=D("75.0"),
                letter="C",
                usd_per_month=D("18.00"),
            ),
            PathStep(
                text="add a guard item for email",
                rules=("DDB-KEY-010",),
                subjects=("Customer.email",),
                effort=5,
                saves_per_month=D("-0.12"),
                cost_once=None,
                score=D("92.5"),
                letter="A-",
                usd_per_month=D("18.12"),
            ),
        ),
        passed=6,
        strengths=(
            Strength(
                rule="DDB-REL-001",
                title="Durable data without point-in-time recovery or backups",
                category="reliability",
                subjects=("customers",),
                evidence=("customers: any moment of the last 35 days can be restored",),
            ),
            Strength(
                rule="DDB-IDX-001",
                title="Access pattern served by a scan",
                category="indexes",
                subjects=("get", "find", "list", "save", "drop"),
            ),
        ),
        advisory=Advisory(
            stops=(
                Stop(
                    users=10_000,
                    usd_per_month=D("29.40"),
                    usd_per_user=D("0.00294"),
                    usd_marginal=D("0.00294"),
                    drivers=(),
                    due=(Due(trigger=trigger, when="beyond", is_new=False),),
                    headroom=(
                        Headroom(
                            limit="write units of one partition",
                            subject="customers",
                            used=D("7"),
                            most=D(1000),
                            users=1_430_000,
                        ),
                    ),
                    busiest=(
                        BusiestKey(
                            resource="customers",
                            read_share=D("0.036"),
                            write_share=None,
                            reads=D("1.24"),
                            writes=None,
                            is_default_skew=True,
                        ),
                    ),
                    due_now="",
                    outlook="the next limit is at about 576,000 users",
                    verdict="sufficient",
                    sentence="No change needed at this scale; the next limit is at about "
                    "576,000 users.",
                ),
            ),
            triggers=(trigger,),
        ),
    )


def use(resource: str, dimension: str, units: str, why: str) -> UnitUse:
    return UnitUse(resource=resource, dimension=dimension, units=Measure(mean=D(units)), why=why)


def shop_routes(design: str, is_wide: bool) -> tuple[Route, ...]:
    key = {"customer_id": {"S": "0a52a0a3-8a34-4a4f-9a3e-f3a5d4d35a8c"}}
    get = Request(
        operation="GetItem",
        target="customers",
        bytes=D(20_480),
        uses=(use("customers", "read", "2.5", "0.5 x ceil(20,480 B / 4 KB) = 2.5"),),
        template={"TableName": "customers", "Key": key},
    )
    query = Request(
        operation="Query",
        target="customers/by-email",
        uses=(
            use(
                "customers/by-email",
                "read",
                "2.5" if is_wide else "0.5",
                "0.5 x ceil(20,480 B / 4 KB) = 2.5" if is_wide else "0.5 x ceil(96 B / 4 KB) = 0.5",
            ),
        ),
        template={
            "TableName": "customers",
            "IndexName": "by-email",
            "KeyConditionExpression": "#email = :email",
            "ExpressionAttributeNames": {"#email": "email"},
            "ExpressionAttributeValues": {":email": {"S": "ana@example.com"}},
        },
    )
    orders = Request(
        operation="Query",
        target="orders",
        items=D(10),
        uses=(use("orders", "read", "1", "0.5 x ceil(10 x 700 B / 4 KB) = 1"),),
    )
    table_write = use("customers", "write", "20", "ceil(20,480 B / 1 KB) = 20")
    index_write = use("customers/by-email", "write", "20", "ceil(20,480 B / 1 KB) = 20")
    save = Request(
        operation="UpdateItem",
        target="customers",
        uses=(table_write, index_write) if is_wide else (table_write,),
        template={"TableName": "customers", "Key": key, "UpdateExpression": "SET profile = :p"},
    )

    def route(pattern: str, *requests: Request, **more: object) -> Route:
        return Route(pattern=pattern, design=design, requests=requests, **more)  # type: ignore[arg-type]

    return (
        route("profile", get),
        route(
            "by_email",
            *((query,) if is_wide else (query, get)),
            rejected=(
                Rejected(route="Scan customers", reason="reads every item", units=D("0.0003")),
            ),
        ),
        route("orders", orders),
        route("save_profile", save),
    )


def shop_bill(routes: tuple[Route, ...], users: int, is_wide: bool) -> Bill:
    book, region = PriceBook(), "us-east-1"
    daily = {"profile": 20, "by_email": 2, "orders": 5, "save_profile": 3}
    prices = {
        "read": book.price("aws.dynamodb.ondemand.rru.standard", region),
        "write": book.price("aws.dynamodb.ondemand.wru.standard", region),
    }
    lines = [
        charge(
            prices[one.dimension],
            one.units.mean * daily[route.pattern] * users * 730 / 24,
            where=one.resource.partition("/")[0],
            resource=one.resource.replace("/", "."),
            what=f"{one.dimension} request units",
            pattern=route.pattern,
        )
        for route in routes
        for request in route.requests
        for one in request.uses
    ]
    storage = book.price("aws.dynamodb.storage.standard", region)
    gb = D(users) * 20_580 / 1024**3
    lines.append(charge(storage, gb, where="customers", what="storage"))
    lines.append(
        charge(
            storage,
            gb if is_wide else D(users) * 196 / 1024**3,
            where="customers",
            resource="customers.by-email",
            what="storage",
        )
    )
    lines.append(charge(storage, D(users) * 8_000 / 1024**3, where="orders", what="storage"))
    return Bill(
        lines=tuple(lines),
        region=region,
        prices_as_of="2026-09-28",
        left_out=("free tier", "data transfer"),
        assumptions=("the load is flat over the day",),
    )


def facts(name: str, kind: str, entity: str, count: int, mean: int) -> ResourceFacts:
    sizes = SizeFacts(
        mean=Measure(mean=D(mean)),
        p50=mean,
        p95=mean * 2,
        p99=mean * 3,
        largest=mean * 4,
        histogram=((mean, 50), (mean * 2, 45), (mean * 3, 4), (mean * 4, 1)),
    )
    shape = ShapeFacts(name=entity, entity=entity, count=D(count), sizes=sizes)
    return ResourceFacts(name=name, kind=kind, shapes=(shape,))


def shop_evaluation(model: Model, design: DynamoDesign, users: int) -> Evaluation:
    is_wide = design.name == "current"
    routes = shop_routes(design.name, is_wide)
    return Evaluation(
        model=model,
        design=design,
        users=users,
        routes=routes,
        resources=(
            facts("customers", "table", "Customer", users, 20_480),
            facts("customers/by-email", "gsi", "Customer", users, 20_480 if is_wide else 96),
            facts("orders", "table", "Order", users * 10, 700),
        ),
        bill=shop_bill(routes, users, is_wide),
        sample_items=256,
        bill_error=D("0.01"),
    )


def shop_assessment() -> Assessment:
    model = shop_model()
    designs = (
        shop_design("current", Projection(kind=ProjectionKind.ALL), "As it runs"),
        shop_design("recommended", Projection(kind=ProjectionKind.KEYS_ONLY)),
    )
    assessed = []
    for design in designs:
        evaluations = tuple(shop_evaluation(model, design, users) for users in SCALES)
        total = evaluations[-1].bill.total
        is_first = design.name == "current"
        assessed.append(
            DesignAssessment(
                design=design,
                evaluations=evaluations,
                description=describe(design),
                card=shop_card(10_000) if is_first else None,
                influences=(
                    Influence(
                        assumption=model.assumptions[0],
                        design=design.name,
                        users=10_000,
                        base=total,
                        halved=total - 1,
                        doubled=total + 2,
                    ),
                ),
                targets=(
                    TargetResult(
                        name="monthly_cost",
                        design=design.name,
                        users=10_000,
                        wanted="at most 5.00",
                        reached="29.40",
                        met=False,
                    ),
                ),
            )
        )
    claim = Claim(
        id="C1",
        says="$2 a month at 10,000 users",
        about="monthly_cost",
        design="current",
        users=10_000,
        low=D(2),
        high=D(2),
    )
    return Assessment(
        model=model,
        users=10_000,
        designs=tuple(assessed),
        verdicts=(
            Verdict(
                claim=claim,
                verdict="does not hold",
                direction="too low",
                users=UserRange(low=1600, high=1900),
                computed=D(12),
                unit="USD/month",
                steps=(
                    ClaimStep(factor="items are larger than 1 KB", change=D(7), after=D(9)),
                    ClaimStep(factor="the index is written too", change=D(3), after=D(12)),
                ),
            ),
        ),
    )


@pytest.fixture(scope="session")
def assessment() -> Assessment:
    return shop_assessment()
