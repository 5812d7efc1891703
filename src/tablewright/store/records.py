"""What the store returns: instances as frozen dataclasses of their entity, and pages of them.

In: an entity, rows as the database gave them. Out: one class for each entity, with a field for each
attribute, None for what the instance lacks or the pattern does not select. Times are ISO texts in
UTC, money and decimals are `Decimal`, sets are `set`, maps `dict`, places `{"lat": …, "lon": …}`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from tablewright.core.frozen import frozen
from tablewright.evaluation.parameters import field_name
from tablewright.model.values import Entity


class StoredInstance:
    """What every instance has: its attributes by name, as a mapping of what is there."""

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the attributes that are there, by their names in the model."""
        names: Mapping[str, str] = type(self)._attributes  # type: ignore[attr-defined]
        return {
            attribute: value
            for name, attribute in names.items()
            if (value := getattr(self, name)) is not None
        }

    def as_fields(self) -> dict[str, Any]:
        """Return the attributes that are there, by their Python names."""
        names: Mapping[str, str] = type(self)._attributes  # type: ignore[attr-defined]
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def record_class(entity: Entity) -> type[Any]:
    """Return the dataclass of an entity."""
    names = {field_name(name): name for name in entity.names}
    fields = [(name, Any, dataclasses.field(default=None)) for name in names]
    record_type = dataclasses.make_dataclass(
        entity.name,
        fields,
        bases=(StoredInstance,),
        frozen=True,
        slots=True,
        kw_only=True,
        namespace={"__doc__": entity.title or f"One {entity.name}."},
    )
    record_type._attributes = names  # type: ignore[attr-defined]
    return record_type


@frozen(kw_only=False)
class Page(Sequence[Any]):
    """Instances of one page, and the token of the next; "" on the last."""

    items: tuple[Any, ...] = ()
    next: str = ""

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    @overload
    def __getitem__(self, place: int) -> Any: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...

    def __getitem__(self, place: int | slice) -> Any:
        return self.items[place]
