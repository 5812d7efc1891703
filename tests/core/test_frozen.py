"""Frozen values: made by name, compared by fields, never changed; as a dataclass, but quick."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from functools import cached_property
from typing import Generic, TypeVar

import pytest

from tablewright.core.frozen import frozen

T = TypeVar("T")


@frozen
class Parcel:
    """Something sent."""

    to: str
    grams: int = 500
    stamps: list[str] = field(default_factory=list, compare=False)
    code: str = field(default="", repr=False)


@frozen
class Insured(Parcel):
    """A parcel of some worth."""

    usd: int


@frozen
class Halved:
    """Keeps half of what it is given."""

    number: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", self.number // 2)


@frozen
class Named:
    """Says and compares what it likes."""

    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and self.name.lower() == other.name.lower()

    def __hash__(self) -> int:
        return hash(self.name.lower())


@frozen
class Boxed(Generic[T]):
    """One thing."""

    thing: T


@frozen(kw_only=False)
class Place:
    """Given by order."""

    row: int
    seat: int = 1


@frozen(slots=False)
class Measured:
    """Keeps what was computed."""

    words: tuple[str, ...]

    @cached_property
    def letters(self) -> int:
        """Letters of all words."""
        return sum(map(len, self.words))


@frozen
class Nothing:
    """No field at all."""


def test_fields_are_given_by_name_and_have_defaults() -> None:
    parcel = Parcel(to="Ann")
    assert (parcel.to, parcel.grams, parcel.stamps, parcel.code) == ("Ann", 500, [], "")
    with pytest.raises(TypeError, match=r"Parcel.__init__\(\) takes 1 positional argument"):
        Parcel("Ann")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'to'"):
        Parcel(grams=3)  # type: ignore[call-arg]


def test_each_value_has_a_list_of_its_own() -> None:
    Parcel(to="Ann").stamps.append("blue")
    assert Parcel(to="Ann").stamps == []


def test_a_value_is_not_changed() -> None:
    parcel = Parcel(to="Ann")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'to'"):
        parcel.to = "Bob"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'to'"):
        del parcel.to
    assert not hasattr(parcel, "__dict__")


def test_values_of_one_class_are_equal_where_their_compared_fields_are() -> None:
    assert Parcel(to="Ann", stamps=["red"]) == Parcel(to="Ann")
    assert hash(Parcel(to="Ann", stamps=["red"])) == hash(Parcel(to="Ann"))
    assert Parcel(to="Ann") != Parcel(to="Bob")
    assert Halved(number=2) != Boxed(thing=1)
    assert Boxed(thing=1) == Boxed(thing=1)
    assert hash(Boxed(thing=1)) == hash(Boxed(thing=1))
    assert Nothing() == Nothing()
    assert len({Nothing(), Nothing()}) == 1


def test_a_parcel_is_not_equal_to_an_insured_one() -> None:
    assert Insured(to="Ann", usd=1) != Parcel(to="Ann")
    assert Insured(to="Ann", usd=1) == Insured(usd=1, to="Ann")


def test_what_is_written_names_the_shown_fields_in_order() -> None:
    assert repr(Parcel(to="Ann", code="x")) == "Parcel(to='Ann', grams=500, stamps=[])"
    assert repr(Insured(to="Ann", usd=9)) == "Insured(to='Ann', grams=500, stamps=[], usd=9)"


def test_methods_of_the_class_itself_stay() -> None:
    assert repr(Named(name="Ann")) == "<Ann>"
    assert len({Named(name="Ann"), Named(name="ANN")}) == 1


def test_a_value_is_completed_after_it_is_made() -> None:
    assert Halved(number=9).number == 4


def test_the_tools_of_dataclasses_work() -> None:
    parcel = Insured(to="Ann", usd=2)
    assert replace(parcel, grams=10) == Insured(to="Ann", grams=10, usd=2)
    assert [f.name for f in fields(parcel)] == ["to", "grams", "stamps", "code", "usd"]
    assert asdict(Halved(number=4)) == {"number": 2}


def test_values_are_copied_and_pickled() -> None:
    parcel = Insured(to="Ann", usd=2, stamps=["red"])
    for twin in (copy.copy(parcel), copy.deepcopy(parcel), pickle.loads(pickle.dumps(parcel))):
        assert twin == parcel
        assert twin.stamps == ["red"]


def test_the_constructor_says_what_it_takes_before_a_value_is_made() -> None:
    assert str(inspect.signature(Nothing)) == "() -> None"
    assert list(inspect.signature(Insured).parameters) == ["to", "grams", "stamps", "code", "usd"]
    assert Parcel.__init__.__annotations__["grams"] == "int"


def test_fields_may_be_given_by_their_order_where_that_is_asked_for() -> None:
    assert Place(3) == Place(row=3, seat=1)
    match Place(3, 4):
        case Place(row, seat):
            assert (row, seat) == (3, 4)


def test_what_was_computed_is_kept_where_there_are_no_slots() -> None:
    measured = Measured(words=("ab", "c"))
    assert measured.letters == 3
    assert vars(measured)["letters"] == 3
    assert measured == Measured(words=("ab", "c"))
    assert pickle.loads(pickle.dumps(measured)) == measured
    with pytest.raises(FrozenInstanceError):
        measured.words = ()  # type: ignore[misc]
