"""One model file with its caches: what every verb is given.

In: a path or a model that was read, and the options of prices. Out: designs, patterns, price books
and evaluations, each computed once. What is asked of them is in `verbs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from tablewright import apps
from tablewright.bill.prices import PriceBook
from tablewright.core.diagnostics import Diagnostic, Severity, Span, nearest
from tablewright.core.errors import ModelError, UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.processes import worked_ahead
from tablewright.deploy.option import PRODUCTION
from tablewright.design import reader
from tablewright.design.reader import FILE_NAME, ModelFile
from tablewright.design.values import Design
from tablewright.engines.registry import ENGINES, EnginePlugin, Engines, languages, make_engine
from tablewright.evaluation.description import DesignDescription
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation
from tablewright.model.shapes import Schema
from tablewright.model.values import Model, Pattern
from tablewright.operate.prices import book_regions
from tablewright.review.catalogue import Rule, find_rule

__all__ = ["ModelFile", "Options", "Session", "json_schema", "load", "open_model", "read_model"]

T = TypeVar("T")
Tasks = Mapping[Hashable, Callable[[], object]]
"""What will be remembered by a key, and how it is computed."""
WORTH_TWO_PROCESSES = 40
"""Access patterns times scales from which on a second process saves more than it takes."""
PLANNED = "planned-"
"""Begins the name of the usual design of an engine on servers."""


@frozen
class Options:
    """What every verb that prices takes beside the model file.

    `users` is the scale the evidence is shown at; the largest scale of the file with a budget, or
    the middle one, unless set.
    """

    users: int | None = None
    region: str = ""
    prices_as_of: str = ""
    book: PriceBook | None = None
    free_tier: bool = False
    mode: str = ""
    """Price every table in this capacity mode instead of its own: on-demand, auto-scaling."""
    sample_items: int | None = None
    environment: str = PRODUCTION
    """Whose tables are meant, by the names that `deploy --env` gives them."""


@dataclass
class Session:
    """A model file and what was computed from it; nothing is computed twice."""

    file: ModelFile
    options: Options = field(default_factory=Options)
    _evaluations: dict[tuple[str, int, str, str], Evaluation] = field(default_factory=dict)
    _remembered: dict[Hashable, Any] = field(default_factory=dict)
    _others: list[Session] = field(default_factory=list)
    """Sessions on the same file with other options."""

    @property
    def model(self) -> Model:
        """The model."""
        return self.file.model

    @cached_property
    def engines(self) -> Mapping[str, EnginePlugin]:
        """The engines whose designs can be evaluated, by name."""
        return Engines(calibrations_of(self.file.path))

    @property
    def planned_engine(self) -> str:
        """The name of the engine whose designs the planner searches for."""
        return next(name for name, engine in self.engines.items() if engine.is_planned)

    @cached_property
    def users(self) -> int:
        """The scale the evidence is shown at."""
        if self.options.users is not None:
            return self.options.users
        budgets = [users for users, _ in self.model.targets.monthly_cost]
        if budgets:
            return max(budgets)
        return self.model.scales[len(self.model.scales) // 2]

    @cached_property
    def region(self) -> str:
        """The region prices are taken from.

        Raises:
            UsageError: no price of the book is for a region of this name.
            ModelError: the region of the file has no price at all, and reads like one that has.
        """
        region = self.options.region
        regions = {*book_regions(), *(price.region for price in self.book().own)}
        if region and region not in regions:
            close = nearest(region, sorted(regions))
            raise UsageError(
                f"there is no price for a region `{region}`",
                remedy=f"did you mean `{close}`?"
                if close
                else "tablewright prices --service dynamodb lists the regions",
            )
        if not region and self.model.region not in regions:
            self._refuse_misspelt(self.model.region, regions)
        return region or self.model.region

    def _refuse_misspelt(self, region: str, known: Collection[str]) -> None:
        """Refuse a region of the file that is one letter away from another.

        One that differs in its number only may exist: then its prices are missing, no more.

        Raises:
            ModelError: it is misspelt, with its place.
        """
        close = nearest(region, sorted(known))
        lines = self.file.source.split("\n")
        place = next(
            (n for n, line in enumerate(lines) if re.match(rf"region:\s*{region}", line)), -1
        )
        if not close or place < 0 or re.sub(r"\d", "", close) == re.sub(r"\d", "", region):
            return
        column = lines[place].index(region) + 1
        raise ModelError(
            [
                Diagnostic(
                    id="unknown-region",
                    severity=Severity.ERROR,
                    message=f"there is no price for a region `{region}`",
                    span=Span(str(self.file.path), place + 1, column, column + len(region)),
                    help=f"did you mean `{close}`?",
                )
            ],
            source=self.file.source,
        )

    @cached_property
    def designs(self) -> tuple[Design, ...]:
        """The designs that can be evaluated, in the order of the file."""
        designs = [design for design in self.file.designs if design.engine in self.engines]
        designs = [d for d in designs if not self.engine_of(d).is_empty(d)]
        mode, environment = self.options.mode, self.options.environment
        if environment != PRODUCTION:
            designs = [self.engine_of(d).in_environment(d, environment) for d in designs]
        if not mode:
            return tuple(designs)
        return tuple(self.engine_of(d).paid_as(d, mode) for d in designs)

    def engine_of(self, design: Design) -> EnginePlugin:
        """Return the engine of a design."""
        return self.engines[design.engine]

    def design(self, name: str = "") -> Design:
        """Return a design by name; the first of the file where no name is given.

        Raises:
            UsageError: there is none of that name.
            UnsupportedError: it is for an engine that cannot be evaluated yet.
        """
        if not name:
            if not self.designs:
                raise UsageError(
                    "the model file has no design",
                    remedy="let `tablewright plan --write` make one, or write one under `designs:`",
                )
            return self.designs[0]
        for design in self.designs:
            if design.name == name:
                return design
        usual = self.usual_design(name.removeprefix(PLANNED)) if name.startswith(PLANNED) else None
        if usual is not None:
            return usual
        for design in self.file.designs:
            if design.name == name:
                raise UnsupportedError(
                    f"the design `{name}` is for {design.engine}, which is not evaluated yet",
                    remedy=f"choose one of {in_backticks(d.name for d in self.designs)}",
                )
        names = [design.name for design in self.designs]
        raise UsageError(f"there is no design `{name}`", remedy=_suggestion(name, names))

    def usual_design(self, engine: str) -> Design | None:
        """Return a sensible design for an engine on servers, None where it has none.

        It is what stands beside the designs of the file in `compare`, and has the name
        `planned-` and the engine.
        """
        if engine not in self.engines:
            return None
        return self.remember(
            ("usual design", engine), lambda: self.engines[engine].usual_design(self.model)
        )

    def describe(self, design: Design) -> DesignDescription:
        """Return a design as neutral values."""
        return self.engine_of(design).describe(design)

    def pattern(self, name: str) -> Pattern:
        """Return an access pattern by name, or by its label such as S1.

        Raises:
            UsageError: there is none.
        """
        for pattern in self.model.patterns:
            if name in (pattern.name, pattern.id):
                return pattern
        names = [pattern.name for pattern in self.model.patterns]
        raise UsageError(f"there is no access pattern `{name}`", remedy=_suggestion(name, names))

    def book(self, as_of: str = "") -> PriceBook:
        """Return the price book, as of a day."""
        book = self.options.book or PriceBook()
        day = as_of or self.options.prices_as_of or self.model.prices_as_of
        return replace(book, as_of=day) if day and day != "latest" else book

    def evaluate(
        self, design: Design | str, users: int | None = None, *, region: str = "", as_of: str = ""
    ) -> Evaluation:
        """Return routes, resources and bill of a design at a scale.

        Where a price that is needed is not known the bill has no figure, and names it.
        """
        chosen = self.design(design) if isinstance(design, str) else design
        scale = self.users if users is None else users
        key = self._key(chosen, scale, region, as_of)
        if key not in self._evaluations or self._evaluations[key].design is not chosen:
            self._evaluations[key] = self.engine_of(chosen).evaluate(
                self.model,
                chosen,
                scale,
                self.book(as_of),
                region=region or self.region,
                free_tier=self.options.free_tier,
                sample_items=self.options.sample_items,
            )
        return self._evaluations[key]

    def _key(
        self, design: Design, users: int, region: str = "", as_of: str = ""
    ) -> tuple[str, int, str, str]:
        return design.name, users, region or self.region, as_of

    def evaluator(self, engine: str) -> Evaluator:
        """Return what evaluates designs of an engine for reviewer and planner."""
        return Evaluator(
            engine=self.engines[engine],
            model=self.model,
            book=self.book(),
            region=self.region,
            free_tier=self.options.free_tier,
            sample_items=self.options.sample_items,
            with_assumed=self._with_assumed if self.model.assumptions else None,
        )

    def _with_assumed(self, factor: Decimal) -> Model:
        """Return the model with every assumed figure multiplied."""
        return self.remember(
            ("assumed figures times", factor),
            lambda: read_model(self.file.source, str(self.file.path), scale_assumed=factor).model,
        )

    def remember(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what was computed for a key; compute it the first time."""
        if key not in self._remembered:
            self._remembered[key] = compute()
        value: T = self._remembered[key]
        return value

    def work_ahead(self, tasks: Tasks) -> None:
        """Compute what `remember` will be asked for, in two processes where that is possible.

        Where it is not, nothing is done yet. Tasks that take long come first, and none depends on
        what another one remembers.
        """
        missing = {k: compute for k, compute in tasks.items() if k not in self._remembered}
        keys = list(missing)
        for number, result in worked_ahead(list(missing.values())).items():
            self._remembered[keys[number]] = result

    def evaluate_ahead(self, designs: Iterable[Design], scales: Collection[int]) -> None:
        """Evaluate designs at some scales, in two processes where that is possible and worth it.

        What designs of one engine share is made once, so that each engine is one task.
        """
        by_engine: dict[str, list[Design]] = {}
        for design in designs:
            by_engine.setdefault(design.engine, []).append(design)
        groups = sorted(by_engine.values(), key=len, reverse=True)
        if len(self.model.patterns) * len(scales) < WORTH_TWO_PROCESSES:
            return

        def task(group: Sequence[Design]) -> Callable[[], list[Evaluation]]:
            return lambda: [self.evaluate(design, users) for design in group for users in scales]

        for number, evaluations in worked_ahead([task(group) for group in groups]).items():
            for evaluation in evaluations:
                design = next(d for d in groups[number] if d.name == evaluation.design.name)
                key = self._key(design, evaluation.users)
                if key not in self._evaluations:  # made beside: with the values of this process
                    self._evaluations[key] = replace(evaluation, model=self.model, design=design)

    def is_remembered(self, key: Hashable) -> bool:
        """Whether `remember` would compute nothing for a key."""
        return key in self._remembered

    def with_options(self, **changed: Any) -> Session:
        """Return the session on the same file and engines with other options."""
        options = replace(self.options, **changed)
        for session in (self, *self._others):
            if session.options == options:
                return session
        session = Session(file=self.file, options=options)
        session.engines = self.engines
        self._others.append(session)
        return session

    def not_evaluated(self) -> tuple[str, ...]:
        """Return a sentence for each design of the file that no engine evaluates."""
        return tuple(
            f"the design `{design.name}` is for {design.engine}: it is not priced here"
            for design in self.file.designs
            if design.engine not in self.engines
        )


def calibrations_of(path: str | Path) -> Path:
    """Return the folder beside a model file that keeps what `calibrate` measured."""
    return Path(path).parent / ".tablewright" / "calibrations"


def load(
    path: str | Path = ".",
    *,
    scale_assumed: Decimal | None = None,
    overrides: Mapping[tuple[str, ...], Decimal] | None = None,
) -> ModelFile:
    """Read a model file with designs of any known engine; of a directory, its `tablewright.yaml`.

    Raises:
        ModelError: the file has errors.
        UsageError: there is no such file, or it cannot be read.
    """
    return reader.load(
        model_path(path), languages=languages(), scale_assumed=scale_assumed, overrides=overrides
    )


def model_path(path: str | Path = ".") -> Path:
    """Return where a model file is: a file as it stands; of the working directory, the nearest one.

    Where the working directory has no `tablewright.yaml`, its parents are searched, up to the root
    of the repository.
    """
    start = Path(path)
    if start != Path() or (start / FILE_NAME).exists():
        return start
    folder = start.resolve()
    for parent in (folder, *folder.parents):
        if (parent / FILE_NAME).is_file():
            return parent / FILE_NAME
        if (parent / ".git").exists():
            break
    return start


def read_model(
    text: str,
    file: str = FILE_NAME,
    *,
    scale_assumed: Decimal | None = None,
    overrides: Mapping[tuple[str, ...], Decimal] | None = None,
) -> ModelFile:
    """Return the model and the designs, of any known engine, that a text describes.

    Raises:
        ModelError: the file has errors; it carries every diagnostic in file order, and the text.
    """
    return reader.read_model(
        text, file, languages=languages(), scale_assumed=scale_assumed, overrides=overrides
    )


def json_schema() -> Schema:
    """Return the JSON Schema of the model file, with the designs of every known engine."""
    return reader.json_schema(languages())


def rule_of(name: str) -> Rule:
    """Return a rule of any engine by id, in any case.

    Raises:
        UsageError: there is none of that id.
    """
    return find_rule((make_engine(engine).reviewing.rules for engine in ENGINES), name)


def open_model(path: str | Path = ".", options: Options | None = None) -> Session:
    """Read a model file and return a session on it.

    Raises:
        ModelError: the file has errors; it carries every diagnostic.
        UsageError: there is no such file.
    """
    return Session(file=load(path), options=options or Options())


def open_to_read(file: str, options: Options | None = None) -> Session:
    """Return a session on a model file, or on the reference application of that name.

    Raises:
        ModelError: the file has errors; it carries every diagnostic.
        UsageError: there is no such file.
    """
    if apps.is_meant_by(file):
        return Session(read_model(apps.read(file), f"{file}.yaml"), options or Options())
    return open_model(file, options)


def in_backticks(names: Iterable[str]) -> str:
    """Return names between backticks, with commas; "none" of no names."""
    return ", ".join(f"`{name}`" for name in names) or "none"


def _suggestion(name: str, names: list[str]) -> str:
    close = nearest(name, names)
    return f"did you mean `{close}`?" if close else f"the file has {in_backticks(names)}"
