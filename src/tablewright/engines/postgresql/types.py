"""Which PostgreSQL type an attribute of the model gets where nobody wrote one.

In: an attribute. Out: a column. It does not know rows or sizes.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.engines.postgresql.design import Column
from tablewright.model.values import Attribute, Entity, Kind, Model

_TYPES = {
    Kind.UUID: "uuid",
    Kind.TIMESTAMP: "timestamptz",
    Kind.DATE: "date",
    Kind.EPOCH: "bigint",
    Kind.BOOL: "boolean",
    Kind.BINARY: "bytea",
    Kind.GEO: "point",
    Kind.MAP: "jsonb",
    Kind.LIST: "jsonb",
    Kind.SET: "jsonb",
}
_WIDE = Decimal(2**31 - 1)


def column_for(entity: Entity, attribute: Attribute, model: Model) -> Column:
    """Return the column of an attribute: type, NOT NULL where every instance has it, checks."""
    target = referred(entity, attribute, model)
    kind, sql = _type_of(target)
    values = [value for value, _ in attribute.values]
    check = ""
    if attribute.kind is Kind.ENUM and values:
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
        check = f'("{attribute.name}" IN ({listed}))'
    return Column(
        name=attribute.name,
        attribute=attribute.name,
        type=kind,
        sql=sql,
        not_null=attribute.presence >= 1,
        check=check,
    )


def referred(entity: Entity, attribute: Attribute, model: Model) -> Attribute:
    """Return the attribute whose values these are: the key a `ref` names, or the parent's."""
    seen = 0
    while seen < 8:
        seen += 1
        if attribute.kind is Kind.REF and attribute.to is not None:
            name, _, required = attribute.to.partition(".")
            entity = model.entity(name)
            if not required:
                required = attribute.name if attribute.name in entity.key else entity.key[-1]
            attribute = entity.attribute(required)
        elif attribute.generated and entity.parent is not None:
            entity = model.entity(entity.parent)
            attribute = entity.attribute(attribute.name)
        else:
            break
    return attribute


def _type_of(attribute: Attribute) -> tuple[str, str]:
    if attribute.kind in (Kind.INT, Kind.COUNTER):
        high = attribute.high
        wide = high is not None and high > _WIDE
        return ("bigint", "bigint") if wide else ("integer", "integer")
    if attribute.kind in (Kind.MONEY, Kind.DECIMAL):
        return "numeric", f"numeric(14,{attribute.places})"
    if attribute.kind is Kind.VECTOR:
        return "vector", f"vector({attribute.dimensions})"
    result = _TYPES.get(attribute.kind, "text")
    return result, result
