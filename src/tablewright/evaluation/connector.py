"""What an engine offers to the verbs that work on a database: how to reach one, what it charges.

In: a model, a design, which database is meant. Out: codec, adapter, predictor, evaluations of a
population. A protocol; `doors` has the values that pass through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tablewright.evaluation.doors import (
    Adapter,
    Codec,
    CopyRights,
    Matching,
    Predictor,
    Progress,
    RecordKind,
    SpendingCap,
    Target,
)
from tablewright.evaluation.health import Observations
from tablewright.sample.calls import Call

if TYPE_CHECKING:
    from tablewright.bill.prices import PriceBook
    from tablewright.design.values import Design
    from tablewright.evaluation.calibration import Calibration
    from tablewright.evaluation.parameters import Signature
    from tablewright.evaluation.values import Evaluation, Request, Route
    from tablewright.model.values import Model
    from tablewright.sample.world import World


class Connector(Protocol):
    """What an engine offers to the verbs that work on a database."""

    @property
    def name(self) -> str:
        """The engine's."""
        ...

    def codec(
        self, model: Model, design: Design, *, expiry_shift: int = 0, keeps_values: bool = False
    ) -> Codec:
        """Return how instances are stored in a design.

        Args:
            model: the model.
            design: the design.
            expiry_shift: seconds by which the time of expiry is moved on when records are written.
            keeps_values: store what is compressed so that it can be read back, rather than in the
                size that the design states.
        """
        ...

    def connect(
        self,
        model: Model,
        design: Design,
        target: Target,
        folder: Path,
        *,
        creates: bool = False,
        expiry_shift: int = 0,
        cap: SpendingCap | None = None,
        keeps_values: bool = False,
    ) -> Adapter:
        """Reach the database that is meant.

        Args:
            model: the model.
            design: the design.
            target: which database.
            folder: where the embedded database keeps its data unless the target says otherwise.
            creates: whether an embedded database that does not exist yet is made; else an empty
                one is read instead.
            expiry_shift: as of `codec`.
            cap: the most that may be spent there, where requests are charged.
            keeps_values: as of `codec`, for what calls write and read too.

        Raises:
            UsageError: the address is not one of this engine's, or names production.
            EngineError: nothing answers there, or it refuses.
        """
        ...

    @property
    def brisk_instances(self) -> int:
        """How many instances are seeded and proved on the embedded database in a minute or two."""
        ...

    @property
    def products(self) -> tuple[str, ...]:
        """What the vendor's bill calls it; empty where it has no bill of its own."""
        ...

    def observations(
        self,
        design: Design,
        target: Target,
        *,
        region: str = "",
        files: Sequence[str] = (),
        endpoint: str = "",
        days: int = 14,
        is_asked: bool = True,
    ) -> Observations:
        """Return what a monitoring service knows of a design's tables: asked, or saved replies.

        Args:
            design: the design.
            target: which database.
            region: of the model, where neither target nor environment names one.
            files: saved replies, instead of asking.
            endpoint: of a server of the service's API.
            days: how far back.
            is_asked: whether the service may be asked.

        Raises:
            DataError: a file is no reply of it.
            EngineError: it cannot be asked.
        """
        ...

    def calibrate(
        self,
        models: Sequence[Model],
        target: Target,
        *,
        calls: int,
        rounds: int,
        announce: Progress,
        say: Progress,
    ) -> Calibration:
        """Measure what a server takes for the units of work that designs are sized by.

        Args:
            models: whose sampled values are stored where their content matters.
            target: which server; a temporary one of this machine by default.
            calls: of each statement in a round.
            rounds: of which the median is taken.
            announce: told whose server it is, before anything is sent.
            say: told what is being measured.

        Raises:
            UnsupportedError: nothing can be measured on it; the message says why.
            UsageError: the address is not one of this engine's, or names production.
            EngineError: nothing answers there, or it refuses.
        """
        ...

    def temporary(
        self, model: Model, design: Design, expected_bytes: Decimal, *, keeps_values: bool = False
    ) -> Adapter:
        """Return an empty database, which is gone once it is closed; `keeps_values` as above."""
        ...

    def copied(
        self,
        model: Model,
        design: Design,
        folder: Path,
        prepare: Callable[[Adapter], None],
        *,
        expiry_shift: int = 0,
    ) -> Adapter | None:
        """Return a copy of the embedded database for a proof, which is gone once it is closed.

        Args:
            model: the model.
            design: the design.
            folder: where the embedded database keeps its data.
            prepare: is handed the original first.
            expiry_shift: as of `codec`.

        Returns:
            None where embedded databases of this engine are not copied.
        """
        ...

    def unit_prices(self, book: PriceBook, region: str) -> Mapping[str, Decimal]:
        """Return USD for one unit by dimension ("read", "write"); empty where none is charged.

        Raises:
            PriceUnknownError: the book has no such price for the region.
        """
        ...

    def population(
        self, model: Model, design: Design, users: int, book: PriceBook, *, region: str = ""
    ) -> Evaluation:
        """Return the evaluation of the very instances that are seeded at a number of users."""
        ...

    def predictor(self, evaluation: Evaluation, world: World) -> Predictor:
        """Return what predicts the units of calls on a design."""
        ...

    def write_units(self, evaluation: Evaluation, kind: RecordKind) -> Decimal | None:
        """Return the write units one record takes to seed; None where writes are not charged."""
        ...

    def copy_rights(self, design: Design, *, writes: bool) -> CopyRights | None:
        """Return what a copy may do at a service whose rights are those of a role of the account.

        Args:
            design: whose records are read.
            writes: they are written too.

        Returns:
            None where the database has users of its own, who come with its address.
        """
        ...

    def can_follow(self, design: Design) -> bool:
        """Whether a database as the design says tells what changes in it."""
        ...

    @property
    def written_in(self) -> str:
        """What `statements` are written in: sql, javascript or json."""
        ...

    @property
    def comment(self) -> str:
        """What begins a comment among the statements; empty where they cannot have one."""
        ...

    def statements(self, model: Model, design: Design) -> tuple[str, ...]:
        """Return what would be run to create a design from nothing: SQL, commands, requests."""
        ...

    def client(
        self, evaluation: Evaluation, signatures: Mapping[str, Signature]
    ) -> tuple[str, tuple[str, ...]]:
        """Return a Python module with a function for each pattern, and what is left out of it.

        Args:
            evaluation: of the design.
            signatures: what each function takes, by the name of its pattern.

        Raises:
            UnsupportedError: no such module is written for the engine.
        """
        ...

    def preamble(self, evaluation: Evaluation) -> str:
        """Return the lines that the statements of `example_requests` need before them; else ""."""
        ...

    def example_requests(
        self, evaluation: Evaluation, route: Route, call: Call, matching: Matching
    ) -> tuple[Request, ...]:
        """Return the requests of a route with the values of one call, as they would be sent.

        Args:
            evaluation: of the design.
            route: how the pattern is answered.
            call: the values.
            matching: gives instances for requests whose keys come from an earlier answer.
        """
        ...
