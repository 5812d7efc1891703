"""The text of a model file becomes a Model; expected values are worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import ModelFile, load, read_model
from tablewright.core.errors import ModelError
from tablewright.model.values import Condition, Kind, Model, NeedLevel, Spread, Verb

HEAD = "app: t\nscales: [10]\n"


def model_of(text: str) -> Model:
    return read_model(HEAD + text).model


def attribute_of(text: str):
    model = model_of(
        f"entities: {{E: {{key: id, attributes: {{id: uuid, a: {text}}}}}}}\n"
        "patterns: {p: {scan: E, rate: 1/day}}\n"
    )
    return model.entities[0].attribute("a")


def entity_of(text: str):
    model = model_of(
        f"entities: {{P: {{key: id, attributes: {{id: uuid}}}}, E: {{key: k, {text}, "
        "attributes: {k: uuid}}}\npatterns: {p: {scan: E, rate: 1/day}}\n"
    )
    return model.entity("E")


def pattern_of(text: str, file: str = ""):
    model = model_of(
        "entities: {E: {key: id, attributes: {id: uuid, s: 'enum(a, b)', n: int, t: timestamp, "
        f"m: map(1KB)}}}}}}\npatterns: {{p: {{{text}}}}}\n{file}"
    )
    return model.patterns[0]


def ids_of(text: str) -> list[str]:
    with pytest.raises(ModelError) as caught:
        read_model(text)
    return [diagnostic.id for diagnostic in caught.value.diagnostics]


def test_a_short_type_and_its_long_form_mean_the_same():
    assert attribute_of("text(2KB)") == attribute_of("{type: text, bytes: 2KB}")
    assert attribute_of("'enum(x, y)'") == attribute_of("{type: enum, values: [x, y]}")
    assert attribute_of("int(1..5)") == attribute_of("{type: int, min: 1, max: 5}")


def test_sizes_are_binary():
    assert attribute_of("map(38KB)").bytes == Spread(mean=Decimal(38 * 1024))


@pytest.mark.parametrize(
    ("text", "shape", "mean"),
    [
        ("24", "fixed", "24"),
        ("{mean: 2KB, max: 8KB}", "lognormal", "2048"),
        ("{mean: 100, p99: 300}", "lognormal", "100"),
        ("{mean: 100, deviation: 10}", "normal", "100"),
        ("{low: 10, high: 40}", "uniform", "25"),
        ("{min: 10, max: 40}", "uniform", "25"),
        ("{mean: 3, shape: poisson}", "poisson", "3"),
    ],
)
def test_the_shape_of_a_spread_follows_from_what_is_given(text, shape, mean):
    spread = attribute_of(f"{{type: text, bytes: {text}}}").bytes
    assert (spread.shape, spread.mean) == (shape, Decimal(mean))


def test_enum_shares_add_up_to_exactly_one():
    assert sum(share for _, share in attribute_of("'enum(a, b, c)'").values) == 1
    values = attribute_of("{type: enum, values: {x: 85%, y: 0.15}}").values
    assert values == (("x", Decimal("0.85")), ("y", Decimal("0.15")))


@pytest.mark.parametrize(
    ("text", "per", "mean", "inflow"),
    [
        ("count: 1/user", "user", "1", None),
        ("count: 0.5/user", "user", "0.5", None),
        ("count: 200 total", "total", "200", None),
        ("count: 2", "user", "2", None),
        ("of: P, count: 2", "parent", "2", None),
        ("of: P, count: 2/parent", "parent", "2", None),
        ("of: P, count: 2/P", "parent", "2", None),
        ("of: P, count: 20/day", "parent", "20", "20"),
        ("count: 20/day", "user", "20", "20"),
        ("of: P, count: 20/day/user", "user", "20", "20"),
        ("count: 300/day/total", "total", "300", "300"),
        ("count: 2/hour", "user", "2", "48"),
        ("count: {mean: 3, per: total, max: 40}", "total", "3", None),
    ],
)
def test_a_count_says_what_drives_the_number(text, per, mean, inflow):
    count = entity_of(text).count
    assert (count.per, count.mean) == (per, Decimal(mean))
    assert count.inflow_per_day == (None if inflow is None else Decimal(inflow))


def test_a_child_gets_the_key_of_its_parent_first():
    entity = entity_of("of: P")
    assert entity.names == ("id", "k")
    assert entity.attribute("id").generated
    assert entity.attribute("id").to == "P"
    assert entity.attribute("id").kind is Kind.UUID


def test_a_parent_may_stand_below_its_child():
    model = model_of(
        "entities: {C: {of: P, key: c, attributes: {c: uuid}}, "
        "P: {key: p, attributes: {p: uuid}}}\n"
        "patterns: {p: {scan: C, rate: 1/day}}\n"
    )
    assert [entity.name for entity in model.entities] == ["C", "P"]
    assert model.entity("C").names == ("p", "c")


@pytest.mark.parametrize(
    ("text", "per_day", "per"),
    [
        ("45/user/day", "45", "user"),
        ("20/E/day", "20", "E"),
        ("300/day", "300", "total"),
        ("10/s", "864000", "total"),  # 86,400 seconds a day
        ("1/user/hour", "24", "user"),
        ("1/min", "1440", "total"),
    ],
)
def test_rates_are_kept_per_day(text, per_day, per):
    rate = pattern_of(f"scan: E, rate: {text}").rate
    assert (rate.per_day, rate.per) == (Decimal(per_day), per)


def test_a_week_and_a_month_divide_the_rate():
    assert pattern_of("scan: E, rate: 7/week").rate.per_day == 1
    # 730 hours a month are 30 days and 10 hours: 73 x 24 / 730
    assert pattern_of("scan: E, rate: 73/month").rate.per_day == Decimal("2.4")


def test_what_selects_becomes_conditions():
    pattern = pattern_of(
        "list: E, by: id, where: {s: a, t: {between: 30%}, n: {in: [1, 2]}}, rate: 1/s"
    )
    assert pattern.where == (
        Condition(attribute="id"),
        Condition(attribute="s", value="a"),
        Condition(attribute="t", operator="between", share=Decimal("0.3")),
        Condition(attribute="n", operator="in", values=("1", "2")),
    )


def test_sort_select_and_set_are_read():
    pattern = pattern_of("list: E, where: s, sort: [-t, n], select: {except: m}, rate: 1/s")
    assert pattern.sort == (("t", True), ("n", False))
    assert pattern.select == ("id", "s", "n", "t")
    update = pattern_of("update: E, by: id, set: {s: b, t: given}, increment: n, rate: 1/s")
    assert update.touched == ("s", "t", "n")
    assert update.set_values == (("s", "b"),)


@pytest.mark.parametrize(
    ("text", "condition", "on"),
    [
        ("if: absent", "absent", ()),
        ("if: [s, n]", "s, n", ("s", "n")),
        ("if: n > 0, if_on: n", "n > 0", ("n",)),
        ("if: s", "s", ("s",)),
    ],
)
def test_a_condition_is_a_word_attributes_or_words_with_attributes(text, condition, on):
    pattern = pattern_of(f"update: E, by: id, set: t, {text}, rate: 1/s")
    assert (pattern.condition, pattern.condition_on) == (condition, on)


def test_a_path_into_a_map_touches_the_map_and_selects_nothing():
    pattern = pattern_of("update: E, by: id, set: [m.x, m.y], rate: 1/s")
    assert pattern.sets == ("m",)
    with pytest.raises(ModelError) as caught:
        pattern_of("list: E, where: m.x, sort: m.y, rate: 1/s")
    assert [d.id for d in caught.value.diagnostics] == ["nested-path", "nested-path"]


def test_fixed_values_have_the_type_of_their_attribute():
    with pytest.raises(ModelError) as caught:
        pattern_of("list: E, where: {n: many, s: c}, rate: 1/s")
    assert [d.id for d in caught.value.diagnostics] == ["impossible-value", "unknown-value"]


def test_a_transaction_has_parts_at_its_own_rate():
    pattern = pattern_of("transact: [{put: E, if: absent}, {check: E, by: id}], rate: 2/day")
    assert (pattern.verb, pattern.entity) == (Verb.TRANSACT, "E")
    assert [part.verb for part in pattern.parts] == [Verb.PUT, Verb.CHECK]
    assert [part.rate.per_day for part in pattern.parts] == [2, 2]


def test_the_shop_is_read_whole(shop: ModelFile):
    model = shop.model
    assert len(model.patterns) == 22
    assert {pattern.verb for pattern in model.patterns} == set(Verb) - {
        Verb.CHECK,
        Verb.SIMILAR,
        Verb.READ,
    }
    # 10,000 users, 2 addresses each; 500 products with 20 reviews each
    assert model.instances("Address", 10_000) == 20_000
    assert model.instances("Review", 10_000) == 10_000
    # 0.05 orders a day and user over a year, 3 lines each: 100 x 18.25 x 3
    assert model.instances("OrderLine", 100) == 5_475
    assert model.need("geo").level is NeedLevel.NO


def test_assumptions_are_listed_with_their_paths(shop: ModelFile):
    assert [(a.name, a.text) for a in shop.model.assumptions] == [
        ("entities.Order.count", "0.05/day"),
        ("patterns.ordersOfCustomer.rate", "1/user/day"),
        ("patterns.placeOrder.rate", "0.05/user/day"),
    ]


def test_assumed_figures_can_be_scaled_and_others_stay(shop: ModelFile):
    twice = read_model(shop.source, scale_assumed=Decimal(2)).model
    assert twice.pattern("ordersOfCustomer").rate.per_day == 2
    assert twice.pattern("getCustomer").rate.per_day == 10
    assert twice.instances("Order", 100) == 2 * shop.model.instances("Order", 100)


def test_one_figure_can_be_moved_by_its_path(shop: ModelFile):
    moved = read_model(
        shop.source, overrides={("patterns", "getCustomer", "rate"): Decimal("1.5")}
    ).model
    assert moved.pattern("getCustomer").rate.per_day == 15
    assert moved.pattern("ordersOfCustomer").rate.per_day == 1


def test_scaling_clips_shares_and_carries_bounds_along():
    text = HEAD + (
        "entities: {E: {key: id, attributes: {id: uuid, a: {type: text, "
        "bytes: {mean: 6KB (assumed), max: 8KB}, presence: 80% (assumed)}}}}\n"
        "patterns: {p: {scan: E, rate: 1/day}}\n"
    )
    attribute = read_model(text, scale_assumed=Decimal(2)).model.entities[0].attribute("a")
    assert attribute.presence == 1
    assert attribute.bytes is not None
    assert (attribute.bytes.mean, attribute.bytes.high) == (12 * 1024, 12 * 1024)


def test_anchors_and_merge_keys_work_as_in_yaml():
    text = HEAD + (
        "entities:\n  A: &a\n    key: id\n    attributes: &attributes {id: uuid, x: int}\n"
        "  B:\n    <<: *a\n    attributes: {<<: *attributes, x: text(9), y: bool}\n"
        "patterns: {p: {scan: B, rate: 1/day}}\n"
    )
    entity = read_model(text).model.entity("B")
    assert entity.key == ("id",)
    assert {a.name: a.kind for a in entity.attributes} == {
        "id": Kind.UUID,
        "x": Kind.TEXT,
        "y": Kind.BOOL,
    }


def test_all_problems_are_reported_in_the_order_of_the_file():
    with pytest.raises(ModelError) as caught:
        read_model(
            "app: t\nscales: [0]\nentities: {E: {key: i, attributes: {id: uuid}}}\n"
            "patterns: {p: {get: F, by: id, rate: 1/day}, q: {get: E, by: x, rate: fast}}\n"
        )
    lines = [d.span.line for d in caught.value.diagnostics]
    assert lines == sorted(lines)
    assert len(lines) == 5


def test_a_warning_does_not_stop():
    file = read_model(
        HEAD + "entities: {E: {key: id, attributes: {id: uuid, x: int}}}\n"
        "patterns: {p: {get: E, by: x, rate: 1/day}}\n"
    )
    assert [warning.id for warning in file.warnings] == ["not-unique"]


def test_a_caret_stands_under_the_word_in_question():
    with pytest.raises(ModelError) as caught:
        read_model(
            HEAD + "entities: {E: {key: id, attributes: {id: uuid}}}\n"
            "patterns: {p: {get: E, by: ident, rate: 1/day}}\n"
        )
    (problem,) = caught.value.diagnostics
    assert (problem.span.line, problem.span.column, problem.span.end_column) == (4, 28, 33)


def test_a_directory_leads_to_its_model_file(tmp_path, shop: ModelFile):
    (tmp_path / "tablewright.yaml").write_text(shop.source)
    assert load(tmp_path).model == load(tmp_path / "tablewright.yaml").model


def test_a_mark_at_the_beginning_of_the_file_is_skipped(tmp_path, shop: ModelFile):
    path = tmp_path / "shop.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + shop.source.encode())
    assert load(path).model.app == "shop"


def test_windows_line_ends_change_nothing(shop: ModelFile):
    assert read_model(shop.source.replace("\n", "\r\n")).model.patterns[3].span == (
        read_model(shop.source).model.patterns[3].span
    )


def test_a_part_of_a_broken_entity_is_not_reported_again():
    text = HEAD + (
        "entities: {E: {key: id, attributes: 5}}\n"
        "patterns: {p: {get: E, by: id, rate: 1/day}, q: {list: E, where: x, rate: 1/day}}\n"
        "designs: {d: {engine: dynamodb, tables: {ttt: {key: id, items: E}}}}\n"
    )
    assert ids_of(text) == ["wrong-type"]
