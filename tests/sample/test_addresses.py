"""The e-mail address of somebody whose name is an attribute too is made of that name."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.sample.addresses import of_person
from tablewright.sample.sample import Sample

MODEL = """\
app: people
scales: [1000]
entities:
  User:
    key: id
    attributes:
      id: uuid
      name: {name}
      email: {{type: email, unique: true{bytes}}}
  Shop: {{key: id, attributes: {{id: uuid, name: {{type: name, content: company}}, mail: email}}}}
patterns: {{add: {{put: User, rate: 1/user/day}}}}
"""


def sample_of(name: str = "name", size: str = "") -> Sample:
    return Sample(read_model(MODEL.format(name=name, bytes=size), "people.yaml").model)


@pytest.mark.parametrize("size", ["", ", bytes: 30B", ", bytes: {mean: 26, max: 40}"])
def test_an_address_begins_with_the_first_name_or_its_letter(size: str) -> None:
    for row in sample_of(size=size).rows("User", 0, 300, 1000):
        first, last = row["name"].lower().split()[0], row["name"].lower().split()[-1]
        local = row["email"].partition("@")[0]
        if len(local) >= 14:
            assert local.startswith((f"{first}.", f"{first}{last}", f"{first[0]}.{last}")), row


@pytest.mark.parametrize("size", ["", ", bytes: 30B", ", bytes: 22B"])
def test_addresses_stay_different_and_as_long_as_they_were(size: str) -> None:
    addresses = sample_of(size=size).values("User", "email", 20_000, 20_000)
    assert len(set(addresses)) == 20_000
    # Without a person's name beside it the generator is the same; only its words differ.
    others = sample_of(name="text(12)", size=size).values("User", "email", 20_000, 20_000)
    assert [len(each) for each in addresses] == [len(each) for each in others]


def test_one_instance_alone_has_the_address_it_has_among_others() -> None:
    sample = sample_of()
    together = sample.values("User", "email", 20, 1000)
    assert [sample.value("User", "email", number, 1000) for number in range(20)] == together


def test_what_is_no_person_keeps_an_address_of_its_own() -> None:
    for row in sample_of().rows("Shop", 0, 20, 1000):
        assert row["name"].lower().split()[0] not in row["mail"]


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        # 8 letters and a filler of 3 for a stem of 11; the number and the domain stay
        ("Ada King", "marytuckers37@example.com", "ada.king.me37@example.com"),
        ("Ada King", "xy.marytucker37@example.com", "ada.king.mail37@example.com"),
        # no room for the whole last name: an initial, then the first name, then a part of it
        ("Farid Nielsen", "evanwright1@example.com", "f.nielsen.1@example.com"),
        ("Farid Nielsen", "evawri1@example.com", "farid.1@example.com"),
        ("Farid Nielsen", "eva1@example.com", "far1@example.com"),
        # hyphens and letters of other alphabets are left out
        ("Jean-Luc Ōta", "evanwright1@example.com", "jeanluc.ta1@example.com"),
        # a number in letters and digits is left as it is
        ("Ada King", "a0b1@example.com", "a0b1@example.com"),
        ("", "mary.tucker.3@example.com", "mary.tucker.3@example.com"),
    ],
)
def test_a_name_is_fitted_into_the_letters_of_an_address(
    name: str, address: str, expected: str
) -> None:
    assert of_person(name, address) == expected
    assert len(of_person(name, address)) == len(address)
