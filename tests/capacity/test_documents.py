"""BSON bytes: by hand, and against PyMongo's encoder."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bson_values import for_pymongo
from tablewright.capacity.documents import ObjectKey, document_bytes, index_entry_bytes

bson = pytest.importorskip("bson")

KEY = "65a4f0c2e1b3a8d9c7f01234"


def test_a_small_document_adds_up_by_hand():
    # 4 length + 1 end; _id: 1 + 4 + 12; plan: 1 + 5 + 4 + 3 + 1; n: 1 + 2 + 4; at: 1 + 3 + 8
    document = {
        "_id": ObjectKey(KEY),
        "plan": "pro",
        "n": 7,
        "at": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    }
    assert document_bytes(document) == 5 + 17 + 14 + 7 + 12 == 55


def test_an_array_is_a_document_with_its_places_as_names():
    # outer 5; "a": 1 + 2; inner 5; eleven numbers of 4, types 1, names "0".."9" 2, "10" 3
    assert document_bytes({"a": [1] * 11}) == 5 + 3 + 5 + 10 * 7 + 8


def test_a_whole_number_takes_eight_bytes_from_two_to_the_thirty_first_on():
    assert document_bytes({"n": 2**31 - 1}) == 12
    assert document_bytes({"n": 2**31}) == document_bytes({"n": -(2**31) - 1}) == 16


def test_a_number_of_more_than_64_bits_is_refused():
    with pytest.raises(OverflowError):
        document_bytes({"n": 2**63})


def test_what_bson_has_no_type_for_is_refused():
    with pytest.raises(TypeError, match="object"):
        document_bytes({"n": object()})


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
    | st.binary(max_size=20)
    | st.datetimes(timezones=st.just(datetime.UTC))
    | st.uuids()
    | st.just(ObjectKey(KEY))
    | st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4
    ),
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.dictionaries(st.text("abcé_", min_size=1, max_size=6), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.text("abcé_", min_size=1, max_size=8), VALUES, max_size=6))
def test_any_document_is_as_long_as_pymongo_encodes_it(document):
    assert document_bytes(document) == len(bson.encode(for_pymongo(document)))


def test_an_index_entry_holds_types_contents_and_the_record():
    # status: 1 + 4 + 1; a date: 1 + 8; cell and end 3; record id 4
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    assert index_entry_bytes(["paid", at]) == 6 + 9 + 3 + 4
