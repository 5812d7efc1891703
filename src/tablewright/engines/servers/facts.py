"""What predicates ask of a design on servers, and the subjects there are.

In: an evaluation on servers and thresholds. Out: facts. It changes nothing and costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from tablewright.core.quantities import GB, ONE, ZERO
from tablewright.engines.mongodb.design import Collection, MongoDesign
from tablewright.engines.postgresql.design import PgTable, PostgresDesign
from tablewright.engines.servers.changes import AnyIndex, home_of
from tablewright.engines.servers.homes import Home, Ordered
from tablewright.engines.servers.load import processor_us
from tablewright.engines.servers.routing import Router
from tablewright.engines.servers.sizing import ServerEvaluation, times_held
from tablewright.engines.servers.words import Words
from tablewright.engines.servers.work import Work
from tablewright.evaluation.values import Action, Route
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Attribute, Entity, Model, Pattern, Verb
from tablewright.sample.sample import Sample, sample_of


class ServerFacts:
    """An evaluation with its thresholds. What `Facts` has too is called the same here."""

    def __init__(
        self, evaluation: ServerEvaluation, k: Mapping[str, Decimal], words: Words
    ) -> None:
        """Take an evaluation, the thresholds of the rules and what the engine calls things."""
        self.evaluation, self.words = evaluation, words
        self.model: Model = evaluation.model
        self.k = k
        self.users = evaluation.users
        design = evaluation.design
        assert isinstance(design, MongoDesign | PostgresDesign)
        self.design = design
        self.homes = {home.name: home for home in evaluation.homes}
        self.selectivity = Selectivity(self.model, self.users)

    @cached_property
    def sample(self) -> Sample:
        """Instances of the model, to measure attributes by."""
        return sample_of(self.model)

    # ------------------------------------------------------------------ subjects

    def subjects(self, kind: str) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """Return the subjects of a kind, named."""
        match kind:
            case "design":
                return [("design", ())]
            case "pattern":
                return [(p.name, (p,)) for p in self.asked if self._is_routed(p)]
            case "search":
                return [(p.name, (p,)) for p in self.asked if p.verb is Verb.NEAR]
            case "write":
                return [(p.name, (p,)) for p in self.model.patterns if p.verb.is_write]
            case "entity":
                return [(e.name, (e,)) for e in self.model.entities if self.home_of(e) is not None]
            case "relation":
                return [(e.name, (e,)) for e in self.model.entities if e.parent is not None]
            case "home":
                return [(e.name, (e,)) for e in self.model.entities]
            case "table":
                return [(name, (name,)) for name in self.homes]
            case "index":
                return [
                    (f"{home.name}/{index.name}", (home.name, index))
                    for home in self.homes.values()
                    for index in home.indexes
                    if not index.is_primary
                ]
        assert kind == "attribute", kind
        return [
            (f"{home.name}.{attribute.name}", (home.name, entity, attribute))
            for home in self.homes.values()
            for entity in (self.model.entity(home.entity),)
            for attribute in entity.attributes
        ]

    def _is_routed(self, pattern: Pattern) -> bool:
        return self.route(pattern).is_served and not pattern.parts

    # ------------------------------------------------------------------ the design

    def home_of(self, entity: Entity) -> str | None:
        """Return the collection or table that holds an entity."""
        return next((h.name for h in self.homes.values() if h.entity == entity.name), None)

    def home(self, name: str) -> Home:
        """Return a collection or table at this scale."""
        return self.homes[name]

    def indexes(self, home: str) -> tuple[Ordered, ...]:
        """Return the indexes of a collection or table, that of the key first."""
        return self.homes[home].indexes

    def collection(self, name: str) -> Collection | None:
        """Return a collection of the design; None on PostgreSQL."""
        return self.design.collection(name) if isinstance(self.design, MongoDesign) else None

    def table(self, name: str) -> PgTable | None:
        """Return a table of the design; None on MongoDB."""
        return self.design.table(name) if isinstance(self.design, PostgresDesign) else None

    def index(self, home: str, name: str) -> AnyIndex:
        """Return an index as the design has it."""
        return next(index for index in home_of(self.design, home).indexes if index.name == name)

    def is_embedded(self, entity: str) -> bool:
        """Whether some collection keeps an entity inside its documents."""
        return any(child == entity for home in self.homes.values() for child, _ in home.embeds)

    # ------------------------------------------------------------------ patterns

    @cached_property
    def asked(self) -> tuple[Pattern, ...]:
        """The patterns; in the place of one that is served in parts those that choose something.

        Each part of a `read` or a transaction is a command of its own, through an index of its own.
        """
        asked: list[Pattern] = []
        for pattern in self.model.patterns:
            if pattern.parts and self.evaluation.route(pattern.name).is_served:
                asked += [part for part in pattern.parts if part.verb is not Verb.PUT]
            else:
                asked.append(pattern)
        return tuple(asked)

    def route(self, pattern: Pattern) -> Route:
        """Return how the design serves a pattern, or a part of one."""
        known = self._routed.get(pattern.name)
        return self.evaluation.route(pattern.name) if known is None else known[0]

    def work(self, pattern: Pattern) -> Work:
        """Return the work of one call of a pattern, or of a part of one."""
        known = self._routed.get(pattern.name)
        return self.evaluation.works[pattern.name] if known is None else known[1]

    @cached_property
    def _routed(self) -> dict[str, tuple[Route, Work]]:
        """Of parts of patterns, by their names."""
        whole = self.evaluation
        router = Router(self.model, self.design.name, whole.homes, self.users, self.words)
        names = {pattern.name for pattern in self.model.patterns}
        return {part.name: router.route(part) for part in self.asked if part.name not in names}

    def through(self, home: str, index: str) -> list[Pattern]:
        """Return the patterns whose route goes through an index; parts apart."""
        target = f"{home}/{index}"
        return [p for p in self.asked if self.route(p).target == target]

    def rate(self, pattern: Pattern) -> Decimal:
        """Return calls per second, the mean."""
        return self.model.calls_per_second(pattern, self.users)

    def slo(self, pattern: Pattern) -> Decimal | None:
        """Return the latency a pattern must keep, in milliseconds, if it has to."""
        return self.model.latency_target_ms(pattern)

    @cached_property
    def _actions(self) -> dict[str, list[Action]]:
        actions: dict[str, list[Action]] = {}
        for pattern in self.model.patterns:
            for part in pattern.parts or (pattern,):
                actions.setdefault(part.entity, []).append(Action(pattern, part))
        return actions

    def actions_on(self, entity: str) -> list[Action]:
        """Return what is done to an entity, transactions opened."""
        return self._actions.get(entity, [])

    def inserts(self, entity: str) -> Decimal:
        """Return new instances a second."""
        return sum(
            (
                self.rate(a.root) * a.part.batch
                for a in self.actions_on(entity)
                if a.part.verb is Verb.PUT
            ),
            ZERO,
        )

    # ------------------------------------------------------------------ figures

    def count(self, entity: str) -> Decimal:
        """Return how many instances of an entity there are."""
        return self.model.instances(entity, self.users)

    def distinct_values(self, entity: Entity, name: str) -> Decimal | None:
        """Return how many values an attribute has at this scale."""
        return self.selectivity.distinct(entity, name) if entity.has(name) else None

    def attribute_of(self, entity: Entity, name: str) -> Attribute | None:
        """Return an attribute by name, None if there is none."""
        return entity.attribute(name) if entity.has(name) else None

    def stored_bytes(self, home: str) -> Decimal:
        """Return the bytes of a collection or table with its indexes, in memory."""
        stored = self.homes[home]
        return stored.stored_bytes + sum((i.stored_bytes for i in stored.indexes), ZERO)

    @property
    def memory_bytes(self) -> Decimal | None:
        """The memory of the offer that is chosen, None where there is none or it is not stated."""
        chosen = self.evaluation.chosen
        if chosen is None or chosen.offer.memory_gb is None:
            return None
        return chosen.offer.memory_gb * GB

    def busy_share(self, pattern: Pattern) -> Decimal:
        """Return the share of all processor time that a pattern takes."""
        processors_mean = self.evaluation.load.processors_mean
        each_processor_us = processor_us(self.work(pattern), self.evaluation.figures)
        return (
            each_processor_us * self.rate(pattern) / 1_000_000 / processors_mean
            if processors_mean
            else ZERO
        )

    def takes_ms(self, pattern: Pattern) -> Decimal:
        """Return about how long a call keeps the server busy: processor, and bytes from disk."""
        work = self.work(pattern)
        busy = processor_us(work, self.evaluation.figures) / 1000
        return busy + work.row_bytes * 1000 / self.k["scan_bps"]

    @property
    def cost(self) -> Decimal:
        """USD a month of the offer that is chosen; zero where none holds the load."""
        chosen = self.evaluation.chosen
        return (chosen.usd if chosen is not None else None) or ZERO

    def cost_around(self, subject: str, covers: tuple[str, ...]) -> Decimal:
        """Return the cost a saving is compared with: a server's bill has no smaller part."""
        return self.cost

    def exposure(self, kind: str, subject: str) -> Decimal:
        """Return what share of the whole a subject is: on a server all share one machine."""
        return ONE

    @property
    def least_headroom(self) -> Decimal | None:
        """How many times the load the chosen offer would hold."""
        chosen = self.evaluation.chosen
        if chosen is None:
            return None
        return times_held(chosen.offer, self.evaluation.load, self.evaluation.figures)
