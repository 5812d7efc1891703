"""What a route declares: values are checked by it, and the OpenAPI document says the same."""

from __future__ import annotations

from typing import Any

import pytest

from tablewright_services.common.declarations import (
    BodyField,
    DeclaredOperation,
    choice,
    email,
    flag,
    mapping,
    number,
    openapi_document,
    problems_of,
    several,
    text,
    whole,
)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (text(3, 5), "four", ""),
        (text(3, 5), "ab", "must have 3 to 5 characters"),
        (text(3, 5), "sixsix", "must have 3 to 5 characters"),
        (text(3, 5), 4, "must be a text"),
        (text(1, 9), "a\nb", "must be one line without control characters"),
        (text(1, 9, r"[a-z]+"), "abc", ""),
        (text(1, 9, r"[a-z]+"), "abc1", "has not the form that is asked for"),
        (email(), "ana@example.org", ""),
        (email(), "ana at example", "has not the form that is asked for"),
        (choice("iOS", "macOS"), "macOS", ""),
        (choice("iOS", "macOS"), "BeOS", "must be one of iOS, macOS"),
        (whole(1, 1_440), 1_440, ""),
        (whole(1, 1_440), 0, "must be from 1 to 1,440"),
        (whole(1, 1_440), 1.5, "must be a whole number"),
        (whole(0, 1), True, "must be a whole number"),
        (number(0, 1), 0.5, ""),
        (flag(), False, ""),
        (flag(), 0, "must be true or false"),
        (mapping(), {}, ""),
        (mapping(), [], "must be of type object"),
        (several(whole(1, 9), 1, 2), [9], ""),
        (several(whole(1, 9), 1, 2), [10], "must be from 1 to 9"),
        (several(whole(1, 9), 1, 2), [1, 2, 3], "must have 1 to 2 elements"),
    ],
)
def test_a_value_is_as_its_field_says(field: BodyField, value: Any, problem: str) -> None:
    assert field.problem(value) == problem


def test_all_that_is_wrong_with_a_body_is_said_at_once() -> None:
    fields = {"email": email(), "minutes": whole(1, 9), "note": text().optional}
    assert problems_of(fields, {"minutes": 10, "other": 1}) == [
        "email: is missing",
        "minutes: must be from 1 to 9",
    ]
    assert problems_of(fields, {"email": "a@b", "minutes": 1, "note": None}) == []


def test_the_document_says_what_is_checked_and_who_may_call() -> None:
    take = DeclaredOperation(
        method="POST",
        path="/devices/{device_id}/pin",
        name="new_pin",
        summary="Gives a device another PIN",
        body={"reason": choice("lost", "seen"), "note": text(1, 9).optional},
        answers={201: "the PIN", 404: "there is no such device"},
    )
    look = DeclaredOperation(
        method="GET",
        path="/board",
        name="board",
        access="public",
        query={"limit": whole(1, 100).optional},
    )
    document = openapi_document("Journey", [take, look])
    assert document["openapi"] == "3.1.0"
    assert list(document["paths"]) == ["/board", "/devices/{device_id}/pin"]
    described = document["paths"]["/devices/{device_id}/pin"]["post"]
    assert described["requestBody"]["content"]["application/json"]["schema"] == {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "enum": ["lost", "seen"]},
            "note": {
                "anyOf": [{"type": "string", "minLength": 1, "maxLength": 9}, {"type": "null"}]
            },
        },
        "required": ["reason"],
    }
    assert described["parameters"] == [
        {"name": "device_id", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    assert list(described["responses"]) == ["201", "400", "401", "404", "413", "422", "429", "503"]
    assert described["security"] == [{"bearer": []}]
    board = document["paths"]["/board"]["get"]
    assert board["security"] == []
    assert board["parameters"] == [
        {
            "name": "limit",
            "in": "query",
            "required": False,
            "schema": {"type": "integer", "minimum": 1, "maximum": 100},
        }
    ]
    assert "requestBody" not in board
    assert list(board["responses"]) == ["200", "422", "429", "503"]
