"""Small things a model file says, and the words of messages about them; expected values by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.model.attribute_reader import stated_bytes
from tablewright.model.values import Attribute, Kind, Model, Spread

HEAD = "app: t\nscales: [10]\n"
SCAN = "patterns: {p: {scan: E, rate: 1/day}}\n"


def model_of(attributes: str, rest: str = SCAN) -> Model:
    return read_model(f"{HEAD}entities: {{E: {{key: id, attributes: {attributes}}}}}\n{rest}").model


def problem_of(attributes: str, rest: str = SCAN) -> tuple[str, str]:
    with pytest.raises(ModelError) as caught:
        model_of(attributes, rest)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.message, diagnostic.help


def test_stated_bytes_of_a_list_count_a_byte_more_for_each_element():
    tags = Attribute(
        name="tags",
        kind=Kind.LIST,
        element=Attribute(name="", kind=Kind.TEXT, bytes=Spread(mean=Decimal(24))),
        elements=Spread(mean=Decimal(4)),
    )
    assert stated_bytes(tags) == 4 + 3 + 4 * (24 + 1)


def test_a_list_whose_length_is_not_stated_counts_with_its_name_alone():
    tags = Attribute(name="tags", kind=Kind.LIST, element=Attribute(name="", kind=Kind.TEXT))
    assert stated_bytes(tags) == 4


def test_a_problem_inside_a_map_names_the_whole_path():
    message, help = problem_of(
        "{id: uuid, m: {type: map, fields: {x: {type: int, min: 5, max: 1}}}}"
    )
    assert message == "`E.m.x` has a min above its max"
    assert help == "swap them"


def test_what_follows_something_must_follow_a_time():
    message, help = problem_of("{id: uuid, n: int, t: {type: timestamp, after: n}}")
    assert message == "`E.t` comes after `n`, which is an int"
    assert help == "name an attribute of type timestamp, date or epoch"


def test_a_field_of_another_verb_is_refused_with_the_verbs_that_have_it():
    message, help = problem_of(
        "{id: uuid, n: int}", "patterns: {p: {get: E, by: id, rate: 1/day, set: [n]}}\n"
    )
    assert message == "pattern `p` is a get, which has no `set`"
    assert help.startswith("`set` belongs to put, update;")


def test_a_type_of_sql_suggests_ours():
    assert problem_of("{id: uuid, n: varchar}")[1] == "did you mean `text`?"


def test_a_type_misspelt_suggests_the_nearest():
    assert problem_of("{id: uuid, n: decimall}")[1] == "did you mean `decimal`?"


def test_a_spread_has_a_deviation():
    model = model_of("{id: uuid, a: {type: text, bytes: {mean: 100B, deviation: 10B}}}")
    spread = model.entity("E").attribute("a").bytes
    assert spread is not None
    assert (spread.mean, spread.deviation, spread.shape) == (Decimal(100), Decimal(10), "normal")


def test_a_latency_target_is_kept():
    model = model_of("{id: uuid}", SCAN + "targets: {latency_p99_ms: 20}\n")
    assert model.targets.latency_p99_ms == Decimal(20)


def test_nested_options_are_kept_with_their_names_joined():
    model = model_of("{id: uuid}", SCAN + "options: {names: {E: things}}\n")
    assert model.options == {"names.E": "things"}


def test_an_entity_knows_where_its_name_stands():
    span = model_of("{id: uuid}").entity("E").span
    # The third line begins `entities: {E: …`: the name is the twelfth character.
    assert span is not None
    assert (span.line, span.column) == (3, 12)


def test_what_a_pattern_says_beside_its_verb_is_kept():
    rest = (
        "patterns: {p: {scan: E, rate: 1/day, latency_p99_ms: 30, all: true, limit: 5, "
        "staleness_ms: 40, purpose: report, group: g, title: T, consistency: strong}}\n"
    )
    pattern = model_of("{id: uuid, n: int}", rest).pattern("p")
    assert (pattern.latency_p99_ms, pattern.staleness_ms) == (30, 40)
    assert (pattern.complete, pattern.limit) == (True, 5)
    assert (pattern.purpose, pattern.group, pattern.title) == ("report", "g", "T")
    assert pattern.consistency.value == "strong"
    plain = model_of("{id: uuid, n: int}").pattern("p")
    assert (plain.complete, plain.limit, plain.latency_p99_ms) == (False, None, None)


def test_a_range_in_the_type_holds_where_the_long_form_states_no_other():
    attribute = model_of("{id: uuid, n: {type: int(3..9)}}").entity("E").attribute("n")
    assert (attribute.low, attribute.high) == (3, 9)
    attribute = model_of("{id: uuid, n: {type: int(3..9), max: 5}}").entity("E").attribute("n")
    assert (attribute.low, attribute.high) == (3, 5)


def test_a_reference_may_be_left_unenforced():
    model = model_of("{id: uuid, a: {type: ref(E), enforced: no}, b: ref(E)}")
    entity = model.entity("E")
    assert (entity.attribute("a").enforced, entity.attribute("b").enforced) == (False, True)


def test_a_field_that_a_map_does_not_have_is_told_with_those_it_has():
    message, help = problem_of(
        "{id: uuid, m: {type: map, fields: {price: int}}}",
        "patterns: {p: {get: E, by: id, select: [m.prize], rate: 1/day}}\n",
    )
    assert message == "pattern `p` wants `m.prize`, but `E.m` has no such field"
    assert help == "did you mean `price`?"


def test_what_is_accepted_names_rule_subject_and_reason():
    model = read_model(
        f"{HEAD}entities: {{E: {{key: id, attributes: {{id: uuid}}}}}}\n{SCAN}"
        "accept: [{rule: DDB-KEY-001, subject: orders, reason: few}]\n"
    ).model
    (accepted,) = model.accepted
    assert (accepted.rule, accepted.subject, accepted.reason) == ("DDB-KEY-001", "orders", "few")
