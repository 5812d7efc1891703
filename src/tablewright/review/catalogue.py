"""The rule catalogue: rules as data (`rules/*.yaml`), each joined to its predicate.

In: the packaged rule files. Out: a `Catalogue` of rules, categories and thresholds. Loading is
strict: an unknown or missing key, a rule without predicate or a predicate without rule is an error.
It does not know designs; `runner` does.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from tablewright.capacity.limits import limit_named
from tablewright.core.data import read_yaml
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError, UsageError
from tablewright.review.conditions import Condition
from tablewright.review.findings import Level
from tablewright.review.grade import Category

_PACKAGE = "tablewright.review"
_RULES = "tablewright.engines.dynamodb"
SUBJECTS = (
    "design",
    "table",
    "index",
    "resource",
    "pattern",
    "write",
    "search",
    "entity",
    "attribute",
    "relation",
    "home",
    "group",
    "mend",
)
_REQUIRED = {"id", "title", "engines", "subject", "severity", "check", "why", "fix", "sources"}
_OPTIONAL = {"severity_when", "only_when", "scale", "supersedes", "needs", "effect", "note"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number that rules compare with: a documented limit, or a policy that may be tuned."""

    name: str
    value: Decimal
    is_limit: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the catalogue."""

    id: str
    title: str
    category: str
    engines: tuple[str, ...]
    subject: str
    level: Level
    levels: tuple[tuple[Condition, Level], ...] = ()
    """The first condition that holds gives the level; `level` where none does."""
    only_when: Condition | None = None
    """What must hold for the finding to stand, once its saving is known."""
    scale: bool = False
    supersedes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    check: str = ""
    why: str = ""
    fix_kind: str = ""
    fix: str = ""
    effect: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()
    predicate: Callable[..., Any] = field(compare=False)

    def level_for(self, names: Mapping[str, Any]) -> Level:
        """Return the level for these values."""
        for condition, level in self.levels:
            if condition.holds(names):
                return level
        return self.level


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All rules, their categories and thresholds."""

    rules: tuple[Rule, ...]
    categories: tuple[Category, ...]
    thresholds: Mapping[str, Threshold]
    severe_rules: tuple[str, ...]

    def rule(self, id: str) -> Rule:
        """Return a rule by id, in any case.

        Raises:
            UsageError: there is none of that id.
        """
        for rule in self.rules:
            if rule.id == id.upper():
                return rule
        close = nearest(id.upper(), [rule.id for rule in self.rules])
        hint = f"did you mean {close}?" if close else "`tablewright explain` lists them"
        raise UsageError(f"no rule `{id}`", remedy=hint)

    @property
    def k(self) -> Mapping[str, Decimal]:
        """The thresholds as plain numbers."""
        return {name: one.value for name, one in self.thresholds.items()}


@cache
def catalogue(engine: str = "dynamodb") -> Catalogue:
    """Return the packaged catalogue, of the rules that concern one engine.

    Raises:
        DataError: a rule file is damaged.
    """
    head = read_yaml(_PACKAGE, "rules/thresholds.yaml")
    _check_keys(head, {"categories", "severe_rules", "thresholds"}, set(), "thresholds.yaml")
    thresholds = read_thresholds(head["thresholds"])
    numbers = {name: one.value for name, one in thresholds.items()}
    categories = tuple(
        Category(name=name, title=value["title"], weight=Decimal(value["weight"]))
        for name, value in head["categories"].items()
    )
    rules = tuple(
        rule
        for category in categories
        for rule in _rules_of(category.name, numbers)
        if engine in rule.engines
    )
    known = {rule.id for rule in rules}
    if len(known) != len(rules):
        raise DataError("rule files: a rule id is used twice")
    return Catalogue(
        rules=rules,
        categories=categories,
        thresholds=thresholds,
        severe_rules=tuple(head["severe_rules"]),
    )


def read_thresholds(data: Mapping[str, Any]) -> dict[str, Threshold]:
    """Return thresholds by name.

    Raises:
        DataError: one is damaged.
    """
    return {name: _threshold(name, value) for name, value in data.items()}


def _rules_of(category: str, k: Mapping[str, Decimal]) -> tuple[Rule, ...]:
    entries = read_yaml(_RULES, f"rules/{category}.yaml") or []
    module = importlib.import_module(f"{_RULES}.rules.{category}")
    rules = tuple(_rule(entry, category, module, k) for entry in entries)
    wanted = {_function_name(rule.id) for rule in rules}
    spare = {
        name
        for name, value in vars(module).items()
        if callable(value) and name.startswith(("ddb_", "any_")) and name not in wanted
    }
    if spare:
        raise DataError(f"predicates without a rule in {category}: {', '.join(sorted(spare))}")
    return rules


def _function_name(rule: str) -> str:
    return rule.lower().replace("-", "_")


def _rule(entry: Any, category: str, module: Any, k: Mapping[str, Decimal]) -> Rule:
    return read_rule(entry, category, module, k, f"rules/{category}.yaml")


def read_rule(entry: Any, category: str, module: Any, k: Mapping[str, Decimal], where: str) -> Rule:
    """Return a rule, joined to its predicate in a module.

    Raises:
        DataError: a key is unknown or missing, or there is no predicate.
    """
    file = where
    if not isinstance(entry, dict):
        raise DataError(f"{where}: a rule is a mapping, not {entry!r}")
    where = f"{where}: {entry.get('id', '?')}"
    _check_keys(entry, _REQUIRED, _OPTIONAL, where)
    _check_keys(entry["fix"], {"kind", "do"}, set(), f"{where}: fix")
    if entry["subject"] not in SUBJECTS:
        raise DataError(f"{where}: subject `{entry['subject']}` is not one of {SUBJECTS}")
    predicate = getattr(module, _function_name(entry["id"]), None)
    if predicate is None:
        raise DataError(f"{where}: no predicate {_function_name(entry['id'])} for {file}")
    only = entry.get("only_when")
    return Rule(
        id=entry["id"],
        title=entry["title"],
        category=category,
        engines=tuple(entry["engines"]),
        subject=entry["subject"],
        level=_level(entry["severity"], where),
        levels=tuple(
            (Condition(one["when"], k), _level(one["then"], where))
            for one in entry.get("severity_when", ())
        ),
        only_when=Condition(only, k) if only else None,
        scale=bool(entry.get("scale", False)),
        supersedes=tuple(entry.get("supersedes", ())),
        needs=tuple(entry.get("needs", ())),
        check=entry["check"].strip(),
        why=entry["why"].strip(),
        fix_kind=entry["fix"]["kind"],
        fix=entry["fix"]["do"].strip(),
        effect=entry.get("effect", "").strip(),
        note=entry.get("note", "").strip(),
        sources=tuple(entry["sources"]),
        predicate=predicate,
    )


def _threshold(name: str, value: Any) -> Threshold:
    where = f"thresholds.yaml: {name}"
    if isinstance(value, dict) and "limit" in value:
        _check_keys(value, {"limit"}, {"note"}, where)
        documented = limit_named(value["limit"])
        return Threshold(
            name=name,
            value=Decimal(documented.value),
            is_limit=True,
            note=value.get("note", documented.what),
        )
    _check_keys(value, {"value"}, {"hard", "note"}, where)
    try:
        number = Decimal(str(value["value"]))
    except InvalidOperation:
        raise DataError(f"{where}: `{value['value']}` is not a number") from None
    return Threshold(
        name=name,
        value=number,
        is_limit=bool(value.get("hard", False)),
        note=value.get("note", ""),
    )


def _level(name: str, where: str) -> Level:
    try:
        return Level[str(name).upper()]
    except KeyError:
        raise DataError(f"{where}: `{name}` is not a severity") from None


def _check_keys(value: Any, required: set[str], optional: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise DataError(f"{where}: a mapping is wanted, not {value!r}")
    unknown = sorted(set(value) - required - optional)
    if unknown:
        raise DataError(f"{where}: unknown key {', '.join(map(repr, unknown))}")
    missing = sorted(required - set(value))
    if missing:
        raise DataError(f"{where}: missing key {', '.join(map(repr, missing))}")
