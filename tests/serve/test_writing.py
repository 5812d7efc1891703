"""What the data API writes, and whether its document says so."""

from __future__ import annotations

import json
from decimal import Decimal

import jsonschema
import pytest

from tablewright.model.values import Attribute, Kind
from tablewright.serve.openapi import value_schema
from tablewright.serve.writing import json_bytes
from tablewright.store.conversion import BadValue, plain_argument

SECTIONS = Attribute(
    name="sections",
    kind=Kind.MAP,
    fields=(Attribute(name="social", kind=Kind.MAP), Attribute(name="score", kind=Kind.INT)),
)


@pytest.mark.parametrize("number", [2**63, -(2**63), 2**64, -(2**64), 10**37])
def test_a_whole_number_of_more_than_64_bits_is_written_with_all_its_digits(number: int) -> None:
    written = json_bytes({"fee": number, "of": [{"it": number}], "cost": Decimal("0.10")})
    assert written == f'{{"fee":{number},"of":[{{"it":{number}}}],"cost":0.1}}'.encode()
    assert json.loads(written)["fee"] == number


def test_what_is_no_json_is_still_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable: object"):
        json_bytes({"fee": 2**70, "other": object()})


def test_a_field_of_a_map_is_null_or_of_its_type_in_document_and_store_alike() -> None:
    schema = value_schema(SECTIONS)
    for value in ({"social": None, "score": None}, {"social": {}, "score": 7}, {}):
        jsonschema.validate(value, schema)
        assert plain_argument(SECTIONS, value) == value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"score": "7"}, schema)
    with pytest.raises(BadValue, match="`score` must be a whole number, not a text"):
        plain_argument(SECTIONS, {"score": "7"})
