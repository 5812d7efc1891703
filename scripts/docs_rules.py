"""The page of the rules, docs/rules.md, made of the rule catalogue."""

from __future__ import annotations

from tablewright.core.quantities import plain
from tablewright.review.catalogue import Catalogue, Rule, catalogue
from tablewright.review.grade import GRADES, PENALTIES


def page() -> str:
    """Return the whole page as Markdown."""
    rules = catalogue()
    parts = [
        "# The rules\n",
        "This page is generated from the rule catalogue (`src/tablewright/review/rules`) by "
        "`make docs`. `tablewright explain RULE` shows one rule in the terminal.\n",
        f"{len(rules.rules)} rules concern DynamoDB. A rule that lacks an input is *not assessed*, "
        "which is never *passed*. A name such as `k.part_wcu` is one of the thresholds at the end "
        "of the page.\n",
        _grading(rules),
    ]
    for category in rules.categories:
        parts.append(f"## {category.title}\n")
        parts += [_rule(rule) for rule in rules.rules if rule.category == category.name]
    parts.append(_thresholds(rules))
    return "\n".join(parts)


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


def _rule(rule: Rule) -> str:
    levels = "; ".join(
        [f"{level} when `{condition.text}`" for condition, level in rule.levels]
        + [f"{'otherwise ' if rule.levels else ''}{rule.level}"]
    )
    rows = [
        ("Checks", rule.check),
        ("Severity", levels),
        ("Stands only when", f"`{rule.only_when.text}`" if rule.only_when else ""),
        ("Needs", ", ".join(rule.needs)),
        ("Mend", f"{rule.fix} (`{rule.fix_kind}`)"),
        ("Effect", rule.effect),
        ("Takes over", ", ".join(rule.supersedes)),
        ("At every scale", "yes" if rule.scale else ""),
        ("Note", rule.note),
        ("Sources", ", ".join(f"<{source}>" for source in rule.sources)),
    ]
    lines = [f"### {rule.id} {rule.title}\n", f"{rule.why}\n"]
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
        for k in rules.thresholds.values()
    ]
    return "\n".join(lines) + "\n"
