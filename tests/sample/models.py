"""A small model with every kind of attribute, made by hand."""

from __future__ import annotations

from decimal import Decimal

from tablewright.model.values import Attribute, Count, Entity, Kind, Model, Spread


def fixed(size: int) -> Spread:
    return Spread(mean=Decimal(size))


def attribute(name: str, kind: Kind, **more: object) -> Attribute:
    return Attribute(name=name, kind=kind, **more)  # type: ignore[arg-type]


LINE = attribute(
    "",
    Kind.MAP,
    fields=(
        attribute("product", Kind.REF, to="Product"),
        attribute("pieces", Kind.INT, low=Decimal(1), high=Decimal(5)),
        attribute("gift", Kind.BOOL, presence=Decimal("0.5")),
    ),
)

USER = Entity(
    name="User",
    key=("id",),
    attributes=(
        attribute("id", Kind.UUID),
        attribute("email", Kind.EMAIL, unique=True, bytes=fixed(30)),
        attribute("login", Kind.USERNAME, unique=True, bytes=fixed(15)),
        attribute("mail2", Kind.EMAIL),
        attribute("nick", Kind.USERNAME),
        attribute("phone", Kind.PHONE, presence=Decimal("0.7")),
        attribute("name", Kind.NAME),
        attribute("firm", Kind.NAME, bytes=fixed(26)),
        attribute("status", Kind.ENUM, values=(("on", Decimal("0.85")), ("off", Decimal("0.15")))),
        attribute("land", Kind.COUNTRY),
        attribute(
            "bio", Kind.TEXT, bytes=Spread(mean=Decimal(900), p99=Decimal(3000), shape="lognormal")
        ),
        attribute("hash", Kind.TOKEN, bytes=fixed(60)),
        attribute("pin", Kind.DIGITS, bytes=fixed(4)),
        attribute("picture", Kind.URL, bytes=fixed(90)),
        attribute("thumb", Kind.BINARY, bytes=fixed(200)),
        attribute("place", Kind.GEO),
        attribute("likeness", Kind.VECTOR, dimensions=7, digits=5),
        attribute("document", Kind.MAP, bytes=fixed(3000), compressible=Decimal("0.3")),
        attribute("history", Kind.LIST, bytes=fixed(1000)),
        attribute("tags", Kind.SET, bytes=fixed(50)),
        attribute("roles", Kind.SET, element=attribute("", Kind.TEXT, bytes=fixed(7))),
        attribute("joined", Kind.TIMESTAMP, immutable=True),
        attribute("seen", Kind.TIMESTAMP, bytes=fixed(20)),
        attribute("born", Kind.DATE),
        attribute("ttl", Kind.EPOCH),
        attribute("points", Kind.INT, skew=Decimal(1)),
        attribute("level", Kind.INT, low=Decimal(-9), high=Decimal(9)),
        attribute("stars", Kind.DECIMAL, low=Decimal(0), high=Decimal(5)),
        attribute("owed", Kind.MONEY, places=0),
        attribute("streak", Kind.COUNTER),
        attribute("vip", Kind.BOOL, top_share=Decimal("0.1")),
        attribute("town", Kind.TEXT, bytes=fixed(12), distinct=Decimal(20), skew=Decimal("0.5")),
        attribute("best", Kind.REF, to="Product"),
    ),
)

ORDER = Entity(
    name="Order",
    parent="User",
    key=("id", "order"),
    append_only=True,
    count=Count(
        per="parent",
        mean=Decimal(20),
        spread=Spread(mean=Decimal(20), p99=Decimal(80), shape="lognormal"),
    ),
    attributes=(
        attribute("id", Kind.UUID, generated=True),
        attribute("order", Kind.ULID),
        attribute("at", Kind.TIMESTAMP),
        attribute("product", Kind.REF, to="Product"),
        attribute("total", Kind.MONEY),
        attribute(
            "lines",
            Kind.LIST,
            element=LINE,
            elements=Spread(mean=Decimal(3), low=Decimal(1), shape="poisson"),
        ),
    ),
)

PRODUCT = Entity(
    name="Product",
    key=("product",),
    count=Count(per="total", mean=Decimal(200)),
    attributes=(
        attribute("product", Kind.ID),
        attribute("title", Kind.TEXT, bytes=fixed(40)),
        attribute("hall", Kind.TEXT, bytes=fixed(10), distinct=Decimal(8)),
    ),
)

PARCEL = Entity(
    name="Parcel",
    parent="Order",
    key=("id", "order", "parcel"),
    count=Count(per="parent", mean=Decimal("1.25")),
    attributes=(
        attribute("id", Kind.UUID, generated=True),
        attribute("order", Kind.ULID, generated=True),
        attribute("parcel", Kind.TOKEN, bytes=fixed(20)),
        attribute("user", Kind.REF, to="User"),
    ),
)

BADGE = Entity(
    name="Badge",
    parent="User",
    key=("board", "id"),
    count=Count(per="parent", mean=Decimal(3)),
    attributes=(
        attribute("id", Kind.UUID, generated=True),
        attribute(
            "board",
            Kind.ENUM,
            values=tuple((name, Decimal("0.2")) for name in ("a", "b", "c", "d", "e")),
        ),
        attribute("twin", Kind.REF, to="Order"),
    ),
)

SETTING = Entity(
    name="Setting",
    key=("name",),
    count=Count(per="total", mean=Decimal(2)),
    attributes=(
        attribute("name", Kind.ENUM, values=(("x", Decimal("0.5")), ("y", Decimal("0.5")))),
    ),
)


def model(*, entities: tuple[Entity, ...] | None = None, seed: int = 7) -> Model:
    return Model(
        app="every-kind",
        region="us-east-1",
        scales=(100, 2000),
        seed=seed,
        entities=entities or (USER, ORDER, PRODUCT, PARCEL, BADGE, SETTING),
        patterns=(),
    )
