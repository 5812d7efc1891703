"""The façade: one function per verb; all that command line, console and tests may call.

In: a path or a model that was read. Out: values, never text. What a verb changes in the outside
world is in `operate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tablewright.bill.prices import PriceBook
from tablewright.compare.values import Comparison
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.quantities import ZERO
from tablewright.design import reader
from tablewright.design.reader import FILE_NAME, ModelFile
from tablewright.design.values import Design
from tablewright.engines.dynamodb.design import CapacityMode
from tablewright.engines.registry import ENGINES, EnginePlugin, languages, make_engine
from tablewright.evaluation.engine import Refused
from tablewright.evaluation.evaluator import Evaluator
from tablewright.evaluation.values import Evaluation, Request
from tablewright.model.shapes import Schema
from tablewright.model.values import Assumption, Model, Pattern
from tablewright.review.assessment import (
    Assessment,
    DesignAssessment,
    Influence,
    TargetResult,
    Verdict,
)
from tablewright.review.catalogue import Rule, find_rule
from tablewright.review.claims import assess_claim
from tablewright.review.grade import ReportCard, is_at_least
from tablewright.review.review import fired
from tablewright.review.review import review as review_design

if TYPE_CHECKING:
    from tablewright.plan.result import PlanResult

__all__ = [
    "ModelFile",
    "Options",
    "Session",
    "json_schema",
    "load",
    "open_model",
    "read_model",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every pricing verb may be told beside the model file.

    `users` is the scale the evidence is shown at; the largest scale of the file with a budget, or
    the middle one, unless given.
    """

    users: int | None = None
    region: str = ""
    prices_as_of: str = ""
    book: PriceBook | None = None
    free_tier: bool = False
    mode: CapacityMode | None = None
    """Price every table in this capacity mode instead of its own."""
    sample_items: int | None = None


@dataclass
class Session:
    """A model file and what is asked of it; evaluations are made once and kept."""

    file: ModelFile
    options: Options = field(default_factory=Options)
    _cards: dict[tuple[str, bool], ReportCard] = field(default_factory=dict)
    _evaluations: dict[tuple[str, int, str, str], Evaluation] = field(default_factory=dict)
    _variants: dict[Any, Session] = field(default_factory=dict)
    _scaled: dict[Decimal, Model] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """The model."""
        return self.file.model

    @cached_property
    def engines(self) -> dict[str, EnginePlugin]:
        """The engines whose designs can be evaluated."""
        return {name: make_engine(name) for name in ENGINES}

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
        """The region prices are taken from."""
        return self.options.region or self.model.region

    @cached_property
    def designs(self) -> tuple[Design, ...]:
        """The designs that can be evaluated, in the order of the file."""
        found = [d for d in self.file.designs if d.engine in self.engines]
        found = [d for d in found if not self.engines[d.engine].is_empty(d)]
        mode = self.options.mode
        if mode is None:
            return tuple(found)
        return tuple(self.engines[d.engine].paid_as(d, mode) for d in found)

    def design(self, name: str = "") -> Design:
        """Return a design by name; the first of the file if no name is given.

        Raises:
            UsageError: there is none of that name.
            UnsupportedError: it is for an engine that cannot be evaluated yet.
        """
        if not name:
            if not self.designs:
                raise UsageError(
                    "the model file has no design to look at",
                    remedy="add one under `designs:`; docs/model-file.md shows how",
                )
            return self.designs[0]
        for design in self.designs:
            if design.name == name:
                return design
        for design in self.file.designs:
            if design.name == name:
                raise UnsupportedError(
                    f"the design `{name}` is for {design.engine}, which is not evaluated yet",
                    remedy=f"choose one of {_listed(d.name for d in self.designs)}",
                )
        meant = nearest(name, [d.name for d in self.designs])
        raise UsageError(
            f"there is no design `{name}`",
            remedy=f"did you mean `{meant}`?"
            if meant
            else f"the file has {_listed(d.name for d in self.designs)}",
        )

    def pattern(self, name: str) -> Pattern:
        """Return an access pattern by name, or by its label such as S1.

        Raises:
            UsageError: there is none.
        """
        for pattern in self.model.patterns:
            if name in (pattern.name, pattern.id):
                return pattern
        names = [pattern.name for pattern in self.model.patterns]
        meant = nearest(name, names)
        raise UsageError(
            f"there is no access pattern `{name}`",
            remedy=f"did you mean `{meant}`?" if meant else f"the file has {_listed(names)}",
        )

    def requests(self, evaluation: Evaluation, pattern: str) -> tuple[Request, ...]:
        """Return the requests of one call of a pattern, with parameters that could be sent."""
        from tablewright.proof.examples import example_requests

        engine = self.engines[evaluation.design.engine]
        return example_requests(engine.connector, evaluation, pattern)

    def book(self, as_of: str = "") -> PriceBook:
        """Return the price book, as of a day."""
        book = self.options.book or PriceBook()
        day = as_of or self.options.prices_as_of or self.model.prices_as_of
        return replace(book, as_of=day) if day and day != "latest" else book

    def evaluate(
        self, design: Design | str, users: int | None = None, *, region: str = "", as_of: str = ""
    ) -> Evaluation:
        """Return routes, resources and bill of a design at a scale.

        Raises:
            PriceUnknownError: a price that is needed is not known.
        """
        chosen = self.design(design) if isinstance(design, str) else design
        scale = self.users if users is None else users
        key = (chosen.name, scale, region or self.region, as_of)
        if key not in self._evaluations or self._evaluations[key].design is not chosen:
            engine = self.engines[chosen.engine]
            self._evaluations[key] = engine.evaluate(
                self.model,
                chosen,
                scale,
                self.book(as_of),
                region=region or self.region,
                free_tier=self.options.free_tier,
                sample_items=self.options.sample_items,
            )
        return self._evaluations[key]

    # ------------------------------------------------------------ what the verbs show

    def assess(
        self,
        *,
        designs: Sequence[str] = (),
        scales: Sequence[int] = (),
        review: bool = True,
        influences: bool = True,
        claims: bool = True,
        paths: bool = True,
    ) -> Assessment:
        """Return everything a report shows: designs at every scale, cards, claims, influences.

        Args:
            designs: names; all of the file unless given.
            scales: numbers of users beside the reviewed one; those of the file unless given.
            review: whether designs are graded.
            influences: whether assumptions are halved and doubled.
            claims: whether claims are held against computed figures.
            paths: whether the way to a better grade is looked for.
        """
        chosen = [self.design(name) for name in designs] or list(self.designs)
        wanted = sorted({*(scales or self.model.scales), self.users})
        assessed = tuple(
            self._assess_design(design, wanted, review=review, paths=paths, influences=influences)
            for design in chosen
        )
        return Assessment(
            model=self.model,
            users=self.users,
            designs=assessed,
            verdicts=self.verdicts() if claims else (),
            warnings=self.file.warnings,
            left_out=self._left_out(),
        )

    def _assess_design(
        self, design: Design, scales: Sequence[int], *, review: bool, paths: bool, influences: bool
    ) -> DesignAssessment:
        evaluations = tuple(self.evaluate(design, users) for users in scales)
        card = self.card(design, with_path=paths) if review else None
        if card is not None:
            reviewing = self.engines[design.engine].reviewing
            card = replace(card, advisory=reviewing.advise(evaluations, self.book()))
        return DesignAssessment(
            design=design,
            evaluations=evaluations,
            card=card,
            targets=self.targets(design, card),
            influences=self.influences(design) if influences else (),
        )

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return every claim of the model beside the computed figure."""
        if not self.designs:
            return ()
        first = self.designs[0].name

        def evaluate(design: str, users: int, region: str, as_of: str) -> Evaluation:
            return self.evaluate(design, users, region=region, as_of=as_of)

        def grade_of(design: str) -> str:
            for (name, _), card in self._cards.items():
                if name == design:
                    return card.grade
            return self.card(self.design(design), with_path=False).grade

        return tuple(
            assess_claim(claim, evaluate, first, self.users, grade_of)
            for claim in self.model.claims
        )

    def card(self, design: Design, *, with_path: bool = True) -> ReportCard:
        """Return the report card of a design at the reviewed scale.

        Mends are evaluated on a smaller sample: what counts is the difference they make.
        """
        key = (design.name, with_path)
        if key not in self._cards:
            self._cards[key] = self._make_card(design, with_path=with_path)
        return self._cards[key]

    def _make_card(self, design: Design, *, with_path: bool) -> ReportCard:
        return review_design(
            self.evaluate(design),
            self.evaluator(design.engine),
            self.engines[design.engine].reviewing,
            with_path=with_path,
        )

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
        """Return the model with every assumed figure multiplied; read once for all designs."""
        if factor not in self._scaled:
            file = read_model(self.file.source, str(self.file.path), scale_assumed=factor)
            self._scaled[factor] = file.model
        return self._scaled[factor]

    def plan(
        self,
        *,
        users: int | None = None,
        start: str = "",
        name: str = "planned",
        explained: bool = True,
        requests: bool = False,
    ) -> PlanResult:
        """Return the cheapest design of the model on DynamoDB, what it costs, and why.

        Args:
            users: the scale whose bill is minimised; by default the one asked for, else the
                largest of the model, so that nothing is chosen that does not grow.
            start: a design to lead from, step by step; its names and settings are kept.
            name: of the new design.
            explained: whether to look for runners-up, fronts and the best of every scale too.
            requests: whether the requests of every pattern are written out.

        Raises:
            UnsupportedError: no design serves the model, or the solver is not installed.
            UsageError: there is no design `start`.
        """
        from tablewright.model.grammar import LABEL
        from tablewright.plan.planning import Planner
        from tablewright.plan.result import PatternRequests

        if not re.fullmatch(LABEL.pattern, name):
            raise UsageError(f"`{name}` cannot be the name of a design", remedy=f"use {LABEL.rule}")
        begin = self.design(start) if start else None
        if begin is not None and begin.engine != "dynamodb":
            fitting = [d.name for d in self.designs if d.engine == "dynamodb"]
            raise UnsupportedError(
                f"the design `{start}` is for {begin.engine}; steps lead from one design on "
                "DynamoDB to another",
                remedy=f"start from {_listed(fitting)}"
                if fitting
                else "leave --from out, or write a DynamoDB design of what exists",
            )
        engine, evaluator = self.engines["dynamodb"], self.evaluator("dynamodb")
        planning = engine.planning(evaluator, self.options.mode)
        if isinstance(planning, Refused):
            raise UnsupportedError(planning.reason)

        def findings(design: Design) -> frozenset[tuple[str, str]]:
            card = self.card(design, with_path=False)
            return frozenset((finding.rule, finding.subject) for finding in card.findings)

        def fires(design: Design) -> frozenset[tuple[str, str]]:
            evaluation = evaluator.sampled(design, self.users, FIRED_SAMPLE)
            return fired(evaluation, evaluator, engine.reviewing)

        planner = Planner(
            evaluator=evaluator,
            planning=planning,
            others=tuple(d for d in self.designs if planning.is_of_engine(d) and d.name != name),
            findings=findings,
            fires=fires,
        )
        scale = users or self.options.users or max(self.model.scales)
        result = planner.plan(scale, start=begin, name=name, explained=explained)
        if not requests:
            return result
        evaluation = evaluator.full(result.design, result.users)
        written = tuple(
            PatternRequests(pattern=p.name, requests=self.requests(evaluation, p.name))
            for p in self.model.patterns
        )
        return replace(result, requests=written)

    def compare(self) -> Comparison:
        """Return engines, offerings and ways to deploy side by side, at every scale of the model.

        Raises:
            UsageError: weights, figures or architectures of the model file that nothing knows.
            PriceUnknownError: a price that a design of the file needs is not known.
        """
        from tablewright.compare.comparison import compare
        from tablewright.compare.reader import read_architectures

        scales = sorted({*self.model.scales, self.users})
        free = Session(file=self.file, options=replace(self.options, free_tier=True))
        free.engines = self.engines
        listed = Session(file=self.file, options=replace(self.options, free_tier=False))
        listed.engines = self.engines

        def free_of(evaluation: Evaluation) -> Decimal:
            bill = free.evaluate(evaluation.design, evaluation.users).bill
            return -sum((line.amount for line in bill.free_tier), ZERO)

        own = self.model.architectures
        designs = (*self.designs, *self._usual_designs())
        left_out = list(self._left_out())
        if not any(design.engine == "dynamodb" for design in designs):
            left_out.append("the file has no design for dynamodb; `tablewright plan` makes one")
        return compare(
            self.model,
            [listed.evaluate(design, users) for design in designs for users in scales],
            self.book(),
            self.region,
            self.users,
            free_of=free_of,
            own=read_architectures(own, f"{self.file.path}: architectures") if own else (),
            left_out=tuple(left_out),
        )

    def _usual_designs(self) -> tuple[Design, ...]:
        """Return a sensible design for each engine on servers, to stand beside those written."""
        usual = (engine.usual_design(self.model) for engine in self.engines.values())
        return tuple(design for design in usual if design is not None)

    def summary(self, before: Design, after: Design) -> tuple[str, ...]:
        """Return what one design does otherwise than another of the same engine, in few words."""
        summary = languages()[before.engine].summary
        return tuple(summary(before, after)) if summary is not None else ()

    def write_design(self, design: Design) -> Path:
        """Put a design into the model file, in place of one of the same name; return the path.

        Comments and layout outside the design stay as they are.

        Raises:
            UsageError: `designs` is written in a way that no block can be put into.
        """
        from tablewright.design.sections import with_section

        section = languages()[design.engine].section
        if section is None:
            raise UnsupportedError(f"designs on {design.engine} cannot be written to a file yet")
        path = Path(self.file.path)
        try:
            text = with_section(self.file.source, design.name, section(design, self.model))
        except ValueError as problem:
            raise UsageError(
                f"{path}: {problem}", remedy="write each design on lines of its own"
            ) from problem
        read_model(text, str(path))
        path.write_text(text, encoding="utf-8")
        return path

    def targets(self, design: Design, card: ReportCard | None = None) -> tuple[TargetResult, ...]:
        """Return the targets of the model and whether a design meets them."""
        found: list[TargetResult] = []
        if self.model.targets.grade is not None and card is not None:
            wanted = self.model.targets.grade
            found.append(
                TargetResult(
                    name="grade",
                    design=design.name,
                    users=card.users,
                    wanted=wanted,
                    reached=card.grade,
                    met=is_at_least(card.letter, wanted),
                )
            )
        for users, budget in self.model.targets.monthly_cost:
            total = self.evaluate(design, users).bill.total
            found.append(
                TargetResult(
                    name="monthly_cost",
                    design=design.name,
                    users=users,
                    wanted=str(budget),
                    reached=str(total),
                    met=total <= budget,
                )
            )
        return (*found, *self._promises(design))

    def _promises(self, design: Design) -> tuple[TargetResult, ...]:
        """Return the targets that no arithmetic decides: what the service promises, or nothing."""
        wanted = self.model.targets
        found: list[TargetResult] = []
        promised = self.engines[design.engine].promised_availability(design, self.book())
        if wanted.availability is not None and promised is not None:
            found.append(
                TargetResult(
                    name="availability",
                    design=design.name,
                    users=None,
                    wanted=f"{wanted.availability} %",
                    reached=f"{promised} % promised for the database",
                    met=promised >= wanted.availability,
                )
            )
        if wanted.latency_p99_ms is not None:
            found.append(
                TargetResult(
                    name="latency_p99_ms",
                    design=design.name,
                    users=None,
                    wanted=str(wanted.latency_p99_ms),
                    reached="measure it with prove",
                    met=None,
                )
            )
        return tuple(found)

    def influences(self, design: Design) -> tuple[Influence, ...]:
        """Return what each assumed figure does to the bill when halved and when doubled.

        Only where a bill follows the figures: of one that goes by steps a factor of two says
        little, and sizing servers anew for each figure takes minutes.
        """
        if not self.engines[design.engine].varies_smoothly:
            return ()
        base = self.evaluate(design).bill.total
        found = [
            Influence(
                assumption=assumption,
                design=design.name,
                users=self.users,
                base=base,
                halved=self._with(assumption, Decimal("0.5"), design),
                doubled=self._with(assumption, Decimal(2), design),
            )
            for assumption in self.model.assumptions
        ]
        moving = [one for one in found if one.swing]
        return tuple(sorted(moving, key=lambda one: (-one.swing, one.assumption.name)))

    def _with(self, assumption: Assumption, factor: Decimal, design: Design) -> Decimal:
        """Return the bill of a design with one assumed figure multiplied."""
        linear = self._rate_of(assumption, design)
        if linear is not None:
            return self.evaluate(design).bill.total + linear * (factor - 1)
        names = self._concerned(assumption, design)
        changed = self._variant({assumption.path: factor}, names).evaluate(design.name, self.users)
        # Held against the unchanged model on the same small sample: what is left is the figure's.
        before = self._variant({}, names).evaluate(design.name, self.users)
        return self.evaluate(design).bill.total + changed.bill.total - before.bill.total

    def _concerned(self, assumption: Assumption, design: Design) -> frozenset[str]:
        """Return the access patterns whose cost the figure can change, to leave out the others.

        Those of the entity it belongs to, of those above and below it, and of those that hold its
        key. All of them where capacity is shared, since then costs do not add up by pattern.
        """
        everything = frozenset(pattern.name for pattern in self.model.patterns)
        if not self.engines[design.engine].is_billed_by_request(design):
            return everything
        kind, name = assumption.path[0], assumption.path[1] if len(assumption.path) > 1 else ""
        if kind == "patterns":
            return frozenset({name})
        if kind != "entities":
            return everything
        family = _family(self.model, name)
        return frozenset(
            pattern.name
            for pattern in self.model.patterns
            if family & {pattern.entity, *(part.entity for part in pattern.parts)}
        )

    def _rate_of(self, assumption: Assumption, design: Design) -> Decimal | None:
        """Return what a pattern costs, where its rate is what is assumed and requests are paid."""
        path = assumption.path
        if len(path) != 3 or path[0] != "patterns" or path[2] != "rate":
            return None
        if not self.engines[design.engine].is_billed_by_request(design):
            return None
        return self.evaluate(design).bill.sum_by("pattern").get(path[1], ZERO)

    def _variant(self, overrides: dict[tuple[str, ...], Decimal], names: frozenset[str]) -> Session:
        """Return the model with figures multiplied, of the patterns named, on a small sample."""
        key = (tuple(overrides.items()), names)
        if key not in self._variants:  # read once for all designs
            file = self.file
            model = file.model
            if any(path[0] == "designs" or path[-1] == IN_DESIGNS for path in overrides):
                file = read_model(file.source, str(file.path), overrides=overrides)
                model = file.model
            elif overrides:
                model = reader.read_figures(
                    file.source, str(file.path), overrides, languages=languages()
                )
            if not any(path[0] == "entities" for path in overrides):
                model = replace(model, entities=self.model.entities)  # the same sample will do
            patterns = tuple(p for p in model.patterns if p.name in names)
            file = replace(file, model=replace(model, patterns=patterns))
            options = replace(self.options, sample_items=VARIANT_SAMPLE)
            variant = Session(file=file, options=options)
            if model.entities is self.model.entities:
                variant.engines = self.engines
            self._variants[key] = variant
        return self._variants[key]

    def _left_out(self) -> tuple[str, ...]:
        return tuple(
            f"the design `{design.name}` is for {design.engine}: it is not priced here"
            for design in self.file.designs
            if design.engine not in self.engines
        )


FIRED_SAMPLE = 128
"""Instances drawn where it is only asked which rules fire on a design on the way to another."""

IN_DESIGNS = "compressible"
"""The one figure of a model that its designs take over when they are read."""

VARIANT_SAMPLE = 128
"""Instances drawn for each entity where only the direction of a change is wanted."""


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
        path, languages=languages(), scale_assumed=scale_assumed, overrides=overrides
    )


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


def _family(model: Model, name: str) -> set[str]:
    """Return an entity, those above and below it, and those that refer to it."""
    family = {name}
    parent = model.entity(name).parent
    while parent is not None:
        family.add(parent)
        parent = model.entity(parent).parent
    below = [name]
    while below:
        children = [child.name for child in model.children_of(below.pop())]
        family.update(children)
        below += children
    for entity in model.entities:
        if any(attribute.to == name for attribute in entity.attributes):
            family.add(entity.name)
    return family


def _listed(names: Iterable[str]) -> str:
    shown = [f"`{name}`" for name in names]
    return ", ".join(shown) if shown else "none"
