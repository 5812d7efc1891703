"""Resolve names, check what the shapes cannot, fill defaults: fields as read become a Model.

In: the fields of the file and the `Reading`. Out: a Model; every problem is noted in the reading.
Where there were errors the Model is a stopgap that only serves to find further ones. It does not
know designs or prices.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from tablewright.core.diagnostics import nearest
from tablewright.core.quantities import ZERO, plain
from tablewright.model.claim_reader import read_claim
from tablewright.model.entity_reader import EntitiesReader
from tablewright.model.key_domains import check_key_domains
from tablewright.model.nodes import Reading, Word, boolean
from tablewright.model.pattern_reader import PatternReader
from tablewright.model.shapes import Entry, Fields
from tablewright.model.values import (
    Acceptance,
    BudgetScope,
    Model,
    Need,
    NeedLevel,
    Reviews,
    Targets,
)

KNOWN_NEEDS = (
    "transactions",
    "ttl",
    "geo",
    "full_text",
    "ad_hoc_queries",
    "change_stream",
    "high_availability",
    "multi_region",
    "multi_tenant",
    "point_in_time_recovery",
    "relational_integrity",
)
"""Needs that something asks for; others are kept, since they tell the reader something."""


def resolve(fields: Fields, reading: Reading) -> Model:
    """Return the model that the fields of the file describe."""
    options = dict(_flat("", fields.get("options", {})))
    # The planner may keep in object storage what does not fit into an item.
    is_whole = "designs" not in fields and options.get("object_storage") not in ("needed", "allow")
    reader = EntitiesReader(fields.get("entities", ()), reading)
    entities = reader.resolve(whole=is_whole)
    by_name = {entity.name: entity for entity in entities}
    patterns = tuple(
        pattern
        for entry in fields.get("patterns", ())
        if (pattern := PatternReader(entry, by_name, reading).resolve()) is not None
    )
    designs = fields.get("designs", ())
    model = Model(
        app=str(fields.get("app", "app")),
        title=fields.get("title", ""),
        region=fields.get("region", "us-east-1"),
        scales=_scales(fields, reading),
        entities=entities,
        patterns=patterns,
        country=str(fields.get("country", "")),
        seed=fields.get("seed", 1),
        prices_as_of=fields.get("prices", ""),
        horizon_days=fields.get("horizon", Decimal(365)),
        daily_load=fields.get("daily_load", ()),
        growth_per_month=fields.get("growth", ZERO),
        targets=_targets(fields.get("targets"), reading),
        reviews=_reviews(fields.get("reviews")),
        needs=_needs(fields.get("needs", ()), reading),
        claims=tuple(
            claim
            for entry in fields.get("claims", ())
            if (claim := read_claim(entry, [str(d.name) for d in designs], reading)) is not None
        ),
        assumptions=tuple(sorted(reading.assumptions, key=lambda a: a.span)),
        accepted=tuple(
            Acceptance(
                rule=str(entry.get("rule", "")),
                subject=entry.get("subject", ""),
                reason=entry.get("reason", ""),
                span=entry.span,
            )
            for entry in fields.get("accept", ())
        ),
        options=options,
        architectures=fields.get("architectures", {}),
        deployment=fields.get("deploy", {}),
    )
    if not reading.found.has_errors:
        check_key_domains(model, reader.key_spans(), reading)
    return model


def _scales(fields: Fields, reading: Reading) -> tuple[int, ...]:
    scales: tuple[int, ...] = fields.get("scales", (1,))
    if len(set(scales)) < len(scales):
        reading.error(
            "duplicate-scale",
            "`scales` names the same number of users twice",
            fields.at("scales"),
            "keep each number once",
        )
    return tuple(sorted(set(scales)))


def _reviews(fields: Fields | None) -> Reviews | None:
    if fields is None:
        return None
    return Reviews(
        last=fields.get("last", ""),
        due=fields.get("due", ""),
        at_users=fields.get("at_users"),
    )


def _targets(fields: Fields | None, reading: Reading) -> Targets:
    if fields is None:
        return Targets()
    costs = []
    for entry in fields.get("monthly_cost", ()):
        users = int(entry.name.replace("_", ""))
        if entry.value is not None:
            costs.append((users, entry.value))
    availability = fields.get("availability")
    if availability is not None and availability > 100:
        reading.error(
            "impossible-value",
            f"`targets.availability` is {plain(availability)} per cent, which is more than 100",
            fields.at("availability"),
            "write per cent such as 99.9",
        )
    return Targets(
        monthly_cost=tuple(sorted(costs)),
        monthly_cost_of=BudgetScope(fields.get("monthly_cost_of", BudgetScope.DATABASE.value)),
        latency_p99_ms=fields.get("latency_p99_ms"),
        availability=availability,
        grade=fields.get("grade"),
    )


def _needs(entries: tuple[Entry, ...], reading: Reading) -> tuple[Need, ...]:
    needs = []
    for entry in entries:
        name = str(entry.name)
        if name not in KNOWN_NEEDS and (close := nearest(name, KNOWN_NEEDS)):
            reading.warning(
                "unknown-need",
                f"nothing looks at the need `{name}`",
                entry.name.span,
                f"did you mean `{close}`?",
            )
        if isinstance(entry.value, Fields):
            level = NeedLevel(str(entry.value.get("level", "preferred")))
            needs.append(Need(name=name, level=level, why=entry.value.get("why", "")))
        elif entry.value is not None:
            needs.append(_short_need(name, entry.value, reading))
    return tuple(needs)


_LEVELS = {
    "yes": NeedLevel.REQUIRED,
    "true": NeedLevel.REQUIRED,
    "required": NeedLevel.REQUIRED,
    "preferred": NeedLevel.PREFERRED,
    "welcome": NeedLevel.PREFERRED,
    "optional": NeedLevel.PREFERRED,
    "later": NeedLevel.PREFERRED,
    "no": NeedLevel.NO,
    "false": NeedLevel.NO,
}


def _short_need(name: str, word: Word, reading: Reading) -> Need:
    """Return a need in its short form: a level, and after a colon or comma the reason."""
    is_required = boolean(word)
    text = ("yes" if is_required else "no") if is_required is not None else str(word)
    match = re.fullmatch(r"(\w+)\s*(?:[:,]\s*(.*))?", text, re.DOTALL)
    level = _LEVELS.get(match[1].lower()) if match is not None else None
    if match is None or level is None:
        reading.error(
            "bad-need",
            f"the need `{name}` is `{word}`, which does not say how much",
            word.span,
            f'write required, preferred or no, or {{level: preferred, why: "{word}"}}',
        )
        return Need(name=name, level=NeedLevel.PREFERRED, why=text)
    return Need(name=name, level=level, why=match[2] or "")


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    """Return nested options as pairs, names joined by dots."""
    if isinstance(value, dict):
        out = []
        for name, inner in value.items():
            out += _flat(f"{prefix}.{name}" if prefix else name, inner)
        return out
    if isinstance(value, list):
        return [(prefix, ", ".join(_option(item) for item in value))]
    return [(prefix, _option(value))]


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
