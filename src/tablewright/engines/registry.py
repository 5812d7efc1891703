"""The engines there are: one line each.

In: a name. Out: a new engine. An engine is imported when it is first asked for, so that a verb on a
DynamoDB design loads no code of PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.design.language import DesignLanguage, Languages
from tablewright.evaluation.calibration import Calibration, Constant, calibration_from
from tablewright.evaluation.engine import Engine, Refused

if TYPE_CHECKING:
    from tablewright.bill.prices import PriceBook
    from tablewright.compare.protocol import Comparing
    from tablewright.deploy.database import DatabaseAccess
    from tablewright.deploy.stack import DatabaseShare
    from tablewright.design.values import Design
    from tablewright.evaluation.evaluator import Evaluator
    from tablewright.evaluation.values import Evaluation
    from tablewright.model.values import Model
    from tablewright.plan.protocol import Planning
    from tablewright.review.protocol import Reviewing

ENGINES: dict[str, str] = {
    "dynamodb": "tablewright.engines.dynamodb.engine:DynamoEngine",
    "mongodb": "tablewright.engines.mongodb.engine:MongoEngine",
    "postgresql": "tablewright.engines.postgresql.engine:PostgresEngine",
}
"""Name to the class that makes one, as "module:class"."""


class EnginePlugin(Engine, Protocol):
    """All that an engine brings: to evaluation, reviewer, comparison, planner and verbs."""

    @property
    def reviewing(self) -> Reviewing:
        """What it brings to the reviewer."""
        ...

    @property
    def comparing(self) -> Comparing:
        """What it brings to the comparison."""
        ...

    @property
    def is_planned(self) -> bool:
        """Whether its designs are searched for by the planner, and not derived."""
        ...

    @property
    def varies_smoothly(self) -> bool:
        """Whether a bill follows each figure of the model, and does not go by steps."""
        ...

    @property
    def sizing_constants(self) -> tuple[Constant, ...]:
        """What servers are sized with; empty where there are none."""
        ...

    def use_calibration(self, calibration: Calibration) -> None:
        """Size servers by what was measured on one, from now on.

        Raises:
            DataError: it has a figure that the engine does not size by.
        """
        ...

    def is_empty(self, design: Design) -> bool:
        """Whether a design stores nothing."""
        ...

    def is_billed_by_request(self, design: Design) -> bool:
        """Whether every request has a price, so that costs add up by access pattern."""
        ...

    def paid_as(self, design: Design, mode: str) -> Design:
        """Return a design with every table in one capacity mode, where the engine has modes.

        Args:
            design: a design of this engine.
            mode: its name, such as on-demand.
        """
        ...

    def with_settings(
        self, design: Design, *, replicas: tuple[str, ...] = (), stream: str = ""
    ) -> Design:
        """Return a design with every table replicated to these regions, and with a stream."""
        ...

    def in_environment(self, design: Design, environment: str) -> Design:
        """Return a design with the names that its tables have where `deploy --env` made them."""
        ...

    def promised_availability(self, design: Design, book: PriceBook) -> Decimal | None:
        """Return the per cent of a month the service promises, None if it promises nothing."""
        ...

    def usual_design(self, model: Model) -> Design | None:
        """Return a sensible design to stand beside those written; None where one is planned."""
        ...

    @property
    def access(self) -> DatabaseAccess:
        """How a deployed database of its kind is reached."""
        ...

    def infrastructure(
        self, evaluation: Evaluation, environment: str, tags: tuple[tuple[str, str], ...]
    ) -> DatabaseShare:
        """Return what a design adds to a deployment: resources, rights, what is expected."""
        ...

    def planning(self, evaluator: Evaluator, mode: str = "") -> Planning | Refused:
        """Return what it brings to the planner; `mode` pays for every table alike."""
        ...


def make_engine(name: str) -> EnginePlugin:
    """Return a new engine.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in ENGINES:
        close = nearest(name, list(ENGINES))
        hint = f"did you mean `{close}`?" if close else f"engines: {', '.join(ENGINES)}"
        raise UsageError(f"there is no engine `{name}`", remedy=hint)
    module, _, factory = ENGINES[name].partition(":")
    engine: EnginePlugin = getattr(import_module(module), factory)()
    return engine


class Engines(Mapping[str, EnginePlugin]):
    """An engine of each kind, made when it is first asked for."""

    def __init__(self, calibrations: Path | None = None) -> None:
        """Size servers by the files ENGINE.yaml of a folder, where it has any."""
        self._made: dict[str, EnginePlugin] = {}
        self._calibrations = calibrations

    def __getitem__(self, name: str) -> EnginePlugin:
        if name not in ENGINES:
            raise KeyError(name)
        if name not in self._made:
            engine = make_engine(name)
            self._calibrate(engine, name)
            self._made[name] = engine
        return self._made[name]

    def _calibrate(self, engine: EnginePlugin, name: str) -> None:
        path = None if self._calibrations is None else self._calibrations / f"{name}.yaml"
        if path is not None and path.is_file():
            text = path.read_text(encoding="utf-8")
            engine.use_calibration(calibration_from(text, str(path)))

    def __iter__(self) -> Iterator[str]:
        return iter(ENGINES)

    def __len__(self) -> int:
        return len(ENGINES)

    def __contains__(self, name: object) -> bool:
        return name in ENGINES


class _Languages(Mapping[str, DesignLanguage]):
    """The design language of each engine, imported when it is first asked for."""

    def __getitem__(self, name: str) -> DesignLanguage:
        if name not in ENGINES:
            raise KeyError(name)
        return _language(name)

    def __iter__(self) -> Iterator[str]:
        return iter(ENGINES)

    def __len__(self) -> int:
        return len(ENGINES)


@cache
def _language(name: str) -> DesignLanguage:
    return make_engine(name).language


def languages() -> Languages:
    """Return how designs of each engine are written in a model file."""
    return _Languages()


def unstated_peak() -> Decimal:
    """Return the busiest hour over the mean that is assumed where a model states no peak."""
    from tablewright.engines.servers.constants import figures

    return figures("postgresql")["unstated_peak"]
