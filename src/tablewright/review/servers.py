"""Review a MongoDB or PostgreSQL design: run its rules and grade what they find.

In: an evaluation on servers. Out: a `ReportCard`. The rules are those of `rules/servers.yaml`;
mends are named and not re-costed, and there is no improvement path: a server is paid by its size,
so that a mend saves only where it makes a smaller one do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any, cast

from tablewright.core.data import read_yaml
from tablewright.core.quantities import ONE
from tablewright.design.mongodb import MongoDesign
from tablewright.design.postgresql import PostgresDesign
from tablewright.engines.routing import Ordered
from tablewright.engines.servers import ServerEvaluation
from tablewright.model.values import Entity, Model, Pattern
from tablewright.review.catalogue import Catalogue, Rule, catalogue, read_rule, read_thresholds
from tablewright.review.facts import Facts
from tablewright.review.findings import Finding, Mend
from tablewright.review.grade import ReportCard, grade
from tablewright.review.predicates import servers as predicates
from tablewright.review.runner import Candidate, run

RULES_NOT_WRITTEN = (
    "SRV-IDX-004",
    "MDB-KEY-001",
    "MDB-IDX-001",
    "MDB-TSR-001",
    "PG-KEY-002",
    "PG-IDX-002",
    "PG-IDX-003",
)
"""Core rules of these engines that have no predicate yet."""


_OF_ALL_ENGINES: dict[str, Callable[..., Any]] = {
    "ANY-KEY-001": predicates.any_key_001,
    "ANY-IDX-001": predicates.any_idx_001,
}
"""Rules of the common catalogue that are decided in another way here."""


@cache
def server_rules(engine: str) -> Catalogue:
    """Return the rules of an engine that runs on servers.

    Raises:
        DataError: the rule file is damaged.
    """
    data = read_yaml("tablewright.review", "rules/servers.yaml")
    thresholds = read_thresholds(data["thresholds"])
    numbers = {name: one.value for name, one in thresholds.items()}
    common = catalogue("dynamodb")
    known = {category.name for category in common.categories}
    rules = []
    for entry in data["rules"]:
        fields = dict(entry)
        category = fields.pop("category")
        assert category in known, category
        rule = read_rule(fields, category, predicates, numbers, "rules/servers.yaml")
        if engine in rule.engines:
            rules.append(rule)
    for name, predicate in _OF_ALL_ENGINES.items():
        rules.append(replace(common.rule(name), engines=(engine,), predicate=predicate))
    return Catalogue(
        rules=tuple(rules),
        categories=common.categories,
        thresholds=thresholds,
        severe_rules=common.severe_rules,
    )


def find_rule(name: str) -> Rule:
    """Return a rule of any engine by id, in any case.

    Raises:
        UsageError: there is none of that id.
    """
    for engine in ("mongodb", "postgresql"):
        for rule in server_rules(engine).rules:
            if rule.id == name.upper() and rule.id not in _OF_ALL_ENGINES:
                return rule
    return catalogue().rule(name)


class ServerFacts:
    """What predicates ask of a design on servers, and the subjects there are."""

    def __init__(self, evaluation: ServerEvaluation, k: dict[str, Decimal]) -> None:
        self.evaluation = evaluation
        self.model: Model = evaluation.model
        self.k = k
        self.users = evaluation.users
        design = evaluation.design
        assert isinstance(design, MongoDesign | PostgresDesign)
        self.design = design
        self.homes = {home.name: home for home in evaluation.homes}

    def subjects(self, kind: str) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """Return the subjects of a kind, named."""
        if kind == "pattern":
            return [(p.name, (p,)) for p in self.model.patterns if self._is_routed(p)]
        if kind == "entity":
            return [(e.name, (e,)) for e in self.model.entities if self.home_of(e) is not None]
        if kind == "home":
            return [(e.name, (e,)) for e in self.model.entities]
        if kind == "table":
            return [(name, (name,)) for name in self.homes]
        if kind == "index":
            return [
                (f"{home.name}/{index.name}", (home.name, index))
                for home in self.homes.values()
                for index in home.indexes
                if not index.is_primary
            ]
        return [
            (f"{home.name}.{attribute.name}", (home.name, entity, attribute))
            for home in self.homes.values()
            for entity in (self.model.entity(home.entity),)
            for attribute in entity.attributes
        ]

    def _is_routed(self, pattern: Pattern) -> bool:
        route = self.evaluation.route(pattern.name)
        return route.is_served and not pattern.parts

    def home_of(self, entity: Entity) -> str | None:
        """Return the collection or table that holds an entity."""
        return next((h.name for h in self.homes.values() if h.entity == entity.name), None)

    def indexes(self, home: str) -> tuple[Ordered, ...]:
        """Return the indexes of a collection or table, that of the key first."""
        return self.homes[home].indexes


def review_server(evaluation: ServerEvaluation) -> ReportCard:
    """Return the report card of a design at the scale it was evaluated at."""
    rules = server_rules(evaluation.design.engine)
    facts = ServerFacts(evaluation, dict(rules.k))
    found = run(cast(Facts, facts), rules)
    findings = _superseded([_finding(one) for one in found.candidates], rules)
    findings.sort(key=lambda one: (-one.level, one.rule, one.subject))
    accepted = {(a.rule, a.subject): a.reason for a in evaluation.model.accepted}
    kept = [f for f in findings if (f.rule, f.subject) not in accepted]
    coverage = found.coverage.share
    score = grade(
        kept,
        rules.categories,
        applicable=found.applicable,
        severe_rules=rules.severe_rules,
        coverage=coverage,
        least_headroom=_least_headroom(evaluation),
    )
    return ReportCard(
        design=evaluation.design.name,
        users=evaluation.users,
        score=score.score,
        letter=score.letter,
        low_score=score.score,
        low_letter=score.letter,
        coverage=coverage,
        categories=score.categories,
        findings=tuple(kept),
        accepted=tuple(
            replace(f, accepted=accepted[f.rule, f.subject])
            for f in findings
            if (f.rule, f.subject) in accepted
        ),
        unassessed=found.unassessed,
        passed=found.passed,
        cap=score.cap,
        notes=(
            f"{len(rules.rules)} rules concern this engine; of its core rules "
            f"{len(_missing(evaluation.design.engine))} are not written yet: "
            + ", ".join(_missing(evaluation.design.engine)),
            "what a mend saves is not computed: a server is paid by its size",
        ),
    )


def _missing(engine: str) -> list[str]:
    other = {"mongodb": "PG-", "postgresql": "MDB-"}[engine]
    return [rule for rule in RULES_NOT_WRITTEN if not rule.startswith(other)]


def _finding(one: Candidate) -> Finding:
    rule = one.rule
    return Finding(
        rule=rule.id,
        title=rule.title,
        category=rule.category,
        level=one.level(),
        subject=one.subject,
        evidence=one.hit.evidence,
        why=rule.why,
        mend=Mend(kind=rule.fix_kind, text=rule.fix),
        sources=rule.sources,
    )


def _superseded(findings: list[Finding], rules: Catalogue) -> list[Finding]:
    """Take out what follows from another finding on the same subject, and name it there."""
    over = {rule.id: rule.supersedes for rule in rules.rules if rule.supersedes}
    gone: set[tuple[str, str]] = set()
    out = []
    for one in findings:
        below = [
            f for f in findings if f.subject == one.subject and f.rule in over.get(one.rule, ())
        ]
        gone |= {(f.rule, f.subject) for f in below}
        level = max([one.level, *(f.level for f in below)])
        out.append(replace(one, level=level, consequences=tuple(f.rule for f in below)))
    return [one for one in out if (one.rule, one.subject) not in gone]


def _least_headroom(evaluation: ServerEvaluation) -> Decimal | None:
    chosen = evaluation.chosen
    if chosen is None or chosen.bound_by is None or not chosen.bound_by.use:
        return None
    return ONE / chosen.bound_by.use
