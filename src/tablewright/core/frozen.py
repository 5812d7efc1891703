"""Frozen values: the dataclasses of the house, whose methods cost nothing until they are called.

In: a class with annotated fields. Out: the same class with slots, made with names only, compared by
its fields and never changed. `dataclasses.dataclass` compiles six methods for each class as it is
imported, of hundreds of classes that a command never makes; here a constructor is compiled when the
first value is made, and sets slots directly, which takes a third less time than
`object.__setattr__`. `replace`, `fields` and `asdict` of `dataclasses` work as on any dataclass.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from types import MemberDescriptorType
from typing import Any, NoReturn, TypeVar, cast, dataclass_transform, overload

C = TypeVar("C", bound=type)
_Key = Callable[[object], object]


@overload
def frozen(cls: C, /) -> C: ...
@overload
def frozen(*, kw_only: bool = True, slots: bool = True) -> Callable[[C], C]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(
    cls: C | None = None, /, *, kw_only: bool = True, slots: bool = True
) -> C | Callable[[C], C]:
    """Make a class a frozen dataclass with slots, whose fields are given by name.

    Methods that the class defines itself are left as they are.

    Args:
        cls: the class; none where options are given, and then a decorator is returned.
        kw_only: False where the fields may be given by their order too.
        slots: False where the class has a `cached_property`, which needs a `__dict__`.

    Example:
        >>> @frozen
        ... class Point:
        ...     x: int
        ...     y: int = 0
        >>> Point(x=1), Point(x=1) == Point(x=1, y=0)
        (Point(x=1, y=0), True)
        >>> Point(x=1).x = 2
        Traceback (most recent call last):
        dataclasses.FrozenInstanceError: cannot assign to field 'x'
    """
    declare = dataclass(init=False, repr=False, eq=False, kw_only=kw_only, slots=slots)

    def decorated(cls: C) -> C:
        own = cls.__dict__
        eq, hashed, text = "__eq__" in own, own.get("__hash__") is not None, "__repr__" in own
        made = cast(Any, declare(cls))
        made.__init__ = _Constructor(made)
        made.__setattr__ = _refuse_to_set
        made.__delattr__ = _refuse_to_delete
        if slots:
            made.__getstate__ = _state
            made.__setstate__ = _restore
        if not text:
            made.__repr__ = _written
        if not eq:
            made.__eq__ = _Compared(made)
        if not hashed:
            made.__hash__ = _Hashed(made)
        return cast(C, made)

    return decorated if cls is None else decorated(cls)


class _Later:
    """A method of a class that is made when it is first looked up, and then takes this place."""

    name: str

    def __init__(self, owner: type) -> None:
        self.owner = owner

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        function = self.make()
        function.__name__ = self.name
        function.__qualname__ = f"{self.owner.__qualname__}.{self.name}"
        setattr(self.owner, self.name, function)
        return function if instance is None else function.__get__(instance, owner)

    def make(self) -> Any:
        """Return the method."""
        raise NotImplementedError


class _Constructor(_Later):
    """`__init__`: every field by its name, set through its slot."""

    name = "__init__"

    def make(self) -> Any:
        """Compile the constructor in the module of the class, so that its annotations are known."""
        cls = cast(Any, self.owner)
        outer: dict[str, object] = {"_MISSING": MISSING}
        ordered: list[str] = []
        named: list[str] = []
        steps: list[str] = []
        for stored in fields(cls):
            name = stored.name
            value = _initial(stored, outer)
            if stored.init:
                parameters = named if stored.kw_only else ordered
                parameters.append(f"{name}={value}" if value else name)
                made_here = stored.default_factory is not MISSING
                value = f"_make_{name}() if {name} is _MISSING else {name}" if made_here else name
            if value:
                steps.append(_set(cls, name, value, outer))
        if hasattr(cls, "__post_init__"):
            steps.append("self.__post_init__()")
        signature = ", ".join(["self", *ordered, *(["*", *named] if named else ())])
        body = "".join(f"  {step}\n" for step in steps) or "  pass\n"
        text = (
            f"def _outer({', '.join(outer)}):\n def __init__({signature}):\n{body} return __init__"
        )
        made: dict[str, Any] = {}
        exec(text, vars(sys.modules[cls.__module__]), made)
        function = made["_outer"](**outer)
        function.__annotations__ = {f.name: f.type for f in fields(cls) if f.init}
        function.__annotations__["return"] = None
        return function


def _set(cls: type, name: str, value: str, outer: dict[str, object]) -> str:
    """Return the statement that gives a field its value: through its slot, if it has one."""
    slot = getattr(cls, name, None)
    if not isinstance(slot, MemberDescriptorType):
        return f"self.__dict__[{name!r}] = {value}"
    outer[f"_set_{name}"] = slot.__set__
    return f"_set_{name}(self, {value})"


def _initial(stored: Field[Any], outer: dict[str, object]) -> str:
    """Return the expression of what a field is where nothing is given, empty if that is nothing."""
    if stored.default is not MISSING:
        outer[f"_default_{stored.name}"] = stored.default
        return f"_default_{stored.name}"
    if stored.default_factory is not MISSING:
        outer[f"_make_{stored.name}"] = stored.default_factory
        return "_MISSING" if stored.init else f"_make_{stored.name}()"
    return ""


class _Compared(_Later):
    """`__eq__`: of the same class, with equal fields."""

    name = "__eq__"

    def make(self) -> Any:
        """Return the comparison."""
        key = _key([f.name for f in fields(cast(Any, self.owner)) if f.compare])

        def is_equal(mine: object, other: object) -> bool:
            return key(mine) == key(other) if type(other) is type(mine) else NotImplemented

        return is_equal


class _Hashed(_Later):
    """`__hash__`: of the fields that are compared."""

    name = "__hash__"

    def make(self) -> Any:
        """Return the hash function."""
        every = fields(cast(Any, self.owner))
        key = _key([f.name for f in every if (f.compare if f.hash is None else f.hash)])

        def hash_of(mine: object) -> int:
            return hash(key(mine))

        return hash_of


def _key(names: list[str]) -> _Key:
    """Return what makes the tuple of some fields of a value."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda value: ()
    read = attrgetter(*names)
    return lambda value: (read(value),)


def _written(value: Any) -> str:
    shown = ", ".join(f"{f.name}={getattr(value, f.name)!r}" for f in fields(value) if f.repr)
    return f"{type(value).__qualname__}({shown})"


def _refuse_to_set(value: object, name: str, to: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(value: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(value: Any) -> list[object]:
    """Return what pickle and copy keep of a value: its fields in their order."""
    return [getattr(value, f.name) for f in fields(value)]


def _restore(value: Any, state: list[object]) -> None:
    for stored, content in zip(fields(value), state, strict=True):
        object.__setattr__(value, stored.name, content)
