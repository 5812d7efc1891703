"""Sealed texts: without the key nobody reads one, changes it, or moves it to another place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tablewright_services.common.sealing import Unreadable, opened, sealed

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_pin_is_read_again_by_who_has_the_key() -> None:
    seal = sealed("4821", KEY, "customer-1|device-1")
    assert len(seal) == 44
    assert "4821" not in seal
    assert opened(seal, [KEY], "customer-1|device-1") == "4821"
    assert opened(seal, [OTHER, KEY], "customer-1|device-1") == "4821"


def test_the_same_pin_never_looks_the_same() -> None:
    assert len({sealed("4821", KEY, "d") for _ in range(50)}) == 50


def test_another_key_or_another_device_reads_nothing() -> None:
    seal = sealed("4821", KEY, "customer-1|device-1")
    with pytest.raises(Unreadable):
        opened(seal, [OTHER], "customer-1|device-1")
    with pytest.raises(Unreadable):
        opened(seal, [KEY], "customer-1|device-2")
    with pytest.raises(Unreadable):
        opened(seal, [], "customer-1|device-1")


@pytest.mark.parametrize("place", range(44))
def test_a_changed_character_is_noticed(place: int) -> None:
    seal = sealed("4821", KEY, "d")
    # the last of 43 characters of base 64 has four bits, so a neighbour may spell the same bytes
    changed = "A" if seal[place] not in "ABCD" else "z"
    with pytest.raises(Unreadable):
        opened(seal[:place] + changed + seal[place + 1 :], [KEY], "d")


@pytest.mark.parametrize("seal", ["", "1", "1AAAA", "1%%%", "4821", "2" + "A" * 43])
def test_what_is_no_seal_is_unreadable(seal: str) -> None:
    with pytest.raises(Unreadable):
        opened(seal, [KEY], "d")


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text_comes_back(text: str, about: str) -> None:
    assert opened(sealed(text, KEY, about), [KEY], about) == text
