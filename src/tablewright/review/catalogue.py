"""The rule catalogue: rules as data (an engine's `rules/*.yaml`), each joined to its predicate.

In: the folder of an engine's rules. Out: a `Catalogue` of rules, categories and thresholds. Loading
is strict: an unknown or missing key, a rule without predicate or a predicate without rule is an
error. It does not know designs; `runner` does.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Any

from tablewright.capacity.limits import limit_named
from tablewright.core.data import read_yaml
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError, UsageError
from tablewright.core.frozen import frozen
from tablewright.review.conditions import RuleCondition
from tablewright.review.findings import Level
from tablewright.review.grade import Category

_PACKAGE = "tablewright.review"
_COMMON = "rules/common.yaml"
_NOT_RUN = "not_run.yaml"
_THRESHOLDS = "thresholds.yaml"
_PREDICATE = re.compile(r"[a-z]{2,4}_[a-z]{3}_[0-9]{3}")
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
    "fix",
)
_REQUIRED = {"id", "title", "engines", "subject", "severity", "check", "why", "fix", "sources"}
_OPTIONAL = {"severity_when", "only_when", "scale", "supersedes", "needs", "effect", "note"}


@frozen
class Threshold:
    """A number that rules compare with: a documented limit, or a policy that may be tuned."""

    name: str
    value: Decimal
    is_limit: bool = False
    note: str = ""


@frozen
class Rule:
    """One rule of the catalogue."""

    id: str
    title: str
    category: str
    engines: tuple[str, ...]
    subject: str
    level: Level
    levels: tuple[tuple[RuleCondition, Level], ...] = ()
    """The first condition that holds gives the level; `level` where none does."""
    only_when: RuleCondition | None = None
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


@frozen(slots=False)
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
        return rule_named(self.rules, id)

    @property
    def k(self) -> Mapping[str, Decimal]:
        """The thresholds as plain numbers."""
        return {name: threshold.value for name, threshold in self.thresholds.items()}


@frozen
class NotRun:
    """Rules of the catalogue for an engine that are not run, and why."""

    rules: tuple[str, ...]
    why: str


def load_catalogue(engine: str, package: str) -> Catalogue:
    """Return the rules of an engine from the folder it keeps them in.

    A folder holds `thresholds.yaml`, one `<category>.yaml` for each category that has rules, and
    the modules with their predicates.

    Args:
        engine: only rules that name it are returned.
        package: the package that holds the folder's files and modules.

    Raises:
        DataError: a rule file is damaged.
    """
    common = read_yaml(_PACKAGE, _COMMON)
    _check_keys(common, {"categories", "severe_rules", "thresholds"}, set(), _COMMON)
    yaml = read_yaml(package, _THRESHOLDS)
    _check_keys(yaml, {"severe_rules", "thresholds"}, set(), f"{package}: {_THRESHOLDS}")
    thresholds = {
        **read_thresholds(common["thresholds"]),
        **read_thresholds(yaml["thresholds"]),
    }
    categories = tuple(
        Category(name=name, title=value["title"], weight=Decimal(value["weight"]))
        for name, value in common["categories"].items()
    )
    rules = _rules_in(package, categories, {name: t.value for name, t in thresholds.items()})
    return Catalogue(
        rules=tuple(rule for rule in rules if engine in rule.engines),
        categories=categories,
        thresholds=thresholds,
        severe_rules=(*common["severe_rules"], *yaml["severe_rules"]),
    )


def read_not_run(package: str) -> tuple[NotRun, ...]:
    """Return the rules of the catalogue that a folder names as not run, with the reasons."""
    return tuple(
        NotRun(rules=tuple(group["rules"]), why=group["why"])
        for group in read_yaml(package, _NOT_RUN)["not_run"]
    )


def find_rule(catalogues: Iterable[Catalogue], name: str) -> Rule:
    """Return a rule of any of some catalogues by id, in any case; the first that has it.

    Raises:
        UsageError: there is none of that id.
    """
    rules = tuple(rule for catalogue in catalogues for rule in catalogue.rules)
    return rule_named(rules, name)


def rule_named(rules: Sequence[Rule], name: str) -> Rule:
    """Return a rule by id, in any case.

    Raises:
        UsageError: there is none of that id.
    """
    for rule in rules:
        if rule.id == name.upper():
            return rule
    close = nearest(name.upper(), [rule.id for rule in rules])
    hint = f"did you mean {close}?" if close else "`tablewright explain` lists them"
    raise UsageError(f"no rule `{name}`", remedy=hint)


def read_thresholds(data: Mapping[str, Any]) -> dict[str, Threshold]:
    """Return thresholds by name.

    Raises:
        DataError: one is damaged.
    """
    return {name: _threshold(name, value) for name, value in data.items()}


def _rules_in(
    package: str, categories: Sequence[Category], k: Mapping[str, Decimal]
) -> tuple[Rule, ...]:
    """Return the rules of a folder, each joined to its predicate."""
    predicates = _predicates_in(package)
    folder = resources.files(package)
    rules: list[Rule] = []
    for category in categories:
        name = f"{category.name}.yaml"
        if folder.joinpath(name).is_file():
            where = f"{package}: {name}"
            entries = read_yaml(package, name) or []
            rules += (read_rule(entry, category.name, predicates, k, where) for entry in entries)
    names = [rule.id for rule in rules]
    if len(set(names)) != len(names):
        raise DataError(f"{package}: a rule id is used twice")
    unused = sorted(set(predicates) - {predicate_name(name) for name in names})
    if unused:
        raise DataError(f"{package}: predicates without a rule: {', '.join(unused)}")
    return tuple(rules)


def _predicates_in(package: str) -> dict[str, Callable[..., Any]]:
    """Return the predicates of all modules of a package by name, such as `ddb_key_001`."""
    root = importlib.import_module(package)
    predicates: dict[str, Callable[..., Any]] = {}
    for module_name in sorted(info.name for info in pkgutil.iter_modules(root.__path__)):
        module = importlib.import_module(f"{package}.{module_name}")
        for name, value in vars(module).items():
            if _PREDICATE.fullmatch(name) and getattr(value, "__module__", "") == module.__name__:
                predicates[name] = value
    return predicates


def predicate_name(rule: str) -> str:
    """Return the name of the function that decides a rule.

    Example:
        >>> predicate_name("DDB-KEY-001")
        'ddb_key_001'
    """
    return rule.lower().replace("-", "_")


def read_rule(
    entry: Any,
    category: str,
    predicates: Mapping[str, Callable[..., Any]],
    k: Mapping[str, Decimal],
    where: str,
) -> Rule:
    """Return a rule, joined to its predicate.

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
    predicate = predicates.get(predicate_name(entry["id"]))
    if predicate is None:
        raise DataError(f"{where}: no predicate {predicate_name(entry['id'])} for {file}")
    only = entry.get("only_when")
    return Rule(
        id=entry["id"],
        title=entry["title"],
        category=category,
        engines=tuple(entry["engines"]),
        subject=entry["subject"],
        level=_level(entry["severity"], where),
        levels=tuple(
            (RuleCondition(step["when"], k), _level(step["then"], where))
            for step in entry.get("severity_when", ())
        ),
        only_when=RuleCondition(only, k) if only else None,
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
