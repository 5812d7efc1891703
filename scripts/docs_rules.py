"""The page of the rules, docs/rules.md, made of the rule catalogue."""

from __future__ import annotations

from tablewright.core.quantities import plain
from tablewright.engines.dynamodb.rules import dynamodb_rules, dynamodb_rules_not_run
from tablewright.engines.servers.rules import rules_not_run, server_rules
from tablewright.review.catalogue import Catalogue, Rule
from tablewright.review.grade import GRADES, PENALTIES

_ENGINES = {"mongodb": "MongoDB", "postgresql": "PostgreSQL"}


def page() -> str:
    """Return the whole page as Markdown."""
    rules = dynamodb_rules()
    parts = [
        "# The rules\n",
        "This page is generated from the rule catalogue (`src/tablewright/engines/*/rules`) by "
        "`make docs`. `tablewright explain RULE` shows one rule in the terminal.\n",
        f"{len(rules.rules)} rules concern DynamoDB. A rule that lacks an input is *not assessed*, "
        "which is never *passed*. A name such as `k.part_wcu` is one of the thresholds at the end "
        "of the page.\n",
        _grading(rules),
    ]
    for category in rules.categories:
        parts.append(f"## {category.title}\n")
        parts += [_rule(rule) for rule in rules.rules if rule.category == category.name]
    parts.append("## Rules of the catalogue that are not run on DynamoDB\n")
    for group in dynamodb_rules_not_run():
        parts.append(f"- {', '.join(group.rules)}: {group.why}.")
    parts.append("")
    parts += _servers(rules)
    parts.append(_thresholds(rules))
    return "\n".join(parts)


def _servers(common: Catalogue) -> list[str]:
    """Return the part about MongoDB and PostgreSQL."""
    both = {engine: server_rules(engine) for engine in ("mongodb", "postgresql")}
    found = {rule.id: rule for rules in both.values() for rule in rules.rules}
    counts = " and ".join(f"{len(both[e].rules)} for {name}" for e, name in _ENGINES.items())
    parts = [
        "## MongoDB and PostgreSQL\n",
        f"There are {counts}, all that the catalogue calls core among them. A fix is re-costed "
        "like those above: its saving is the difference of two bills. A server is paid by its "
        "size, so that most fixes save nothing until a smaller one does; then the finding names "
        "the offer that stays, and what gets room: bytes on disk, hot pages in memory, disk "
        "operations, processors. Savings of several fixes do not add up.\n",
    ]
    for category in common.categories:
        here = [rule for rule in found.values() if rule.category == category.name]
        if here:
            parts.append(f"### {category.title} (servers)\n")
            parts += [_rule(rule, "####", _engines(rule, both)) for rule in here]
    parts.append("### Rules of the catalogue that are not run on servers\n")
    for engine, name in _ENGINES.items():
        for group in rules_not_run(engine):
            parts.append(f"- {name}, {', '.join(group.rules)}: {group.why}.")
    return [*parts, ""]


def _engines(rule: Rule, both: dict[str, Catalogue]) -> str:
    held = [name for e, name in _ENGINES.items() if any(r.id == rule.id for r in both[e].rules)]
    return " and ".join(held)


def _grading(rules: Catalogue) -> str:
    penalties = ", ".join(f"{level} {plain(points)}" for level, points in PENALTIES.items())
    grades = ", ".join(f"{letter} {plain(least)}" for letter, least in GRADES if least)
    known = {rule.id for rule in rules.rules}
    severe = ", ".join(rule for rule in rules.severe_rules if rule in known)
    weights = ", ".join(f"{c.title} {plain(c.weight)}" for c in rules.categories if c.weight)
    return (
        "## Grading\n\n"
        f"A finding costs its category a severity ({penalties}) times exposure and confidence; "
        "the second finding of a rule counts half, the third a quarter. A category has 100 "
        "points less these; a critical finding caps it at 59, a high one at 89. The whole is "
        "0.6 times the weighted mean of the categories and 0.4 times the mean of the three "
        "lowest, capped at 76 by a critical finding, at 66 by two categories with one, at 59 by "
        f"three or by lost, wrong or leaked data ({severe}).\n\n"
        f"Weights: {weights}.\n\nLetters from: {grades}, F below.\n"
    )


def _rule(rule: Rule, head: str = "###", engines: str = "") -> str:
    levels = "; ".join(
        [f"{level} when `{condition.text}`" for condition, level in rule.levels]
        + [f"{'otherwise ' if rule.levels else ''}{rule.level}"]
    )
    rows = [
        ("Engines", engines),
        ("Checks", rule.check),
        ("Severity", levels),
        ("Stands only when", f"`{rule.only_when.text}`" if rule.only_when else ""),
        ("Needs", ", ".join(rule.needs)),
        ("Fix", f"{rule.fix} (`{rule.fix_kind}`)"),
        ("Effect", rule.effect),
        ("Takes over", ", ".join(rule.supersedes)),
        ("At every scale", "yes" if rule.scale else ""),
        ("Note", rule.note),
        ("Sources", ", ".join(f"<{source}>" for source in rule.sources)),
    ]
    lines = [f"{head} {rule.id} {rule.title}\n", f"{rule.why}\n"]
    lines += [f"- **{name}:** {' '.join(text.split())}" for name, text in rows if text]
    return "\n".join(lines) + "\n"


def _thresholds(rules: Catalogue) -> str:
    lines = [
        "## Thresholds\n",
        "A limit is documented by the service; the rest is policy.\n",
        "| Name | Value | Kind | Note |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `k.{k.name}` | {plain(k.value)} | {'limit' if k.is_limit else 'policy'} | {k.note} |"
        for k in {**rules.thresholds, **server_rules("postgresql").thresholds}.values()
    ]
    return "\n".join(lines) + "\n"
