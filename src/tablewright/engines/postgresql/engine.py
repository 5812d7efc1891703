"""Evaluate a PostgreSQL design: route every pattern, size the load, choose and price a service.

In: a model, a design, a number of users, a price book. Out: a ServerEvaluation. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.design.postgresql import PostgresDesign
from tablewright.design.values import Design
from tablewright.engines.postgresql.layout import PgLayout
from tablewright.engines.postgresql.offers import offers
from tablewright.engines.routing import Words
from tablewright.engines.servers import ServerEvaluation, evaluate_server
from tablewright.model.values import Model
from tablewright.sample.sample import Sample

SAMPLE = 256
WORDS = Words(
    engine="postgresql",
    table="table",
    row="row",
    scan="sequential scan",
    reads={"list": "SELECT"},
    rewrites_indexes=True,
)


class PostgresEngine:
    """PostgreSQL, as planner, reviewer and façade see it."""

    name = "postgresql"

    def __init__(self) -> None:
        self._layouts: dict[tuple[int, int, int], PgLayout] = {}

    def evaluate(
        self,
        model: Model,
        design: Design,
        users: int,
        book: PriceBook,
        *,
        region: str = "",
        free_tier: bool = False,
        sample_items: int | None = None,
        own: Mapping[str, Decimal] | None = None,
    ) -> ServerEvaluation:
        """Return routes, load, options and bill of a design at one scale.

        Args:
            model: the model the design belongs to.
            design: a PostgresDesign.
            users: the scale.
            book: prices.
            region: other than the model's.
            free_tier: of no effect: the free tier is one of the options anyway.
            sample_items: instances drawn for each entity.
            own: constants to use instead of the stated ones, such as a measured compression.
        """
        assert isinstance(design, PostgresDesign)
        layout = self.layout(model, design, sample_items or SAMPLE)
        return evaluate_server(
            model,
            design,
            users,
            book,
            region or model.region,
            lay_out=lambda given: layout.lay_out(users, given),
            offers=offers(book),
            words=WORDS,
            own=own,
            sample_items=sample_items or SAMPLE,
        )

    def layout(self, model: Model, design: PostgresDesign, n: int = SAMPLE) -> PgLayout:
        """Return the rows of a design over the sample, kept between scales."""
        key = (id(model), id(design), n)
        held = self._layouts.get(key)
        if held is None or held.model is not model or held.design is not design:
            if len(self._layouts) >= 8:
                self._layouts.pop(next(iter(self._layouts)))
            held = self._layouts[key] = PgLayout(model, design, Sample(model), n)
        return held
