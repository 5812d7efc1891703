"""One engine for every database on servers: an engine is its layout, its offers and its words.

In: a model, a design, a number of users, a price book. Out: a ServerEvaluation. Pure. What a
design holds is the layout's, what is available is the offers', how it is written the words'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tablewright.bill.prices import PriceBook
from tablewright.core.errors import UnsupportedError
from tablewright.core.memo import Memo
from tablewright.design.language import DesignLanguage
from tablewright.design.values import Design
from tablewright.engines.servers.comparing import ServerComparing
from tablewright.engines.servers.constants import Figures, constants
from tablewright.engines.servers.reviewing import ServerReviewing
from tablewright.engines.servers.sizing import CASES, Layout, Offer, ServerEvaluation
from tablewright.engines.servers.sizing import evaluate_server as evaluate
from tablewright.engines.servers.stated import stated
from tablewright.engines.servers.versions import support_of
from tablewright.engines.servers.words import Words
from tablewright.evaluation.calibration import Calibration, Constant
from tablewright.evaluation.connector import Connector
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model
from tablewright.sample.sample import Sample, sample_of

if TYPE_CHECKING:
    from tablewright.deploy.stack import DatabaseShare


SAMPLE = 256
MOST_KEPT = 8


class DesignLayout(Protocol):
    """What a design holds over the sampled instances."""

    model: Model
    design: Any
    sample: Sample
    n: int

    def lay_out(self, users: int, given: Figures) -> Layout:
        """Return homes and facts at one scale."""
        ...

    def adopt(self, kin: Any) -> None:
        """Take over what was measured for another design of the same entities."""
        ...


L = TypeVar("L", bound=DesignLayout)


class ServerEngine(Generic[L]):
    """An engine on servers, as planner, reviewer and façade see it."""

    language: DesignLanguage
    is_planned = False
    varies_smoothly = False
    """A server's bill goes by steps, which a factor of two mostly hides or exaggerates."""

    def __init__(
        self,
        words: Words,
        make_layout: Callable[[Model, Any, Sample, int], L],
        offers: Callable[[PriceBook, Any], Sequence[Offer]],
        *,
        title: str,
    ) -> None:
        self.name = words.engine
        self.reviewing = ServerReviewing(words)
        self.comparing = ServerComparing(title)
        self._words, self._make, self._offers = words, make_layout, offers
        self._layouts: Memo[L] = Memo(MOST_KEPT)
        self.calibration: Calibration | None = None
        """What was measured on a server of the user's; None for what ships with the engine."""

    @property
    def sizing_constants(self) -> tuple[Constant, ...]:
        """What servers are sized with, as measured, documented or assumed."""
        return constants(self.name, self.calibration)

    def use_calibration(self, calibration: Calibration) -> None:
        """Size servers by what was measured, from now on.

        Raises:
            DataError: it has a constant that there is not.
        """
        constants(self.name, calibration)
        self.calibration = calibration

    @property
    def connector(self) -> Connector:
        """What opens the doors to a database of this engine.

        Raises:
            UnsupportedError: the engine is only priced.
        """
        raise UnsupportedError(
            f"designs for {self.name} are priced and graded; they cannot be created here",
            remedy="choose a design for another engine",
        )

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
        cases: Sequence[str] = CASES,
    ) -> ServerEvaluation:
        """Return routes, load, options and bill of a design at one scale.

        Args:
            model: the model the design belongs to.
            design: a design of this engine.
            users: the scale.
            book: prices.
            region: other than the model's.
            free_tier: of no effect: the free tier is one of the options anyway.
            sample_items: instances drawn for each entity.
            own: constants to use instead of the stated ones, such as a measured compression.
            cases: which ends of the constants to calculate with beside their values.
        """
        assert design.engine == self.name, design.engine
        layout = self.layout(model, design, sample_items or SAMPLE)
        return evaluate(
            model,
            design,
            users,
            book,
            region or model.region,
            lay_out=lambda figures: layout.lay_out(users, figures),
            offers=_stated(self._offers(book, design), getattr(design, "server", "")),
            support=support_of(self.name, getattr(design, "version", ""), book),
            words=self._words,
            own=own,
            calibration=self.calibration,
            sample_items=sample_items or SAMPLE,
            cases=cases,
        )

    def is_empty(self, design: Design) -> bool:
        """Whether a design stores nothing; an empty server is a server too."""
        return False

    def is_billed_by_request(self, design: Design) -> bool:
        """Whether requests have a price: a server is paid by its size."""
        return False

    def paid_as(self, design: Design, mode: str) -> Design:
        """Return the design as it is: servers have no capacity modes."""
        return design

    def with_settings(
        self, design: Design, *, replicas: tuple[str, ...] = (), stream: str = ""
    ) -> Design:
        """Refuse: a server has neither replicas nor streams of single tables.

        Raises:
            UnsupportedError: whatever is asked for.
        """
        raise UnsupportedError(
            f"replicas and streams by table are settings of DynamoDB, not of {self.name}",
            remedy="choose an option with DynamoDB",
        )

    def in_environment(self, design: Design, environment: str) -> Design:
        """Return the design: each environment has a server of its own."""
        return design

    def promised_availability(self, design: Design, book: PriceBook) -> Decimal | None:
        """Return nothing: it depends on the offer and its settings."""
        return None

    def infrastructure(
        self, evaluation: Evaluation, environment: str, tags: tuple[tuple[str, str], ...]
    ) -> DatabaseShare:
        """Return nothing: the server is part of the option, its tables are made on it by `up`."""
        from tablewright.deploy.stack import DatabaseShare

        return DatabaseShare()

    def planning(self, evaluator: Evaluator, mode: str = "") -> Refused:
        """Return why no plan is searched for."""
        return Refused(f"no plan is searched for on {self.name}: its usual design is derived")

    def layout(self, model: Model, design: Design, n: int = SAMPLE) -> L:
        """Return what a design holds over the sample, kept between scales.

        Designs of the same entities share what was drawn and measured.
        """
        return self._layouts.get((model, design), (n,), lambda: self._laid_out(model, design, n))

    def _laid_out(self, model: Model, design: Design, n: int) -> L:
        related = next((each for each in self._layouts if _are_related(each, model, n)), None)
        if related is None:
            return self._make(model, design, sample_of(model), n)
        layout = self._make(model, design, related.sample, n)
        layout.adopt(related)
        return layout


def _are_related(layout: DesignLayout, model: Model, n: int) -> bool:
    """Whether the same instances are drawn: a changed pattern alters none of them."""
    return (
        layout.model.entities is model.entities
        and layout.model.seed == model.seed
        and layout.n == n
    )


def _stated(offers: Sequence[Offer], server: str) -> Sequence[Offer]:
    """Return the offer a design names, or all of them."""
    return stated(offers, server) if server else offers
