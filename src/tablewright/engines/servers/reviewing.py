"""Review a MongoDB or PostgreSQL design: run its rules, re-cost the mends, grade what they find.

In: an evaluation on servers and a function that evaluates changed models and designs. Out: a
`ReportCard`. The rules are those of `rules/servers.yaml`. There is no improvement path: a server is
paid by its size, so that most mends show in what it has left and not in the bill.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace

from tablewright.core.data import read_yaml
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.recost import Evaluate, ServerRecoster
from tablewright.engines.servers.rules import access, data_model
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.review.catalogue import Catalogue, Rule, catalogue, read_rule, read_thresholds
from tablewright.review.findings import Finding
from tablewright.review.grade import ReportCard, grade
from tablewright.review.review import Weighed, mend_of, supersede, weigh
from tablewright.review.runner import run

_FILE = "rules/servers.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """Rules of the catalogue for these engines that are not run, and why."""

    rules: tuple[str, ...]
    why: str


@cache
def server_rules(engine: str) -> Catalogue:
    """Return the rules of an engine that runs on servers.

    Raises:
        DataError: the rule file is damaged.
    """
    data = read_yaml("tablewright.engines.servers", _FILE)
    common = catalogue("dynamodb")
    thresholds = {**common.thresholds, **read_thresholds(data["thresholds"])}
    numbers = {name: one.value for name, one in thresholds.items()}
    known = {category.name for category in common.categories}
    predicates = SimpleNamespace(**{**vars(access), **vars(data_model)})
    rules = []
    for entry in data["rules"]:
        fields = dict(entry)
        category = fields.pop("category")
        assert category in known, category
        rule = read_rule(fields, category, predicates, numbers, _FILE)
        if engine in rule.engines:
            rules.append(rule)
    return Catalogue(
        rules=tuple(rules),
        categories=common.categories,
        thresholds=thresholds,
        severe_rules=common.severe_rules,
    )


@cache
def rules_not_run(engine: str) -> tuple[NotRun, ...]:
    """Return the rules of the catalogue that concern an engine and are not run."""
    other = {"mongodb": "PG-", "postgresql": "MDB-"}[engine]
    groups = (
        NotRun(
            rules=tuple(name for name in group["rules"] if not name.startswith(other)),
            why=group["why"],
        )
        for group in read_yaml("tablewright.engines.servers", _FILE)["not_run"]
    )
    return tuple(group for group in groups if group.rules)


def find_rule(name: str) -> Rule:
    """Return a rule of any engine by id, in any case; of a rule of all engines the common form.

    Raises:
        UsageError: there is none of that id.
    """
    if not name.upper().startswith("ANY-"):
        for engine in ("mongodb", "postgresql"):
            for rule in server_rules(engine).rules:
                if rule.id == name.upper():
                    return rule
    return catalogue().rule(name)


def review_server(evaluation: ServerEvaluation, evaluate: Evaluate) -> ReportCard:
    """Return the report card of a design at the scale it was evaluated at."""
    engine = evaluation.design.engine
    rules = server_rules(engine)
    facts = ServerFacts(evaluation, dict(rules.k))
    found = run(facts, rules)
    recoster = ServerRecoster(facts, found, rules, evaluate)
    worst_first = sorted(found.candidates, key=lambda c: (-c.level(), c.pair))
    weighed = [weigh(c, facts, recoster) for c in worst_first]
    findings = [_finding(w) for w in supersede([w for w in weighed if w is not None])]
    findings.sort(key=lambda one: (-one.level, one.rule, one.subject))
    reasons = {(a.rule, a.subject): a.reason for a in evaluation.model.accepted}
    named = [
        replace(f, accepted=reasons.get((f.rule, f.subject)) or reasons.get((f.rule, "")) or "")
        for f in findings
    ]
    kept = tuple(f for f in named if not f.accepted)
    coverage = found.coverage.share
    score = grade(
        kept,
        rules.categories,
        applicable=found.applicable,
        severe_rules=rules.severe_rules,
        coverage=coverage,
        least_headroom=facts.least_headroom,
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
        findings=kept,
        accepted=tuple(f for f in named if f.accepted),
        unassessed=found.unassessed,
        passed=found.passed,
        cap=score.cap,
        notes=_notes(engine, rules),
    )


def _notes(engine: str, rules: Catalogue) -> tuple[str, ...]:
    groups = rules_not_run(engine)
    count = sum(len(group.rules) for group in groups)
    left = "; ".join(f"{', '.join(group.rules)} ({group.why})" for group in groups)
    return (
        "what a mend saves is what it saves alone: two that lead to the same smaller server do not "
        "save twice",
        f"{len(rules.rules)} rules are run, all core rules of this engine among them; {count} "
        f"extended ones are not: {left}",
    )


def _finding(w: Weighed) -> Finding:
    rule = w.candidate.rule
    return Finding(
        rule=rule.id,
        title=rule.title,
        category=rule.category,
        level=w.level,
        subject=w.candidate.subject,
        evidence=w.candidate.hit.evidence,
        why=rule.why,
        mend=mend_of(w),
        consequences=w.consequences,
        sources=rule.sources,
    )
