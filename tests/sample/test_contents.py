"""What sampled texts say: whole sentences, the right names, values that follow from others."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tablewright import apps, read_model
from tablewright.core.errors import ModelError
from tablewright.model.type_text import CONTENTS, COUNTRIES
from tablewright.model.values import Model
from tablewright.sample.contents import contents, countries, texts
from tablewright.sample.documents import written
from tablewright.sample.sample import Sample
from tablewright.sample.words import whole

HEAD = "app: c\ncountry: KE\nscales: [1000]\nentities:\n  Call:\n    key: id\n    attributes:\n"
TAIL = "\npatterns:\n  one: {get: Call, by: id, rate: 1/user/day}\n"
LENGTHS = (1, 2, 3, 4, 5, 8, 13, 24, 39, 40, 41, 80, 133, 399)


def model(attributes: str) -> Model:
    lines = "".join(
        f"      {line}\n" for line in ["id: {type: id, like: call-001}", *attributes.splitlines()]
    )
    return read_model(HEAD + lines + TAIL).model


def columns(attributes: str, *names: str, n: int = 200) -> list[tuple[object, ...]]:
    drawn = Sample(model(attributes)).columns("Call", names, 0, n, 1000)
    return list(zip(*drawn, strict=True))


def test_the_words_of_the_grammar_are_those_that_samples_know() -> None:
    assert set(contents()) == set(CONTENTS)
    assert set(countries()) == set(COUNTRIES)


@pytest.mark.parametrize("content", CONTENTS)
def test_texts_of_every_content_have_exactly_the_length_asked_for(content: str) -> None:
    for length in LENGTHS:
        assert {len(text.encode()) for text in texts(content, length, "PH")} == {length}


def test_a_text_is_made_of_whole_sentences() -> None:
    for point in (0.0, 0.31, 0.77, 0.999):
        for length in (40, 120, 380, 3200):
            text = written(length, point)
            assert len(text) == length
            assert text[0].isupper()
            assert text.endswith(".")
            assert re.search(r"\s\s", text) is None


def test_a_text_that_is_cut_ends_with_a_whole_word() -> None:
    # 26 of 35 characters end within `side`: a word of as many letters and the stop stand there
    cut = whole("Please ring twice at the side gate.", 26)
    assert len(cut) == 26
    assert re.fullmatch(r"Please ring twice at( [a-z]+)+\.", cut)


def test_an_attribute_is_about_what_its_name_says_unless_the_file_does() -> None:
    drawn = columns(
        "address: text(60)\nfirm: {type: name, bytes: 20, content: person}", "address", "firm"
    )
    streets = countries()["KE"]["streets"]
    assert all(any(street.split()[0] in str(address) for street in streets) for address, _ in drawn)
    assert all(re.fullmatch(r"[A-Z][a-z]+( [A-Z][a-z]+){1,2}", str(name)) for _, name in drawn)


def test_telephone_numbers_are_of_the_country() -> None:
    assert all(str(phone).startswith("+254") for (phone,) in columns("phone: phone", "phone"))


WORKED_OUT = """plan: enum(free, pro)
asked: int(10..3000)
answered: int(10..1000)
tokens: {type: int, equals: asked + answered}
limit: {type: int, equals: "1000 if plan == 'pro' else 50"}
cost: {type: money, places: 4, equals: tokens * 0.00003}
model: {type: text, equals: "'large' if plan == 'pro' else 'small'"}
tip: {type: money, equals: cost * 2, presence: 50%}"""


def test_values_follow_from_others_of_the_same_instance() -> None:
    names = ("plan", "asked", "answered", "tokens", "limit", "cost", "model", "tip")
    for plan, asked, answered, tokens, limit, cost, kind, tip in columns(WORKED_OUT, *names):
        assert tokens == asked + answered  # type: ignore[operator]
        assert limit == {"pro": 1000, "free": 50}[str(plan)]
        assert kind == {"pro": "large", "free": "small"}[str(plan)]
        # 30 dollars for a million: to four places
        assert abs(cost - tokens * Decimal("0.00003")) <= Decimal("0.00005")  # type: ignore[operator]
        assert tip is None or abs(tip - 2 * cost) <= Decimal("0.005")  # type: ignore[operator]
    assert 90 <= sum(tip is None for *_, tip in columns(WORKED_OUT, *names)) <= 110


def test_sizes_are_those_of_the_values_that_follow() -> None:
    # 1000 has two pairs of digits, one of them zeros: 1 + 1 = 2 bytes; 50 has one pair: 2 bytes
    sizes = Sample(model(WORKED_OUT)).sizes("Call", "model", 100)
    assert set(sizes) == {5}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sum: {type: int, equals: nothing + 1}", "is worked out from `nothing`"),
        ("sum: {type: int, equals: sum + 1}", "is worked out from itself"),
        ("sum: {type: int, equals: 1 +}", "equals"),
        ("sum: {type: int, equals: \"'one'\"}", "`'one'` is not"),
        ("sum: {type: uuid, equals: 1}", "has no `equals`"),
        ("sum: {type: int, content: title}", "has no `content`"),
    ],
)
def test_what_cannot_be_worked_out_is_refused(line: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        model(line)
    assert message in caught.value.diagnostics[0].message


def test_fields_and_elements_have_their_examples_and_sequences_too() -> None:
    fields = "{at: {type: id, like: w-1}, in: {type: text, examples: [Lund]}}"
    line = f"places: {{type: list, items: 2, of: {{type: map, fields: {fields}}}}}"
    assert columns(line, "places", n=2) == [
        ([{"at": "w-1", "in": "Lund"}, {"at": "w-2", "in": "Lund"}],),
        ([{"at": "w-1", "in": "Lund"}, {"at": "w-2", "in": "Lund"}],),
    ]


def test_the_proxys_usage_costs_what_its_service_charges() -> None:
    read = read_model(apps.read("llm-proxy"), "llm-proxy").model
    (row,) = Sample(read).rows("Usage", 0, 1, 1000)
    # thirty dollars for a million tokens of OpenAI
    assert row["provider"] == "openai"
    assert row["tokens"] == row["promptTokens"] + row["completionTokens"]
    assert row["cost"] == round(row["tokens"] * Decimal("0.00003"), 4)
